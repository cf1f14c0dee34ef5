"""`aws-emr …`: clusters of EMR on EC2."""

from pathlib import Path
from typing import Annotated

import typer

from setpoint import clouds
from setpoint.cli.sync.answers import progress, show, tell, tell_json
from setpoint.cli.sync.options import JsonOption, PreferenceOption, Product, ProjectArgument, RegionOption
from setpoint.client.clouds import EmrCloud
from setpoint.errors import InputError

__all__ = ["add_to"]

group = typer.Typer(help="EMR on EC2.", no_args_is_help=True)

ClusterArgument = Annotated[str, typer.Argument(metavar="CLUSTER_ID", help="A terminated cluster, j-…")]
PredictionArgument = Annotated[str, typer.Argument(metavar="PREDICTION_ID")]
FlowArgument = Annotated[Path, typer.Argument(metavar="JOB_FLOW", help="File with the RunJobFlow request, as JSON.")]
ProjectOption = Annotated[str | None, typer.Option("--project", "-p", help="Project ID or app ID.")]
RunOption = Annotated[str | None, typer.Option("--run-id", help="Run of the project; default: the newest.")]
ClusterOption = Annotated[str | None, typer.Option("--cluster-id", help="A cluster to try.")]
LogUrlOption = Annotated[str | None, typer.Option("--log-url", help="Where event logs are, to be tried as well.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(group, name="aws-emr")


@group.command("access-report")
def access_report(
    cluster_id: ClusterOption = None,
    log_url: LogUrlOption = None,
    region: RegionOption = None,
    json: JsonOption = False,
) -> None:
    """Say what may be done with the credentials at hand: at the service, and at AWS."""
    from setpoint.cli.sync.access import print_access

    print_access(lambda: clouds.emr(region, progress).access(cluster_id, log_url), json=json)


@group.command("create-prediction")
def create_prediction(cluster_id: ClusterArgument, region: RegionOption = None, json: JsonOption = False) -> None:
    """Ask for a prediction of a terminated cluster."""
    _predict(clouds.emr(region, progress), cluster_id, None, json=json)


@group.command("record-run")
def record_run(
    cluster_id: ClusterArgument, project: ProjectArgument, region: RegionOption = None, json: JsonOption = False
) -> None:
    """Hand a terminated cluster to a project, and ask for a prediction of it."""
    _predict(clouds.emr(region, progress), cluster_id, project, json=json)


@group.command("create-project-prediction")
def create_project_prediction(
    project: ProjectArgument, run_id: RunOption = None, region: RegionOption = None, json: JsonOption = False
) -> None:
    """Ask for a prediction of the newest cluster of a project."""
    from setpoint.cli.sync.session import project_id, service

    cloud = clouds.emr(region, progress)
    with service() as client:
        of = project_id(client, project)
    _predict(cloud, cloud.cluster_of(of, run_id), of, json=json)


@group.command("create-submission")
def create_submission(
    project: ProjectArgument, run_id: RunOption = None, region: RegionOption = None, json: JsonOption = False
) -> None:
    """Hand the newest cluster of a project to it."""
    from setpoint.cli.sync.session import project_of, service
    from setpoint.client import submissions

    cloud = clouds.emr(region, progress)
    with service() as client:
        of = project_of(client, project)
        found = cloud.collect(cloud.cluster_of(of.id, run_id), project=of.document)
        made = client.call(submissions.create(of.id, Product.AWS_EMR, found.report, found.log))
    if json:
        tell_json({"submission_id": made})
    else:
        tell(f"Submission ID: {made}")


@group.command("run-job-flow")
def run_job_flow(
    job_flow: FlowArgument, project: ProjectOption = None, region: RegionOption = None, json: JsonOption = False
) -> None:
    """Run a job flow, wait until it has ended, and ask for a prediction of it."""
    from setpoint.cli.sync.inputs import read_json

    flow = read_json(job_flow)
    cloud = clouds.emr(region, progress)
    cluster = cloud.run(flow, _document(project), wait=True)
    _predict(cloud, cluster, project, json=json, before="Run complete. ")


@group.command("run-prediction")
def run_prediction(
    prediction_id: PredictionArgument,
    preference: PreferenceOption = None,
    region: RegionOption = None,
    json: JsonOption = False,
) -> None:
    """Start the cluster of a prediction."""
    from setpoint.cli.sync.session import configuration, service
    from setpoint.client import predictions

    now = configuration()
    wanted = preference or now.preference
    with service(now) as client:
        prediction = client.call(predictions.get(prediction_id, wanted))
    if prediction.product_code != Product.AWS_EMR:
        raise InputError("Prediction is not for EMR")
    cloud = clouds.emr(region, progress)
    cluster = cloud.run(prediction.configuration(wanted), _document(prediction.project_id), wait=False)
    if json:
        tell_json({"cluster_id": cluster})
    else:
        tell(f"EMR cluster ID: {cluster}")


@group.command("get-cluster-report")
def get_cluster_report(cluster_id: ClusterArgument, region: RegionOption = None, json: JsonOption = False) -> None:
    """Print the cluster report of a terminated cluster."""
    show(clouds.emr(region, progress).collect(cluster_id, with_log=False).report, json=json)


def _document(project: str | None) -> dict[str, object] | None:
    from setpoint.cli.sync.session import project_of, service

    if project is None:
        return None
    with service() as client:
        return dict(project_of(client, project).document)


def _predict(cloud: EmrCloud, cluster_id: str, project: str | None, *, json: bool, before: str = "") -> None:
    from setpoint.cli.sync.session import project_of, service
    from setpoint.client import predictions

    with service() as client:
        of = project_of(client, project) if project else None
        found = cloud.collect(cluster_id, project=of.document if of else None)
        made = client.call(predictions.create(Product.AWS_EMR, found.report, found.log, of.id if of else None))
    if json:
        tell_json({"prediction_id": made})
    else:
        tell(f"{before}Prediction ID: {made}")
