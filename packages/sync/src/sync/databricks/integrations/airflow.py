"""Airflow: a hook that puts the recommended cluster into an operator's JSON before it is submitted.

DatabricksSubmitRunOperator(..., pre_execute=airflow_gradient_pre_execute_hook, params={
    "gradient_app_id": "orders", "gradient_auto_apply": True, "cluster_log_url": "dbfs:/logs",
    "databricks_workspace_id": "123"})
"""

import logging
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from sync.api import projects, workspace
from sync.databricks_jobs import Databricks
from sync.merging import merged_cluster
from sync.models import Platform, Response

__all__ = ["airflow_gradient_pre_execute_hook", "apply_sync_gradient_cluster_recommendation"]

_log = logging.getLogger(__name__)
_PLATFORMS = {"aws": Platform.AWS_DATABRICKS, "azure": Platform.AZURE_DATABRICKS}
Json = dict[str, Any]


def airflow_gradient_pre_execute_hook(context: Mapping[str, Any]) -> None:
    """Change the JSON of the context's task; whatever fails is logged, and the task runs as the DAG has it."""
    try:
        params, task = context["params"], context["task"]
        task.json = apply_sync_gradient_cluster_recommendation(
            task.json,
            params["gradient_app_id"],
            params["gradient_auto_apply"],
            params["cluster_log_url"],
            params["databricks_workspace_id"],
            params.get("sla_minutes"),
        )
    except Exception:  # noqa: BLE001 - better a run on its old cluster than none
        _log.exception("The recommended cluster could not be put into the run; it is submitted as it is")


def apply_sync_gradient_cluster_recommendation(
    run_submit_task: Mapping[str, Any],
    gradient_app_id: str,
    auto_apply: bool,  # noqa: FBT001
    cluster_log_url: str,
    workspace_id: str,
    sla_minutes: int | None = None,
) -> Json:
    """The JSON of a run with the recommended cluster, what the project needs, and the workspace's notification.

    Without a recommendation, or where `auto_apply` is False, its own cluster stays. The argument is left as it is.
    """
    run = deepcopy(dict(run_submit_task))
    known = _result(workspace.get_workspace_config(workspace_id))
    platform = _PLATFORMS.get(str(known.get("compute_provider")), Platform.AWS_DATABRICKS)
    project_id = _project(gradient_app_id, platform, cluster_log_url, sla_minutes)
    for holder in [run, *run.get("tasks", ())]:
        if holder.get("new_cluster"):
            wanted = _recommended(project_id) if auto_apply else None
            cluster = merged_cluster(holder["new_cluster"], wanted) if wanted else holder["new_cluster"]
            holder["new_cluster"] = _result(Databricks(platform).get_project_cluster(cluster, project_id))
            break
    else:
        raise ValueError("the run has no new_cluster that could be changed")
    return _notifying(run, known)


def _project(app_id: str, platform: Platform, log_url: str, sla_minutes: int | None) -> str:
    found = projects.get_project_by_app_id(app_id)
    if found.result is None:
        goal = {"prediction_params": {"sla_minutes": sla_minutes}} if sla_minutes else {}
        found = projects.create_project(app_id, platform, app_id=app_id, cluster_log_url=log_url, **goal)
    return str(_result(found)["id"])


def _recommended(project_id: str) -> Json | None:
    asked = projects.create_project_recommendation(project_id)
    if asked.result is None:
        _log.warning("There is no recommendation for project %s yet: %s", project_id, asked.error)
        return None
    found = projects.wait_for_recommendation(project_id, asked.result)
    recommendation = (found.result or {}).get("recommendation")
    if not recommendation:
        _log.warning("There is no recommendation for project %s yet: %s", project_id, found.error)
        return None
    return dict(recommendation["configuration"])


def _notifying(run: Json, known: Mapping[str, Any]) -> Json:
    """With the workspace's webhook, once: at the start where the service collects by itself, else at the end."""
    webhook = known.get("webhook_id")
    if not webhook:
        return run
    event = "on_start" if known.get("collection_type") == "hosted" else "on_success"
    before = dict(run.get("webhook_notifications") or {})
    others = [each for each in before.get(event) or () if each.get("id") != webhook]
    return run | {"webhook_notifications": before | {event: [*others, {"id": webhook}]}}


def _result(response: "Response[Any]") -> Json:
    if response.result is None:
        raise ValueError(str(response.error))
    return dict(response.result)
