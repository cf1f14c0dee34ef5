"""The nouns: what the controller reads and what it answers with. Frozen values, no behaviour beyond arithmetic."""

from setpoint.core.domain.costs import Cost, CostKind, CostLabel, CostPart, Unpriceable
from setpoint.core.domain.decisions import (
    Assessment,
    Candidate,
    Decision,
    Foreseen,
    Hold,
    Phase,
    Recommendation,
    Refusal,
    Rollback,
)
from setpoint.core.domain.predictions import ODD_SHARE, ODDNESS, Prediction
from setpoint.core.domain.runs import ClusterReport, Outcome, Run
from setpoint.core.domain.specs import ClusterSpec, SearchSpace

__all__ = [
    "ODDNESS",
    "ODD_SHARE",
    "Assessment",
    "Candidate",
    "ClusterReport",
    "ClusterSpec",
    "Cost",
    "CostKind",
    "CostLabel",
    "CostPart",
    "Decision",
    "Foreseen",
    "Hold",
    "Outcome",
    "Phase",
    "Prediction",
    "Recommendation",
    "Refusal",
    "Rollback",
    "Run",
    "SearchSpace",
    "Unpriceable",
]
