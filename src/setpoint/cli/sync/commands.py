"""All commands that speak to a service, for both programs."""

import typer

from setpoint.cli.sync import (
    account,
    databricks,
    emr,
    predictions,
    projects,
    recommendations,
    submissions,
    workspaces,
)

__all__ = ["add_to", "add_to_setpoint"]

SHARED = (account, predictions, submissions, recommendations, workspaces, databricks, emr)


def add_to(app: typer.Typer) -> None:
    """Register the commands in `sync-cli`."""
    projects.add_to(app)
    for module in SHARED:
        module.add_to(app)


def add_to_setpoint(app: typer.Typer) -> None:
    """Register the commands in `setpoint`, where `projects` means the local ledger too."""
    projects.add_local_to(app)
    for module in SHARED:
        module.add_to(app)
