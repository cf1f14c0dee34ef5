"""Operations on Databricks workspaces that the service knows."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from setpoint.client.paging import every
from setpoint.client.records import Document, Workspace, document
from setpoint.client.steps import Ask, Operation, result_of

__all__ = ["create", "delete", "get", "listed", "onboard", "renew_webhook_credentials", "setup", "update"]

PATH = "/v1/databricks/workspaces"


def create(workspace_id: str, **settings: object) -> "Operation[Workspace]":
    """Make a workspace known."""
    return Workspace.read(document((yield Ask("POST", _path(workspace_id), _given(settings)))))


def get(workspace_id: str) -> "Operation[Workspace]":
    """One workspace."""
    return Workspace.read(document((yield Ask("GET", _path(workspace_id)))))


def listed() -> "Operation[Sequence[Workspace]]":
    """All workspaces of the account."""
    return tuple(Workspace.read(each) for each in (yield from every(PATH)))


def update(workspace_id: str, **settings: object) -> "Operation[Workspace]":
    """Change the settings that are given; the text `null` takes one away."""
    body = {name: None if value == "null" else value for name, value in _given(settings).items()}
    return Workspace.read(document((yield Ask("PUT", _path(workspace_id), body))))


def delete(workspace_id: str) -> "Operation[str]":
    """Forget a workspace; what the service says to it."""
    return str(result_of((yield Ask("DELETE", _path(workspace_id)))))


def renew_webhook_credentials(workspace_id: str) -> "Operation[Document]":
    """New credentials for the workspace's notifications; the old ones end."""
    return document((yield Ask("POST", f"{_path(workspace_id)}/webhook-credentials")))


def setup(workspace_id: str) -> "Operation[str]":
    """Apply the settings in the workspace; what the service says to it."""
    return _said((yield Ask("POST", f"{_path(workspace_id)}/setup")))


def onboard(workspace_id: str, job_id: str, project_id: str) -> "Operation[str]":
    """Put a job under control of a project; what the service says to it."""
    body = {"job_id": job_id, "project_id": project_id}
    return _said((yield Ask("POST", f"{_path(workspace_id)}/onboard-workflow", body)))


def _said(answer: Mapping[str, object]) -> str:
    found = result_of(answer)
    return found if isinstance(found, str) else "OK"


def _path(workspace_id: str) -> str:
    return f"{PATH}/{quote(workspace_id, safe='')}"


def _given(settings: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in settings.items() if value is not None}
