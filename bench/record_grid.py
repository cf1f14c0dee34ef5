"""Records ten real Spark jobs under twelve specs on this machine: a grid to replay decisions on.

    python bench/record_grid.py                 runs what bench/grid/results.csv does not have yet; about an hour
    python bench/record_grid.py --repeat 0.1    then runs a tenth of it once more, to see how much runs differ

Kill it whenever you like: the run in flight is lost, the rest is kept.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grid.plan import job_names, planned, repeated
from grid.runs import Spark, find_local_spark, run
from grid.specs import Spec
from grid.table import Cell, Rates, again, default_rates, put, recorded, row

RESULTS = Path(__file__).parent / "grid" / "results.csv"


def default_logs() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "setpoint" / "grid_logs"


@dataclass(frozen=True, slots=True)
class Places:
    """Where what was recorded goes."""

    results: Path
    logs: Path


def record(
    cells: Sequence[tuple[str, Spec]], spark: Spark, rates: Rates, done: Mapping[Cell, dict[str, str]], places: Places
) -> None:
    """Run the cells one after the other and note each."""
    started = time.monotonic()
    for number, (job, spec) in enumerate(cells, 1):
        before = done.get((job, spec.name))
        nth = f"-{int(before['n_runs']) + 1}" if before else ""
        log = places.logs / f"{job}-{spec.name}{nth}.zstd"
        ended = run(spark, job, spec, log)
        made = row(job, spec, ended, log.name if log.exists() else "", rates)
        put(places.results, again(before, made) if before else made)
        left = (time.monotonic() - started) / number * (len(cells) - number)
        told = f"{ended.runtime_seconds:5.1f} s {ended.outcome} {ended.fault}"
        sys.stderr.write(f"{number}/{len(cells)} {job} {spec.name}: {told}; {left / 60:.0f} min left\n")
        if ended.fault == "other":
            sys.stderr.write(ended.said + "\n")
        sys.stderr.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], metavar="JOB", choices=job_names(), help="this job")
    parser.add_argument("--limit", type=int, metavar="N", help="no more than N runs")
    parser.add_argument("--repeat", type=float, metavar="SHARE", help="run this share of what is recorded once more")
    parser.add_argument("--list", action="store_true", help="say what would be run")
    parser.add_argument("--logs", type=Path, default=default_logs(), help="folder of the event logs")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the table to add to")
    chosen = parser.parse_args()
    places = Places(chosen.results, chosen.logs)
    done = recorded(places.results, places.logs)
    if chosen.repeat is None:
        cells = planned(job_names(), done, chosen.only)[: chosen.limit]
    else:
        runs = {cell: int(one["n_runs"]) for cell, one in done.items()}
        cells = repeated(chosen.only or job_names(), runs, chosen.repeat)[: chosen.limit]
    if chosen.list:
        print("\n".join(f"{job} {spec.name}" for job, spec in cells))
        return
    with tempfile.TemporaryDirectory(prefix="grid-java-") as scratch:
        record(cells, find_local_spark(Path(scratch)), default_rates(), done, places)


if __name__ == "__main__":
    main()
