"""Policies: goals and restrictions of many projects, as files."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from setpoint.service.wire.envelope import Line, Shape

__all__ = ["Applied", "Plan", "PlanApplied", "PlanChange", "PlanLine", "PoliciesInForce", "PolicyFiles", "PolicyTold"]

MOST_FILES = 200
MOST_FILE = 200_000

_FILES: dict[str, Any] = {
    "nightly.yml": "name: nightly\nselect: {name: 'nightly-*'}\ngoal: minimise cost; runtime <= 1h\nmode: auto\n"
}


class PolicyFiles(Shape):
    """All policies that there are to be; one that is left out goes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"files": _FILES, "quick": True}]})

    files: dict[Line, Annotated[str, Field(max_length=MOST_FILE)]] = Field(
        max_length=MOST_FILES, description="Name → YAML."
    )
    quick: bool = Field(
        default=True, description="Estimate from the last decision of each project; no new predictions."
    )


class PlanApplied(PolicyFiles):
    """The same files with the plan that was looked at."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"files": _FILES, "quick": True, "digest": None}]})

    digest: Line | None = Field(None, description="Of the plan: only that one is carried out.")


class PlanChange(Shape):
    """One setting that would change."""

    field: str
    was: str
    will: str


class PlanLine(Shape):
    """What the policies make of one project."""

    project: str
    policies: list[str]
    changes: list[PlanChange]
    verdict: str
    reason: str
    note: str
    saving_per_day: float | None = Field(description="US dollars.")


class Plan(Shape):
    """What the policies would do."""

    digest: str
    changing: int = Field(description="Projects whose settings would change.")
    untouched: int
    gone: list[str] = Field(description="Policies in force that are not among these.")
    projects: list[PlanLine]


class Applied(Plan):
    """What they did."""

    changed: int


class PolicyTold(Shape):
    """A policy in force."""

    name: str
    priority: int
    select: str
    projects: int = Field(description="How many it selects.")


class PoliciesInForce(Shape):
    """All of them, and their files."""

    digest: str | None
    files: dict[str, str]
    policies: list[PolicyTold]
