"""Grids in CSV files: one line for each run of a workload on a configuration."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from statistics import median

import numpy as np

from setpoint.core.replay import Grid, Space
from setpoint.core.replay.grid import Floats
from setpoint.errors import InputError
from setpoint.studies.cells import flag, number, one_line, positive
from setpoint.studies.sheet import SheetLine, read_sheet

__all__ = ["COLUMNS", "ReadGrids", "read_grids"]

NEEDED = ("workload", "config", "runtime_s", "nodes")
COLUMNS = (
    *NEEDED, "cost_usd", "price_per_node_hour", "dataset", "algorithm", "completed", "vcpus_per_node",
    "memory_gb_per_node", "cloud", "family", "instance_type", "input_size_bytes",
)  # fmt: skip
"""Others are ignored."""
ALIASES = {
    "runtime_seconds": "runtime_s",
    "cost": "cost_usd",
    "vcpus": "vcpus_per_node",
    "memory_gb": "memory_gb_per_node",
}

MOST_SECONDS = 366 * 86400.0
MOST_DOLLARS = 1e9
MOST_NODES = 100_000.0
MOST_CORES = 1_000_000.0
MOST_BYTES = 1e21
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class ReadGrids:
    """The grids of some files."""

    grids: tuple[Grid, ...]
    left_out: tuple[str, ...]
    """Workloads measured on one configuration only: there is nothing to choose."""


@dataclass(frozen=True, slots=True)
class _Run:
    """One line."""

    dataset: str
    workload: str
    algorithm: str
    config: str
    kinds: tuple[str, str, str]
    sizes: tuple[float, float, float]
    input_bytes: float
    seconds: float
    dollars: float
    is_completed: bool


def read_grids(paths: Sequence[Path]) -> ReadGrids:
    """All workloads of some files. Runs of one configuration are taken together: their median.

    Raises:
        InputError: names file, line and column of what is wrong.
    """
    workloads: dict[tuple[str, str], list[_Run]] = {}
    for path in dict.fromkeys(paths):
        for run in _runs(path):
            workloads.setdefault((run.dataset, run.workload), []).append(run)
    grids = [_grid(runs) for runs in workloads.values()]
    kept = tuple(grid for grid in grids if len(grid) > 1)
    if not kept:
        raise InputError(f"{_listed(paths)}: every workload has one configuration only; there is nothing to choose.")
    return ReadGrids(kept, tuple(grid.workload for grid in grids if len(grid) == 1))


def _listed(paths: Iterable[Path]) -> str:
    return ", ".join(map(str, paths))


def _runs(path: Path) -> list[_Run]:
    try:
        sheet = read_sheet(path, ALIASES)
        _judge_columns(sheet.columns)
        return [_run(line, path.stem) for line in sheet.lines]
    except InputError as error:
        said = str(error)
        raise InputError(said if said.startswith(str(path)) else f"{path}: {said[:1].lower()}{said[1:]}") from None


def _judge_columns(columns: Sequence[str]) -> None:
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise InputError(f"There is no column {' and no column '.join(missing)}; docs/replay.md lists the columns.")
    if not {"cost_usd", "price_per_node_hour"} & set(columns):
        raise InputError("There is no column cost_usd and no column price_per_node_hour: what did the runs cost?")


def _run(line: SheetLine, stem: str) -> _Run:
    workload = one_line(_needed(line, "workload"))
    seconds = positive(line, "runtime_s", MOST_SECONDS)
    if seconds is None:
        raise line.wrong("runtime_s", "it is empty; of a run that failed, write after how long it ended")
    nodes = positive(line, "nodes", MOST_NODES)
    if nodes is None:
        raise line.wrong("nodes", "it is empty; write the number of machines")
    completed = flag(line, "completed")
    return _Run(
        dataset=one_line(line.cells.get("dataset", stem)),
        workload=workload,
        algorithm=one_line(line.cells.get("algorithm", workload)),
        config=one_line(_needed(line, "config")),
        kinds=(line.cells.get("cloud", ""), line.cells.get("family", ""), line.cells.get("instance_type", "")),
        sizes=(nodes, _or_nan(line, "vcpus_per_node", MOST_CORES), _or_nan(line, "memory_gb_per_node", MOST_CORES)),
        input_bytes=_or_nan(line, "input_size_bytes", MOST_BYTES),
        seconds=seconds,
        dollars=_dollars(line, nodes, seconds),
        is_completed=completed is not False,
    )


def _needed(line: SheetLine, column: str) -> str:
    if column not in line.cells:
        raise line.wrong(column, "it is empty")
    return line.cells[column]


def _or_nan(line: SheetLine, column: str, most: float) -> float:
    value = number(line, column, most)
    return NAN if value is None else value


def _dollars(line: SheetLine, nodes: float, seconds: float) -> float:
    dollars = positive(line, "cost_usd", MOST_DOLLARS)
    price = positive(line, "price_per_node_hour", MOST_DOLLARS)
    if dollars is not None:
        return dollars
    if price is None:
        raise line.wrong("cost_usd", "it is empty, and there is no price_per_node_hour either")
    return price * nodes * seconds / 3600


def _grid(runs: Sequence[_Run]) -> Grid:
    of_config: dict[str, list[_Run]] = {}
    for run in runs:
        of_config.setdefault(run.config, []).append(run)
    firsts = [same[0] for same in of_config.values()]
    judged = [_judged(same) for same in of_config.values()]
    first = runs[0]
    if not any(completed for _, _, completed in judged):
        raise InputError(
            f"No run of the workload {first.workload} of {first.dataset} completed: a replay begins with one that did."
        )
    known = [run.input_bytes for run in runs if not isnan(run.input_bytes)]
    space = Space(
        configs=tuple(of_config),
        nodes=_column(run.sizes[0] for run in firsts),
        cores=_column(run.sizes[1] for run in firsts),
        memory_gib=_column(run.sizes[2] for run in firsts),
        clouds=tuple(run.kinds[0] for run in firsts),
        families=tuple(run.kinds[1] for run in firsts),
        instance_types=tuple(run.kinds[2] for run in firsts),
        dollars_per_second=_column(rate for _, rate, _ in judged),
        algorithm=first.algorithm,
        input_bytes=median(known) if known else NAN,
    )
    completed = np.array([done for _, _, done in judged], dtype=np.bool_)
    completed.setflags(write=False)
    return Grid(
        first.dataset, first.workload, first.algorithm, space, _column(seconds for seconds, _, _ in judged), completed
    )


def _judged(same: Sequence[_Run]) -> tuple[float, float, bool]:
    """Seconds, dollars a second, completed: of repeated runs the median of those that decide, the majority."""
    done = [run for run in same if run.is_completed]
    is_completed = len(done) * 2 > len(same)
    counted = done if is_completed else [run for run in same if not run.is_completed]
    return median(run.seconds for run in counted), median(run.dollars / run.seconds for run in same), is_completed


def _column(values: Iterable[float]) -> Floats:
    column = np.array(list(values), dtype=np.float64)
    column.setflags(write=False)
    return column
