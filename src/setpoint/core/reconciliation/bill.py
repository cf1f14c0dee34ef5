"""Bills: rows of a CSV file, and which part of a cost each of them pays for. Untrusted documents in, data out."""

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from setpoint.errors import InputError

__all__ = ["LARGEST_BILL_BYTES", "BilledRow", "part_of_sku", "read_bill"]

_DATABRICKS = re.compile(r"(standard|premium|enterprise)_.*_compute")
"""Its SKUs, whichever compute: jobs, jobs light, SQL, DLT, serverless. The machines they run on say no plan."""
_SKU_WORDS = (
    # The first that is found decides: "EMR-SPOT" is a fee and "SpotUsage" a machine.
    ("serverless", ("emr-serverless", "emr serverless", "emr_serverless")),
    ("emr fee", ("elasticmapreduce", "emr")),
    ("units", ("dbu", "jobs_compute", "jobs compute", "all_purpose", "all-purpose", "databricks")),
    ("disks", ("ebs:", "volumeusage", "disk", "storage pd", "pd capacity")),
    ("machines", ("boxusage", "spotusage", "virtual machines", "instance core", "instance ram", "ec2")),
    ("machines", ("elastic compute", "compute engine")),
)
_COLUMNS = {
    "run_id": ("run_id", "job_run_id", "usage_metadata.job_run_id"),
    "cluster_id": ("cluster_id", "usage_metadata.cluster_id"),
    "day": ("date", "usage_date", "day"),
    "sku": ("sku", "sku_name", "service", "usage_type"),
    "quantity": ("quantity", "usage_quantity"),
    "dollars": ("dollars", "cost", "usd"),
    "currency": (
        "currency",
        "currency_code",
        "billing_currency",
        "billingcurrency",
        "billingcurrencycode",
        "line_item_currency_code",
        "lineitem/currencycode",
    ),
}
"""Names of columns; where a bill has several, the first counts."""
LARGEST_BILL_BYTES = 64 * 2**20
_DELIMITERS = ",;\t"
"""The one that the first line has most of."""
_MOST_DOLLARS = 1e9


@dataclass(frozen=True, slots=True)
class BilledRow:
    """One line of a bill; negative dollars take back an earlier one."""

    run_id: str
    cluster_id: str
    day: date | None
    sku: str
    quantity: float
    dollars: float


def read_bill(document: bytes) -> tuple[BilledRow, ...]:
    """The rows of a CSV file; docs/cost.md names its columns. Raises InputError, which names the line."""
    if len(document) > LARGEST_BILL_BYTES:
        raise InputError(f"The bill is larger than {LARGEST_BILL_BYTES >> 20} MiB: reduce it to the runs in question.")
    try:
        texts = document.decode("utf-8-sig").splitlines()
        delimiter = max(_DELIMITERS, key=(texts or [""])[0].count)
        lines = csv.reader(texts, delimiter=delimiter, strict=True)
        head = [name.strip().lower() for name in next(lines, [])]
        where = {name: head.index(it) for name, known in _COLUMNS.items() for it in reversed(known) if it in head}
        _judge_columns(where, head)
        return tuple(_row(cells, where, lines.line_num) for cells in lines if any(cell.strip() for cell in cells))
    except UnicodeDecodeError:
        raise InputError("The bill is not UTF-8 text: a CSV file is needed.") from None
    except csv.Error as error:
        raise InputError(f"The bill is no CSV file: {error}.") from None


def _judge_columns(where: Mapping[str, int], head: Sequence[str]) -> None:
    twice = next((name for name in head if name and head.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"Line 1 of the bill: the column {twice[:40]} is there twice; leave one of them out.")
    if "dollars" in where and ("cluster_id" in where or "run_id" in where):
        return
    found = ", ".join(head)[:200] or "none"
    raise InputError(f"The bill needs the columns dollars and cluster_id or run_id; its columns are: {found}.")


def _row(cells: Sequence[str], where: Mapping[str, int], line: int) -> BilledRow:
    def cell(name: str) -> str:
        at = where.get(name)
        return cells[at].strip() if at is not None and at < len(cells) else ""

    currency = cell("currency")
    if currency and currency.upper() != "USD":
        raise InputError(f"Line {line} of the bill: it is in {currency[:40]!r}, and estimates are in USD: convert it.")
    text = cell("day")
    try:
        day = date.fromisoformat(text[:10]) if text else None
    except ValueError:
        raise InputError(f"Line {line} of the bill: {text[:40]!r} is no date such as 2026-01-31.") from None
    quantity, dollars = _amount(cell("quantity") or "0", line), _amount(cell("dollars"), line)
    return BilledRow(cell("run_id"), cell("cluster_id"), day, cell("sku"), quantity, dollars)


def _amount(text: str, line: int) -> float:
    try:
        found = float(text.removeprefix("$"))
    except ValueError:
        found = math.nan
    if not abs(found) <= _MOST_DOLLARS:
        raise InputError(f"Line {line} of the bill: {text[:40]!r} is no amount.")
    return found


def part_of_sku(sku: str) -> str | None:
    """Which part of a cost a SKU or service pays for; None where it does not tell.

    >>> part_of_sku("PREMIUM_JOBS_COMPUTE_(PHOTON)"), part_of_sku("USE1-SpotUsage:m5.xlarge"), part_of_sku("Tax")
    ('units', 'machines', None)
    """
    text = sku.lower()
    if _DATABRICKS.search(text):
        return "units"
    return next((part for part, words in _SKU_WORDS if any(word in text for word in words)), None)
