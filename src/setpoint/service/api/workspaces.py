"""`/v1/databricks/workspaces`: where Databricks is and with what it is reached; secrets never come out."""

import secrets
from typing import Annotated, Any

from fastapi import Depends, Path, Query

from setpoint.processing.polling import watch
from setpoint.service.access import Asking, guarded_router
from setpoint.service.api.projects import project_shape
from setpoint.service.hooks import HOOK_NAME, HOOK_SECRET, as_kept
from setpoint.service.rooms import Here, as_id
from setpoint.service.wire.envelope import MOST_LINE, Result
from setpoint.service.wire.projects import Project
from setpoint.service.wire.workspaces import SECRETS, Onboarding, WebhookCredentials, Workspace, WorkspaceChange
from setpoint.store.rows import WorkspaceRow

__all__ = ["router"]

router = guarded_router("workspaces", writes="admin")

MOST_LISTED = 500

WorkspaceId = Annotated[
    str, Path(description="The workspace's number at Databricks.", max_length=MOST_LINE, examples=["7474652260057818"])
]


def _own_workspace(workspace_id: WorkspaceId, asking: Asking, here: Here) -> WorkspaceRow:
    row = here.workspace(asking, workspace_id)
    return here.found(row if _is_databricks(row) else None, "workspace")


def _is_databricks(row: WorkspaceRow) -> bool:
    """Regions of EMR are kept beside them."""
    return "kind" not in row.settings


OwnWorkspace = Annotated[WorkspaceRow, Depends(_own_workspace)]


@router.get("/v1/databricks/workspaces")
def list_workspaces(
    asking: Asking,
    here: Here,
    page: Annotated[int, Query(ge=0, le=1_000_000, description="From 0.")] = 0,
    per_page: Annotated[int, Query(ge=1, le=MOST_LISTED)] = MOST_LISTED,
) -> Result[list[Workspace]]:
    """The account's workspaces, newest first."""
    rows = here.store.workspaces.list(asking.account, page=page, per_page=per_page)
    return Result(result=[workspace_shape(row) for row in rows if _is_databricks(row)])


@router.post("/v1/databricks/workspaces/{workspace_id}", openapi_extra={"x-refusals": ["409"]})
def create_workspace(workspace_id: WorkspaceId, new: WorkspaceChange, asking: Asking, here: Here) -> Result[Workspace]:
    """Bring a workspace into the account; one belongs to one account only."""
    settings, hidden = _parted(new)
    row = here.new_workspace(asking, workspace_id, settings, hidden)
    watch(here.store, row)
    here.audit(asking, "workspace created", workspace_id, after=_audited(row))
    return Result(result=workspace_shape(row))


@router.get("/v1/databricks/workspaces/{workspace_id}")
def get_workspace(workspace: OwnWorkspace) -> Result[Workspace]:
    """One workspace."""
    return Result(result=workspace_shape(workspace))


@router.put("/v1/databricks/workspaces/{workspace_id}")
def update_workspace(workspace: OwnWorkspace, change: WorkspaceChange, asking: Asking, here: Here) -> Result[Workspace]:
    """Change what is given, and leave the rest."""
    settings, hidden = _parted(change)
    row = here.change_workspace(asking, workspace, settings, hidden)
    watch(here.store, row)
    here.audit(asking, "workspace changed", row.id, before=_audited(workspace), after=_audited(row))
    return Result(result=workspace_shape(row))


@router.delete("/v1/databricks/workspaces/{workspace_id}")
def delete_workspace(workspace: OwnWorkspace, asking: Asking, here: Here) -> Result[str]:
    """Forget a workspace, its credentials included."""
    here.store.workspaces.remove(asking.account, workspace.id)
    here.audit(asking, "workspace deleted", workspace.id, before=_audited(workspace))
    return Result(result=f"Workspace {workspace.id} was deleted.")


@router.post("/v1/databricks/workspaces/{workspace_id}/webhook-credentials")
def create_webhook_credentials(workspace: OwnWorkspace, asking: Asking, here: Here) -> Result[WebhookCredentials]:
    """Make a name and a password for Databricks to call `/v1/hooks/databricks/…` with. Those made before end."""
    made = (f"webhook-{secrets.token_hex(4)}", secrets.token_urlsafe(32))
    here.change_workspace(asking, workspace, {}, {HOOK_NAME: made[0], HOOK_SECRET: as_kept(made[1])})
    here.audit(asking, "webhook credentials made", workspace.id, after={"username": made[0]})
    return Result(result=WebhookCredentials(username=made[0], password=made[1]))


@router.post("/v1/databricks/workspaces/{workspace_id}/setup")
def set_up_workspace(workspace: OwnWorkspace, asking: Asking, here: Here) -> Result[Workspace]:
    """Mark a workspace as ready to be worked with, and show it."""
    row = here.change_workspace(asking, workspace, {"is_set_up": True}, {})
    here.audit(asking, "workspace set up", workspace.id)
    return Result(result=workspace_shape(row))


@router.post("/v1/databricks/workspaces/{workspace_id}/onboard-workflow")
def onboard_workflow(workspace: OwnWorkspace, wanted: Onboarding, asking: Asking, here: Here) -> Result[Project]:
    """Tell a project which job of this workspace it is."""
    project = here.project(asking, as_id(wanted.project_id, "project"))
    onboarded = {"job_id": wanted.job_id, "workspace_id": workspace.id}
    row = here.store.projects.change(asking.account, project.id, onboarded)
    here.audit(asking, "workflow onboarded", project.id, before=project.settings, after=row.settings)
    return Result(result=project_shape(row))


def _parted(change: WorkspaceChange) -> tuple[dict[str, Any], dict[str, str | None]]:
    """What may be shown, and what is kept encrypted."""
    said = change.model_dump(include=change.model_fields_set)
    hidden = {name: said.pop(name) for name in SECRETS if name in said}
    return said, hidden


_SHOWN = tuple(name for name in WorkspaceChange.model_fields if name not in SECRETS)


def workspace_shape(row: WorkspaceRow) -> Workspace:
    """A row as it goes over the wire."""
    return Workspace.model_construct(
        workspace_id=row.id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        secrets=sorted(row.secrets),
        **{name: row.settings.get(name) for name in _SHOWN},
    )


def _audited(row: WorkspaceRow) -> dict[str, Any]:
    return {**row.settings, "secrets": sorted(row.secrets)}
