"""Grids in CSV files: one line for each run of a workload on a configuration."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from setpoint.core.replay import Grid, Space
from setpoint.core.replay.grid import Floats
from setpoint.errors import InputError
from setpoint.replays.columns import column, flags
from setpoint.replays.runs import GridRun, Told, runs_of

__all__ = ["ReadGrids", "read_grids"]


@dataclass(frozen=True, slots=True)
class ReadGrids:
    """The grids of some files."""

    grids: tuple[Grid, ...]
    left_out: tuple[str, ...]
    """Workloads measured on one configuration only: there is nothing to choose."""
    without_algorithms: tuple[str, ...] = ()
    """Datasets of several workloads in which no line says which of them do the same."""


def read_grids(paths: Sequence[Path]) -> ReadGrids:
    """All workloads of some files. Runs of one configuration are taken together: their median.

    Raises:
        InputError: names file, line and column of what is wrong.
    """
    told = Told()
    workloads: dict[tuple[str, str], list[GridRun]] = {}
    for path in dict.fromkeys(paths):
        for run in runs_of(path, told):
            workloads.setdefault((run.dataset, run.workload), []).append(run)
    grids = [_grid(runs, told) for runs in workloads.values()]
    kept = tuple(grid for grid in grids if len(grid) > 1)
    if not kept:
        raise InputError(f"{_listed(paths)}: every workload has one configuration only; there is nothing to choose.")
    return ReadGrids(kept, tuple(grid.workload for grid in grids if len(grid) == 1), _without_algorithms(told))


def _listed(paths: Iterable[Path]) -> str:
    return ", ".join(map(str, paths))


def _without_algorithms(told: Told) -> tuple[str, ...]:
    of_dataset: dict[str, list[str]] = {}
    for (dataset, _), algorithm in told.algorithms.items():
        of_dataset.setdefault(dataset, []).append(algorithm)
    return tuple(dataset for dataset, each in of_dataset.items() if len(each) > 1 and not any(each))


def _grid(runs: Sequence[GridRun], told: Told) -> Grid:
    of_config: dict[str, list[GridRun]] = {}
    for run in runs:
        of_config.setdefault(run.config, []).append(run)
    first = runs[0]
    judged = [_judged(same) for same in of_config.values()]
    if not any(completed for _, completed in judged):
        raise InputError(
            f"No run of the workload {first.workload} of {first.dataset} completed: a replay begins with one that did."
        )
    charged = column(median(run.paid / run.seconds for run in same) for same in of_config.values())
    lists = [[run.listed for run in same if run.listed is not None] for same in of_config.values()]
    rates = column(median(each) if each else charged[row] for row, each in enumerate(lists))
    algorithm = told.algorithms[first.dataset, first.workload] or first.workload
    return Grid(
        first.dataset,
        first.workload,
        algorithm,
        _space(tuple(of_config), rates, algorithm, [told.facts[first.dataset, config] for config in of_config]),
        column(seconds for seconds, _ in judged),
        flags(completed for _, completed in judged),
        charged,
        flags(bool(each) for each in lists),
    )


def _space(configs: tuple[str, ...], rates: Floats, algorithm: str, facts: Sequence[tuple[float | str, ...]]) -> Space:
    nodes, cores, memory, clouds, families = zip(*facts, strict=True)
    return Space(
        configs=configs,
        nodes=column(map(float, nodes)),
        cores=column(map(float, cores)),
        memory_gib=column(map(float, memory)),
        clouds=tuple(map(str, clouds)),
        families=tuple(map(str, families)),
        dollars_per_second=rates,
        algorithm=algorithm,
    )


def _judged(same: Sequence[GridRun]) -> tuple[float, bool]:
    """Seconds, completed: of repeated runs the median of those that decide, the majority."""
    done = [run for run in same if run.is_completed]
    is_completed = len(done) * 2 > len(same)
    counted = done if is_completed else [run for run in same if not run.is_completed]
    return median(run.seconds for run in counted), is_completed
