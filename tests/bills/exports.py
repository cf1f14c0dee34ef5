"""Cost exports as AWS and Azure deliver them, written into a folder."""

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from tests.core.billing.bills import hours

Row = Mapping[str, str]


def usage(number: int, dollars: float, began: float = 0.0, /, **others: str) -> dict[str, str]:
    """A line of CUR 2.0."""
    return {
        "identity_line_item_id": f"item-{number}",
        "identity_time_interval": f"{stamp(hours(began))}/{stamp(hours(began + 1))}",
        "bill_billing_period_start_date": "2026-05-01T00:00:00.000Z",
        "bill_billing_period_end_date": "2026-06-01T00:00:00.000Z",
        "line_item_usage_start_date": stamp(hours(began)),
        "line_item_usage_end_date": stamp(hours(began + 1)),
        "line_item_line_item_type": "Usage",
        "line_item_product_code": "AmazonEC2",
        "line_item_usage_type": "USE1-BoxUsage:m5.xlarge",
        "line_item_usage_amount": "1.0",
        "line_item_resource_id": f"i-{number}",
        "line_item_currency_code": "USD",
        "line_item_unblended_cost": str(dollars),
        "resource_tags": json.dumps({"aws:elasticmapreduce:job-flow-id": "cluster-0"}),
        **others,
    }


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


LAST = usage(999, 0.5, 24 * 31 - 1, resource_tags="")
"""The last hour of May: the month is over."""

_LEGACY = {"identity": "identity", "bill": "bill", "line_item": "lineItem", "savings_plan": "savingsPlan"}


def legacy(row: Row) -> dict[str, str]:
    """The same row as the legacy report spells it."""
    found: dict[str, str] = {}
    for name, value in row.items():
        if name == "resource_tags":
            tags = json.loads(value or "{}")
            found |= {"resourceTags/aws:elasticmapreduce:job-flow-id": tags.get("aws:elasticmapreduce:job-flow-id", "")}
            continue
        group = next(each for each in _LEGACY if name.startswith(f"{each}_"))
        column = "".join(word.capitalize() for word in name.removeprefix(f"{group}_").split("_"))
        found[f"{_LEGACY[group]}/{column}"] = value
    return found


def csv_text(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = csv_text(rows)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def write_parquet(path: Path, rows: Sequence[Row]) -> None:
    """With the types of CUR 2.0: times, numbers, and tags as a map."""
    import pyarrow as pa
    from pyarrow.parquet import write_table

    path.parent.mkdir(parents=True, exist_ok=True)
    write_table(pa.Table.from_pylist([_typed(row) for row in rows]), path, compression="snappy")


def _typed(row: Row) -> dict[str, object]:
    found: dict[str, object] = dict(row)
    for name, value in row.items():
        if name.endswith("_date"):
            found[name] = datetime.fromisoformat(value).replace(tzinfo=None)
        elif name.endswith(("_cost", "_amount")):
            found[name] = float(value)
        elif name == "resource_tags":
            found[name] = {"aws_elasticmapreduce_job_flow_id": "cluster-0"} if value else None
    return found
