"""How long it takes to learn a prior from the projects of a ledger.

    python bench/prior.py [--projects 1000] [--runs 30]      exit code 1 if the bar is not met

Synthetic workloads: each follows one of 40 physical laws (drawn from the model's own) with its own small deviations, on
specs of its own, with noise. CPU time of one process. One JSON line per run is appended to bench/history/prior.jsonl.
"""

import argparse
import json
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from setpoint.core.belief.fitting import PastRun, WorkloadRuns, fit
from setpoint.core.belief.laws import draw_laws
from setpoint.core.belief.points import Place, points_of
from setpoint.core.belief.prior_json import decode, encode

HISTORY = Path(__file__).with_name("history") / "prior.jsonl"
MOST_SECONDS = 120.0
LAWS, NOISE, OWN = 40, 0.05, 0.08


def workloads(projects: int, runs: int, seed: int) -> list[WorkloadRuns]:
    chance = np.random.default_rng(seed)
    places = [
        Place(float(nodes), float(cores), float(cores * gib), ("workers",))
        for nodes in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
        for cores in (4, 8, 16)
        for gib in (2, 4, 8)
    ]
    curves = draw_laws(points_of(places), LAWS, seed).log_seconds(points_of(places))
    return [_workload(number, places, curves, runs, chance) for number in range(projects)]


def _workload(
    number: int, places: list[Place], curves: np.ndarray, runs: int, chance: np.random.Generator
) -> WorkloadRuns:
    rows = chance.choice(len(places), int(chance.integers(4, max(5, runs + 1))), replace=False)
    own = curves[chance.integers(len(curves))] + OWN * chance.standard_normal(len(places)) + chance.normal(5, 2)
    size = chance.normal(20, 2)
    found = []
    for row in chance.choice(rows, runs):
        step = 0.1 * chance.standard_normal()
        seconds = own[row] + 0.7 * step + NOISE * chance.standard_normal()
        found.append(PastRun(places[row], float(seconds), log_input=float(size + step)))
    return WorkloadRuns(tuple(found), origin=f"project-{number}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--projects", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=30)
    asked = parser.parse_args()
    given = workloads(asked.projects, asked.runs, seed=1)
    begun = time.process_time()
    fitted = fit(given)
    seconds = time.process_time() - begun
    prior = fitted.prior()
    content = encode(prior)
    assert decode(content) == prior
    result = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": platform.machine(),
        "projects": asked.projects,
        "runs": asked.runs,
        "cpu_seconds": round(seconds, 2),
        "curves": len(prior.known),
        "noise": round(prior.noise, 4),
        "growth": round(prior.growth, 3),
        "exported_kb": round(len(content) / 1000, 1),
    }
    with HISTORY.open("a", encoding="utf-8") as file:
        file.write(json.dumps(result) + "\n")
    print(json.dumps(result, indent=2))
    return int(seconds > MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
