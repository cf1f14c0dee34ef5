"""Bill against estimate: what billed rows say of each reported run, and the factor by which estimates are off."""

from setpoint.core.reconciliation.bill import LARGEST_BILL_BYTES, BilledRow, part_of_sku, read_bill
from setpoint.core.reconciliation.comparison import PARTS, Reconciled, billed_cost, reconcile, rows_of
from setpoint.core.reconciliation.factors import Correction, Corrections, correction, corrections

__all__ = [
    "LARGEST_BILL_BYTES",
    "PARTS",
    "BilledRow",
    "Correction",
    "Corrections",
    "Reconciled",
    "billed_cost",
    "correction",
    "corrections",
    "part_of_sku",
    "read_bill",
    "reconcile",
    "rows_of",
]
