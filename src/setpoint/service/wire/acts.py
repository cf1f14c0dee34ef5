"""What people do to a project by hand: approvals, rollbacks, restrictions, descriptions."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from setpoint.service.wire.envelope import Line, Shape, Text
from setpoint.service.wire.told import Moment

__all__ = [
    "Approval",
    "Approved",
    "Description",
    "DescriptionChange",
    "RestrictionChange",
    "RestrictionsTold",
    "RollbackWish",
    "RolledBack",
    "WaitingTold",
]

MOST_TEXTS, MOST_TAGS = 50, 50
Texts = Annotated[list[Line], Field(max_length=MOST_TEXTS)]
ByAxis = Annotated[dict[Line, Texts], Field(max_length=3)]


class Approval(Shape):
    """A decision that may be put in place."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"decision": "000012"}, {"number": 7}]})

    decision: Line | None = Field(None, description="Its id. Without id and number: the newest.")
    number: int | None = Field(None, ge=1, le=1_000_000_000, description="Its number in the list of decisions.")


class Approved(Shape):
    """It was approved."""

    decision: str
    by: str
    spec: str = Field(description="What the next run gets.")
    waits: str | None = Field(description="Why it is not in place all the same (a freeze, say); null where it is.")


class WaitingTold(Shape):
    """The newest decision of a project, where it is not in place."""

    project_id: str
    project: str
    decision: str = Field(description="Its id.")
    at: Moment
    title: str
    reason: str
    from_spec: str
    to_spec: str
    waits: str
    needs_approval: bool = Field(description="Whether a person has to say a word.")
    saved_dollars: float | None = Field(description="A run, by the model; negative where it costs more.")
    miss_risk: float | None


class RollbackWish(Shape):
    """A spec to be put back."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"to": "baseline", "reason": "the night of the audit"}, {}]}
    )

    to: Line | None = Field(
        None, description="`baseline`, the id of a run, or a spec as it is printed; without it the known-good one."
    )
    reason: Text = ""


class RolledBack(Shape):
    """A spec was put back."""

    spec: str
    left: str = Field(description="Stays out of the search until the goal or the code is another.")
    by: str
    reason: str
    at: Moment


def _day(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("write a date such as 2026-12-01") from None
    return text


class RestrictionChange(Shape):
    """What the project itself says may not be done. Only what is given is changed; null or an empty list lifts it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "allow": {"slots": ["4-16"], "memory": ["2g", "4g"]},
                    "windows": ["0 20 * * 1-5 for 4h in Europe/Berlin"],
                    "trials": "10 %",
                    "exploration": "20$/month",
                }
            ]
        }
    )

    pins: ByAxis | None = Field(None, description="Axes (slots, memory, partitions) that keep a value.")
    allow: ByAxis | None = Field(None, description="Values that may be chosen; an axis not named is free.")
    deny: ByAxis | None = Field(None, description="Values that may not be chosen.")
    windows: Texts | None = Field(None, description="When changes may be made; always without any.")
    freezes: Texts | None = Field(None, description="When none may be made.")
    rescues: Literal["any time", "in windows"] | None = Field(None, description="Whether a rescue waits for a window.")
    explore_until: Annotated[Line, AfterValidator(_day)] | None = Field(
        None, description="From this day on nothing is tried."
    )
    exploration: Line | None = Field(None, description="What trying may cost: `20$/month`.")
    trials: Line | None = Field(None, description="How many projects may be on trial at once: `3` or `10 %`.")
    reruns: Literal["harmless", "harmful"] | None = Field(None, description="Whether the job may be run twice.")


class RestrictionsTold(Shape):
    """What may not be done to a project."""

    own: dict[str, list[str]] = Field(description="What the project itself says.")
    in_force: dict[str, list[str]] = Field(description="That, and what policies say.")
    restricted_by: str = Field(description="Names of these policies; empty where there are none.")
    words: list[str] = Field(examples=[["slots pinned to 8"]])


class DescriptionChange(Shape):
    """What is said of a project. Only what is given is changed; an empty tag goes."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"owner": "ada", "tags": {"team": "sales"}, "is_idempotent": True}]}
    )

    owner: Line | None = None
    tags: dict[Line, Line] = Field(default_factory=dict, max_length=MOST_TAGS)
    is_idempotent: bool | None = Field(None, description="Whether running it twice does no harm.")


class Description(Shape):
    """Whose a project is, its tags, and whether it may be run twice. Policies select by these."""

    owner: str
    tags: dict[str, str]
    is_idempotent: bool | None
