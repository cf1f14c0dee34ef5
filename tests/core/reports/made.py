"""Small cluster reports, built here: what clients collect, in as few words as a test needs."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from setpoint.core.cost import meter
from setpoint.core.domain import Cost, CostKind
from setpoint.core.pricebook import Cloud, CoreRates, DbuRate, DiskPrice, MachinePrice, Price, PriceBook
from setpoint.core.reports import ReportedRun, Terms, read_report

T0 = 1_760_000_000
"""Seconds since the epoch, when made clusters are asked for."""


def own(dollars: float) -> Price:
    return Price(dollars, "made", "2026-01-01")


def book(
    cloud: Cloud = "aws", region: str = "us-east-1", types: Sequence[str] = ("m5.xlarge", "i3.xlarge")
) -> PriceBook:
    """On-demand 0.20, spot 0.08 an hour, 1 DBU an hour (Photon 2.9) at 0.15 and 0.55; gp3 0.073 a GiB-month."""
    disk = DiskPrice(own(0.073), free_iops=3000, iops_month_dollars=0.005, free_mb_per_second=125)
    return PriceBook(
        source="made",
        cloud=cloud,
        region=region,
        cores=CoreRates(own(0.05), own(0.005), own(0.0001)),
        machines={name: MachinePrice(own(0.20), own(0.08)) for name in types},
        dbu={("premium", "jobs"): own(0.15), ("premium", "all_purpose"): own(0.55), ("enterprise", "jobs"): own(0.20)},
        dbu_rates={name: DbuRate(1.0, 2.9, 2.0, "made", "2026") for name in types},
        disks={"gp3": disk, "gp2": DiskPrice(own(0.1))},
        emr_fees={name: own(0.05) for name in types},
    )


def event(second: float, kind: str, **details: object) -> dict[str, object]:
    return {"cluster_id": "c-1", "timestamp": int((T0 + second) * 1000), "type": kind, "details": details}


def counts(second: float, kind: str, current: int, target: int) -> dict[str, object]:
    return event(second, kind, current_num_workers=current, target_num_workers=target)


def life(workers: int, ready: float = 300, end: float = 3900) -> list[dict[str, object]]:
    """A cluster that is asked for, comes up, and ends."""
    return [
        event(0, "CREATING", cluster_size={"num_workers": workers}),
        counts(ready, "RUNNING", workers, workers),
        event(end, "TERMINATING"),
    ]


def cluster(**changes: object) -> dict[str, object]:
    """A job cluster of two m5.xlarge and a driver, on-demand, in us-east-1."""
    return {
        "cluster_id": "c-1",
        "cluster_name": "job-1-run-77-nightly",
        "spark_version": "15.4.x-scala2.12",
        "aws_attributes": {"availability": "ON_DEMAND", "zone_id": "us-east-1a", "ebs_volume_count": 0},
        "node_type_id": "m5.xlarge",
        "num_workers": 2,
        "cluster_source": "JOB",
        **changes,
    }


def report(
    events: Sequence[Mapping[str, object]], changes: Mapping[str, object] | None = None, **parts: object
) -> bytes:
    """A Databricks report, newest event first, as the platform gives them."""
    newest_first = {"events": list(reversed(events)), "total_count": len(events)}
    whole = {"plan_type": "Premium", "compute_type": "Jobs Compute", "cluster": cluster(**(changes or {}))}
    return json.dumps({**whole, "cluster_events": newest_first, **parts}).encode()


def instance(key: str, *, launched: float = 0, spot: bool = False, kind: str = "m5.xlarge") -> dict[str, object]:
    return {
        "InstanceId": key,
        "InstanceType": kind,
        "LaunchTime": iso(launched),
        "Placement": {"AvailabilityZone": "us-east-1c"},
        **({"InstanceLifecycle": "spot"} if spot else {}),
    }


def seen(key: str, first: float, last: float) -> dict[str, str]:
    times = {"first_seen_running_time": iso(first), "last_seen_running_time": iso(last)}
    return {"instance_id": key, **times}


def iso(second: float) -> str:
    return datetime.fromtimestamp(T0 + second, UTC).isoformat()


def priced(document: bytes, prices: PriceBook | None = None, terms: Terms | None = None) -> Cost:
    found = meter(read_report(document, terms).usage, prices or book(), "list-estimated")
    assert isinstance(found, Cost), found
    return found


def quantities(run: ReportedRun, prices: PriceBook | None = None) -> dict[CostKind, float]:
    """Instance-hours, DBU … by kind of part."""
    found = meter(run.usage, prices or book(), "list-estimated")
    sums: dict[CostKind, float] = {}
    for part in found.parts:
        sums[part.kind] = sums.get(part.kind, 0.0) + (part.quantity or 0.0)
    return sums
