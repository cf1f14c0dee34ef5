"""How much CPU a decision takes: history in, decision out, imports done.

    OPENBLAS_NUM_THREADS=1 python bench/decide.py      exit code 1 where a bar is not met

Made-up runs of one job: three jobs of two stages, 300 tasks, with a log each. One JSON line per run is appended to
bench/history/decide.jsonl.
"""

import argparse
import json
import platform
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from setpoint.core.controller import decide
from setpoint.core.cost import price
from setpoint.core.domain import ClusterReport, ClusterSpec, Outcome, Run, SearchSpace
from setpoint.core.eventlog import read_profile
from setpoint.core.goals import parse_goal
from setpoint.core.history import Entry, History, Registered, RunRecorded, fold
from setpoint.core.pricebook import PriceBook
from setpoint.core.rollout import Rollout
from setpoint.testing.eventlog_builder import ApplicationPlan, JobPlan, StagePlan, build, local

HISTORY = Path(__file__).with_name("history") / "decide.jsonl"
BARS = {"1,000 specs, 50 runs": 0.030, "10,000 specs, 500 runs": 1.0}
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
PRICES = PriceBook.of_cores(0.05, 0.005, "an example")
GOAL = parse_goal("minimise cost; runtime <= 10min")
START = ClusterSpec.local(8, 8192)
SIZES = (4, 6, 8, 12, 16)


def run(number: int, chance: Random) -> Run:
    slots = SIZES[number % len(SIZES)]
    stages = tuple(
        StagePlan(tuple(chance.uniform(0.5, 3.0) for _ in range(50)), parents=parents) for parents in ((), (0,))
    )
    plan = ApplicationPlan((JobPlan(stages, 1.0),) * 3, local(slots, 2**31))
    profile = read_profile([[b"\n".join(build(plan))]])
    spec, seconds = ClusterSpec.local(slots, 8192), profile.wall_seconds * chance.lognormvariate(0.0, 0.04)
    at = BEGAN + timedelta(days=number)
    report = ClusterReport(spec, at, at + timedelta(seconds=seconds), exit_code=0, host_cores=16)
    cost = price(spec, seconds, PRICES, "list-estimated")
    return Run(f"run-{number}", report, Outcome.SUCCEEDED, None, profile, cost)


def history(space: SearchSpace, runs: int) -> History:
    chance = Random(7)
    few = [run(number, chance) for number in range(min(runs, 60))]
    entries: list[Entry] = [Registered("spark", START, space, BEGAN)]
    for number in range(runs):
        again = few[number % len(few)]
        entries.append(
            RunRecorded(Run(f"run-{number}", again.report, again.outcome, None, again.profile, again.cost), BEGAN)
        )
    folded = fold(entries)
    assert folded is not None
    return folded


def cpu_seconds(seen: History, rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        decide(seen, Rollout(START), GOAL, PRICES)
        taken.append(time.process_time() - began)
    return min(taken)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--forget", action="store_true", help="do not append to the history")
    asked = parser.parse_args()
    heaps = tuple(1024 * gib for gib in range(4, 29))
    worlds = {
        "1,000 specs, 50 runs": history(SearchSpace(tuple(range(1, 41)), heaps), 50),
        "10,000 specs, 500 runs": history(SearchSpace(tuple(range(1, 101)), heaps, (8, 50, 200, 800)), 500),
    }
    measures = {name: cpu_seconds(seen, asked.rounds) for name, seen in worlds.items()}
    for name, seconds in measures.items():
        print(f"{name:<28}{seconds * 1000:>8.1f} ms of CPU, at most {BARS[name] * 1000:.0f}")
    if not asked.forget:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        rounded = {name: round(seconds, 4) for name, seconds in measures.items()}
        with HISTORY.open("a") as file:
            file.write(json.dumps({"at": at, "python": platform.python_version(), "measures": rounded}) + "\n")
    return 1 if any(measures[name] > bar for name, bar in BARS.items()) else 0


if __name__ == "__main__":
    sys.exit(main())
