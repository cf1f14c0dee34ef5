"""Submissions: one finished run of a project, brought by a client."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from setpoint.service.wire.envelope import Document, Id, Instant, Line, Shape, Text
from setpoint.service.wire.uploads import UploadDetails

__all__ = ["NewSubmission", "Submission", "SubmissionBegun"]

SubmissionState = Literal["PENDING", "RUNNING", "SUCCESS", "FAILURE"]


class NewSubmission(Shape):
    """A finished run: its cluster report, and an event log that is uploaded or fetched."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "product_code": "aws-databricks",
                    "cluster_report": {"plan_type": "Standard", "compute_type": "Jobs Compute", "cluster": {}},
                }
            ]
        }
    )

    cluster_report: Document = Field(description="As the client library collects it.")
    product_code: Line | None = Field(None, description="One of `/v1/projects/products`.")
    product: Line | None = Field(None, description="The same, as clients send it that give an address.")
    event_log_uri: Text | None = Field(None, description="http(s) address of the event log; without it, upload it.")


class SubmissionBegun(Shape):
    """A submission that is on its way."""

    submission_id: Id
    upload_details: UploadDetails | None = Field(None, description="Absent where the log is fetched.")


class Submission(Shape):
    """A run that was brought, and what became of it."""

    id: Id
    project_id: Id
    created_at: Instant
    updated_at: Instant
    state: SubmissionState
    error: str | None = None
    product_code: str | None = None
    run_id: str | None = Field(None, description="The run in the project's history.")
    configuration: dict[str, Any] = Field(default_factory=dict, description="The cluster that it ran on.")
