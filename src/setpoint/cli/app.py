"""The program `setpoint`: its commands."""

import typer

from setpoint.cli import (
    accounts,
    approve,
    artefacts,
    billing,
    breakeven,
    calibration,
    connect,
    cost,
    database,
    databricks,
    demo,
    describe,
    emr,
    engines,
    explain,
    forecast,
    goals,
    keys,
    logs,
    mode,
    patch,
    policies,
    prices,
    prior,
    reconcile,
    replay,
    restrict,
    savings,
    serve,
    simulate,
    study,
    submit,
    watch,
    worker,
)
from setpoint.cli.program import all_speak_plainly, mend_streams, speaking_plainly
from setpoint.cli.sync import commands

__all__ = ["app", "main", "speaking_plainly"]

app = typer.Typer(
    name="setpoint",
    help="Closed-loop control for recurring Spark pipelines.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the program."""
    mend_streams()
    app()


MODULES = (
    demo,
    submit,
    connect,
    watch,
    goals,
    policies,
    mode,
    approve,
    patch,
    restrict,
    describe,
    explain,
    logs,
    serve,
    worker,
    artefacts,
    accounts,
    keys,
    database,
    databricks,
    emr,
    savings,
    forecast,
    calibration,
    cost,
    reconcile,
    billing,
    engines,
    breakeven,
    study,
    replay,
    simulate,
    prices,
    prior,
)
for module in MODULES:
    module.add_to(app)
commands.add_to_setpoint(app)
all_speak_plainly(app)
