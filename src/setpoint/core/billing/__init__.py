"""Billing truth: lines of bills → what each run cost, late corrections included, beside what was estimated."""

from setpoint.core.billing.attribution import RunKey, Told, attribute
from setpoint.core.billing.known import Compared, as_known, bills_of, compared, factors, known_cost, news
from setpoint.core.billing.lines import BillLine, Reading, Span, merged

__all__ = [
    "BillLine",
    "Compared",
    "Reading",
    "RunKey",
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
]
