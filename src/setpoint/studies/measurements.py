"""Measurements of a study: the columns of its CSV file, and the samples in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from setpoint.core.cloud import CloudSpec, Service
from setpoint.core.domain import ClusterSpec, Outcome
from setpoint.core.places import USUAL_REGIONS
from setpoint.core.pricebook import Cloud, Compute, Plan
from setpoint.core.sizes import parse_mib
from setpoint.core.study import Sample, StudySpec
from setpoint.errors import InputError
from setpoint.prices.regions import cloud_told
from setpoint.studies.cells import chosen, count, flag, number, one_line, positive
from setpoint.studies.sheet import Sheet, SheetLine, read_sheet

__all__ = ["ALIASES", "COLUMNS", "Defaults", "Imported", "read_measurements"]

COLUMNS = (
    "name", "cloud", "region", "node_type", "workers", "driver_node_type", "first_on_demand", "market", "photon",
    "service", "plan", "compute", "slots", "memory", "worker_cores", "driver_cores", "driver_memory",
    "shuffle_partitions", "runtime_seconds", "runtime_minutes", "startup_seconds", "outcome", "repeat",
    "measured_dbu", "measured_cost", "error", "command",
)  # fmt: skip
ALIASES = {
    "spec": "name",
    "label": "name",
    "instance": "node_type",
    "instance_type": "node_type",
    "node_type_id": "node_type",
    "worker_type": "node_type",
    "driver_type": "driver_node_type",
    "driver_node_type_id": "driver_node_type",
    "num_workers": "workers",
    "runtime": "runtime_seconds",
    "seconds": "runtime_seconds",
    "duration_seconds": "runtime_seconds",
    "minutes": "runtime_minutes",
    "duration_minutes": "runtime_minutes",
    "startup": "startup_seconds",
    "engine": "photon",
    "runtime_engine": "photon",
    "status": "outcome",
    "dbu": "measured_dbu",
    "dbus": "measured_dbu",
    "cost": "measured_cost",
    "cost_dollars": "measured_cost",
    "billed_dollars": "measured_cost",
}
"""Other names of the same columns."""

MOST_SECONDS = 366 * 86400.0
MOST_NODES = 100_000
MOST_DOLLARS = 1e9
MOST_CORES = 1_000_000

_OUTCOMES = {"succeeded": "succeeded", "success": "succeeded", "ok": "succeeded", "failed": "failed",
             "failure": "failed", "error": "failed", "killed": "killed", "cancelled": "killed"}  # fmt: skip
_INSTANCE_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_REGION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where a line does not say."""

    region: str = ""
    cloud: Cloud | None = None
    """None: told by the name of the instance type."""
    usual_aws_region: str = USUAL_REGIONS["aws"]
    """Of AWS machines, where no other region is said."""


@dataclass(frozen=True, slots=True)
class Imported:
    """The samples of a file, and what of it was not used."""

    samples: tuple[Sample, ...]
    unused: tuple[str, ...]
    """Names of columns."""
    lines: tuple[SheetLine, ...]
    """Where each sample is from."""


def read_measurements(path: Path, defaults: Defaults) -> Imported:
    """All samples of a CSV file. Raises InputError that names line and column of the first that is wrong."""
    sheet = read_sheet(path, ALIASES)
    if not {"node_type", "slots"} & set(sheet.columns):
        raise InputError(f"{path} has neither a column node_type nor a column slots: what did the runs use?")
    if not {"runtime_seconds", "runtime_minutes"} & set(sheet.columns):
        raise InputError(f"{path} has no column runtime_seconds (or runtime_minutes): how long did the runs take?")
    samples = tuple(_sample(line, defaults) for line in sheet.lines)
    _judge_repeats(samples, sheet.lines)
    return Imported(samples, unused_columns(sheet), sheet.lines)


def unused_columns(sheet: Sheet) -> tuple[str, ...]:
    """Those that mean nothing to us."""
    return tuple(name or "(without a name)" for name in sheet.columns if name not in COLUMNS)


def _sample(line: SheetLine, defaults: Defaults) -> Sample:
    outcome = Outcome(_OUTCOMES[chosen(line, "outcome", tuple(_OUTCOMES), "succeeded")])
    return Sample(
        spec=_rented(line, defaults) if "node_type" in line.cells else spark_spec(line),
        name=one_line(line.cells.get("name", "")),
        seconds=_seconds(line, is_needed=outcome is Outcome.SUCCEEDED),
        startup_seconds=number(line, "startup_seconds", MOST_SECONDS) or 0.0,
        outcome=outcome,
        repeat=count(line, "repeat", 0, MOST_NODES),
        dbu=positive(line, "measured_dbu", MOST_DOLLARS),
        billed_dollars=positive(line, "measured_cost", MOST_DOLLARS),
        error=line.cells.get("error", ""),
    )


def _seconds(line: SheetLine, *, is_needed: bool) -> float | None:
    seconds = positive(line, "runtime_seconds", MOST_SECONDS)
    minutes = positive(line, "runtime_minutes", MOST_SECONDS / 60)
    if seconds is not None and minutes is not None:
        if abs(seconds - minutes * 60) > 60:  # noqa: PLR2004 - minutes may be rounded
            raise line.wrong("runtime_minutes", f"{minutes:g} min contradict the {seconds:g} s beside them")
        return seconds
    if minutes is not None:
        return minutes * 60
    if seconds is None and is_needed:
        raise line.wrong("runtime_seconds", "it is empty; a run without a time needs the outcome failed")
    return seconds


def _rented(line: SheetLine, defaults: Defaults) -> CloudSpec:
    cloud = cast("Cloud", chosen(line, "cloud", get_args(Cloud), defaults.cloud or _cloud_of(line, defaults)))
    service = cast("Service", chosen(line, "service", get_args(Service), "databricks"))
    photon = flag(line, "photon") or False
    if photon and service != "databricks":
        raise line.wrong("photon", f"Photon is Databricks' engine, and the service is {service}")
    if "slots" in line.cells:
        raise line.wrong("slots", "slots are for plain Spark, and this line has a node_type too")
    workers = count(line, "workers", 0, MOST_NODES)
    if workers is None:
        raise line.wrong("workers", "it is empty; write 0 for a single node")
    driver = _instance_type(line, "driver_node_type") if "driver_node_type" in line.cells else None
    node_type = _instance_type(line, "node_type")
    return CloudSpec(
        cloud=cloud,
        region=_region(line, cloud, defaults),
        node_type=node_type,
        workers=workers,
        driver_node_type=None if driver == node_type else driver,
        first_on_demand=_first_on_demand(line, workers),
        service=service,
        plan=cast("Plan", chosen(line, "plan", get_args(Plan), "premium")),
        compute=cast("Compute", chosen(line, "compute", _classic_compute(), "jobs")),
        photon=photon,
        name=one_line(line.cells.get("name", "")),
    )


def _classic_compute() -> tuple[str, ...]:
    """Kinds of compute on machines of the customer's; serverless has none that could be compared."""
    return tuple(each for each in get_args(Compute) if "serverless" not in each)


def _instance_type(line: SheetLine, column: str) -> str:
    text = line.cells[column]
    if not _INSTANCE_TYPE.fullmatch(text):
        raise line.wrong(column, f"{text!r} is no name of an instance type")
    return text


def _cloud_of(line: SheetLine, defaults: Defaults) -> Cloud:
    """Told by the region, and by how each cloud names its machines: m5.xlarge, Standard_E8ds_v4, n2-standard-8."""
    return cloud_told(line.cells.get("region", defaults.region), line.cells["node_type"])


def _region(line: SheetLine, cloud: Cloud, defaults: Defaults) -> str:
    region = line.cells.get("region", defaults.region) or (defaults.usual_aws_region if cloud == "aws" else "")
    if not region:
        raise line.wrong("region", f"which region of {cloud}? Fill it in, or give --region")
    if not _REGION.fullmatch(region):
        raise line.wrong("region", f"{region!r} is no name of a region")
    return region


def _first_on_demand(line: SheetLine, workers: int) -> int | None:
    """Nodes that are not spot; None where all are on-demand."""
    market = chosen(line, "market", ("on_demand", "spot"), "")
    given = count(line, "first_on_demand", 0, MOST_NODES + 1)
    if market == "on_demand" and given is not None and given <= workers:
        raise line.wrong("first_on_demand", f"{given} of {workers + 1} nodes contradict the market on_demand")
    if market == "on_demand" or (given is not None and given > workers):
        return None
    # As jobs usually have it, and as Databricks counts: the driver first.
    return 1 if given is None and market == "spot" and workers else given


def spark_spec(line: SheetLine) -> ClusterSpec:
    """What was asked of the platform `spark`: slots and memory of one machine, or workers."""
    slots = count(line, "slots", 1, MOST_CORES)
    if slots is None:
        raise line.wrong("node_type", "neither it nor slots says what the run used")
    workers = count(line, "workers", 0, MOST_NODES) or 0
    memory, driver = _mib(line, "memory"), _mib(line, "driver_memory")
    partitions = count(line, "shuffle_partitions", 1, MOST_CORES)
    if memory is None:
        raise line.wrong("memory", "it is empty; write the heap of the process that runs tasks, such as 2g")
    if not workers:
        return ClusterSpec.local(slots, memory, partitions)
    cores = count(line, "worker_cores", 1, MOST_CORES) or slots // workers
    if cores * workers != slots:
        raise line.wrong("slots", f"{workers} workers of {cores} cores have {cores * workers} slots and not {slots}")
    driver_cores = count(line, "driver_cores", 1, MOST_CORES) or 1
    return ClusterSpec(workers, cores, memory, driver_cores, driver or 1024, partitions)


def _mib(line: SheetLine, column: str) -> int | None:
    text = line.cells.get(column)
    try:
        return None if text is None else parse_mib(text[:32], column)
    except InputError:
        raise line.wrong(column, f"{text!r} is no memory size; write it like 512m or 2g") from None


def _judge_repeats(samples: Sequence[Sample], lines: Sequence[SheetLine]) -> None:
    """The same repeat of the same spec twice is a line copied twice, and would look like less noise than there is."""
    seen: dict[tuple[str, StudySpec, int], int] = {}
    for sample, line in zip(samples, lines, strict=True):
        if sample.repeat is None:
            continue
        first = seen.setdefault((sample.name, sample.spec, sample.repeat), line.number)
        if first != line.number:
            raise line.wrong("repeat", f"repeat {sample.repeat} of this spec is in line {first} already")
