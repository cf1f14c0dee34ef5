"""`recommendations …`: the cluster that a project should run on next."""

from typing import Annotated

import typer

from setpoint.cli.sync.answers import pages, show, tell, tell_json
from setpoint.cli.sync.options import JsonOption, ProjectArgument
from setpoint.errors import NotFound

__all__ = ["add_to", "create", "get"]

group = typer.Typer(help="Recommendations: the cluster that a project should run on next.", no_args_is_help=True)

RecommendationArgument = Annotated[str, typer.Argument(metavar="RECOMMENDATION_ID")]
OptionalArgument = Annotated[str | None, typer.Argument(metavar="RECOMMENDATION_ID", help="Default: the newest.")]
WaitOption = Annotated[bool, typer.Option("--wait", help="Until it is ready; print it then.")]
PageOption = Annotated[int, typer.Option("--page", min=0, help="From 0.")]
PerPageOption = Annotated[int, typer.Option("--per-page", min=1, max=1000)]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(group, name="recommendations")


@group.command("create")
def create(project: ProjectArgument, wait: WaitOption = False, json: JsonOption = False) -> None:
    """Ask for a recommendation."""
    from setpoint.cli.sync.session import project_id, service
    from setpoint.client import recommendations

    with service() as client:
        of = project_id(client, project)
        found = client.call(recommendations.create(of))
        if not wait or not json:
            tell_json({"id": found}) if json else tell(f"Recommendation ID: {found}")
        if wait:
            show(client.call(recommendations.wait(of, found)).document, json=json)


@group.command("get")
def get(project: ProjectArgument, recommendation_id: OptionalArgument = None, json: JsonOption = False) -> None:
    """Print a recommendation."""
    from setpoint.cli.sync.session import project_id, service
    from setpoint.client import recommendations

    with service() as client:
        of = project_id(client, project)
        operation = recommendations.get(of, recommendation_id) if recommendation_id else recommendations.latest(of)
        found = client.call(operation)
    if found is None:
        raise NotFound("The project has no recommendation yet; ask for one with `recommendations create`.")
    show(found.document, json=json)


@group.command("list")
def listed(
    project: ProjectArgument, page: PageOption = 0, per_page: PerPageOption = 20, json: JsonOption = False
) -> None:
    """List the recommendations of a project, newest first."""
    from setpoint.cli.sync.session import project_id, service
    from setpoint.client import recommendations

    with service() as client:
        found = client.call(recommendations.listed(project_id(client, project), page, per_page))
    if json:
        tell_json([each.document for each in found])
    else:
        lines = (f"{each.document.get('created_at', '')} {each.id}: {each.state}" for each in found)
        pages(lines, "There are no recommendations yet.")
