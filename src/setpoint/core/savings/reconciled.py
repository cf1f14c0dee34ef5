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
    by = _of_estimates(row, by)
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


def _of_estimates(row: RunSaving, by: Correction) -> Correction:
    """The factor for a run of which a part is billed: only the rest is off."""
    share = 1.0 if not row.actual_dollars else min(1.0, max(0.0, 1.0 - row.billed_dollars / row.actual_dollars))
    factor, low, high = (1.0 + share * (each - 1.0) for each in (by.factor, by.low, by.high))
    return Correction(factor, low, high, by.runs)
