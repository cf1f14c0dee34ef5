"""What both clouds of Databricks have; `sync.awsdatabricks` and `sync.azuredatabricks` are this for their product."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from setpoint import clouds
from setpoint.client import DatabricksAccess, predictions, projects, recommendations, submissions
from setpoint.client.clouds import Collected, DatabricksCloud, RunQuery
from sync.api import get_access_report
from sync.asking import client, guarded
from sync.config import get_databricks_config
from sync.merging import merged, merged_cluster
from sync.models import (
    AccessReport,
    AccessReportLine,
    AccessStatusCode,
    AWSDatabricksClusterReport,
    AzureDatabricksClusterReport,
    DatabricksClusterReport,
    DatabricksError,
    Response,
)

__all__ = ["Databricks", "told"]


told = logging.getLogger("sync").info
"""Where progress goes: a library does not write to the terminal."""


@dataclass(frozen=True)
class Databricks:
    """Functions over one product code."""

    product: str

    def get_access_report(self, log_url: str | None = None) -> AccessReport:
        """What may be done with the credentials at hand: at the service, and in the workspace."""
        report = get_access_report()
        found = guarded(lambda: self._cloud().access(log_url))
        if found.result is None:
            report.append(AccessReportLine("Databricks", AccessStatusCode.RED, str(found.error)))
        for line in found.result or ():
            report.append(AccessReportLine(line.name, AccessStatusCode(line.status), line.message))
        return report

    def create_prediction_for_run(
        self,
        run_id: str,
        plan_type: str,
        compute_type: str,
        project_id: str | None = None,
        allow_incomplete_cluster_report: bool = False,  # noqa: FBT001, FBT002
        exclude_tasks: Sequence[str] | None = None,
    ) -> Response[str]:
        """Ask for a prediction of a finished run; its id."""
        run = RunQuery(
            run_id, plan_type, compute_type, project_id, allow_incomplete_cluster_report, exclude_tasks or ()
        )
        return guarded(lambda: self._predict(run), DatabricksError)

    def record_run(
        self,
        run_id: str,
        plan_type: str,
        compute_type: str,
        project_id: str,
        allow_incomplete_cluster_report: bool = False,  # noqa: FBT001, FBT002
        exclude_tasks: Sequence[str] | None = None,
    ) -> Response[str]:
        """Ask for a prediction of a finished run of a project; its id."""
        allow = allow_incomplete_cluster_report
        return self.create_prediction_for_run(run_id, plan_type, compute_type, project_id, allow, exclude_tasks)

    def create_submission_for_run(
        self,
        run_id: str,
        plan_type: str,
        compute_type: str,
        project_id: str,
        allow_incomplete_cluster_report: bool = False,  # noqa: FBT001, FBT002
        exclude_tasks: Sequence[str] | None = None,
    ) -> Response[str]:
        """Hand a finished run to a project; the id of the submission."""
        run = RunQuery(
            run_id, plan_type, compute_type, project_id, allow_incomplete_cluster_report, exclude_tasks or ()
        )

        def work() -> str:
            found = self._collect(run)
            return client().call(submissions.create(project_id, self.product, found.report, found.log))

        return guarded(work, DatabricksError)

    def get_cluster_report(
        self,
        run_id: str,
        plan_type: str,
        compute_type: str,
        project_id: str | None = None,
        allow_incomplete: bool = False,  # noqa: FBT001, FBT002
        exclude_tasks: Sequence[str] | None = None,
    ) -> Response[DatabricksClusterReport]:
        """The cluster report of a finished run."""
        run = RunQuery(run_id, plan_type, compute_type, project_id, allow_incomplete, exclude_tasks or ())
        is_aws = self.product.startswith("aws")
        kind = AWSDatabricksClusterReport if is_aws else AzureDatabricksClusterReport

        def work() -> DatabricksClusterReport:
            report = self._cloud().collect(_placed(run), with_log=False).report
            return kind(**{name: value for name, value in report.items() if name in kind.__dataclass_fields__})  # type: ignore[arg-type]

        return guarded(work, DatabricksError)

    def run_prediction(self, job_id: str, prediction_id: str, preference: str) -> Response[tuple[str, str | None]]:
        """Run a job once on the cluster of a prediction; the run, and the cluster that was made for it."""

        def work() -> tuple[str, str | None]:
            found = client().call(predictions.get(prediction_id, preference))
            cloud = self._cloud()
            project_id = found.project_id or ""
            path = _cluster_path(project_id) if project_id else ""
            wanted = found.configuration(preference)
            started = cloud.run(job_id, wanted, wait=False, project_id=project_id, cluster_path=path)
            return started.run_id, started.cluster_id

        return guarded(work, DatabricksError)

    def run_and_record_job(
        self, job_id: str, plan_type: str, compute_type: str, project_id: str | None = None
    ) -> Response[str]:
        """Run a job, wait until it has ended, and ask for a prediction of it; its id."""

        def work() -> str:
            started = self._cloud().run(job_id, None, wait=True)
            return self._predict(RunQuery(started.run_id, plan_type, compute_type, project_id))

        return guarded(work, DatabricksError)

    def apply_prediction(
        self, job_id: str, project_id: str, prediction_id: str, preference: str = "economy"
    ) -> Response[str]:
        """Change the cluster of a job for good to that of a prediction."""

        def work() -> str:
            found = client().call(predictions.get(prediction_id, preference))
            cloud = self._cloud()
            path = _cluster_path(project_id)
            cloud.apply(job_id, project_id, found.configuration(preference), cluster_path=path)
            return prediction_id

        return guarded(work, DatabricksError)

    def apply_project_recommendation(self, job_id: str, project_id: str, recommendation_id: str) -> Response[str]:
        """Change the cluster of a job for good to that of a recommendation."""

        def work() -> str:
            found = client().call(recommendations.get(project_id, recommendation_id))
            cloud = self._cloud()
            cloud.apply(job_id, project_id, found.configuration(), cluster_path=_cluster_path(project_id))
            return recommendation_id

        return guarded(work, DatabricksError)

    def monitor_cluster(self, cluster_id: str, polling_period: int = 30) -> None:  # noqa: ARG002 - as published
        """Note the instances of a cluster beside its logs, until the cluster ends."""
        self._cloud().monitor(cluster_id)

    def get_prediction_cluster(
        self, cluster: Mapping[str, Any], prediction_id: str, preference: str = "economy"
    ) -> Response[dict[str, Any]]:
        """A cluster definition with a prediction merged in."""
        return guarded(
            lambda: merged_cluster(
                cluster, client().call(predictions.get(prediction_id, preference)).configuration(preference)
            )
        )

    def get_recommendation_cluster(
        self, cluster: Mapping[str, Any], project_id: str, recommendation_id: str, region_name: str | None = None
    ) -> Response[dict[str, Any]]:
        """A cluster definition with a recommendation, and what its project needs, merged in."""

        def work() -> dict[str, Any]:
            found = client().call(recommendations.get(project_id, recommendation_id)).configuration()
            template = client().call(projects.template(project_id, region_name))
            return merged(merged_cluster(cluster, found), template)

        return guarded(work)

    def get_project_cluster(
        self, cluster: Mapping[str, Any], project_id: str, region_name: str | None = None
    ) -> Response[dict[str, Any]]:
        """A cluster definition with what its project needs merged in."""
        return guarded(lambda: merged(cluster, client().call(projects.template(project_id, region_name))))

    def get_project_cluster_settings(self, project_id: str, region_name: str | None = None) -> Response[dict[str, Any]]:
        """What a cluster needs so that its runs count for the project."""
        return guarded(lambda: dict(client().call(projects.template(project_id, region_name))))

    def _cloud(self) -> DatabricksCloud:
        known = get_databricks_config()
        access = None if known is None else DatabricksAccess(known.host, known.token, known.aws_region_name)
        return clouds.databricks(self.product, told, access)

    def _collect(self, run: RunQuery) -> Collected:
        return self._cloud().collect(_placed(run))

    def _predict(self, run: RunQuery) -> str:
        found = self._collect(run)
        return client().call(predictions.create(self.product, found.report, found.log, run.project_id))


def _placed(run: RunQuery) -> RunQuery:
    """With the path of the cluster that the project is."""
    return replace(run, cluster_path=_cluster_path(run.project_id)) if run.project_id else run


def _cluster_path(project_id: str) -> str:
    return client().call(projects.get(project_id)).cluster_path
