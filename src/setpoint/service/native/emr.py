"""`/v1/emr/regions`: where clusters of EMR are looked for. No secret of AWS is kept: a role is taken."""

import secrets
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Path

from setpoint.errors import InputError, NotFound
from setpoint.platforms.emr import EmrProject
from setpoint.processing.polling import watch
from setpoint.service.access import Asking, Caller, guarded_router
from setpoint.service.api.projects import OwnProject, project_shape
from setpoint.service.hooks import CALLER, HOOK_NAME, HOOK_SECRET, as_kept
from setpoint.service.rooms import Here, Rooms
from setpoint.service.wire.emr import EmrProjectSaid, EmrRegion, HookKey, NewEmrRegion
from setpoint.service.wire.envelope import MOST_LINE, Result
from setpoint.service.wire.projects import Project
from setpoint.store.rows import WorkspaceRow

__all__ = ["router"]

router = guarded_router("emr", writes="admin")
KIND = "emr"
KEY_HEADER = "X-Setpoint-Key"

RegionId = Annotated[str, Path(description="Id of the connected region.", max_length=MOST_LINE)]


def _own_region(region_id: RegionId, asking: Asking, here: Here) -> WorkspaceRow:
    row = here.store.workspaces.get(asking.account, region_id)
    if row is None or row.settings.get("kind") != KIND:
        raise NotFound("There is no such region in this account.")
    return row


OwnRegion = Annotated[WorkspaceRow, Depends(_own_region)]


@router.get("/v1/emr/regions")
def list_regions(asking: Asking, here: Here) -> Result[list[EmrRegion]]:
    """The account's regions, newest first."""
    rows = here.store.workspaces.list(asking.account)
    return Result(result=[_shape(row) for row in rows if row.settings.get("kind") == KIND])


@router.post("/v1/emr/regions")
def connect_region(new: NewEmrRegion, asking: Asking, here: Here) -> Result[EmrRegion]:
    """Have a region looked at. The answer names the external id that the role has to ask for."""
    _check_role(here, asking, new)
    settings = {
        "kind": KIND,
        "region": new.region,
        "role_arn": new.role_arn,
        "external_id": secrets.token_hex(16),
    }
    row = here.store.workspaces.add(asking.account, f"emr-{secrets.token_hex(8)}", settings=settings, secrets={})
    here.audit(asking, "EMR region connected", row.id, after=settings)
    watch(here.store, row)
    return Result(result=_shape(row))


@router.delete("/v1/emr/regions/{region_id}")
def forget_region(region: OwnRegion, asking: Asking, here: Here) -> Result[str]:
    """Look there no more."""
    here.store.workspaces.remove(asking.account, region.id)
    here.audit(asking, "EMR region forgotten", region.id, before=dict(region.settings))
    return Result(result=f"Region {region.id} was forgotten.")


@router.post("/v1/emr/regions/{region_id}/hook-key")
def create_hook_key(region: OwnRegion, asking: Asking, here: Here) -> Result[HookKey]:
    """Make a key for EventBridge to call `/v1/hooks/emr/…` with. Those made before end."""
    key = secrets.token_urlsafe(32)
    here.change_workspace(asking, region, {}, {HOOK_NAME: CALLER, HOOK_SECRET: as_kept(key)})
    here.audit(asking, "hook key made", region.id)
    return Result(result=HookKey(header=KEY_HEADER, key=key))


@router.put("/v1/emr/regions/{region_id}/projects/{project_id}", openapi_extra={"x-role": "operator"})
def place_project(
    region: OwnRegion, project: OwnProject, said: EmrProjectSaid, asking: Asking, here: Here
) -> Result[Project]:
    """Tell how the clusters of a project are known in this region."""
    given: dict[str, Any] = {name: value for name, value in said.model_dump().items() if value is not None}
    try:
        msgspec.convert({**given, "region": region.settings["region"]}, EmrProject)
    except msgspec.ValidationError as error:  # its own refusals come as these
        raise InputError(str(error)) from None
    settings = {"emr": given, "workspace_id": region.id}
    row = here.store.projects.change(asking.account, project.id, settings, product_code="aws-emr")
    here.audit(asking, "EMR project placed", project.id, before=project.settings, after=row.settings)
    return Result(result=project_shape(row))


def _check_role(here: Rooms, asking: Caller, new: NewEmrRegion) -> None:
    if new.role_arn is None and asking.account != here.options.local_account:
        raise InputError("Name the role that is to be taken in your account of AWS: role_arn.")


def _shape(row: WorkspaceRow) -> EmrRegion:
    said = row.settings
    return EmrRegion.model_construct(
        region_id=row.id,
        region=said.get("region"),
        role_arn=said.get("role_arn"),
        external_id=said.get("external_id"),
        created_at=row.created_at,
        has_hook_key=HOOK_SECRET in row.secrets,
    )
