"""Predictions: three solutions for the cluster of one finished run (old clients)."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from setpoint.service.wire.envelope import Document, Id, Instant, OptionalId, Shape, Text
from setpoint.service.wire.uploads import UploadDetails

__all__ = ["PRODUCTS", "Metered", "Metrics", "NewPrediction", "Prediction", "PredictionBegun", "Progress"]

ProductCode = Literal["aws-emr", "aws-databricks", "azure-databricks"]
State = Literal["PENDING", "RUNNING", "SUCCESS", "FAILURE"]


class NewPrediction(Shape):
    """A finished run: its cluster report, and an event log that is uploaded or fetched."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "product_code": "aws-databricks",
                    "project_id": None,
                    "configs": {"plan_type": "Standard", "compute_type": "Jobs Compute", "cluster": {}},
                }
            ]
        }
    )

    product_code: ProductCode
    configs: Document = Field(description="The cluster report, as the client library collects it.")
    project_id: OptionalId = Field(None, description="The project it belongs to, if any.")
    eventlog_url: Text | None = Field(None, description="http(s) address of the event log; without it, upload it.")


class PredictionBegun(Shape):
    """A prediction that is on its way."""

    prediction_id: Id
    upload_details: UploadDetails | None = Field(None, description="Absent where the log is fetched.")


class Metrics(Shape):
    """What a run takes."""

    runtime: float = Field(description="Minutes.")
    cost: float = Field(description="US dollars.")


class Metered(Shape):
    """A cluster in the platform's own words, and what the run takes on it."""

    configuration: dict[str, Any]
    metrics: Metrics


class Prediction(Shape):
    """What was predicted. Keys without a value are left out."""

    prediction_id: Id
    project_id: Id | None = None
    application_name: str
    created_at: Instant
    product_code: str
    product_name: str
    status: State
    error: str | None = Field(None, description="Why it failed, in a sentence.")
    basis: Metered | None = Field(None, description="What ran.")
    event_log: str | None = Field(None, description="Name of the file.")
    solutions: dict[str, Metered] = Field(
        default_factory=dict, description="By preference: performance, balanced, economy; the one asked for, or all."
    )


class Progress(Shape):
    """How far a prediction is; SUCCESS and FAILURE are final."""

    status: State


PRODUCTS: dict[str, str] = {
    "aws-emr": "Spark + EMR",
    "aws-databricks": "Spark + Databricks",
    "azure-databricks": "Spark + Databricks on Azure",
}
"""Platforms by code, with their names."""
