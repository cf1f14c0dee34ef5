"""How a project stands under the loop: its mode, what waits and why, who says what, what trying cost."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from setpoint.core.autonomy.ladder import ChangeKind
from setpoint.core.history import Mode
from setpoint.service.wire.envelope import Shape

__all__ = ["Metric", "Metrics", "ModeChange", "Standing", "Verification", "VerifiedTold", "standing_told"]


class ModeChange(Shape):
    """What may be done without asking. Exceptions that were made before go where `mode` is given."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"mode": "approve", "modes": {"rescue": "auto"}}]})

    mode: Mode | None = Field(
        None,
        description="observe: measure. shadow: decide and be graded. propose: say it. approve: wait for a person. "
        "auto: do it.",
    )
    modes: dict[ChangeKind, Mode] = Field(
        default_factory=dict, description="Kinds of change that have a mode of their own."
    )


class Ruling(Shape):
    """One field, and who says what it is."""

    model_config = ConfigDict(from_attributes=True)

    field: str
    value: list[str]
    sources: list[str] = Field(alias="from", description="Names of policies; `project` for the project's own word.")


class HeldBack(Shape):
    """What was decided and not put in place, held against the runs that came."""

    model_config = ConfigDict(from_attributes=True)

    changes: int
    predicted: int = Field(description="Successful runs on the spec in place that had a prediction.")
    held: int = Field(description="How many of them lay in the 90 % interval.")
    stated_misses: float
    failures: int
    compared: int = Field(description="Runs that would have had another spec.")
    actual_dollars: float
    chosen_dollars: float = Field(description="What they would have cost there, by the model.")
    worst_risk: float = Field(description="Highest risk of a miss of a spec it would have changed to.")


class TryingMonth(Shape):
    """What trying cost and won in a month."""

    model_config = ConfigDict(from_attributes=True)

    month: str
    spent_dollars: float
    won_dollars: float


class Trying(Shape):
    """What trying specs for what their runs tell has cost, and won back since."""

    spent_dollars: float
    won_dollars: float
    by_month: list[TryingMonth]


class Standing(Shape):
    """How a project stands."""

    mode: Mode | None = Field(None, description="null where no goal is set.")
    modes: dict[ChangeKind, Mode] = Field(
        default_factory=dict, description="What may be done about each kind of change."
    )
    ladder: list[Mode] = Field(description="All modes, from the lowest rung to the highest.")
    decision: str | None = Field(None, description="Id of the newest decision.")
    waits: str | None = Field(
        None, description="Why that one is not put in place; null where it is, or changes nothing."
    )
    spec: str | None = Field(None, description="In place now.")
    known_good: str | None = Field(None, description="What a rollback goes back to.")
    taken_back: list[str] = Field(default_factory=list, description="Specs that people took back; they are not tried.")
    rulings: list[Ruling] = Field(default_factory=list)
    is_idempotent: bool | None = Field(None, description="Whether it may be run twice; null where nobody knows.")
    held_back: HeldBack | None = None
    trying: Trying | None = None


class VerifiedTold(Shape):
    """A decision, and what it comes to when it is taken again from the same evidence."""

    number: int
    id: str
    verdict: Annotated[str, Field(examples=["identical"], description="identical, different, or not at hand.")]
    detail: str


class Verification(Shape):
    """Decisions taken again."""

    decisions: list[VerifiedTold]
    counts: dict[str, int]


class Metric(Shape):
    """What a goal may name."""

    name: str
    unit: str
    about: str
    needs: str | None = Field(description="What has to be known before it counts.")
    is_high_better: bool
    examples: list[str]


class Metrics(Shape):
    """All that a goal may say."""

    metrics: list[Metric]
    preferences: dict[str, str] = Field(description="Goals with a name, and the metric that each is after.")


def standing_told(data: dict[str, Any]) -> Standing:
    """As it is told of `standing_as_data`."""
    known = {"spec", "known_good", "mode", "modes", "ladder", "decision", "waits", "taken_back", "is_idempotent"}
    plain = {name: value for name, value in data.items() if name in known}
    return Standing.model_validate(
        {
            **plain,
            "rulings": data["rulings"],
            "held_back": HeldBack.model_validate(data["held_back"]),
            "trying": {
                **data["trying"],
                "by_month": [TryingMonth.model_validate(each) for each in data["trying"]["by_month"]],
            },
        }
    )
