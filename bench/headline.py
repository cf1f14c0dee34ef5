"""What one event log is worth: the first recommendation from every recorded run, with its log and without.

    python bench/headline.py --logs FOLDER [--results bench/grid/results.csv]

Leave-one-job-out: of the job under test nothing is known but the one run it starts from; how tasks slow each other on
this machine, and how runtimes move over specs, is learned from the other jobs. Costs are charged as in a replay: a run
that fails costs itself and a repeat on the parent.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import numpy as np
from grid import table

from setpoint.core.belief import KnownWorkload
from setpoint.core.controller import assess
from setpoint.core.cost import price
from setpoint.core.domain import ClusterReport, ClusterSpec, Outcome, Run, SearchSpace
from setpoint.core.eventlog import read_profile
from setpoint.core.goals import parse_goal
from setpoint.core.history import History, Registered, RunRecorded, fold
from setpoint.core.optimisers import OPTIMISERS, Prospect
from setpoint.core.prediction import Lessons, fit
from setpoint.core.prediction.contention import UNKNOWN
from setpoint.core.prediction.contention_learning import learn_contention
from setpoint.core.prediction.places import places_of, usual_partitions
from setpoint.core.pricebook import PriceBook
from setpoint.core.profile import Profile
from setpoint.core.shortlist import rates_of
from setpoint.core.workload import Experience, identify

GOAL = parse_goal("minimise cost")
WORTH = 0.01
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Cell:
    """One recorded run."""

    job: str
    spec: ClusterSpec
    cores: int
    seconds: float
    completed: bool
    dollars: float
    profile: Profile | None


@dataclass(frozen=True)
class Step:
    """What one recommendation came to."""

    job: str
    parent: str
    chosen: str
    reduction: float
    is_failed: bool
    best: float
    """What the best spec would have given."""


def main() -> int:
    """Print the table; one JSON line at the end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logs", type=Path, required=True)
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "grid" / "results.csv")
    parser.add_argument("--verbose", action="store_true")
    asked = parser.parse_args()
    jobs = _jobs(asked.results, asked.logs)
    found = {}
    for name, has_log in (("with the event log", True), ("without", False)):
        steps = [step for job in jobs for step in _steps(job, jobs, has_log=has_log)]
        found[name] = _summary(steps)
        print(f"{name:20s} {_line(found[name])}")
        for step in steps if asked.verbose else ():
            print(f"  {step.job:18s} {step.parent:22s} → {step.chosen:22s} {step.reduction:+.2f} of {step.best:.2f}")
        for job in jobs:
            print(f"  {job:18s} {_line(_summary([step for step in steps if step.job == job]))}")
    always = _always_the_same(jobs)
    found["always the same"] = _summary(always)
    print(f"{'always ' + always[0].chosen:20s} {_line(found['always the same'])}")
    print(json.dumps(found))
    return 0


def _jobs(results: Path, logs: Path) -> dict[str, list[Cell]]:
    found: dict[str, list[Cell]] = defaultdict(list)
    for row in table.read(results):
        log = logs / row["log"]
        profile = read_profile([[log.read_bytes()]]) if row["log"] and log.is_file() else None
        spec = ClusterSpec.local(int(row["slots"]), int(row["memory_mib"]), int(row["shuffle_partitions"]))
        done = row["completed"] == "1"
        seconds, dollars = float(row["runtime_s"]), float(row["cost_usd"])
        found[row["workload"]].append(Cell(row["workload"], spec, int(row["cores"]), seconds, done, dollars, profile))
    return dict(found)


def _steps(job: str, jobs: dict[str, list[Cell]], *, has_log: bool) -> Iterator[Step]:
    cells = jobs[job]
    lessons = _lessons(
        [cells for name, cells in jobs.items() if name != job], [cell.spec for cell in cells], has_log=has_log
    )
    for parent in _parents(cells):
        yield _step(parent, _advised(parent, cells, lessons, has_log=has_log), cells)


def _always_the_same(jobs: dict[str, list[Cell]]) -> list[Step]:
    """The one spec for every run of every job that is best in the median, chosen in hindsight."""
    every = dict.fromkeys(cell.spec for cells in jobs.values() for cell in cells)
    tried = [[_step(parent, chosen, cells) for parent, chosen, cells in _pairs(jobs, spec)] for spec in every]
    return max(tried, key=lambda steps: _summary(steps)["median"] if steps else -1.0)


def _pairs(jobs: dict[str, list[Cell]], spec: ClusterSpec) -> Iterator[tuple[Cell, Cell, list[Cell]]]:
    for cells in jobs.values():
        chosen = next((cell for cell in cells if cell.spec == spec), None)
        for parent in _parents(cells):
            yield parent, chosen or parent, cells


def _parents(cells: Sequence[Cell]) -> list[Cell]:
    return [cell for cell in cells if cell.completed and cell.profile is not None]


def _step(parent: Cell, chosen: Cell, cells: Sequence[Cell]) -> Step:
    best = min(cell.dollars for cell in cells if cell.completed)
    charged = chosen.dollars + (0.0 if chosen.completed else parent.dollars)
    reduction = 0.0 if chosen is parent else 1 - charged / parent.dollars
    return Step(
        parent.job,
        str(parent.spec),
        str(chosen.spec),
        reduction,
        is_failed=not chosen.completed,
        best=1 - best / parent.dollars,
    )


def _lessons(others: Sequence[Sequence[Cell]], specs: Sequence[ClusterSpec], *, has_log: bool) -> Lessons:
    usual = usual_partitions(specs)
    known = tuple(
        KnownWorkload(
            places_of([cell.spec for cell in cells], usual),
            tuple(np.log([cell.seconds for cell in cells]).tolist()),
            tuple(not cell.completed for cell in cells),
        )
        for cells in others
    )
    pairs = [
        pair
        for cells in others
        for pair in permutations([_experience(c) for c in cells if c.completed and c.profile is not None], 2)
        if pair[0].spec.task_memory_mib == pair[1].spec.task_memory_mib
    ]
    return Lessons(known, learn_contention(pairs) if has_log else UNKNOWN)


def _experience(cell: Cell) -> Experience:
    return Experience(f"{cell.job} {cell.spec}", 0, cell.spec, cell.seconds, cell.profile, cell.cores)


def _advised(parent: Cell, cells: Sequence[Cell], lessons: Lessons, *, has_log: bool) -> Cell:
    workload = identify(_history(parent, has_log=has_log))
    assert workload is not None
    specs = tuple(cell.spec for cell in cells)
    outlook = fit(workload, specs, lessons).predict(specs)
    prices = _prices()
    candidates = [assess(spec, outlook.prediction(row), GOAL, prices) for row, spec in enumerate(specs)]
    prospect = Prospect(
        parent.spec, outlook, {spec: row for row, spec in enumerate(specs)}, rates_of(specs, GOAL, prices)
    )
    allowed = [each for each in candidates if GOAL.admits(each) or each.spec == parent.spec]
    pick = OPTIMISERS["one-step"](allowed, prospect)
    return next(cell for cell in cells if pick is not None and cell.spec == pick.candidate.spec)


def _history(parent: Cell, *, has_log: bool) -> History:
    """Of a project that ran once."""
    ended = BEGAN + timedelta(seconds=parent.seconds)
    report = ClusterReport(parent.spec, BEGAN, ended, exit_code=0, host_cores=parent.cores)
    cost = price(parent.spec, parent.seconds, _prices(), "list-estimated")
    run = Run("parent", report, Outcome.SUCCEEDED, None, parent.profile if has_log else None, cost)
    history = fold([Registered("spark", parent.spec, SearchSpace(), BEGAN), RunRecorded(run, ended)])
    assert history is not None
    return history


def _prices() -> PriceBook:
    rates = table.default_rates()
    return PriceBook.of_cores(rates.vcpu_hour_dollars, rates.gib_hour_dollars, "the usual rates")


def _summary(steps: Sequence[Step]) -> dict[str, float]:
    reductions, best = np.array([step.reduction for step in steps]), np.array([step.best for step in steps])
    return {
        "parents": len(steps),
        "improved": float((reductions >= WORTH).mean()),
        "median": float(np.median(reductions)),
        "failed": float(np.mean([step.is_failed for step in steps])),
        "oracle_improved": float((best >= WORTH).mean()),
        "oracle_median": float(np.median(best)),
    }


def _line(found: dict[str, float]) -> str:
    return (
        f"{found['parents']:4.0f} parents: {found['improved']:.0%} improved, median {found['median']:.0%}, "
        f"{found['failed']:.0%} failed; the best spec: {found['oracle_improved']:.0%}, {found['oracle_median']:.0%}"
    )


if __name__ == "__main__":
    sys.exit(main())
