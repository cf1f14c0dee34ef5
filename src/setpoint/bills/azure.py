"""Azure's cost exports, actual or amortised, as CSV or Parquet.

Column names: learn.microsoft.com, Cost Management, "Understand cost details fields" (EA and MCA spell them
differently). Azure bills by the day; machines and disks of a Databricks cluster bear its tag `ClusterId`.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from setpoint.bills.fields import Fields, spans_of
from setpoint.bills.files import rows_of
from setpoint.bills.versions import newest
from setpoint.core.billing import BillLine, Reading, Span
from setpoint.core.fingerprint import fingerprint
from setpoint.errors import InputError
from setpoint.sources import find_files
from setpoint.sources.finding import OpenFileSystem

__all__ = ["AzureExport"]

_DAY = ("date", "usage_date", "usage_date_time")
_DOLLARS = ("cost_in_usd", "cost_usd")
_COST = ("cost_in_billing_currency", "cost", "pre_tax_cost")
_CURRENCY = ("billing_currency", "billing_currency_code", "currency")
_NAMES = ("resource_id", "instance_id", "instance_name")
_SKU = ("meter_category", "meter_sub_category", "meter_name")
_COLUMNS = frozenset(
    {*_DAY, *_DOLLARS, *_COST, *_CURRENCY, *_NAMES, *_SKU, "tags", "quantity", "unit_of_measure", "consumed_service"}
)
_CLUSTER_TAG = "cluster_id"


@dataclass(frozen=True, slots=True)
class AzureExport:
    """The export in a folder or container. A `BillSource`."""

    place: str | Path
    open_file_system: OpenFileSystem | None = None

    def read(self, since: datetime, until: datetime) -> Reading:
        """What the newest version of each month has of these days.

        Rows have no ids: two alike in one file are two, and those of a second copy of the file are the same ones.
        """
        lines: list[BillLine] = []
        periods: dict[Span, datetime] = {}
        for blob in newest(find_files(self.place, open_file_system=self.open_file_system)):
            seen: Counter[str] = Counter()
            for row in rows_of(blob, _COLUMNS.__contains__):
                fields = Fields(row, blob.name)
                name = fingerprint(row)
                seen[name] += 1
                began = fields.moment(*_DAY)
                if began is None:
                    raise InputError(f"{blob.name} has no column Date: it is no cost export of Azure.")
                ended = began + timedelta(days=1)
                first = began.replace(day=1)
                month = (first, (first + timedelta(days=31)).replace(day=1))
                periods[month] = max(periods.get(month, ended), ended)
                line = _line(fields, f"{name} {seen[name]}", began, ended)
                if line is not None and began < until and since < ended:
                    lines.append(line)
        spans = ((max(since, began), min(until, ended)) for began, ended in spans_of(periods))
        return Reading("azure", tuple((began, ended) for began, ended in spans if began < ended), tuple(lines))


def _line(row: Fields, name: str, began: datetime, ended: datetime) -> BillLine | None:
    cluster = row.tags("tags").get(_CLUSTER_TAG, "")
    resource = row.text(*_NAMES).rpartition("/")[2]
    sku = " ".join(text for column in _SKU if (text := row.text(column)))
    # Databricks' units are on its own tables by the run, here by the workspace: not to be counted twice.
    if (not cluster and not resource) or "databricks" in sku.lower():
        return None
    dollars = row.number(*_DOLLARS)
    if dollars is None:
        currency = row.text(*_CURRENCY)
        if currency not in ("", "USD"):
            raise InputError(f"{row.where}: it is in {currency[:10]}, and estimates are in USD.")
        dollars = row.number(*_COST)
    return BillLine(
        id=name,
        began=began,
        ended=ended,
        sku=sku,
        dollars=dollars,
        quantity=row.number("quantity") or 0.0,
        unit=row.text("unit_of_measure"),
        cluster_id=cluster,
        resource_id=resource,
        price_origin="Azure's bill",
    )
