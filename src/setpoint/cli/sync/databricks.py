"""`aws-databricks …` and `azure-databricks …`: runs of Databricks jobs, and clusters for the next ones."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

import typer

from setpoint import clouds
from setpoint.cli.sync.answers import progress, show, tell, tell_json
from setpoint.cli.sync.options import (
    AllowIncompleteOption,
    Compute,
    ComputeOption,
    ExcludeTaskOption,
    JsonOption,
    Plan,
    PlanOption,
    PreferenceOption,
    Product,
    ProjectArgument,
    ProjectOption,
)
from setpoint.client.clouds import DatabricksCloud, RunQuery
from setpoint.errors import InputError

__all__ = ["add_to"]

RunArgument = Annotated[str, typer.Argument(metavar="RUN_ID", help="Run of a Databricks job.")]
JobArgument = Annotated[str, typer.Argument(metavar="JOB_ID", help="Databricks job.")]
ClusterArgument = Annotated[str, typer.Argument(metavar="CLUSTER_ID")]
PredictionArgument = Annotated[str, typer.Argument(metavar="PREDICTION_ID")]
RecommendationArgument = Annotated[str, typer.Argument(metavar="RECOMMENDATION_ID")]
SubmissionArgument = Annotated[str, typer.Argument(metavar="SUBMISSION_ID")]
LogUrlOption = Annotated[str | None, typer.Option("--log-url", help="Where event logs are, to be tried as well.")]
PredictionOption = Annotated[str | None, typer.Option("--prediction-id", help="Default: the project's newest.")]
WaitOption = Annotated[bool, typer.Option("--wait", help="Until the run has ended; then ask for a prediction of it.")]
CODES = (Product.AWS_DATABRICKS, Product.AZURE_DATABRICKS)


def add_to(app: typer.Typer) -> None:
    """Register the commands of both clouds."""
    for product in CODES:
        cloud = "AWS" if product is Product.AWS_DATABRICKS else "Azure"
        group = typer.Typer(help=f"Databricks on {cloud}.", no_args_is_help=True)
        for name, make in COMMANDS.items():
            group.command(name)(make(product))
        app.add_typer(group, name=product.value)


def _access_report(product: Product) -> Callable[..., None]:
    def access_report(log_url: LogUrlOption = None, json: JsonOption = False) -> None:
        """Say what may be done with the credentials at hand: at the service, and in the workspace."""
        from setpoint.cli.sync.access import print_access

        print_access(lambda: clouds.databricks(product, progress).access(log_url), json=json)

    return access_report


def _create_prediction(product: Product) -> Callable[..., None]:
    def create_prediction(
        run_id: RunArgument,
        plan: PlanOption = Plan.STANDARD,
        compute: ComputeOption = Compute.JOBS,
        project: ProjectOption = None,
        allow_incomplete: AllowIncompleteOption = False,
        exclude_task: ExcludeTaskOption = None,
        json: JsonOption = False,
    ) -> None:
        """Ask for a prediction of a finished run."""
        cloud = clouds.databricks(product, progress)
        tasks = exclude_task or ()
        _predict(cloud, product, RunQuery(run_id, plan, compute.listed, project, allow_incomplete, tasks), json)

    return create_prediction


def _run_job(product: Product) -> Callable[..., None]:
    def run_job(
        job_id: JobArgument,
        plan: PlanOption = Plan.STANDARD,
        compute: ComputeOption = Compute.JOBS,
        project: ProjectOption = None,
        allow_incomplete: AllowIncompleteOption = False,
        json: JsonOption = False,
    ) -> None:
        """Run a job, wait until it has ended, and ask for a prediction of it."""
        cloud = clouds.databricks(product, progress)
        started = cloud.run(job_id, None, wait=True)
        _predict(cloud, product, RunQuery(started.run_id, plan, compute.listed, project, allow_incomplete), json)

    return run_job


def _predict(cloud: DatabricksCloud, product: Product, run: RunQuery, json: bool) -> None:
    from setpoint.cli.sync.session import project_of, service
    from setpoint.client import predictions

    with service() as client:
        if run.project_id:
            of = project_of(client, run.project_id)
            run = replace(run, project_id=of.id, cluster_path=of.cluster_path)
        found = cloud.collect(run)
        made = client.call(predictions.create(product, found.report, found.log, run.project_id))
    if json:
        tell_json({"prediction_id": made})
    else:
        tell(f"Prediction ID: {made}")


def _run_prediction(product: Product) -> Callable[..., None]:
    def run_prediction(
        job_id: JobArgument,
        prediction_id: PredictionArgument,
        *,
        preference: PreferenceOption = None,
        wait: WaitOption = False,
        allow_incomplete: AllowIncompleteOption = False,
        plan: PlanOption = Plan.STANDARD,
        compute: ComputeOption = Compute.JOBS,
        json: JsonOption = False,
    ) -> None:
        """Run a copy of a job once on the cluster of a prediction; with --wait ask for a prediction of that run too."""
        from setpoint.cli.sync.session import configuration, project_of, service
        from setpoint.client import predictions

        now = configuration()
        wanted = preference or now.preference
        with service(now) as client:
            prediction = client.call(predictions.get(prediction_id, wanted))
            of = project_of(client, prediction.project_id) if prediction.project_id else None
        if prediction.product_code != product:
            raise InputError(f"The prediction {prediction_id} is for {prediction.product_code}, not for {product}.")
        cloud = clouds.databricks(product, progress)
        whose = {"project_id": of.id, "cluster_path": of.cluster_path} if of else {}
        started = cloud.run(job_id, prediction.configuration(wanted), wait=wait, **whose)
        if wait:
            progress(f"Run ID: ({started.run_id}, {started.cluster_id})")
            run = RunQuery(started.run_id, plan, compute.listed, prediction.project_id, allow_incomplete)
            _predict(cloud, product, run, json)
        elif json:
            tell_json({"run_id": started.run_id, "cluster_id": started.cluster_id})
        else:
            tell(f"Run ID: ({started.run_id}, {started.cluster_id})")

    return run_prediction


def _create_submission(product: Product) -> Callable[..., None]:
    def create_submission(
        run_id: RunArgument,
        project: ProjectArgument,
        plan: PlanOption = Plan.STANDARD,
        compute: ComputeOption = Compute.JOBS,
        allow_incomplete: AllowIncompleteOption = False,
        exclude_task: ExcludeTaskOption = None,
        json: JsonOption = False,
    ) -> None:
        """Hand a finished run to a project."""
        from setpoint.cli.sync.session import project_of, service
        from setpoint.client import submissions

        cloud = clouds.databricks(product, progress)
        with service() as client:
            of = project_of(client, project)
            tasks = exclude_task or ()
            run = RunQuery(run_id, plan, compute.listed, of.id, allow_incomplete, tasks, of.cluster_path)
            found = cloud.collect(run)
            made = client.call(submissions.create(of.id, product, found.report, found.log))
        if json:
            tell_json({"submission_id": made})
        else:
            tell(f"Submission ID: {made}")

    return create_submission


def _get_submission(_: Product) -> Callable[..., None]:
    def get_submission(project: ProjectArgument, submission_id: SubmissionArgument, json: JsonOption = False) -> None:
        """Print a submission."""
        from setpoint.cli.sync import submissions

        submissions.get(project, submission_id, json)

    return get_submission


def _create_recommendation(_: Product) -> Callable[..., None]:
    def create_recommendation(project: ProjectArgument, json: JsonOption = False) -> None:
        """Ask for a recommendation."""
        from setpoint.cli.sync import recommendations

        recommendations.create(project, json=json)

    return create_recommendation


def _get_recommendation(_: Product) -> Callable[..., None]:
    def get_recommendation(
        project: ProjectArgument, recommendation_id: RecommendationArgument, json: JsonOption = False
    ) -> None:
        """Print a recommendation."""
        from setpoint.cli.sync import recommendations

        recommendations.get(project, recommendation_id, json)

    return get_recommendation


def _apply_prediction(product: Product) -> Callable[..., None]:
    def apply_prediction(
        job_id: JobArgument,
        project: ProjectArgument,
        prediction_id: PredictionOption = None,
        preference: PreferenceOption = None,
        json: JsonOption = False,
    ) -> None:
        """Change the cluster of a job for good to that of a prediction."""
        from setpoint.cli.sync.session import configuration, project_of, service
        from setpoint.client import predictions

        now = configuration()
        wanted = preference or now.preference
        with service(now) as client:
            of = project_of(client, project)
            found = client.call(
                predictions.get(prediction_id, wanted) if prediction_id else predictions.newest(of.id, wanted)
            )
            if found is None:
                raise InputError("Project Error: No predictions in the project")
        cloud = clouds.databricks(product, progress)
        cloud.apply(job_id, of.id, found.configuration(wanted), cluster_path=of.cluster_path)
        _applied("prediction", found.id, job_id, json=json)

    return apply_prediction


def _apply_recommendation(product: Product) -> Callable[..., None]:
    def apply_recommendation(
        job_id: JobArgument,
        project: ProjectArgument,
        recommendation_id: RecommendationArgument,
        json: JsonOption = False,
    ) -> None:
        """Change the cluster of a job for good to that of a recommendation."""
        from setpoint.cli.sync.session import project_of, service
        from setpoint.client import recommendations

        with service() as client:
            of = project_of(client, project)
            found = client.call(recommendations.get(of.id, recommendation_id))
        cloud = clouds.databricks(product, progress)
        cloud.apply(job_id, of.id, found.configuration(), cluster_path=of.cluster_path)
        _applied("recommendation", found.id, job_id, json=json)

    return apply_recommendation


def _applied(what: str, which: str, job_id: str, *, json: bool) -> None:
    if json:
        tell_json({f"{what}_id": which, "job_id": job_id})
    else:
        tell(f"Applied {what} {which} to job {job_id}")


def _get_cluster_report(product: Product) -> Callable[..., None]:
    def get_cluster_report(
        run_id: RunArgument,
        plan: PlanOption = Plan.STANDARD,
        compute: ComputeOption = Compute.JOBS,
        project: ProjectOption = None,
        allow_incomplete: AllowIncompleteOption = False,
        exclude_task: ExcludeTaskOption = None,
        json: JsonOption = False,
    ) -> None:
        """Print the cluster report of a finished run."""
        from setpoint.cli.sync.session import project_of, service

        cloud = clouds.databricks(product, progress)
        run = RunQuery(run_id, plan, compute.listed, None, allow_incomplete, exclude_task or ())
        if project:
            with service() as client:
                of = project_of(client, project)
            run = replace(run, project_id=of.id, cluster_path=of.cluster_path)
        show(cloud.collect(run, with_log=False).report, json=json)

    return get_cluster_report


def _monitor_cluster(product: Product) -> Callable[..., None]:
    def monitor_cluster(cluster_id: ClusterArgument) -> None:
        """Note the instances of a cluster beside its logs, until the cluster ends."""
        clouds.databricks(product, progress).monitor(cluster_id)

    return monitor_cluster


COMMANDS = {
    "access-report": _access_report,
    "create-prediction": _create_prediction,
    "run-job": _run_job,
    "run-prediction": _run_prediction,
    "create-submission": _create_submission,
    "get-submission": _get_submission,
    "create-recommendation": _create_recommendation,
    "get-recommendation": _get_recommendation,
    "apply-prediction": _apply_prediction,
    "apply-recommendation": _apply_recommendation,
    "get-cluster-report": _get_cluster_report,
    "monitor-cluster": _monitor_cluster,
}
