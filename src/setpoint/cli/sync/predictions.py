"""`predictions …`: three clusters for a finished run."""

from typing import Annotated

import typer

from setpoint.cli.sync.answers import pages, show, tell, tell_json
from setpoint.cli.sync.options import JsonOption, PreferenceOption, Product, ProjectOption

__all__ = ["add_to"]

group = typer.Typer(help="Predictions: three clusters for a finished run.", no_args_is_help=True)

PlatformArgument = Annotated[Product, typer.Argument(metavar="PLATFORM", help="E.g. aws-emr, aws-databricks.")]
PredictionArgument = Annotated[str, typer.Argument(metavar="PREDICTION_ID")]
LogOption = Annotated[str, typer.Option("--event-log", "-e", metavar="URL/PATH", help="A file, http(s) or s3 address.")]
ReportOption = Annotated[str, typer.Option("--report", "-r", metavar="URL/PATH", help="The cluster report, as JSON.")]
ShortProjectOption = Annotated[str | None, typer.Option("--project", "-p", help="Project ID or app ID.")]
PlatformOption = Annotated[Product | None, typer.Option("--platform", help="Only of this platform.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(group, name="predictions")


@group.command("create")
def create(
    platform: PlatformArgument,
    event_log: LogOption,
    report: ReportOption,
    project: ShortProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Ask for a prediction."""
    found = _begin(platform, event_log, report, project)
    if json:
        tell_json({"prediction_id": found})
    else:
        tell(f"Prediction ID: {found}")


@group.command("generate")
def generate(
    platform: PlatformArgument,
    event_log: LogOption,
    report: ReportOption,
    project: ProjectOption = None,
    preference: PreferenceOption = None,
    json: JsonOption = False,
) -> None:
    """Ask for a prediction, wait for it, and print it."""
    from setpoint.cli.sync.session import configuration, service
    from setpoint.client import predictions

    wanted = preference or configuration().preference
    found = _begin(platform, event_log, report, project)
    if not json:
        tell(f"Prediction ID: {found}")
        tell("Waiting for result...")
    with service() as client:
        prediction = client.call(predictions.wait(found, wanted))
    show(prediction.document, json=json)


def _begin(platform: Product, event_log: str, report: str, project: str | None) -> str:
    from setpoint.cli.sync.inputs import read_event_log, read_report
    from setpoint.cli.sync.session import project_id, service
    from setpoint.client import predictions

    log, about = read_event_log(event_log), read_report(report)
    with service() as client:
        of = project_id(client, project) if project else None
        return client.call(predictions.create(platform, about, log, of))


@group.command("get")
def get(prediction_id: PredictionArgument, preference: PreferenceOption = None, json: JsonOption = False) -> None:
    """Print a prediction with the solution of one preference."""
    from setpoint.cli.sync.session import configuration, service
    from setpoint.client import predictions

    now = configuration()
    with service(now) as client:
        found = client.call(predictions.get(prediction_id, preference or now.preference))
    show(found.document, json=json)


@group.command("status")
def status(prediction_id: PredictionArgument, json: JsonOption = False) -> None:
    """Print how far a prediction is; SUCCESS and FAILURE are final."""
    from setpoint.cli.sync.session import service
    from setpoint.client import predictions

    with service() as client:
        found = client.call(predictions.status(prediction_id))
    if json:
        tell_json({"status": found})
    else:
        tell(found)


@group.command("list")
def listed(platform: PlatformOption = None, project: ProjectOption = None, json: JsonOption = False) -> None:
    """List predictions, newest first."""
    from setpoint.cli.sync.session import project_id, service
    from setpoint.client import predictions

    with service() as client:
        of = project_id(client, project) if project else None
        found = client.call(predictions.listed(platform, of))
    if json:
        tell_json([each.document for each in found])
        return
    lines = (
        f"{each.created_at} {each.id} ({each.project_id or 'not part of a project':^36}): {each.application_name}"
        for each in found
    )
    pages(lines, "There are no predictions yet.")
