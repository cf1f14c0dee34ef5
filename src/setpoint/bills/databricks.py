"""Databricks' billing tables through a SQL warehouse: what was metered, at which price, for all jobs at once.

Sources: docs.databricks.com, admin/system-tables/billing and pricing; record types are ORIGINAL, RETRACTION (negative
quantities) and RESTATEMENT, so that the sum over all of them is what holds now.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from setpoint.bills.slices import number, rows_by_week
from setpoint.bills.statements import Statements
from setpoint.core.billing import BillLine, Reading

__all__ = ["PRICE_TABLES", "Paid", "PriceTable", "UsageTables", "at_list"]

PriceTable = Literal["list_prices", "account_prices"]
PRICE_TABLES: tuple[PriceTable, ...] = ("list_prices", "account_prices")
SETTLES_AFTER = timedelta(hours=24)
"""Records are there within 12 hours, as Databricks says; what is younger is not read: half a run is no bill."""

Paid = Callable[[str, str, float], tuple[float, str, bool]]
"""(cloud, SKU, price) → price that is paid, where it is from, and whether it is what is paid indeed."""

_STATEMENT = """
SELECT u.usage_metadata.job_run_id AS run_id, u.usage_metadata.cluster_id AS cluster_id, u.sku_name AS sku,
       u.cloud AS cloud, u.usage_unit AS unit, CAST(p.pricing.default AS STRING) AS price,
       CAST(u.usage_date AS STRING) AS day, CAST(SUM(u.usage_quantity) AS STRING) AS quantity,
       CAST(unix_seconds(MIN(u.usage_start_time)) AS STRING) AS began,
       CAST(unix_seconds(MAX(u.usage_end_time)) AS STRING) AS ended
FROM system.billing.usage u
LEFT JOIN system.billing.{table} p
  ON p.sku_name = u.sku_name AND p.cloud = u.cloud AND p.usage_unit = u.usage_unit AND p.currency_code = 'USD'
 AND u.usage_start_time >= p.price_start_time
 AND (p.price_end_time IS NULL OR u.usage_start_time < p.price_end_time)
WHERE u.billing_origin_product = 'JOBS' AND (:workspace = '' OR u.workspace_id = :workspace)
  AND u.usage_date BETWEEN date_sub(CAST(:since AS DATE), 1) AND date_add(CAST(:until AS DATE), 1)
  AND u.usage_start_time >= :since AND u.usage_start_time < :until
GROUP BY ALL
""".strip()


def at_list(cloud: str, sku: str, listed: float) -> tuple[float, str, bool]:  # noqa: ARG001 - a `Paid`
    """Without a contract."""
    return listed, "Databricks' list", False


@dataclass(frozen=True, slots=True)
class UsageTables:
    """The tables of a workspace's metastore. A `BillSource`."""

    statements: Statements
    clock: Callable[[], datetime]
    table: PriceTable = "list_prices"
    paid: Paid = at_list
    workspace_id: str = ""
    """Empty: all workspaces that the tables tell of; clusters are told apart by their ids."""

    def read(self, since: datetime, until: datetime) -> Reading:
        """One statement a week for all jobs, up to a day ago."""
        settled = min(until, self.clock() - SETTLES_AFTER)
        if settled <= since:
            return Reading("databricks", (), ())
        return Reading("databricks", ((since, settled),), tuple(self._lines(since, settled)))

    def _lines(self, since: datetime, until: datetime) -> Iterator[BillLine]:
        # The table is one of two words, and nothing of the user's goes into the text.
        text = _STATEMENT.format(table=self.table)
        for week, row in rows_by_week(self.statements, text, since, until, self.workspace_id):
            yield self._line(row, week)

    def _line(self, row: Mapping[str, str | None], piece: str) -> BillLine:
        sku, cloud = row["sku"] or "", (row["cloud"] or "").lower()
        quantity, began, ended = number(row, "quantity"), _moment(row, "began"), _moment(row, "ended")
        listed = None if row["price"] is None else number(row, "price")
        price, origin, is_paid = (None, "", True) if listed is None else self._price(cloud, sku, listed)
        return BillLine(
            # What was summed is told apart by what it was grouped by, and a piece of time is read once.
            id="|".join(
                (piece, *(row[name] or "" for name in ("run_id", "cluster_id", "sku", "unit", "price", "day")))
            ),
            began=began,
            ended=ended,
            sku=sku,
            dollars=None if price is None else quantity * price,
            quantity=quantity,
            unit=row["unit"] or "",
            cluster_id=row["cluster_id"] or "",
            run_id=row["run_id"] or "",
            price_origin=origin,
            is_paid=is_paid,
        )

    def _price(self, cloud: str, sku: str, listed: float) -> tuple[float, str, bool]:
        if self.table == "account_prices":
            return listed, "what your account pays, as Databricks says", True
        return self.paid(cloud, sku, listed)


def _moment(row: Mapping[str, str | None], name: str) -> datetime:
    return datetime.fromtimestamp(number(row, name), UTC)
