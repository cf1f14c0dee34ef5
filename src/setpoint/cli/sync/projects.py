"""`projects …`: projects of a service; and, in `setpoint`, those of the local ledger."""

from typing import Annotated

import typer

from setpoint.cli.projects_import import import_
from setpoint.cli.sync.answers import pages, show, tell, tell_json
from setpoint.cli.sync.options import JsonOption, LocationOption, Preference, PreferenceOption, ProjectArgument, switch
from setpoint.errors import NotFound

__all__ = ["add_local_to", "add_to"]

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the project; need not be unique.")]
CodeArgument = Annotated[
    str | None, typer.Argument(metavar="PRODUCT_CODE", help="One of `products`, e.g. aws-databricks.")
]
DescriptionOption = Annotated[str | None, typer.Option("--description", "-d")]
JobOption = Annotated[str | None, typer.Option("--job-id", "-j", help="Databricks job ID.")]
PathOption = Annotated[
    str | None,
    typer.Option("--cluster-path", "-c", help="The cluster within the job, e.g. 'job_clusters/main'."),
]
WorkspaceOption = Annotated[str | None, typer.Option("--workspace-id", "-w", help="Databricks workspace ID.")]
AppOption = Annotated[
    str | None, typer.Option("--app-id", "-i", help="Your own identifier; the project can be named by it.")
]
AutoFlag = Annotated[bool, typer.Option("--auto-apply-recs", help="Apply recommendations without being asked.")]
AutoOption = Annotated[
    str | None,
    typer.Option("--auto-apply-recs", metavar="BOOLEAN", help="Whether recommendations are applied by themselves."),
]
SizesFlag = Annotated[bool, typer.Option("--optimize-instance-size", help="Instance types may be changed too.")]
SuccessOption = Annotated[bool, typer.Option("--success-only", help="The newest that was processed without an error.")]
LocalOption = Annotated[
    bool | None,
    typer.Option("--local/--remote", help="Of this machine's ledger, or of the service. Default: see below."),
]


def add_to(app: typer.Typer) -> None:
    """Register the commands, for a program that knows no ledger of its own."""
    group = typer.Typer(help="Projects of the service.", no_args_is_help=True)
    group.command("list")(listed)
    _fill(group)
    app.add_typer(group, name="projects")


def add_local_to(app: typer.Typer) -> None:
    """Register the commands, where `projects` alone lists the local ledger."""
    group = typer.Typer(help="Projects: without a command, those of the local ledger.")
    group.callback(invoke_without_command=True)(local)
    group.command("list")(listed_anywhere)
    group.command("import")(import_)
    _fill(group)
    app.add_typer(group, name="projects")


def _fill(group: typer.Typer) -> None:
    for command in (create, delete, get, update, reset):
        group.command(command.__name__)(command)
    group.command("get-prediction")(get_prediction)
    group.command("get-latest-submission-config")(latest_submission_config)


def local(context: typer.Context) -> None:
    """List the projects of the local ledger; with a command, work with those of a service."""
    if context.invoked_subcommand is None:
        from setpoint.cli import goals

        goals.projects()


def listed_anywhere(local: LocalOption = None, json: JsonOption = False) -> None:
    """List projects: of the service where one is configured, else of the local ledger.

    A service is configured by SYNC_API_URL, or by `setpoint configure`.
    """
    from setpoint.cli.sync.session import configuration

    is_local = local if local is not None else not configuration().is_url_given
    if not is_local:
        listed(json)
    elif json:
        from setpoint.settings import load_settings
        from setpoint.wiring import build_ledger

        tell_json([{"name": name} for name in build_ledger(load_settings()).projects()])
    else:
        from setpoint.cli import goals

        goals.projects()


def listed(json: JsonOption = False) -> None:
    """List projects."""
    from setpoint.cli.sync.session import service
    from setpoint.client import projects

    with service() as client:
        found = client.call(projects.listed())
    if json:
        tell_json([each.document for each in found])
    else:
        pages((f"{each.updated_at} {each.id}: {each.name}" for each in found), "There are no projects yet.")


def get(project: ProjectArgument, json: JsonOption = False) -> None:
    """Print a project."""
    from setpoint.cli.sync.session import project_id, service
    from setpoint.client import projects

    with service() as client:
        found = client.call(projects.get(project_id(client, project)))
    show(found.document, json=json)


def create(
    name: NameArgument,
    product_code: CodeArgument = None,
    *,
    description: DescriptionOption = None,
    job_id: JobOption = None,
    cluster_path: PathOption = None,
    workspace_id: WorkspaceOption = None,
    location: LocationOption = None,
    preference: PreferenceOption = None,
    app_id: AppOption = None,
    auto_apply_recs: AutoFlag = False,
    optimize_instance_size: SizesFlag = False,
    json: JsonOption = False,
) -> None:
    """Create a project for a recurring Spark application."""
    from setpoint.cli.sync.session import configuration, service
    from setpoint.client import projects

    now = configuration()
    with service(now) as client:
        made = client.call(
            projects.create(
                name,
                product_code=product_code,
                description=description,
                job_id=job_id,
                cluster_path=cluster_path,
                workspace_id=workspace_id,
                cluster_log_url=location,
                prediction_preference=preference or now.preference,
                app_id=app_id,
                auto_apply_recs=auto_apply_recs,
                optimize_instance_size=optimize_instance_size,
            )
        )
    if json:
        tell_json(made.document)
    else:
        tell(f"Project ID: {made.id}")


def update(
    project: ProjectArgument,
    *,
    description: DescriptionOption = None,
    location: LocationOption = None,
    preference: PreferenceOption = None,
    app_id: AppOption = None,
    job_id: JobOption = None,
    cluster_path: PathOption = None,
    workspace_id: WorkspaceOption = None,
    auto_apply_recs: AutoOption = None,
    json: JsonOption = False,
) -> None:
    """Change what is given of a project."""
    from setpoint.cli.sync.session import project_id, service
    from setpoint.client import projects

    with service() as client:
        changed = client.call(
            projects.update(
                project_id(client, project),
                description=description,
                cluster_log_url=location,
                prediction_preference=preference,
                app_id=app_id,
                job_id=job_id,
                cluster_path=cluster_path,
                workspace_id=workspace_id,
                auto_apply_recs=None if auto_apply_recs is None else switch(auto_apply_recs),
            )
        )
    if json:
        tell_json(changed.document)
    else:
        tell("Project updated")


def delete(project: ProjectArgument, json: JsonOption = False) -> None:
    """Delete a project."""
    from setpoint.cli.sync.session import project_id, service
    from setpoint.client import projects

    with service() as client:
        said = client.call(projects.delete(project_id(client, project)))
    if json:
        tell_json({"result": said})
    else:
        tell(said)


def reset(project: ProjectArgument, json: JsonOption = False) -> None:
    """Let a project begin anew: what it learned is set aside."""
    from setpoint.cli.sync.session import project_id, service
    from setpoint.client import projects

    with service() as client:
        said = client.call(projects.reset(project_id(client, project)))
    if json:
        tell_json({"result": said})
    else:
        tell("Project reset")


def get_prediction(
    project: ProjectArgument,
    preference: Annotated[Preference | None, typer.Option("--preference", "-p", help="Default: all three.")] = None,
    json: JsonOption = False,
) -> None:
    """Print the newest prediction of a project."""
    from setpoint.cli.sync.session import project_id, service
    from setpoint.client import predictions

    with service() as client:
        found = client.call(predictions.newest(project_id(client, project), preference))
    if found is None:
        raise NotFound("Project Error: No predictions in the project")
    show(found.document, json=json)


def latest_submission_config(
    project: ProjectArgument, success_only: SuccessOption = False, json: JsonOption = False
) -> None:
    """Print the cluster configuration of the newest submission of a project."""
    from setpoint.cli.sync.session import project_id, service
    from setpoint.client import submissions

    with service() as client:
        found = client.call(submissions.listed(project_id(client, project)))
    chosen = next((each for each in found if each.state == "SUCCESS" or not success_only), None)
    if chosen is None:
        raise NotFound("No successful submissions found." if found else "No submissions found.")
    configuration = chosen.document.get("configuration")
    if not isinstance(configuration, dict):
        raise NotFound(f"The submission {chosen.id} has no configuration; its state is {chosen.state}.")
    show(configuration, json=json)
