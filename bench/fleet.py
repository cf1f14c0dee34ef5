"""Simulated fleets under the loop: figures of a fleet, its worst projects, or one project line by line.

    python bench/fleet.py --profile mixed --projects 60              figures, the ten worst projects
    python bench/fleet.py --profile cliff --trace 7                  project 7, run by run and decision by decision
    python bench/fleet.py --profile mixed --projects 5 --cprofile    where the time goes

One process unless --processes says otherwise; the same figures come of any number of them.
"""

import argparse
import cProfile
import json
import os
import pstats
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from setpoint.testing.fleet.closed import live
from setpoint.testing.fleet.figures import ProjectFigures, figures_of, summary
from setpoint.testing.fleet.projects import PROFILES, draw_project
from setpoint.testing.fleet.team import Asked, play
from setpoint.testing.fleet.tracing import trace

GOAL = "minimise cost; runtime p95 <= DEADLINE"


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=PROFILES, default="mixed")
    parser.add_argument("--projects", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="number of the first project")
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--goal", default=GOAL)
    parser.add_argument("--trace", type=int, metavar="PROJECT")
    parser.add_argument("--worst", type=int, default=10, help="how many of the worst projects are listed")
    parser.add_argument("--by", default="over_oracle", help="figure that makes a project bad")
    parser.add_argument("--cprofile", action="store_true")
    return parser.parse_args()


def main() -> None:
    asked = parsed()
    if asked.trace is not None:
        lived = live(draw_project(asked.profile, asked.seed, asked.trace, asked.days), asked.goal)
        print(*trace(lived), sep="\n")
        return
    profiler = cProfile.Profile() if asked.cprofile else None
    began = time.perf_counter()
    if profiler:
        profiler.enable()
    fleet = played(asked)
    if profiler:
        profiler.disable()
        pstats.Stats(profiler).sort_stats("tottime").print_stats(40).sort_stats("cumtime").print_stats("setpoint", 60)
    seconds = time.perf_counter() - began
    print(json.dumps({**summary(fleet), "seconds": seconds, "ms_per_project_day": ms_per_day(fleet)}, indent=1))
    for each in sorted(fleet, key=lambda it: getattr(it, asked.by) or 0, reverse=True)[: asked.worst]:
        print(line(each))


def played(asked: argparse.Namespace) -> list[ProjectFigures]:
    if asked.processes > 1:
        return play(Asked(asked.profile, asked.projects, asked.days, asked.seed, asked.goal), asked.processes, quietly)
    numbers = range(asked.first, asked.first + asked.projects)
    return [figures_of(live(draw_project(asked.profile, asked.seed, n, asked.days), asked.goal)) for n in numbers]


def quietly(_done: int, _all: int) -> None:
    """No bar."""


def ms_per_day(fleet: list[ProjectFigures]) -> dict[str, float]:
    days = sum(each.days for each in fleet)
    return {name: 1000 * sum(it.cpu_seconds[name] for it in fleet) / days for name in fleet[0].cpu_seconds}


def line(it: ProjectFigures) -> str:
    lost = ", ".join(f"{name} {dollars / it.oracle_cost:.2f}" for name, dollars in it.lost.items())
    misses = (
        f"{it.misses} (untouched {it.untouched_misses}, stated {it.stated_misses:.1f}, laws {it.lawful_misses:.1f})"
    )
    return (
        f"{it.project:18s} ×oracle {it.over_oracle:.2f} of untouched {it.cost / it.untouched_cost:.2f} misses {misses}"
        f" changes {it.changes} rollbacks {it.rollbacks} ooms {it.ooms} ({it.repeated_ooms}) alarms {it.false_alarms}"
        f" lost {lost} worst30 {it.worst_30_days:+.0%} recover {it.runs_to_recover} {it.cliff} {it.noticed}"
    )


if __name__ == "__main__":
    main()
