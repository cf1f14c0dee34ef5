"""Ours against what others do, on grids of measurements: the table of docs/method.md.

    python bench/replay.py GRID.csv…      every baseline and ours; prints Markdown, one row per dataset and method,
                                          then one row per method with the mean cum25 of each dataset

One JSON line per run is appended to bench/history/replay.jsonl. Options as `setpoint replay` has them.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from baselines import BASELINES

from setpoint.core.replay import METHODS, Method, Rules
from setpoint.replays import Asked, play_all, read_grids
from setpoint.replays.team import usual_processes

HISTORY = Path(__file__).parent / "history" / "replay.jsonl"
HEADS = (
    "dataset", "method", "cum25 mean", "median", "p90", "best of 10", "first: cheaper", "median", "failed",
    "after 5: cheaper", "median", "misses", "50 % holds", "90 % holds",
)  # fmt: skip


def line(figures: Mapping[str, Any], method: str, of: Mapping[str, Any], coverage: Mapping[str, Any]) -> str:
    one, online = of["one_step"], of["online"]
    ratios = [online["cum25_mean"], online["cum25_median"], online["cum25_p90"], online["best10_median"]]
    shares = [one["improved"], one["median"], one["failed"], online["improved_after_5"], online["median_after_5"]]
    held = [coverage.get("50"), coverage.get("90")]
    cells = [
        str(figures["dataset"]),
        method,
        *("–" if ratio is None else f"{ratio:.2f}" for ratio in ratios),
        *(f"{share:.0%}" for share in shares),
        f"{online['misses']:.2f}",
        *("–" if share is None else f"{share:.0%}" for share in held),
    ]
    return f"| {' | '.join(cells)} |"


def table(summaries: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = [f"| {' | '.join(HEADS)} |", "|---" * 2 + "|--:" * (len(HEADS) - 2) + "|"]
    for place, figures in enumerate(summaries):
        lines.append(line(figures, str(figures["method"]), figures, figures["coverage"]))
        if place + 1 == len(summaries) or summaries[place + 1]["dataset"] != figures["dataset"]:
            lines.append(line(figures, "oracle from run 2", figures["oracle"], {}))
    return lines


def overview(summaries: Sequence[Mapping[str, Any]]) -> list[str]:
    """One row per method: the mean cum25 of each dataset, and the first recommendation on the first of them."""
    datasets = list(dict.fromkeys(str(each["dataset"]) for each in summaries))
    first = f"one step on {datasets[0]}: cheaper / median / failed"
    cells: dict[str, dict[str, Mapping[str, Any]]] = {}
    for each in summaries:
        cells.setdefault(str(each["method"]), {})[str(each["dataset"])] = each
    cells["oracle from run 2"] = {name: each["oracle"] for of in cells.values() for name, each in of.items()}
    lines = [f"| {' | '.join(('method', *datasets, first))} |", "|---|" + "--:|" * len(datasets) + "---|"]
    for method, of in cells.items():
        ratios = [f"{of[name]['online']['cum25_mean']:.2f}" for name in datasets]
        one = of[datasets[0]]["one_step"]
        shares = f"{one['improved']:.0%} / {0 - one['median']:+.0%} / {one['failed']:.0%}"
        lines.append(f"| {' | '.join((method, *ratios, shares))} |")
    return lines


def chosen(names: Sequence[str]) -> dict[str, Method]:
    known = {**BASELINES, **{name: method for name, method in METHODS.items() if method not in BASELINES.values()}}
    return {name: known[name] for name in names} if names else known


def show(done: int, of_all: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done} of {of_all} ")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("grids", nargs="+", type=Path)
    parser.add_argument("--method", action="append", default=[])
    parser.add_argument("--parents", type=int)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--horizon", type=int, default=25)
    parser.add_argument("--noise", type=float, default=0.0)
    parser.add_argument("--deadline-factor", type=float, help="with a deadline: so many times the fastest run")
    parser.add_argument("--leave-out", choices=["workload", "algorithm"], default="algorithm")
    parser.add_argument("--no-prior", action="store_true")
    parser.add_argument("--processes", type=int, default=usual_processes())
    parser.add_argument("--forget", action="store_true", help="do not append to the history")
    asked = parser.parse_args()
    rules = Rules(
        goal="cost" if asked.deadline_factor is None else "cost-under-deadline",
        deadline_factor=asked.deadline_factor or 1.25,
        horizon=asked.horizon,
        seeds=asked.seeds,
        most_parents=asked.parents,
        noise=asked.noise,
    )
    begun = time.perf_counter()
    played = play_all(
        Asked(
            grids=read_grids(asked.grids).grids,
            methods=chosen(asked.method),
            known=() if asked.no_prior else None,
            leave_out=asked.leave_out,
            rules=rules,
        ),
        asked.processes,
        show,
    )
    sys.stderr.write("\r" if sys.stderr.isatty() else "")
    print("\n".join([*table(played.summaries), "", *overview(played.summaries)]))
    if not asked.forget:
        HISTORY.parent.mkdir(exist_ok=True)
        entry = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "python": platform.python_version(),
            "seconds": round(time.perf_counter() - begun, 1),
            "asked": {**vars(asked), "grids": [path.name for path in asked.grids]},
            "summaries": played.summaries,
        }
        with HISTORY.open("a") as file:
            file.write(json.dumps(entry) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
