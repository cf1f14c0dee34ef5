"""Where bills are read: Databricks' billing tables, and the cost exports of AWS and Azure. Bills in, lines out.

What the lines mean for runs is in `setpoint.core.billing`; what is written to the ledger in `setpoint.bookkeeping`.
"""

from datetime import datetime
from typing import Protocol

from setpoint.core.billing import Reading

__all__ = ["BILLS", "BillSource"]

BILLS = ("databricks", "aws", "azure")
"""Whose bills are read."""


class BillSource(Protocol):
    """A bill, wherever it lies."""

    def read(self, since: datetime, until: datetime) -> Reading:
        """What it says now of usage within these times.

        Raises InputError or PlatformError where it cannot be read whole: half a bill would take runs down.
        """
        ...
