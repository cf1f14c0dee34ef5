"""Honest savings: what each run would have cost on its owner's spec, with an interval; losses are shown as they are."""

from setpoint.core.savings.account import account
from setpoint.core.savings.reconciled import reconciled
from setpoint.core.savings.rows import Account, RunSaving
from setpoint.core.savings.totals import GROUPINGS, Line, Saved, grouped, months_of, total

__all__ = [
    "GROUPINGS",
    "Account",
    "Line",
    "RunSaving",
    "Saved",
    "account",
    "grouped",
    "months_of",
    "reconciled",
    "total",
]
