"""`setpoint patch`: a decided change for whoever owns the job, as text, as a file, or as a commit on a branch."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.console import out
from setpoint.errors import Conflict, InputError

if TYPE_CHECKING:
    from setpoint.core.history import Decided
    from setpoint.loop import Loop
    from setpoint.platforms.databricks import Patch

__all__ = ["add_to"]

KeyOption = Annotated[
    str, typer.Option("--key", help="What the owner calls the job: its key in the bundle, or the variable's beginning.")
]
WriteOption = Annotated[Path | None, typer.Option("--write", metavar="FOLDER", help="Keep it there as a file.")]
CommitOption = Annotated[
    Path | None,
    typer.Option("--commit", metavar="CHECKOUT", help="Commit it on a branch of a checkout; nothing is pushed."),
]
BranchOption = Annotated[
    str, typer.Option("--branch", help="The branch, made where there is none; usually setpoint/PROJECT.")
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("patch")(patch)


def patch(
    project: Annotated[str, typer.Argument(help="Name of the project.")],
    key: KeyOption = "",
    write: WriteOption = None,
    commit: CommitOption = None,
    branch: BranchOption = "",
) -> None:
    """Give the owner of a job what was decided: a bundle's override, variables of Terraform, a DAG's cluster.

    Of jobs on Databricks that others own and we never write to. The working tree of the checkout stays as it is.
    """
    from setpoint.loop import spec_to_apply
    from setpoint.platforms.databricks import committed, written
    from setpoint.platforms.databricks.home import branch_of
    from setpoint.settings import load_settings
    from setpoint.wiring import loop_of

    loop = loop_of(load_settings(), project)
    decided = _decided(loop, project)
    found = _patch_of(loop, project, decided, key)
    if write is not None:
        out().print(f"Written: {written(found, write)}", highlight=False, markup=False)
    if commit is not None:
        message = f"Run {project} on {spec_to_apply(decided)}\n\n{decided.decision.reason}\n"
        name = branch or branch_of(project)
        done = committed(found, commit, name, message)
        out().print(f"Committed: {found.name} on {name} as {done[:12]}", highlight=False, markup=False)
    if write is None and commit is None:
        typer.echo(found.text, nl=False)


def _decided(loop: "Loop", project: str) -> "Decided":
    """The newest decision, if the job still is what it was based on."""
    decided = loop.state(project).history.last_decided
    if decided is None:
        raise InputError(f"Nothing was decided for {project} yet: it needs a goal and a run (`setpoint watch --once`).")
    if loop.platform.current_spec(project) != decided.based_on:
        raise Conflict(f"The job of {project} was changed since it was decided: `setpoint watch --once` decides anew.")
    return decided


def _patch_of(loop: "Loop", project: str, decided: "Decided", key: str) -> "Patch":
    from setpoint.loop import spec_to_apply
    from setpoint.platforms.databricks.home import DatabricksHome

    spec = spec_to_apply(decided)
    if spec is None:
        raise InputError(f"There is nothing to change for {project}: {decided.decision.reason}.")
    if not isinstance(loop.platform, DatabricksHome):
        raise InputError(
            f"{project} does not run on Databricks; what is decided is put in place by `setpoint approve`."
        )
    found = loop.platform.patch(project, spec, key)
    if found is None:
        raise InputError(f"Nobody else owns the job of {project}: `setpoint approve` or mode auto puts it in place.")
    return found
