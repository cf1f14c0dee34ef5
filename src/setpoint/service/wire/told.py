"""What is told of a project's past and future: runs, decisions, savings, forecasts, calibration."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field, PlainSerializer, WithJsonSchema

from setpoint.service.wire.envelope import Shape

__all__ = [
    "BreachTold",
    "Calibration",
    "CalibrationBook",
    "Coverage",
    "Decision",
    "Forecast",
    "Moment",
    "Run",
    "Saved",
    "SavedLine",
    "Savings",
    "Weighed",
]

Moment = Annotated[
    datetime,
    PlainSerializer(lambda at: at.isoformat().replace("+00:00", "Z"), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-23T03:00:00.25Z"]}),
]
_INTERVAL = "90 of 100 cases lie inside."


class Interval(Shape):
    """Low and high."""

    low: float
    high: float


class Weighed(Shape):
    """A spec, and what was expected of it."""

    spec: str
    seconds: Interval = Field(description=_INTERVAL)
    median_seconds: float
    dollars: Interval = Field(description=_INTERVAL)
    median_dollars: float
    cost_label: str = Field(examples=["modelled"])
    miss_risk: float = Field(description="That it misses the goal or fails, 0 to 1.")
    failure_risk: float = Field(description="That it runs out of memory, 0 to 1.")


class Decision(Shape):
    """A decision with its reason."""

    number: int = Field(description="From 1.")
    id: str
    at: Moment
    kind: str = Field(examples=["hold"], description="hold, recommendation or rollback.")
    title: str
    reason: str
    after_run: int | None
    from_spec: str
    to_spec: str | None
    applied: bool
    phase: str
    considered: int = Field(description="Specs that were predicted and priced.")
    current: Weighed | None
    chosen: Weighed | None
    refused: Weighed | None
    refused_reason: str | None
    waits: str = Field("", description="Why it was not put in place at once; empty where it was, or changes nothing.")
    approved_by: str = Field("", description="Who let it be put in place; empty where nobody had to.")


class Run(Shape):
    """One run: what was predicted, and what happened."""

    number: int = Field(description="From 1.")
    id: str
    started_at: Moment
    spec: str
    input_bytes: int | None
    predicted: Weighed | None
    seconds: float
    dollars: float
    cost_label: str
    outcome: str
    fault: str | None
    error: str | None
    note: str
    retry: bool
    missed: list[str] = Field(description="Limits of the goal that it broke.")


class Saved(Shape):
    """What was saved: what runs would have cost without us, less what they cost. Losses are negative."""

    model_config = ConfigDict(from_attributes=True)

    runs: int
    known: int = Field(description="Runs whose counterfactual is known.")
    actual_dollars: float
    counterfactual_dollars: float
    saved_dollars: float | None = Field(description="null where nothing is known.")
    low_dollars: float | None = Field(description="Lower end of the 90 % interval of what was saved.")
    high_dollars: float | None = Field(description="Its upper end.")
    share: float | None = Field(description="Saved, of what it would have cost.")
    exploration_dollars: float = Field(description="What trying cost, included in the above.")
    failures: int = Field(description="Runs that failed for what our specs lacked.")
    failure_dollars: float = Field(description="What these cost, included in the above.")
    unknown_dollars: float = Field(description="What runs cost of which nothing else is known.")


class SavedLine(Shape):
    """One line of the account."""

    name: str
    saved: Saved


class Savings(Shape):
    """The account of an account's projects, or of one."""

    by: str
    total: Saved
    lines: list[SavedLine]
    pending: int = Field(0, description="Projects that are being counted and are not in it yet; ask again later.")


class BreachTold(Shape):
    """When a spec breaks the goal, if it grows on like this."""

    spec: str
    cause: str = Field(examples=["goal"], description="`goal` or `memory`.")
    growth: float = Field(description="Log of the growth that it still carries; 0 where it is broken now.")
    at: Moment | None
    earliest: Moment | None
    latest: Moment | None
    words: str


class Forecast(Shape):
    """Where growth leads."""

    since: Moment
    measure: str
    words: str
    current: BreachTold = Field(description="On the spec in place.")
    best: BreachTold = Field(description="On the best spec that may be chosen.")


class Coverage(Shape):
    """How often an interval held."""

    share: float = Field(description="It should hold this share of runs.")
    held: int
    runs: int


class Stated(Shape):
    """Runs whose stated risk of a miss lay between two numbers."""

    low: float
    high: float
    runs: int
    misses: int
    mean_risk: float


class Calibration(Shape):
    """What was said before runs, against what was."""

    name: str
    predictions: int
    covered: list[Coverage]
    risks: list[Stated]
    cost_factor: float | None = Field(description="Costs came out at so many times the prediction; null: too few runs.")


class CalibrationBook(Shape):
    """Of all projects, and of each."""

    total: Calibration
    projects: list[Calibration]
    pending: int = Field(0, description="Projects that are being counted and are not in it yet; ask again later.")
