"""Projects, with the fields of old and new clients."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from setpoint.service.wire.envelope import Document, Id, Instant, Line, Shape, Text

__all__ = ["NewProject", "Preference", "Project", "ProjectChange"]

Preference = Literal["performance", "balanced", "economy"]
ModelId = Literal["GRADIENT_ML", "UNASSIGNED"]


def _absent_is_false(value: object) -> object:
    return False if value is None else value


Switch = Annotated[bool, BeforeValidator(_absent_is_false, json_schema_input_type=bool | None)]

_NEW: dict[str, Any] = {
    "name": "nightly orders",
    "product_code": "aws-databricks",
    "description": "Orders of the day",
    "job_id": "123456",
    "cluster_path": "job_clusters/main",
    "workspace_id": "7474652260057818",
    "cluster_log_url": "s3://logs/orders",
    "auto_apply_recs": False,
    "prediction_params": {"sla_minutes": 60},
    "app_id": "orders",
    "optimize_instance_size": True,
}


class ProjectChange(Shape):
    """What may be said about a project. Only what is given is changed; null takes it away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"description": "Orders of the day, at two"}]})

    description: Text | None = None
    job_id: Line | None = Field(None, description="The job on the platform, as text.")
    app_id: Line | None = Field(None, description="Your own name of the workload: projects can be found by it.")
    product_code: Line | None = Field(None, description="One of `/v1/projects/products`.")
    cluster_path: Line | None = Field(None, description="`job_clusters/KEY` or `tasks/KEY`.")
    workspace_id: Line | None = None
    cluster_log_url: Line | None = Field(None, description="Where the clusters deliver their logs.")
    s3_url: Line | None = Field(None, description="The same, as old clients name it.")
    auto_apply_recs: Switch = False
    optimize_instance_size: Switch = False
    prediction_preference: Preference | None = None
    prediction_params: Document | None = None


class NewProject(ProjectChange):
    """A project to be made."""

    model_config = ConfigDict(json_schema_extra={"examples": [_NEW]})

    name: Annotated[Line, Field(min_length=1, description="Its name; need not be unique.")]


class Project(Shape):
    """A recurring workload under control."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_NEW,
                    "id": "7b155ae1-bbdf-444a-9654-f74757705178",
                    "created_at": "2026-11-23T03:00:00Z",
                    "updated_at": "2026-11-23T03:00:00Z",
                    "s3_url": "s3://logs/orders",
                    "prediction_preference": "economy",
                    "hardware_override": {"node_type_id": "i3.xlarge"},
                    "project_model_id": "GRADIENT_ML",
                }
            ]
        }
    )

    id: Id
    name: str
    created_at: Instant
    updated_at: Instant
    product_code: str | None
    description: str | None
    job_id: str | None
    app_id: str | None
    cluster_path: str | None
    workspace_id: str | None
    cluster_log_url: str | None
    s3_url: str | None
    auto_apply_recs: bool
    optimize_instance_size: bool
    prediction_preference: Preference | None
    prediction_params: dict[str, Any] | None
    hardware_override: dict[str, Any] | None
    project_model_id: ModelId
