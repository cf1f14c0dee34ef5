"""Savings at the level of the bills: estimates times the factor by which the project's bills differ from estimates."""

import math
from dataclasses import replace

from setpoint.core.reconciliation import Correction, Corrections
from setpoint.core.savings.rows import Account, RunSaving

__all__ = ["reconciled"]


def reconciled(account: Account, corrections: Corrections) -> Account:
    """The same account with what was estimated brought to the bills; runs that are billed stay as they are."""
    factor = corrections.of(account.project)
    return replace(account, runs=tuple(_brought(row, factor) for row in account.runs))


def _brought(row: RunSaving, by: Correction) -> RunSaving:
    """Where a run cost the same either way, no factor puts that in doubt."""
    if row.actual_label == "billed":
        return row
    saved = abs(row.saved_dollars or 0.0)
    without = row.counterfactual_dollars
    return replace(
        row,
        actual_dollars=row.actual_dollars * by.factor,
        counterfactual_dollars=None if without is None else without * by.factor,
        common_low_dollars=math.hypot(row.common_low_dollars * by.factor, saved * (by.factor - by.low)),
        common_high_dollars=math.hypot(row.common_high_dollars * by.factor, saved * (by.high - by.factor)),
        own_dollars=row.own_dollars * by.factor,
        exploration_dollars=row.exploration_dollars * by.factor,
    )
