"""Lines of a grid file, one run each, and whether they agree on what they have in common."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isclose, isnan
from pathlib import Path

from setpoint.errors import InputError
from setpoint.studies.cells import flag, number, positive
from setpoint.studies.sheet import SheetLine, read_sheet

__all__ = ["GridRun", "Told", "runs_of"]

NEEDED = ("workload", "config", "runtime_s", "nodes")
FACTS = ("nodes", "vcpus_per_node", "memory_gb_per_node", "cloud", "family")
"""Columns in which all lines of a configuration agree."""
ALIASES = {
    "runtime_seconds": "runtime_s",
    "cost": "cost_usd",
    "vcpus": "vcpus_per_node",
    "memory_gb": "memory_gb_per_node",
}

SECONDS = (1e-6, 366 * 86400.0)
DOLLARS = (1e-9, 1e9)
NODES = (1e-3, 100_000.0)
SIZES = (1e-3, 1_000_000.0)
"""Least and most."""
LONGEST_NAME = 120
NAN = float("nan")

Fact = float | str


@dataclass(frozen=True, slots=True)
class GridRun:
    """One line."""

    dataset: str
    workload: str
    algorithm: str
    """Empty where the line does not tell."""
    config: str
    facts: tuple[Fact, ...]
    """As FACTS; nan or empty where the line does not tell."""
    seconds: float
    paid: float
    """Dollars of the run."""
    listed: float | None
    """Dollars a second of the cluster by list; None where only what the run cost is known."""
    is_completed: bool


@dataclass(slots=True)
class Told:
    """What the lines read so far say of configurations and workloads, by dataset and name."""

    facts: dict[tuple[str, str], tuple[Fact, ...]] = field(default_factory=dict)
    algorithms: dict[tuple[str, str], str] = field(default_factory=dict)

    def take(self, line: SheetLine, run: GridRun) -> None:
        """One more line. Raises InputError where it says something else than those before."""
        before = self.facts.get((run.dataset, run.config), run.facts)
        for column, first, now in zip(FACTS, before, run.facts, strict=True):
            if not _is_open(first) and not _is_open(now) and not _is_same(first, now):
                raise line.wrong(
                    column, f"{_shown(now)}, where a line above says {_shown(first)} of the configuration {run.config}"
                )
        self.facts[run.dataset, run.config] = tuple(
            now if _is_open(first) else first for first, now in zip(before, run.facts, strict=True)
        )
        algorithm = self.algorithms.get((run.dataset, run.workload)) or run.algorithm
        if run.algorithm and run.algorithm.casefold() != algorithm.casefold():
            raise line.wrong(
                "algorithm", f"{run.algorithm!r}, where a line above says {algorithm!r} of the workload {run.workload}"
            )
        self.algorithms[run.dataset, run.workload] = algorithm


def _is_open(fact: Fact) -> bool:
    return fact == "" if isinstance(fact, str) else isnan(fact)


def _is_same(one: Fact, other: Fact) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return isclose(one, other, rel_tol=1e-6)


def _shown(fact: Fact) -> str:
    return repr(fact) if isinstance(fact, str) else f"{fact:g}"


def runs_of(path: Path, told: Told) -> list[GridRun]:
    """The runs in a file. Raises InputError: names file, line and column of what is wrong."""
    try:
        sheet = read_sheet(path, ALIASES)
        _judge_columns(sheet.columns)
        found = []
        for line in sheet.lines:
            run = _run(line, path.stem)
            told.take(line, run)
            found.append(run)
    except InputError as error:
        said = str(error)
        raise InputError(said if said.startswith(str(path)) else f"{path}: {said[:1].lower()}{said[1:]}") from None
    return found


def _judge_columns(columns: Sequence[str]) -> None:
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise InputError(f"There is no column {' and no column '.join(missing)}; docs/replay.md lists the columns.")
    if not {"cost_usd", "price_per_node_hour"} & set(columns):
        raise InputError("There is no column cost_usd and no column price_per_node_hour: what did the runs cost?")


def _run(line: SheetLine, stem: str) -> GridRun:
    seconds = _within(line, "runtime_s", SECONDS)
    if seconds is None:
        raise line.wrong("runtime_s", "it is empty; of a run that failed, write after how long it ended")
    nodes = _within(line, "nodes", NODES)
    if nodes is None:
        raise line.wrong("nodes", "it is empty; write the number of machines")
    price = _within(line, "price_per_node_hour", DOLLARS)
    listed = None if price is None else price * nodes / 3600
    memory = _within(line, "memory_gb_per_node", SIZES)
    return GridRun(
        dataset=_name(line, "dataset") or " ".join(stem.split()),
        workload=_needed(line, "workload"),
        algorithm=_name(line, "algorithm"),
        config=_needed(line, "config"),
        facts=(nodes, _cores(line), NAN if memory is None else memory, *(line.cells.get(k, "") for k in FACTS[3:])),
        seconds=seconds,
        paid=_paid(line, listed, seconds),
        listed=listed,
        is_completed=flag(line, "completed") is not False,
    )


def _name(line: SheetLine, column: str) -> str:
    """Without line ends. A name that is too long is no name: cut, it might be that of another."""
    name = " ".join(line.cells.get(column, "").split())
    if len(name) > LONGEST_NAME:
        raise line.wrong(column, f"a name of {len(name)} characters; at most {LONGEST_NAME}")
    return name


def _needed(line: SheetLine, column: str) -> str:
    if column not in line.cells:
        raise line.wrong(column, "it is empty")
    return _name(line, column)


def _within(line: SheetLine, column: str, bounds: tuple[float, float]) -> float | None:
    least, most = bounds
    value = positive(line, column, most)
    if value is not None and value < least:
        raise line.wrong(column, f"{value:g} is too little to be true; at least {least:g}")
    return value


def _cores(line: SheetLine) -> float:
    # Some grids have 0 and 1 for a small and a large machine.
    if number(line, "vcpus_per_node", SIZES[1]) == 0:
        return 0.0
    cores = _within(line, "vcpus_per_node", SIZES)
    return NAN if cores is None else cores


def _paid(line: SheetLine, listed: float | None, seconds: float) -> float:
    dollars = _within(line, "cost_usd", DOLLARS)
    if dollars is not None:
        return dollars
    if listed is None:
        raise line.wrong("cost_usd", "it is empty, and there is no price_per_node_hour either")
    return listed * seconds
