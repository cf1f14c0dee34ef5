"""Operations on projects."""

import uuid
from collections.abc import Mapping, Sequence

from setpoint.client.paging import every
from setpoint.client.records import Document, Project, document
from setpoint.client.steps import Ask, Operation, result_of
from setpoint.errors import NotFound

__all__ = ["create", "delete", "find", "get", "listed", "override_hardware", "reset", "template", "update"]


def create(name: str, **settings: object) -> "Operation[Project]":
    """Make a project. Settings: product_code, description, job_id, cluster_path, … (docs/sync-cli.md has all)."""
    body = {"name": name} | {key: value for key, value in settings.items() if value is not None}
    return Project.read(document((yield Ask("POST", "/v1/projects", body))))


def listed(app_id: str | None = None) -> "Operation[Sequence[Project]]":
    """All projects of the account, or those with an app id."""
    found = yield from every("/v1/projects", [("app_id", app_id)] if app_id else [])
    return tuple(Project.read(each) for each in found)


def get(project_id: str) -> "Operation[Project]":
    """One project."""
    return Project.read(document((yield Ask("GET", path_of(project_id)))))


def find(reference: str) -> "Operation[str]":
    """The id of a project that is named by its id or by its app id."""
    if is_id(reference):
        return reference
    found = yield from listed(reference)
    if not found:
        raise NotFound(f"Project Error: No project found for '{reference}'")
    return found[0].id


def update(project_id: str, **settings: object) -> "Operation[Project]":
    """Change the settings that are given."""
    body = {key: value for key, value in settings.items() if value is not None}
    return Project.read(document((yield Ask("PUT", path_of(project_id), body))))


def delete(project_id: str) -> "Operation[str]":
    """Delete a project; what the service says to it."""
    return str(result_of((yield Ask("DELETE", path_of(project_id)))))


def reset(project_id: str) -> "Operation[str]":
    """Let a project begin anew; what the service says to it."""
    return str(result_of((yield Ask("POST", f"{path_of(project_id)}/reset"))))


def template(project_id: str, aws_region: str | None = None) -> "Operation[Document]":
    """What a cluster needs so that its runs count for the project: tags and where the logs go."""
    query = [("aws_region", aws_region)] if aws_region else []
    return document((yield Ask("GET", f"{path_of(project_id)}/cluster/template", query=query)))


def override_hardware(project_id: str, hardware: Mapping[str, object]) -> "Operation[Project]":
    """Say which hardware is to be used, whatever is recommended."""
    return Project.read(document((yield Ask("POST", f"{path_of(project_id)}/hardware-override-aws", hardware))))


def path_of(project_id: str) -> str:
    """Address of a project."""
    from urllib.parse import quote

    return f"/v1/projects/{quote(project_id, safe='')}"


def is_id(reference: str) -> bool:
    """Whether it is the id of a project, and not a name that somebody gave.

    >>> is_id("7b155ae1-bbdf-444a-9654-f74757705178"), is_id("orders")
    (True, False)
    """
    try:
        uuid.UUID(reference)
    except ValueError:
        return False
    return True
