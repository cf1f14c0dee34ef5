"""Workspaces: where a platform is, and with what it is reached. Credentials go in and never come out."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from setpoint.service.wire.envelope import Id, Instant, Line, Shape

__all__ = ["SECRETS", "Onboarding", "WebhookCredentials", "Workspace", "WorkspaceChange"]

SECRETS = ("databricks_token", "sync_api_key_secret", "azure_client_secret")
"""Fields that are encrypted, and left out of every answer."""


def _word_null(value: object) -> object:
    """Clients write the text `null` to take a value away."""
    return None if value == "null" else value


Value = Annotated[Line | None, BeforeValidator(_word_null)]


class WorkspaceChange(Shape):
    """What may be said about a workspace; only what is given is changed, null takes it away."""

    model_config = ConfigDict(
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "databricks_host": "https://dbc-5ee6ddc2-6b17.cloud.databricks.com",
                    "databricks_token": "dapi…",
                    "plan_type": "Premium",
                    "collection_type": "remote",
                    "monitoring_type": "webhook",
                    "compute_provider": "aws",
                    "aws_region": "us-east-1",
                }
            ]
        },
    )

    databricks_host: Value = None
    databricks_token: Value = Field(None, description="Kept encrypted; never answered.")
    sync_api_key_id: Value = None
    sync_api_key_secret: Value = Field(None, description="Kept encrypted; never answered.")
    webhook_id: Value = None
    plan_type: Value = None
    cluster_policy_id: Value = None
    collection_type: Annotated[Literal["remote", "hosted"] | None, BeforeValidator(_word_null)] = None
    monitoring_type: Annotated[Literal["webhook", "hypervisor"] | None, BeforeValidator(_word_null)] = None
    compute_provider: Annotated[Literal["aws", "azure"] | None, BeforeValidator(_word_null)] = None
    aws_region: Value = None
    aws_iam_role_arn: Value = None
    instance_profile_arn: Value = None
    external_id: Value = None
    azure_tenant_id: Value = None
    azure_client_id: Value = None
    azure_client_secret: Value = Field(None, description="Kept encrypted; never answered.")
    azure_subscription_id: Value = None


class Workspace(Shape):
    """A workspace, without its credentials."""

    workspace_id: str
    created_at: Instant
    updated_at: Instant
    databricks_host: str | None = None
    sync_api_key_id: str | None = None
    webhook_id: str | None = None
    plan_type: str | None = None
    cluster_policy_id: str | None = None
    collection_type: str | None = None
    monitoring_type: str | None = None
    compute_provider: str | None = None
    aws_region: str | None = None
    aws_iam_role_arn: str | None = None
    instance_profile_arn: str | None = None
    external_id: str | None = None
    azure_tenant_id: str | None = None
    azure_client_id: str | None = None
    azure_subscription_id: str | None = None
    secrets: list[str] = Field(description="Which credentials are kept; their values never leave.")


class WebhookCredentials(Shape):
    """What Databricks is to send along when it calls us. Made anew each time, and shown this once."""

    username: str
    password: str


class Onboarding(Shape):
    """A job of the workspace, and the project that it belongs to."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"job_id": "123456", "project_id": "7b155ae1-bbdf-444a-9654-f74757705178"}]}
    )

    job_id: Line
    project_id: Id
