"""Set points and constraints: minimise one metric subject to limits on others.

A goal is written as clauses between semicolons, `minimise cost; runtime p95 <= 1h`, or as a YAML mapping
(`core.goal_file`). Each metric is one file and one line of the registry.
"""

from setpoint.core.goals.conditions import NOTHING_SEEN, Conditions
from setpoint.core.goals.energy import measured_energy
from setpoint.core.goals.goal import FAILURE_RISK, Goal, foreseen_words
from setpoint.core.goals.grammar import parse_goal
from setpoint.core.goals.limit import DEFAULT_RISK, Limit
from setpoint.core.goals.metric import Metric
from setpoint.core.goals.registry import METRICS, PREFERENCES

__all__ = [
    "DEFAULT_RISK",
    "FAILURE_RISK",
    "METRICS",
    "NOTHING_SEEN",
    "PREFERENCES",
    "Conditions",
    "Goal",
    "Limit",
    "Metric",
    "foreseen_words",
    "measured_energy",
    "parse_goal",
]
