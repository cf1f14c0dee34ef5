"""`setpoint approve` and `setpoint rollback`: what a person says to one decision, or against it."""

from typing import Annotated

import typer

from setpoint.cli.console import out
from setpoint.cli.options import JsonOption

Project = Annotated[str, typer.Argument(help="Name of the project.")]
ByOption = Annotated[str | None, typer.Option("--by", help="Who says so; without it the user of this system.")]
_LONGEST = 200


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("approve")(approve)
    app.command("rollback")(rollback)


def approve(
    project: Project,
    decision: Annotated[
        str | None, typer.Option("--decision", metavar="ID", help="Which decision; without it the newest.")
    ] = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Let a decision be put in place that waits for a person; refused where something has happened since."""
    from setpoint.by_hand import approve as approved
    from setpoint.cli.logs import print_json
    from setpoint.settings import load_settings
    from setpoint.wiring import loop_of

    loop = loop_of(load_settings(), project)
    who = by or user()
    waits = approved(loop, project, decision, who)
    spec = loop.state(project).history.spec
    if json:
        print_json({"project": project, "approved_by": who, "waits": waits, "spec": spec})
    elif waits is None:
        _say(f"Approved by {who}: the next run of {project} gets {spec}.")
    else:
        _say(f"Approved by {who}, but not in place yet: {waits}. A run that ends before calls for a new approval.")


def rollback(
    project: Project,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="SPEC",
            help="Where to: '8 slots 4g', the id of a run, or baseline; a run must have succeeded there. "
            "Without it: the known-good spec.",
        ),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the ledger.")] = "",
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Put the known-good spec back at once, whatever the mode; the one that is left is not tried again by itself.

    It stays out of the search until the goal or the code changes. Windows and freezes do not hold this back.
    """
    from setpoint.by_hand import roll_back
    from setpoint.cli.logs import print_json
    from setpoint.settings import load_settings
    from setpoint.wiring import loop_of

    done = roll_back(loop_of(load_settings(), project), project, to, by or user(), " ".join(reason.split())[:_LONGEST])
    if json:
        print_json({"project": project, "spec": done.spec, "left": done.left, "by": done.by, "reason": done.reason})
        return
    _say(f"{project} is back on {done.spec}; it runs there once before anything is changed.")
    _say(f"{done.left} stays out of the search until the goal or the code is another.")


def user() -> str:
    """Who runs this, as the system has it."""
    from setpoint.settings import environment

    variables = environment()
    found = (variables.get(name, "") for name in ("LOGNAME", "USER", "USERNAME"))
    return next((name for name in found if name), "somebody")


def _say(line: str) -> None:
    out().print(line, highlight=False, markup=False)
