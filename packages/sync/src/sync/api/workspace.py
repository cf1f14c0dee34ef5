"""Databricks workspaces that the service works with."""

from typing import Any

from setpoint.client import workspaces
from sync.asking import ask, document_of, plain
from sync.models import Response

__all__ = [
    "apply_workspace_config",
    "create_workspace_config",
    "delete_workspace_config",
    "get_workspace_config",
    "get_workspace_configs",
    "onboard_workflow",
    "reset_webhook_creds",
    "update_workspace_config",
]


def create_workspace_config(workspace_id: str, **settings: Any) -> Response[dict[str, Any]]:  # noqa: ANN401
    """Make a workspace known."""
    return document_of(ask(workspaces.create(workspace_id, **_named(settings))))


def get_workspace_config(workspace_id: str) -> Response[dict[str, Any]]:
    """One workspace."""
    return document_of(ask(workspaces.get(workspace_id)))


def get_workspace_configs() -> Response[list[dict[str, Any]]]:
    """All workspaces."""
    return plain(ask(workspaces.listed()), lambda found: [dict(each.document) for each in found])


def update_workspace_config(workspace_id: str, **settings: Any) -> Response[dict[str, Any]]:  # noqa: ANN401
    """Change what is given."""
    return document_of(ask(workspaces.update(workspace_id, **_named(settings))))


def delete_workspace_config(workspace_id: str) -> Response[str]:
    """Forget a workspace."""
    return ask(workspaces.delete(workspace_id))


def reset_webhook_creds(workspace_id: str) -> Response[dict[str, Any]]:
    """New credentials for its notifications."""
    return plain(ask(workspaces.renew_webhook_credentials(workspace_id)), dict)


def apply_workspace_config(workspace_id: str) -> Response[str]:
    """Apply the settings in the workspace."""
    return ask(workspaces.setup(workspace_id))


def onboard_workflow(workspace_id: str, job_id: str, project_id: str) -> Response[str]:
    """Put a job under control of a project."""
    return ask(workspaces.onboard(workspace_id, job_id, project_id))


def _named(settings: dict[str, Any]) -> dict[str, Any]:
    """The plan is `databricks_plan_type` in Python and `plan_type` in the API."""
    return {{"databricks_plan_type": "plan_type"}.get(name, name): value for name, value in settings.items()}
