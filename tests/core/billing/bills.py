"""Made-up runs and lines of bills."""

from datetime import UTC, datetime, timedelta

from setpoint.core.billing import BillLine, Reading
from setpoint.core.domain import ClusterReport, ClusterSpec, Cost, CostPart, Outcome, Run, SearchSpace
from setpoint.core.history import Entry, Registered, RunRecorded

START = datetime(2026, 5, 1, tzinfo=UTC)
SPEC = ClusterSpec.local(2, 4096)
MAY = (datetime(2026, 4, 30, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC))
UNITS, MACHINES = "PREMIUM_JOBS_COMPUTE", "BoxUsage:m5.xlarge"


def hours(count: float) -> datetime:
    return START + timedelta(hours=count)


def estimate(units: float = 2.0, machines: float = 3.0) -> Cost:
    parts = (
        CostPart("dbu", "premium jobs", 4.0, "DBU", units, "a list"),
        CostPart("vm_on_demand", "m5.xlarge", 10.0, "instance-hours", machines, "a list"),
    )
    return Cost(parts, "list-estimated", ("disks were not counted",))


def run(number: int, began: float | None = None, lasting: float = 1.0, *names: str) -> Run:
    at = 3.0 * number if began is None else began
    billed_as = names or (f"cluster-{number}",)
    report = ClusterReport(SPEC, hours(at), hours(at + lasting), 0, None, billed_as=billed_as)
    return Run(str(number), report, Outcome.SUCCEEDED, None, None, estimate())


def line(number: int, dollars: float | None, began: float, **others: object) -> BillLine:
    said: dict[str, object] = {
        "id": f"line {number}",
        "began": hours(began),
        "ended": hours(began + 1),
        "sku": UNITS,
        "dollars": dollars,
        "quantity": 1.0 if dollars is None else dollars * 4,
    }
    return BillLine(**said | others)  # type: ignore[arg-type]  # fields of a line


def reading(*lines: BillLine, source: str = "databricks") -> Reading:
    return Reading(source, (MAY,), lines)


def entries(*runs: Run) -> tuple[Entry, ...]:
    recorded = (RunRecorded(each, each.report.finished_at) for each in runs)
    return (Registered("databricks", SPEC, SearchSpace(), START), *recorded)
