"""`setpoint emr`: how a project on EMR is launched, and what its launcher is to ask for next."""

from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.console import out
from setpoint.cli.options import JsonOption

if TYPE_CHECKING:
    from setpoint.platforms.emr import EmrPlatform, EmrProject

__all__ = ["add_to"]

Project = Annotated[str, typer.Argument(help="Name of a project on EMR, such as `setpoint projects import` gave it.")]
Template = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The file in which its launcher has the cluster; it is only read."),
]
Patch = Annotated[Path | None, typer.Option(metavar="FILE", help="Where the change of that file is left as a patch.")]
Branch = Annotated[str | None, typer.Option(help="Branch of that file's checkout on which the change is committed.")]
Step = Annotated[str | None, typer.Option(help="Name of the step whose Spark application counts.")]
EventLogs = Annotated[str | None, typer.Option(metavar="URL", help="Where its event logs are in S3, if nothing says.")]
HistoryServer = Annotated[
    bool | None, typer.Option("--history-server/--no-history-server", help="Take logs from the history server of EMR.")
]
Resize = Annotated[
    bool | None, typer.Option("--resize/--no-resize", help="Its cluster is kept alive, and may be resized.")
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write them there, not to standard output.")
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(no_args_is_help=True, help="What is needed on EMR.")
    group.command("project")(project)
    group.command("arguments")(arguments)
    app.add_typer(group, name="emr")


def project(
    name: Project,
    *,
    template: Template = None,
    patch: Patch = None,
    branch: Branch = None,
    step: Step = None,
    event_logs: EventLogs = None,
    history_server: HistoryServer = None,
    resize: Resize = None,
    json: JsonOption = False,
) -> None:
    """Say how a project is launched and read, and show how that stands; an empty value takes back what was said."""
    platform = _platform()
    before = platform.store.project(name)
    paths = {"template": _path(template), "patch": _path(patch)}
    words = paths | {"branch": branch, "step": step, "event_logs": event_logs}
    switches = {"history_server": history_server, "resize": resize}
    # `""` takes back, None is what was not said.
    said = {key: value or None for key, value in words.items() if value is not None}
    now = replace(before, **said, **{key: value for key, value in switches.items() if value is not None})  # type: ignore[arg-type]
    if now != before:
        platform.register(name, now)
    _show(now, json=json)


def arguments(name: Project, output: Output = None) -> None:
    """Print the complete arguments of `run_job_flow` or `start_job_run` for the next run.

    What was decided, where that still stands; else what the launcher's file has.
    """
    from setpoint.cli.logs import print_json
    from setpoint.files import write_whole

    found = _platform().next_arguments(name)
    if output is None:
        print_json(found)
        return
    import msgspec

    write_whole(output, msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    out().print(f"Written: {output}", highlight=False)


def _platform() -> "EmrPlatform":
    from setpoint.errors import PlatformError
    from setpoint.platforms.emr import EmrPlatform
    from setpoint.settings import load_settings
    from setpoint.wiring import open_platform

    found = open_platform(load_settings(), "emr")
    if not isinstance(found, EmrPlatform):
        raise PlatformError("The platform emr is not the one that comes with Setpoint.")
    return found


def _path(given: Path | None) -> str | None:
    """Absolute, since nobody knows from where the next command is given; empty stays empty."""
    if given is None:
        return None
    return "" if str(given) in ("", ".") else str(given.expanduser().absolute())


def _show(project: "EmrProject", *, json: bool) -> None:
    from setpoint.cli.logs import print_json

    if json:
        print_json(asdict(project))
        return
    for each in fields(project):
        value = getattr(project, each.name)
        if value not in (None, False):
            out().print(f"{each.name.replace('_', ' ')}: {'yes' if value is True else value}", highlight=False)
