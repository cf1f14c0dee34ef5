"""What an owner says about a project: its goal, what may be done by itself, and when not."""

from typing import Annotated

from pydantic import ConfigDict, Field

from setpoint.core.history import Mode
from setpoint.service.wire.envelope import Line, Shape, Text

__all__ = ["Freeze", "Frozen", "Goal", "GoalChange"]

_GOAL = "minimise cost; runtime p95 <= 1h; cost <= 30$"


class GoalChange(Shape):
    """What is wanted of a project."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"goal": _GOAL, "mode": "auto"}]})

    goal: Annotated[Text, Field(min_length=1, description="In the language of `setpoint goals`.")]
    mode: Mode | None = Field(None, description="What may be done about it; without it as before.")


class Goal(Shape):
    """What is wanted of a project, and how it stands."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"goal": _GOAL, "mode": "auto", "set_by": "project", "is_in_force": True, "phase": "OPTIMIZING"}
            ]
        }
    )

    goal: str | None = Field(description="null where nobody set one.")
    mode: Mode | None
    set_by: str = Field(description="`project`, or the policies that it is from.")
    is_in_force: bool = Field(description="False until the first run was submitted; it counts from then on.")
    phase: str = Field(examples=["LEARNING"])


class Freeze(Shape):
    """When nothing may be changed; what is known to be good may be restored all the same."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"freezes": ["2026-12-20 to 2027-01-06"]}]})

    freezes: list[Line] = Field(
        max_length=50, description="`2026-12-20 to 2027-01-06`, or `0 20 * * 1-5 for 4h in Europe/Berlin`; none: thaw."
    )


class Frozen(Freeze):
    """The same with what policies say."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"freezes": [], "in_force": [], "restricted_by": ""}]})

    in_force: list[str] = Field(description="The project's own freezes, and those of policies.")
    restricted_by: str = Field(description="Names of these policies; empty where there are none.")
