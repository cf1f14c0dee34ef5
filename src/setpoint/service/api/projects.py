"""`/v1/projects`: recurring workloads under control."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Body, Depends, Path, Query, Request

from setpoint.core.wishes import read_wishes
from setpoint.errors import InputError
from setpoint.service.access import Asking, guarded_router
from setpoint.service.rooms import Here
from setpoint.service.wire.envelope import Document, Line, Result
from setpoint.service.wire.predictions import PRODUCTS
from setpoint.service.wire.projects import NewProject, Project, ProjectChange
from setpoint.store.rows import ProjectRow

__all__ = ["OwnProject", "router"]

router = guarded_router("projects")

MOST_LISTED = 1_000
_WRITTEN_ALIKE = {"s3_url": "cluster_log_url"}
"""One place of logs, which old clients name otherwise."""
_SWITCHES = ("auto_apply_recs", "optimize_instance_size")


async def _own_project(
    request: Request,
    project_id: Annotated[str, Path(description="UUID of the project.")],  # noqa: ARG001 - for the description
) -> ProjectRow:
    project: ProjectRow = request.state.project
    return project


OwnProject = Annotated[ProjectRow, Depends(_own_project)]
"""Parameter of a route: the project of its path, which is the account's own."""


@router.get("/v1/projects/products")
def list_products() -> Result[list[str]]:
    """Codes of the platforms that projects may be on."""
    return Result(result=list(PRODUCTS))


@router.post("/v1/projects")
def create_project(new: NewProject, asking: Asking, here: Here) -> Result[Project]:
    """Make a project; its history begins with the first run that is submitted."""
    said = _settings(new)
    row = here.store.projects.add(
        asking.account,
        name=new.name,
        app_id=new.app_id,
        product_code=_product(new.product_code),
        settings=said,
    )
    here.audit(asking, "project created", row.id, after={"name": new.name, **said})
    return Result(result=project_shape(row))


@router.get("/v1/projects")
def list_projects(
    asking: Asking,
    here: Here,
    app_id: Annotated[Line | None, Query(description="Only those with this app id; empty counts as absent.")] = None,
    page: Annotated[int, Query(ge=0, le=1_000_000, description="From 0.")] = 0,
    per_page: Annotated[int, Query(ge=1, le=MOST_LISTED)] = MOST_LISTED,
) -> Result[list[Project]]:
    """The account's projects, newest first."""
    rows = here.store.projects.list(asking.account, app_id=app_id or None, page=page, per_page=per_page)
    return Result(result=[project_shape(row) for row in rows])


@router.get("/v1/projects/{project_id}")
def get_project(project: OwnProject) -> Result[Project]:
    """One project."""
    return Result(result=project_shape(project))


@router.put("/v1/projects/{project_id}")
def update_project(project: OwnProject, change: ProjectChange, asking: Asking, here: Here) -> Result[Project]:
    """Change what is given, and leave the rest."""
    given = change.model_fields_set
    columns: dict[str, Any] = {}
    if "app_id" in given:
        columns["app_id"] = change.app_id
    if "product_code" in given:
        columns["product_code"] = _product(change.product_code)
    row = here.store.projects.change(asking.account, project.id, _settings(change), **columns)
    here.audit(asking, "project changed", project.id, before=_audited(project), after=_audited(row))
    return Result(result=project_shape(row))


@router.delete("/v1/projects/{project_id}")
def delete_project(project: OwnProject, asking: Asking, here: Here) -> Result[str]:
    """Take a project out of the account. Its history stays in the ledger."""
    here.store.projects.remove(asking.account, project.id)
    here.audit(asking, "project deleted", project.id, before=_audited(project))
    return Result(result=f"Project {project.id} was deleted.")


@router.post("/v1/projects/{project_id}/reset")
def reset_project(project: OwnProject, asking: Asking, here: Here) -> Result[str]:
    """Have what was learned so far count no more: the next run begins a new regime. Nothing is erased."""
    here.reset(asking, project)
    here.audit(asking, "project reset", project.id)
    return Result(result=f"Project {project.id} was reset.")


@router.post("/v1/projects/{project_id}/hardware-override-aws")
def override_hardware(
    project: OwnProject,
    override: Annotated[Document, Body(examples=[{"node_type_id": "i3.xlarge"}])],
    asking: Asking,
    here: Here,
) -> Result[Project]:
    """Keep a part of the cluster as it is given here, whatever is recommended. `{}` takes it back."""
    row = here.store.projects.change(asking.account, project.id, {"hardware_override": override or None})
    here.audit(asking, "hardware override", project.id, before=_audited(project), after=_audited(row))
    return Result(result=project_shape(row))


@router.get("/v1/projects/{project_id}/cluster/template")
def get_cluster_template(
    project: OwnProject,
    aws_region: Annotated[Line | None, Query(description="Region of the log bucket.")] = None,
) -> Result[dict[str, Any]]:
    """What a job's cluster needs to belong to the project: its tag, and where its logs go."""
    template: dict[str, Any] = {"custom_tags": {"sync:project-id": project.id}}
    place = project.settings.get("cluster_log_url")
    if isinstance(place, str) and place:
        template["cluster_log_conf"] = _log_conf(place.rstrip("/"), project.id, aws_region)
    return Result(result=template)


def _log_conf(place: str, project_id: str, region: str | None) -> dict[str, Any]:
    destination = f"{place}/{project_id}"
    if place.startswith("dbfs:"):
        return {"dbfs": {"destination": destination}}
    conf: dict[str, Any] = {
        "destination": destination,
        "enable_encryption": True,
        "canned_acl": "bucket-owner-full-control",
    }
    return {"s3": {**conf, "region": region} if region else conf}


def _product(code: str | None) -> str | None:
    if code is not None and code not in PRODUCTS:
        raise InputError(f"There is no product “{code[:40]}”; there are {', '.join(PRODUCTS)}.")
    return code


def _settings(change: ProjectChange) -> dict[str, Any]:
    """What was said, by the names that are kept. Of two names for one thing the one that says something wins.

    Raises InputError where wishes cannot be read: every run would have to do without them.
    """
    said = change.model_dump(include=change.model_fields_set - {"name", "app_id", "product_code"})
    read_wishes(said.get("prediction_params"))
    for old, new in _WRITTEN_ALIKE.items():
        if old in said:
            value = said.pop(old)
            said[new] = said.get(new) or value
    return said


def project_shape(row: ProjectRow) -> Project:
    """A row as it goes over the wire, under the names of all clients."""
    settings = row.settings
    place = settings.get("cluster_log_url")
    return Project.model_construct(
        id=row.id,
        name=row.name,
        created_at=row.created_at,
        updated_at=row.updated_at,
        product_code=row.product_code,
        app_id=row.app_id,
        cluster_log_url=place,
        s3_url=place,
        project_model_id="GRADIENT_ML",
        **_kept(settings),
    )


def _kept(settings: Mapping[str, Any]) -> dict[str, Any]:
    switches = {name: bool(settings.get(name)) for name in _SWITCHES}
    return {**switches, **{name: settings.get(name) for name in _PLAIN}}


_PLAIN = (
    "description",
    "job_id",
    "cluster_path",
    "workspace_id",
    "prediction_preference",
    "prediction_params",
    "hardware_override",
)


def _audited(row: ProjectRow) -> dict[str, Any]:
    return {"name": row.name, "app_id": row.app_id, "product_code": row.product_code, **row.settings}
