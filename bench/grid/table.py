"""The table of results: one row per job and spec, in the columns of published measurements and a few more."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from .runs import Ended
from .specs import Spec

COLUMNS = (
    "dataset", "workload", "algorithm", "framework", "input", "input_size_bytes", "config", "cloud", "instance_type",
    "family", "nodes", "vcpus_per_node", "memory_gb_per_node", "price_per_node_hour", "runtime_s", "runtime_min_s",
    "runtime_max_s", "n_runs", "completed", "cost_usd",
    "slots", "memory_mib", "shuffle_partitions", "cores", "outcome", "fault", "log",
)  # fmt: skip

Cell = tuple[str, str]
"""Job and spec, by name."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What an hour costs."""

    vcpu_hour_dollars: float
    gib_hour_dollars: float

    def per_hour(self, spec: Spec) -> float:
        return spec.slots * self.vcpu_hour_dollars + spec.memory_mib / 1024 * self.gib_hour_dollars


def default_rates() -> Rates:
    """The rates that Setpoint takes for cores and memory where it is told no others."""
    from setpoint.prices.embedded import embedded_book

    cores = embedded_book("aws", "us-east-1").cores
    assert cores is not None
    return Rates(cores.vcpu_hour.dollars, cores.gib_hour.dollars)


def row(job: str, spec: Spec, ended: Ended, log: str, rates: Rates) -> dict[str, str]:
    """The row of one run."""
    seconds = f"{ended.runtime_seconds:.3f}"
    price = rates.per_hour(spec)
    values = (
        "local_grid", job, job, "spark", "synthetic", "", spec.name, "local", "local",
        "local", 1, spec.slots, f"{spec.memory_mib / 1024:g}", f"{price:.6f}", seconds, seconds,
        seconds, 1, int(ended.outcome == "succeeded"), f"{price * ended.runtime_seconds / 3600:.8f}",
        spec.slots, spec.memory_mib, spec.shuffle_partitions, spec.cores, ended.outcome, ended.fault, log,
    )  # fmt: skip
    return {name: str(value) for name, value in zip(COLUMNS, values, strict=True)}


def again(before: dict[str, str], run: dict[str, str]) -> dict[str, str]:
    """The row of a cell that was run once more: the mean runtime. Where only one of the runs failed, its row stands."""
    if before["completed"] != run["completed"]:
        kept = min(before, run, key=lambda one: one["completed"])
        return {**kept, "n_runs": str(_runs(before) + _runs(run))}
    count = _runs(before) + _runs(run)
    seconds = sum(float(one["runtime_s"]) * _runs(one) for one in (before, run)) / count
    return {
        **before,
        "runtime_s": f"{seconds:.3f}",
        "runtime_min_s": min(before["runtime_min_s"], run["runtime_min_s"], key=float),
        "runtime_max_s": max(before["runtime_max_s"], run["runtime_max_s"], key=float),
        "n_runs": str(count),
        "cost_usd": f"{float(before['price_per_node_hour']) * seconds / 3600:.8f}",
    }


def _runs(one: dict[str, str]) -> int:
    return int(one["n_runs"])


def cell(one: dict[str, str]) -> Cell:
    return one["workload"], one["config"]


def put(path: Path, run: dict[str, str]) -> None:
    """Add a row, in place of the one its cell has. The file is replaced at once, or not at all."""
    rows = {cell(one): one for one in read(path)}
    rows[cell(run)] = run
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows.values())
    path.parent.mkdir(parents=True, exist_ok=True)
    incoming = path.with_name(f".{path.name}.incoming")
    incoming.write_text(text.getvalue(), encoding="utf-8")
    incoming.replace(path)


def read(path: Path) -> list[dict[str, str]]:
    """The rows written so far; a line that was cut short does not count."""
    if not path.exists():
        return []
    whole, end, _ = path.read_text(encoding="utf-8").rpartition("\n")
    return list(csv.DictReader(io.StringIO(whole + end)))


def recorded(path: Path, logs: Path) -> dict[Cell, dict[str, str]]:
    """The rows of the cells that need no run: those whose event log is there too, if the run left one."""
    return {cell(one): one for one in read(path) if not one["log"] or (logs / one["log"]).exists()}
