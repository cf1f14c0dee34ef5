"""Recommendations: the cluster for the next run of a project."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from setpoint.service.wire.envelope import Id, Instant, Shape

__all__ = ["Advised", "Context", "Recommendation", "RecommendationOptions"]

RecommendationState = Literal["PENDING", "RUNNING", "SUCCESS", "FAILURE"]


class RecommendationOptions(Shape):
    """Wishes about a recommendation; none are needed."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [{}]})


class Advised(Shape):
    """The cluster and what is expected of it."""

    metrics: dict[str, float] = Field(
        description="`spark_duration_minutes` and `spark_cost_{requested,lower,midpoint,upper}_usd`."
    )
    configuration: dict[str, Any] = Field(description="Part of a cluster, to be merged over the job's.")
    prediction_params: dict[str, Any]


class Context(Shape):
    """What it rests on."""

    latest_submission_id: Id | None
    phase: str = Field(examples=["LEARNING"])
    current_learning_iteration: int
    total_learning_iterations: int


class Recommendation(Shape):
    """A recommendation, done or on its way; SUCCESS and FAILURE are final."""

    id: Id
    project_id: Id
    created_at: Instant
    updated_at: Instant
    state: RecommendationState
    error: str | None = None
    recommendation: Advised | None = None
    context: Context
