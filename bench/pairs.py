"""How well one run predicts another of the same job at another size, from its event log.

    python bench/pairs.py [FOLDER]                        recorded pairs: a folder for each job, a log for each run
    python bench/pairs.py --logs FOLDER                   also: every log there replayed at its own size
    python bench/pairs.py --grid RESULTS.csv --grid-logs FOLDER     also: the recorded grid, slots and heaps

Errors are |predicted / actual - 1| of the wall time. "Other jobs" means that no run of the same program is known.
"""

import argparse
import csv
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from setpoint.core.domain import ClusterSpec
from setpoint.core.prediction.contention import UNKNOWN, ContentionBelief
from setpoint.core.prediction.contention_learning import learn_contention
from setpoint.core.prediction.simulation import Simulation, scheduled_seconds, simulate_seconds, simulated_curves
from setpoint.core.prediction.stage_tasks import task_seconds
from setpoint.core.profile import Profile
from setpoint.core.workload import Experience, spec_of
from setpoint.errors import SetpointError
from setpoint.sources import read_profiles

CORPUS = Path(__file__).parents[2] / "shared" / "eventlogs"
LONG_SECONDS = 30.0
HYPOTHESES = 9
WIDE = 1.645
"""Deviations to each side of the 90 % interval."""
CORES = 2
"""Of the machine that the pairs were recorded on."""

Jobs = dict[str, list[Experience]]
Pair = tuple[Experience, Experience]
Guess = Callable[[Experience, ClusterSpec], float]


@dataclass(frozen=True, slots=True)
class Score:
    job: str
    error: float
    is_covered: bool
    is_covered_half: bool


def main() -> int:
    asked = _asked()
    if not asked.folder.is_dir():
        print(f"no recorded pairs in {asked.folder}")
        return 1
    jobs = recorded(asked.folder)
    own_size("pairs", [(run.run_id, run.profile) for runs in jobs.values() for run in runs])
    for folder in asked.logs:
        own_size(folder.name, list(readable(folder)))
    print()
    bars(jobs)
    speed(jobs)
    if asked.grid and asked.grid_logs:
        grid(asked.grid, asked.grid_logs)
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=CORPUS / "local_pairs")
    parser.add_argument("--logs", type=Path, action="append", default=[])
    parser.add_argument("--grid", type=Path)
    parser.add_argument("--grid-logs", type=Path)
    return parser.parse_args()


def readable(folder: Path) -> Iterator[tuple[str, Profile]]:
    for path in sorted(folder.glob("*")):
        try:
            yield from ((f"{path.name}/{n}", profile) for n, profile in enumerate(read_profiles(path)))
        except SetpointError as problem:
            print(f"  not read: {problem}")


def recorded(folder: Path) -> Jobs:
    jobs: Jobs = {}
    for log in sorted(folder.glob("*/*")):
        (profile,) = read_profiles(log)
        run = Experience(f"{log.parent.name}/{log.name}", 0, spec_of(profile), profile.wall_seconds, profile, CORES)
        jobs.setdefault(log.parent.name, []).append(run)
    return jobs


def own_size(name: str, profiles: Sequence[tuple[str, Profile]]) -> None:
    """Replayed on the spec that they ran on; raw: without what each section keeps of what was missed."""
    long = [(run, profile) for run, profile in profiles if profile.wall_seconds >= LONG_SECONDS]
    errors, raw = [], []
    for run, profile in long:
        base = Experience(run, 0, spec_of(profile), profile.wall_seconds, profile, CORES)
        errors.append(abs(simulate_seconds(base, base.spec) / profile.wall_seconds - 1))
        raw.append(abs(scheduled_seconds(profile, max(1, base.spec.slots), task_seconds) / profile.wall_seconds - 1))
        if errors[-1] > 0.015:
            print(f"  {run}: {errors[-1]:.1%}")
    if long:
        print(
            f"own size, {name}: {len(long)} logs >= {LONG_SECONDS:.0f} s, worst {max(errors):.2%} (bar 1.5%), mean"
            f" {statistics.mean(errors):.2%}; raw median {statistics.median(raw):.1%}, mean {statistics.mean(raw):.1%}"
        )


def program(job: str) -> str:
    """Two folders with one program are not other jobs to each other."""
    return job.removeprefix("standalone_")


def of_sizes(runs: Sequence[Experience]) -> list[Pair]:
    return [(one, other) for one in runs for other in runs if one.spec.slots != other.spec.slots]


def learned_without(jobs: Jobs, job: str) -> ContentionBelief:
    return learn_contention(
        pair for other, runs in jobs.items() if program(other) != program(job) for pair in of_sizes(runs)
    )


def scores(job: str, pairs: Sequence[Pair], belief: ContentionBelief) -> list[Score]:
    found = []
    for base, other in pairs:
        hypotheses = [belief.expected, *belief.hypotheses(HYPOTHESES)]
        curves = simulated_curves(base, [other.spec], hypotheses, cores_of=partial(cores_of, other))[:, 0]
        deviation = math.hypot(float(curves[1:].std()), belief.noise)
        off = float(curves[0]) - math.log(other.seconds)
        found.append(Score(job, abs(math.expm1(off)), abs(off) < WIDE * deviation, abs(off) < 0.6745 * deviation))
    return found


def cores_of(run: Experience, _: ClusterSpec) -> int:
    return run.host_cores or CORES


def line(name: str, found: Sequence[Score], bar: str = "") -> None:
    if found:
        print(
            f"{name:<46}{statistics.mean(s.error for s in found):>7.1%}{len(found):>5}"
            f"{sum(s.is_covered for s in found) / len(found):>7.0%}"
            f"{sum(s.is_covered_half for s in found) / len(found):>6.0%}  {bar}"
        )


def bars(jobs: Jobs) -> None:
    waiting = {job: runs for job, runs in jobs.items() if job.startswith("sleep")}
    computing = {job: runs for job, runs in jobs.items() if job not in waiting}
    print(f"{'':<46}{'error':>7}{'pairs':>5}{'in 90%':>7}{'50%':>6}")
    line("waiting", [s for j, runs in waiting.items() for s in scores(j, of_sizes(runs), UNKNOWN)], "bar 3.5%")
    before = [s for j, runs in computing.items() for s in scores(j, of_sizes(runs), UNKNOWN)]
    beliefs = {job: learned_without(jobs, job) for job in computing}
    after = [s for j, runs in computing.items() for s in scores(j, of_sizes(runs), beliefs[j])]
    line("computing, nothing learned", before, "bar 25%")
    line("computing, learned from other jobs", after, "bar 12%, in 90% >= 85%")
    for job in computing:
        line(f"    {job}", [score for score in after if score.job == job])
    together = [
        s
        for j, runs in computing.items()
        for s in scores(j, [p for p in of_sizes(runs) if p[0].run_id[-9:] == p[1].run_id[-9:]], beliefs[j])
    ]
    line("    only runs recorded one after the other", together)
    print("yardsticks" + " " * 38 + "waiting  computing")
    for name, guess in YARDSTICKS.items():
        columns = (
            [
                abs(guess(base, other.spec) / other.seconds - 1)
                for runs in kind.values()
                for base, other in of_sizes(runs)
            ]
            for kind in (waiting, computing)
        )
        print(f"    {name:<42}" + "".join(f"{statistics.mean(c):>9.1%}" for c in columns if c))


def _work(base: Experience) -> float:
    return sum(sum(task_seconds(stage)) for stage in base.profile.stages)


def _bound(base: Experience, spec: ClusterSpec) -> float:
    work, slots = _work(base), spec.slots
    longest = sum(max(stage.task_seconds, default=0.0) for stage in base.profile.stages)
    return max(work / slots, longest)


def _amdahl(base: Experience, spec: ClusterSpec) -> float:
    parallel = min(base.seconds, _work(base) / base.spec.slots)
    return base.seconds - parallel + parallel * base.spec.slots / spec.slots


YARDSTICKS: dict[str, Guess] = {
    "max(work / cores, longest)": _bound,
    "Amdahl": _amdahl,
    "same time": lambda base, _: base.seconds,
}


def speed(jobs: Jobs) -> None:
    specs = [ClusterSpec.local(slots, 512 * heap) for slots in range(1, 41) for heap in range(1, 26)]
    print("\nCPU ms for 1,000 specs (40 slots x 25 heaps) and 8 hypotheses: the run made ready + the curves")
    for job, runs in jobs.items():
        base = runs[0]
        Simulation(base).log_seconds(specs, UNKNOWN.hypotheses(8))
        ready, drawn = [], []
        for _ in range(5):
            begun = time.process_time()
            simulation = Simulation(base)
            made = time.process_time()
            simulation.log_seconds(specs, UNKNOWN.hypotheses(8))
            ready.append(made - begun)
            drawn.append(time.process_time() - made)
        tasks = sum(stage.tasks for stage in base.profile.stages)
        print(f"    {job:<30}{tasks:>6} tasks{min(ready) * 1000:>7.1f} +{min(drawn) * 1000:>5.1f}")


def grid(table: Path, logs: Path) -> None:
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    jobs: Jobs = {}
    for row in rows:
        log = logs / row["log"]
        if row["outcome"] == "succeeded" and log.is_file():
            (profile,) = read_profiles(log)
            sizes = int(row["slots"]), int(row["memory_mib"]), int(row["shuffle_partitions"])
            run = Experience(
                row["log"], 0, ClusterSpec.local(*sizes), float(row["runtime_s"]), profile, int(row["cores"])
            )
            jobs.setdefault(row["workload"], []).append(run)
    print(f"\ngrid: {sum(map(len, jobs.values()))} runs with a log of {len(rows)}")
    print(f"{'':<46}{'error':>7}{'pairs':>5}{'in 90%':>7}{'50%':>6}")
    beliefs = {job: learned_without(jobs, job) for job in jobs}
    same_slots = {j: [p for p in _others(runs) if p[0].spec.slots == p[1].spec.slots] for j, runs in jobs.items()}
    others = {j: [p for p in _others(runs) if p[0].spec.slots != p[1].spec.slots] for j, runs in jobs.items()}
    for name, pairs in (("other heap or partitions, same slots", same_slots), ("other slots", others)):
        line(f"{name}, nothing learned", [s for j in jobs for s in scores(j, pairs[j], UNKNOWN)])
        line(f"{name}, learned from other jobs", [s for j in jobs for s in scores(j, pairs[j], beliefs[j])])
        for job in jobs:
            line(f"    {job}", scores(job, pairs[job], beliefs[job]))
        same = [abs(base.seconds / other.seconds - 1) for j in jobs for base, other in pairs[j]]
        print(f"    same time: {statistics.mean(same):.1%}")


def _others(runs: Sequence[Experience]) -> list[Pair]:
    return [(one, other) for one in runs for other in runs if one is not other]


if __name__ == "__main__":
    raise SystemExit(main())
