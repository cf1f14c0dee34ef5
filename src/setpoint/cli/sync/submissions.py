"""`submissions …`: finished runs that are handed to a project, whatever ran them."""

from typing import Annotated

import typer

from setpoint.cli.sync.answers import pages, show, tell, tell_json
from setpoint.cli.sync.options import JsonOption, Product, ProjectArgument

__all__ = ["add_to"]

group = typer.Typer(help="Submissions: finished runs that are handed to a project.", no_args_is_help=True)

PlatformArgument = Annotated[Product, typer.Argument(metavar="PLATFORM", help="E.g. aws-databricks.")]
SubmissionArgument = Annotated[str, typer.Argument(metavar="SUBMISSION_ID")]
LogOption = Annotated[str, typer.Option("--event-log", "-e", metavar="URL/PATH", help="A file, http(s) or s3 address.")]
ReportOption = Annotated[str, typer.Option("--report", "-r", metavar="URL/PATH", help="The cluster report, as JSON.")]
WaitOption = Annotated[bool, typer.Option("--wait", help="Until it is processed; print it then.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(group, name="submissions")


@group.command("create")
def create(
    platform: PlatformArgument,
    project: ProjectArgument,
    event_log: LogOption,
    report: ReportOption,
    wait: WaitOption = False,
    json: JsonOption = False,
) -> None:
    """Hand a finished run to a project."""
    from setpoint.cli.sync.inputs import read_event_log, read_report
    from setpoint.cli.sync.session import project_id, service
    from setpoint.client import submissions

    log, about = read_event_log(event_log), read_report(report)
    with service() as client:
        of = project_id(client, project)
        found = client.call(submissions.create(of, platform, about, log))
        if not wait or not json:
            tell_json({"submission_id": found}) if json else tell(f"Submission ID: {found}")
        if wait:
            show(client.call(submissions.wait(of, found)).document, json=json)


@group.command("get")
def get(project: ProjectArgument, submission_id: SubmissionArgument, json: JsonOption = False) -> None:
    """Print a submission."""
    from setpoint.cli.sync.session import project_id, service
    from setpoint.client import submissions

    with service() as client:
        found = client.call(submissions.get(project_id(client, project), submission_id))
    show(found.document, json=json)


@group.command("list")
def listed(project: ProjectArgument, json: JsonOption = False) -> None:
    """List the submissions of a project, newest first."""
    from setpoint.cli.sync.session import project_id, service
    from setpoint.client import submissions

    with service() as client:
        found = client.call(submissions.listed(project_id(client, project)))
    if json:
        tell_json([each.document for each in found])
    else:
        lines = (f"{each.document.get('created_at', '')} {each.id}: {each.state}" for each in found)
        pages(lines, "There are no submissions yet.")
