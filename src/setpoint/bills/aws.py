"""AWS' cost and usage exports: CUR 2.0 of Data Exports and the legacy report, as CSV or Parquet.

Column names: docs.aws.amazon.com/cur/latest/userguide, "CUR 2.0 table dictionary" and "data dictionary". What is
charged is the cost after discounts where the export has it; of reservations and savings plans the effective cost.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from setpoint.bills.fields import Fields, spans_of
from setpoint.bills.files import rows_of
from setpoint.bills.versions import newest
from setpoint.core.billing import BillLine, Reading, Span
from setpoint.errors import InputError
from setpoint.sources import find_files
from setpoint.sources.finding import OpenFileSystem

__all__ = ["AwsExport"]

_CLUSTER_TAGS = (
    "aws_elasticmapreduce_job_flow_id",
    "user_cluster_id",
    "cluster_id",
    "user_aws_elasticmapreduce_job_flow_id",
)
"""EMR's own tag, and that of Databricks; both tell only after they were activated as cost allocation tags."""
_STARTED = "line_item_usage_start_date"
_COLUMNS = frozenset(
    {
        "identity_line_item_id",
        "identity_time_interval",
        "bill_billing_period_start_date",
        "bill_billing_period_end_date",
        "line_item_usage_start_date",
        "line_item_usage_end_date",
        "line_item_line_item_type",
        "line_item_product_code",
        "line_item_usage_type",
        "line_item_usage_amount",
        "line_item_resource_id",
        "line_item_currency_code",
        "line_item_unblended_cost",
        "line_item_net_unblended_cost",
        "reservation_effective_cost",
        "reservation_net_effective_cost",
        "savings_plan_savings_plan_effective_cost",
        "savings_plan_net_savings_plan_effective_cost",
        "resource_tags",
        "pricing_unit",
    }
)
_OF_PLANS = {
    "DiscountedUsage": ("reservation_net_effective_cost", "reservation_effective_cost"),
    "SavingsPlanCoveredUsage": (
        "savings_plan_net_savings_plan_effective_cost",
        "savings_plan_savings_plan_effective_cost",
    ),
}
_NOT_USAGE = frozenset(
    {"SavingsPlanNegation", "SavingsPlanUpfrontFee", "SavingsPlanRecurringFee", "RIFee", "Fee", "Tax"}
)
"""The first takes the list price of covered usage off again, the others buy what effective costs spread over usage."""
_PREFIXED = ("ElasticMapReduce",)
"""Its lines are called BoxUsage too, as those of the machines below it."""


@dataclass(frozen=True, slots=True)
class AwsExport:
    """The export in a folder or bucket. A `BillSource`."""

    place: str | Path
    open_file_system: OpenFileSystem | None = None
    """Of buckets; their own clients where it is None."""

    def read(self, since: datetime, until: datetime) -> Reading:
        """What the newest version of each billing period has of these times."""
        fold = _Lines(since, until)
        for blob in newest(find_files(self.place, open_file_system=self.open_file_system)):
            for row in rows_of(blob, _is_wanted):
                fold.add(Fields(row, blob.name))
        spans = ((max(since, began), min(until, ended)) for began, ended in spans_of(fold.periods))
        return Reading("aws", tuple((began, ended) for began, ended in spans if began < ended), tuple(fold.lines))


def _is_wanted(name: str) -> bool:
    return name in _COLUMNS or name.removeprefix("resource_tags_") in _CLUSTER_TAGS


@dataclass(slots=True)
class _Lines:
    """What rows come to."""

    since: datetime
    until: datetime
    lines: list[BillLine] = field(default_factory=list)
    periods: dict[Span, datetime] = field(default_factory=dict)
    """Billing period → end of the last usage in it."""

    def add(self, row: Fields) -> None:
        """Take in one row."""
        began = row.moment(_STARTED)
        if began is None:
            raise InputError(f"{row.where} has no column {_STARTED}: it is no cost and usage export of AWS.")
        ended = row.moment("line_item_usage_end_date") or began + timedelta(hours=1)
        kind = row.text("line_item_line_item_type")
        if kind.endswith("Usage"):
            period = _period(row, began)
            # Usage of a whole month, as of storage, says nothing of how far the export goes.
            if ended - began <= timedelta(days=1):
                self.periods[period] = max(self.periods.get(period, ended), ended)
        if began < self.until and self.since < ended and (line := _line(row, kind, began, ended)) is not None:
            self.lines.append(line)


def _period(row: Fields, began: datetime) -> Span:
    first = row.moment("bill_billing_period_start_date")
    last = row.moment("bill_billing_period_end_date")
    if first is None or last is None:
        first = began.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        last = (first + timedelta(days=31)).replace(day=1)
    return first, last


def _line(row: Fields, kind: str, began: datetime, ended: datetime) -> BillLine | None:
    """None: what is none of any run's, or is contained in other lines."""
    net = row.number("line_item_net_unblended_cost")
    if kind in _NOT_USAGE or (kind.endswith("Discount") and net is not None):
        return None
    tags = row.tags("resource_tags")
    cluster = next((tags[name] for name in _CLUSTER_TAGS if tags.get(name)), "")
    resource = row.text("line_item_resource_id").rpartition("/")[2]
    if not cluster and not resource:
        return None
    currency = row.text("line_item_currency_code")
    if currency not in ("", "USD"):
        raise InputError(f"{row.where} is in {currency[:10]}, and estimates are in USD.")
    product, usage = row.text("line_item_product_code"), row.text("line_item_usage_type")
    dollars = row.number(*_OF_PLANS.get(kind, ())) if kind in _OF_PLANS else None
    if dollars is None:
        dollars = net if net is not None else row.number("line_item_unblended_cost")
    quantity = row.number("line_item_usage_amount") or 0.0
    names = (row.text("identity_line_item_id"), row.text("identity_time_interval"), resource, usage, kind)
    return BillLine(
        id="|".join((*names, began.isoformat(), repr(dollars), repr(quantity))),
        began=began,
        ended=ended,
        sku=f"{product} {usage}" if product in _PREFIXED else usage or product,
        dollars=dollars,
        quantity=quantity if kind.endswith("Usage") else 0.0,
        unit=row.text("pricing_unit"),
        # EMR's own lines name the cluster as their resource: arn:aws:elasticmapreduce:…:cluster/j-….
        cluster_id=cluster or (resource if product in _PREFIXED else ""),
        resource_id=resource,
        price_origin="AWS' bill",
    )
