"""One budget over many projects: how long sharing it out takes, and how near it comes to the best.

    python bench/portfolio.py      exit code 1 where a bar is not met

Made-up portfolios of three kinds: values that have nothing to do with costs, values with falling returns, and values
that nearly are the costs (the hard kind). One JSON line per run is appended to bench/history/portfolio.jsonl.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from setpoint.core.portfolio import Allocation, Offer, allocate

HISTORY = Path(__file__).with_name("history") / "portfolio.jsonl"
MOST_SECONDS = 60.0
LEAST_SHARE = 0.98
KINDS = ("free", "falling returns", "value near cost")
SMALL = 100


def offers(chance: Random, kind: str, count: int) -> list[Offer]:
    rate = 10 ** chance.uniform(-1, 2)
    costs = [rate * chance.uniform(1, 10) for _ in range(count)]
    worth = {
        "free": lambda cost: chance.random() * rate,  # noqa: ARG005
        "falling returns": lambda cost: (cost / 10) ** 0.5 * (1 + 0.1 * chance.random()),
        "value near cost": lambda cost: cost + rate * 0.01 * chance.random(),
    }[kind]
    return [Offer(cost, worth(cost)) for cost in costs]


def budget_of(projects: Sequence[Sequence[Offer]], share: float) -> float:
    low = sum(min(offer.cost for offer in each) for each in projects)
    return low + share * (sum(max(offer.cost for offer in each) for each in projects) - low)


def optimum(projects: Sequence[Sequence[Offer]], budget: int) -> float:
    """By dynamic programming over whole dollars."""
    best = {0: 0.0}
    for each in projects:
        grown: dict[int, float] = {}
        for spent, value in best.items():
            for offer in each:
                total = spent + int(offer.cost)
                if total <= budget:
                    grown[total] = max(grown.get(total, -1e300), value + offer.value)
        best = grown
    return max(best.values())


def small_share(kind: str) -> float:
    """The worst share of the optimum over portfolios of 12 projects."""
    worst = 1.0
    for seed in range(SMALL):
        chance = Random(seed)
        made = [[Offer(float(1 + int(it.cost)), it.value) for it in offers(chance, kind, 6)] for _ in range(12)]
        budget = int(budget_of(made, chance.random()))
        found = allocate(made, float(budget))
        assert isinstance(found, Allocation)
        assert found.cost <= budget
        worst = min(worst, found.value / optimum(made, budget))
    return worst


def large(kind: str, projects: int) -> tuple[float, float]:
    """Seconds of CPU, and the share of the bound that was reached."""
    chance = Random(projects)
    made = [offers(chance, kind, 64) for _ in range(projects)]
    budget = budget_of(made, 0.3)
    began = time.process_time()
    found = allocate(made, budget)
    seconds = time.process_time() - began
    assert isinstance(found, Allocation)
    return seconds, found.value / found.bound


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--projects", type=int, default=5000)
    parser.add_argument("--forget", action="store_true", help="do not append to the history")
    asked = parser.parse_args()
    measures: dict[str, float] = {}
    is_met = True
    for kind in KINDS:
        worst = small_share(kind)
        seconds, share = large(kind, asked.projects)
        print(f"{kind}")
        print(f"  12 projects: {worst:.4%} of the optimum at worst (at least {LEAST_SHARE:.0%})")
        print(f"  {asked.projects:,} projects: {seconds:.2f} s of CPU (at most {MOST_SECONDS:.0f})")
        print(f"  {share:.5%} of what no choice can exceed")
        is_met = is_met and worst >= LEAST_SHARE and seconds <= MOST_SECONDS
        measures |= {f"{kind}: share of 12": worst, f"{kind}: seconds": seconds, f"{kind}: share of bound": share}
    if not asked.forget:
        line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "python": platform.python_version()}
        with HISTORY.open("a") as file:
            file.write(json.dumps({**line, "projects": asked.projects, "measures": measures}) + "\n")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
