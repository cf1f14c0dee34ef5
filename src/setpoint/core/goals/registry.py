"""All metrics by the word for them: one line each."""

from setpoint.core.goals.balance import BalanceMetric
from setpoint.core.goals.carbon import CarbonMetric
from setpoint.core.goals.cost import CostMetric
from setpoint.core.goals.energy import EnergyMetric
from setpoint.core.goals.failure_risk import FailureRiskMetric
from setpoint.core.goals.latency import LatencyMetric
from setpoint.core.goals.memory_utilisation import MemoryUtilisationMetric
from setpoint.core.goals.metric import Metric
from setpoint.core.goals.ready import ReadyMetric
from setpoint.core.goals.runtime import RuntimeMetric
from setpoint.core.goals.utilisation import UtilisationMetric

__all__ = ["METRICS", "PREFERENCES"]

_EVERY: tuple[Metric, ...] = (
    CostMetric(),
    RuntimeMetric(),
    ReadyMetric(),
    BalanceMetric(),
    UtilisationMetric(),
    MemoryUtilisationMetric(),
    EnergyMetric(),
    CarbonMetric(),
    FailureRiskMetric(),
    LatencyMetric(),
)
METRICS: dict[str, Metric] = {metric.name: metric for metric in _EVERY}
PREFERENCES = {"performance": "runtime", "balanced": "balance", "economy": "cost"}
"""Goals with a name, and the metric that each minimises."""
