"""EMR on EC2."""

import logging
from collections.abc import Mapping
from typing import Any

from setpoint import clouds
from setpoint.client import predictions, projects
from setpoint.client.clouds import EmrCloud
from sync.api import get_access_report as get_api_access_report
from sync.asking import client, guarded
from sync.models import AccessReport, AccessReportLine, AccessStatusCode, EMRError, Platform, Response

__all__ = [
    "create_prediction_for_cluster",
    "create_project_prediction",
    "get_access_report",
    "get_cluster_report",
    "record_run",
    "run_and_record_job_flow",
    "run_job_flow",
]


_told = logging.getLogger("sync").info


def get_access_report(
    log_url: str | None = None, cluster_id: str | None = None, region_name: str | None = None
) -> AccessReport:
    """What may be done with the credentials at hand: at the service, and at AWS."""
    report = get_api_access_report()
    found = guarded(lambda: clouds.emr(region_name, _told).access(cluster_id, log_url))
    if found.result is None:
        report.append(AccessReportLine("EMR", AccessStatusCode.RED, str(found.error)))
    for line in found.result or ():
        report.append(AccessReportLine(line.name, AccessStatusCode(line.status), line.message))
    return report


def create_prediction_for_cluster(cluster_id: str, region_name: str | None = None) -> Response[str]:
    """Ask for a prediction of a terminated cluster; its id."""
    return guarded(lambda: _predict(clouds.emr(region_name, _told), cluster_id, None), EMRError)


def record_run(cluster_id: str, project_id: str, region_name: str | None = None) -> Response[str]:
    """Hand a terminated cluster to a project; the id of the prediction of it."""
    return guarded(lambda: _predict(clouds.emr(region_name, _told), cluster_id, project_id), EMRError)


def create_project_prediction(
    project_id: str, run_id: str | None = None, region_name: str | None = None
) -> Response[str]:
    """Ask for a prediction of the newest cluster of a project; its id."""

    def work() -> str:
        cloud = clouds.emr(region_name, _told)
        return _predict(cloud, cloud.cluster_of(project_id, run_id), project_id)

    return guarded(work, EMRError)


def run_and_record_job_flow(
    job_flow: Mapping[str, Any], project_id: str | None = None, region_name: str | None = None
) -> Response[str]:
    """Run a job flow, wait until it has ended, and ask for a prediction of it; its id."""

    def work() -> str:
        cloud = clouds.emr(region_name, _told)
        return _predict(cloud, cloud.run(job_flow, _project(project_id), wait=True), project_id)

    return guarded(work, EMRError)


def run_job_flow(
    job_flow: Mapping[str, Any], project_id: str | None = None, region_name: str | None = None
) -> Response[str]:
    """Start a cluster; its id."""

    def work() -> str:
        return clouds.emr(region_name, _told).run(job_flow, _project(project_id), wait=False)

    return guarded(work, EMRError)


def get_cluster_report(cluster_id: str, region_name: str | None = None) -> Response[dict[str, Any]]:
    """The cluster report of a terminated cluster."""

    def work() -> dict[str, Any]:
        return dict(clouds.emr(region_name, _told).collect(cluster_id, with_log=False).report)

    return guarded(work, EMRError)


def _project(project_id: str | None) -> Mapping[str, object] | None:
    return client().call(projects.get(project_id)).document if project_id else None


def _predict(cloud: EmrCloud, cluster_id: str, project_id: str | None) -> str:
    found = cloud.collect(cluster_id, project=_project(project_id))
    return client().call(predictions.create(Platform.AWS_EMR, found.report, found.log, project_id))
