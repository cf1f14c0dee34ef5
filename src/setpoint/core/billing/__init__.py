"""Billing truth: lines of bills → what each run cost, late corrections included, beside what was estimated."""

from setpoint.core.billing.attribution import RunKey, Told, attribute
from setpoint.core.billing.known import Compared, as_known, bills_of, compared, factors, known_cost, news
from setpoint.core.billing.lines import BillLine, Reading, Span, merged
from setpoint.core.billing.nodes import NodeUse, RunUse, utilisation

__all__ = [
    "BillLine",
    "Compared",
    "NodeUse",
    "Reading",
    "RunKey",
    "RunUse",
    "Span",
    "Told",
    "as_known",
    "attribute",
    "bills_of",
    "compared",
    "factors",
    "known_cost",
    "merged",
    "news",
    "utilisation",
]
