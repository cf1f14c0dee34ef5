"""How fast and how small the sensor is, measured against bars.

    python bench/sensor.py      prints a line for each measure: its bar and whether it is met; exit code 1 if one is not

Speeds are CPU-time ratios within this one run on one core, best of several interleaved rounds, so that another machine
or a busy one moves both sides alike. One JSON line per run is appended to bench/history/sensor.jsonl.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from setpoint.sources.blobs import LOCAL_CHUNK_BYTES
from setpoint.testing.eventlog_bulk import BulkPlan, write_bulk_log

HISTORY = Path(__file__).with_name("history") / "sensor.jsonl"
MB = 1e6

ORJSON_THEN_MB_PER_SECOND = 333.0
"""orjson on the machine where the peers were measured; their rates count in units of it."""
PEERS = {
    # name: (CPU seconds, peak MB) for a plain log of 1.52 GB with 244,574 task ends; how many times faster we must be
    "Sync spark_log_parser 0.8.2": (21.0, 1082.0, 10.0),
    "RAPIDS profiler 26.08": (34.7, 1825.0, 15.0),
    "Sparklens 0.3.2": (80.3, 863.0, 15.0),
    "Spark history server (wall)": (33.9, 2200.0, 15.0),
}
PEERS_LOG_MB = 1520.0

MEMORY_SCRIPT = """
import sys
from pathlib import Path
from bench_sensor import chunks, fold
fold(Path(sys.argv[1]))
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""
"""VmHWM and not ru_maxrss: the latter is inherited from the process that starts the script."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the result."""

    name: str
    value: float
    unit: str
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool | None:
        if self.least is None and self.most is None:
            return None
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)

    def line(self) -> str:
        bar = f"bar >= {self.least:g}" if self.least is not None else f"bar <= {self.most:g}" if self.most else ""
        verdict = {None: "", True: "met", False: "NOT MET"}[self.met]
        return f"{self.name:<68} {self.value:>10.2f} {self.unit:<5} {bar:<14} {verdict}".rstrip()


def chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(LOCAL_CHUNK_BYTES):
            yield chunk


def fold(path: Path) -> int:
    """The whole way from bytes to Profiles; how many task ends there were."""
    from setpoint.core.eventlog import LogFold

    folded = LogFold()
    folded.read(chunks(path))
    profiles = folded.profiles()
    assert [profile.completeness.state for profile in profiles] == ["complete"], profiles
    return profiles[0].counts.tasks


def orjson_loads(path: Path) -> None:
    """The yardstick: nothing but parsing each line; iterating a file is the fastest splitting that Python has."""
    from orjson import loads

    with path.open("rb", buffering=LOCAL_CHUNK_BYTES) as file:
        for line in file:
            loads(line)


def split(path: Path) -> None:
    with path.open("rb", buffering=LOCAL_CHUNK_BYTES) as file:
        for _ in file:
            pass


def cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def best_of(rounds: int, works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Least CPU seconds of each, the rounds interleaved."""
    seconds = [{name: cpu_seconds(work) for name, work in works.items()} for _ in range(rounds)]
    return {name: min(one[name] for one in seconds) for name in works}


def measure_speed(plain: Path, packed: Path, rounds: int) -> list[Measure]:
    tasks = fold(plain)
    works: dict[str, Callable[[], object]] = {
        "orjson": lambda: orjson_loads(plain),
        "fold": lambda: fold(plain),
        "zstd": lambda: fold(packed),
        "split": lambda: split(plain),
    }
    best = best_of(rounds, works)
    size_mb = plain.stat().st_size / MB
    ratio = best["orjson"] / best["fold"]
    speed = [
        Measure("fold, times the rate of orjson.loads of each line", ratio, "x", least=2.5),
        Measure("the same log as zstd, cost against plain", best["zstd"] / best["fold"], "x", most=1.4),
        Measure("fold", size_mb / best["fold"], "MB/s"),
        Measure("fold, of zstd, uncompressed bytes", size_mb / best["zstd"], "MB/s"),
        Measure("fold, per task end, everything in it", best["fold"] / tasks * 1e6, "us"),
        Measure("orjson.loads of each line", size_mb / best["orjson"], "MB/s"),
        Measure("splitting into lines alone", size_mb / best["split"], "MB/s"),
        Measure("log", size_mb, "MB", least=300.0),
        Measure("task ends", tasks, ""),
        Measure("bytes a task end and its start", plain.stat().st_size / tasks, "B"),
    ]
    return speed + [
        Measure(f"{name}, times its rate (published, orjson = 1)", ratio / peer_ratio(seconds), "x", least=wanted)
        for name, (seconds, _, wanted) in PEERS.items()
    ]


def peer_ratio(seconds: float) -> float:
    return PEERS_LOG_MB / seconds / ORJSON_THEN_MB_PER_SECOND


def peak_mb(path: Path) -> float:
    """Peak resident memory of a process that folds the log, interpreter and imports included."""
    script = MEMORY_SCRIPT.replace("bench_sensor", Path(__file__).stem)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-c", script, str(path)]
    answer = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return int(answer.stdout) * 1024 / MB


def measure_memory(folder: Path, plan: BulkPlan, large: Path) -> list[Measure]:
    """Peaks for logs of 1, 4 and 16 times the size: more tasks, and, beyond the bar, more stages."""
    peaks = {16: peak_mb(large)}
    for times in (1, 4):
        part = folder / f"part-{times}.log"
        write_bulk_log(replace(plan, tasks_per_stage=plan.tasks_per_stage * times // 16), part)
        peaks[times] = peak_mb(part)
        part.unlink()
    many = folder / "many-stages.log"
    write_bulk_log(replace(plan, stages=plan.stages * 16, tasks_per_stage=plan.tasks_per_stage // 16), many)
    spread = max(peaks.values()) / min(peaks.values())
    least_peer = min(peer_mb for _, peer_mb, _ in PEERS.values())
    return [
        *(
            Measure(f"peak memory, log of {times} times the size", peaks[times], "MB", most=250.0)
            for times in (1, 4, 16)
        ),
        Measure("largest of these peaks against the smallest", spread, "x", most=1.15),
        Measure("peak memory against the leanest peer (published)", peaks[16] / least_peer, "x", most=0.1),
        Measure("peak memory, as long a log of 16 times the stages", peak_mb(many), "MB", most=250.0),
    ]


def measure_answer(folder: Path, plan: BulkPlan, rounds: int) -> list[Measure]:
    """`setpoint profile` on a 1 MB log, from process start to answer."""
    log = folder / "small.log"
    write_bulk_log(plan.sized(1_000_000), log)
    command = [str(Path(sys.executable).with_name("setpoint")), "profile", str(log)]
    cpu, wall = [], []
    for _ in range(rounds):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        wall.append(time.perf_counter() - started)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return [
        Measure("setpoint profile, 1 MB log, CPU", min(cpu), "s", most=0.6),
        Measure("setpoint profile, 1 MB log, wall", min(wall), "s", most=0.6),
    ]


def on_one_core() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def cpu_model() -> str:
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or "unknown")


def commit() -> str:
    """Of the code that was measured, with a plus where the work tree has changes."""
    git = ["git", "-C", str(Path(__file__).parent)]
    head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run([*git, "status", "--porcelain", "../src"], capture_output=True, text=True, check=False)
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")


def remember(measures: list[Measure], rounds: int) -> None:
    HISTORY.parent.mkdir(exist_ok=True)
    entry = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "cpu": cpu_model(),
        "python": platform.python_version(),
        "rounds": rounds,
        "measures": [
            {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(measure).items()}
            for measure in measures
        ],
    }
    with HISTORY.open("a") as file:
        file.write(json.dumps(entry) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=330, help="size of the large log")
    parser.add_argument("--rounds", type=int, default=5, help="the best of so many counts")
    parser.add_argument("--forget", action="store_true", help="do not append to the history")
    asked = parser.parse_args()
    on_one_core()
    with tempfile.TemporaryDirectory(prefix="setpoint-bench-") as name:
        folder = Path(name)
        plain, packed = folder / "large.log", folder / "large.log.zstd"
        plan = BulkPlan().sized(int(asked.megabytes * MB))
        write_bulk_log(plan, plain)
        write_bulk_log(plan, packed, compressed=True)
        measures: list[Measure] = []
        for part in (
            lambda: measure_speed(plain, packed, asked.rounds),
            lambda: measure_memory(folder, plan, plain),
            lambda: measure_answer(folder, BulkPlan(stages=3, executors=8), asked.rounds),
        ):
            found = part()
            print(*(measure.line() for measure in found), sep="\n", flush=True)
            measures += found
    if not asked.forget:
        remember(measures, asked.rounds)
    return 1 if any(measure.met is False for measure in measures) else 0


if __name__ == "__main__":
    sys.exit(main())
