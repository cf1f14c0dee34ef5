"""Setpoint: closed-loop control for recurring Spark pipelines.

The public names are loaded when they are asked for, so that a command which needs few of them starts at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setpoint.core.advice import advise
    from setpoint.core.controller import decide
    from setpoint.core.domain import ClusterSpec, Hold, Recommendation, Rollback, Run, SearchSpace
    from setpoint.core.eventlog import read_profile
    from setpoint.core.goals import Goal, parse_goal
    from setpoint.core.pricebook import PriceBook
    from setpoint.core.profile import Profile
    from setpoint.errors import SetpointError
    from setpoint.loop import Loop

__all__ = [
    "ClusterSpec",
    "Goal",
    "Hold",
    "Loop",
    "PriceBook",
    "Profile",
    "Recommendation",
    "Rollback",
    "Run",
    "SearchSpace",
    "SetpointError",
    "advise",
    "decide",
    "parse_goal",
    "read_profile",
]

_HOME = {
    "Goal": "core.goals",
    "Loop": "loop",
    "PriceBook": "core.pricebook",
    "Profile": "core.profile",
    "SetpointError": "errors",
    "advise": "core.advice",
    "decide": "core.controller",
    "parse_goal": "core.goals",
    "read_profile": "core.eventlog",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME.get(name, 'core.domain')}"), name)


def __dir__() -> list[str]:
    return __all__
