"""Regions of EMR: where clusters are, as whom we look there, and how those of a project are known."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from setpoint.service.wire.envelope import Instant, Line, Shape

__all__ = ["EmrProjectSaid", "EmrRegion", "HookKey", "NewEmrRegion"]

RegionName = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", max_length=40)]
RoleArn = Annotated[
    str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[A-Za-z0-9_+=,.@/-]+$", max_length=600)
]
_REGION: dict[str, Any] = {"region": "us-east-1", "role_arn": "arn:aws:iam::123456789012:role/setpoint"}


class NewEmrRegion(Shape):
    """A region to look at."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REGION]})

    region: RegionName
    role_arn: RoleArn | None = Field(
        None, description="Role that we take there; only the first account may do without, as whoever runs the service."
    )


class EmrRegion(Shape):
    """A region that is looked at."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_REGION,
                    "region_id": "emr-4b1f0c",
                    "external_id": "a1b2",
                    "created_at": "2026-11-23T03:00:00Z",
                    "has_hook_key": False,
                }
            ]
        }
    )

    region_id: str
    region: str
    role_arn: str | None
    external_id: str = Field(description="To be asked for in the trust policy of the role: nobody else is given it.")
    created_at: Instant
    has_hook_key: bool = Field(description="Whether EventBridge may call.")


class HookKey(Shape):
    """What EventBridge is to send along in the header `X-Setpoint-Key`. Made anew each time, and shown this once."""

    header: str
    key: str


class EmrProjectSaid(Shape):
    """How the clusters of a project are known, and where their logs are. A tag or a name is needed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "nightly-orders"}]})

    tag: Line | None = Field(None, description="Value of the tag `setpoint:project` or `sync:project-id`.")
    name: Line | None = Field(None, description="Of its clusters, without what tells one run from another.")
    step: Line | None = Field(None, description="The step whose application counts, where there are several.")
    event_logs: Line | None = Field(None, description="URL in S3, where the clusters do not say it.")
