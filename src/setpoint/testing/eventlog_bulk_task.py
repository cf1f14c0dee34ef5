"""Task lines of bulk logs: drawn numbers, rendered as Spark 4 writes them, fast enough for gigabytes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

import msgspec

from setpoint.testing.eventlog_bulk_sql import JOIN, SUMS, Accumulator
from setpoint.testing.eventlog_shape import (
    EXECUTOR_METRICS,
    INTERNAL_METRICS,
    SHUFFLE_READ_KEYS,
    accumulable,
    task_metrics,
)

_MIB = 1024 * 1024
_LOCALITIES = ("PROCESS_LOCAL", "NODE_LOCAL", "NODE_LOCAL", "RACK_LOCAL", "ANY")
_PLACEHOLDER_BASE = 10**15
_FAILURE = {
    "Reason": "ExceptionFailure",
    "Class Name": "java.io.IOException",
    "Description": "the store said no: 503 Slow Down",
    "Stack Trace": [],
    "Full Stack Trace": "java.io.IOException: the store said no: 503 Slow Down\n" + "\tat example.Reader.read\n" * 20,
    "Accumulator Updates": [],
}


@dataclass(frozen=True, slots=True)
class StageWork:
    """What the tasks of one stage do, on average."""

    reads_input: bool
    fetches: bool
    shuffles: bool
    writes: bool
    mean_ms: float
    mean_bytes: float
    spills: bool


@dataclass(slots=True)
class RunningTask:
    """A task attempt that was launched."""

    id: int
    index: int
    attempt: int
    launched_ms: int
    finished_ms: int
    executor_id: str
    host: str
    locality: str
    speculative: bool
    fails: bool
    measures: dict[str, int]


def draw_work(random: Random, position: int, last: int) -> StageWork:
    """Work of the stage at a position of a query."""
    return StageWork(
        reads_input=position < SUMS,
        fetches=position == SUMS,
        shuffles=position == JOIN and last == SUMS,
        writes=position == SUMS,
        mean_ms=random.uniform(300, 20_000),
        mean_bytes=random.uniform(1, 200) * _MIB,
        spills=position == SUMS and random.random() < 0.4,
    )


def draw_measures(random: Random, work: StageWork) -> dict[str, int]:
    """What one task measures: log-normal times, now and then a straggler, sizes that go with them."""
    weight = math.exp(random.gauss(0.0, 0.5)) * (6.0 if random.random() < 0.005 else 1.0)
    run_ms = max(1, int(work.mean_ms * weight))
    volume = int(work.mean_bytes * weight * random.uniform(0.8, 1.2))
    rows = volume // 90
    measures = {
        "deserialise_ms": random.randint(1, 60),
        "deserialise_cpu_ns": random.randint(10**6, 6 * 10**7),
        "run_ms": run_ms,
        "cpu_ns": int(run_ms * random.uniform(0.4, 0.95) * 1e6),
        "result_bytes": random.randint(1_900, 9_000),
        "gc_ms": int(run_ms * max(0.0, random.gauss(0.02, 0.03))),
        "serialise_ms": random.randint(0, 3),
        "rows": rows,
    }
    if work.reads_input:
        measures |= {"read_bytes": volume, "read_rows": rows, "scan_ms": run_ms // 3}
    if work.fetches:
        _add_fetch(random, measures, volume, work)
    if work.shuffles:
        measures |= {
            "shuffled_bytes": volume // 2,
            "shuffled_rows": rows // 2,
            "shuffle_write_ns": run_ms * 40_000 + random.randint(0, 10**6),
            "data_bytes": volume * 2,
        }
    if work.writes:
        measures |= {"written_bytes": volume // 8, "written_rows": rows // 20}
    return measures


def _add_fetch(random: Random, measures: dict[str, int], volume: int, work: StageWork) -> None:
    remote = int(volume * random.uniform(0.7, 1.0))
    spilled = volume * 3 if work.spills and random.random() < 0.5 else 0
    peak = (volume // _MIB + 1) * _MIB * 2
    measures |= {
        "remote_blocks": random.randint(100, 400),
        "local_blocks": random.randint(0, 40),
        "remote_bytes": remote,
        "local_bytes": volume - remote,
        "fetch_wait_ms": int(measures["run_ms"] * max(0.0, random.gauss(0.03, 0.05))),
        "rows_fetched": measures["rows"],
        "request_ms": random.randint(5, 900),
        "memory_spilled_bytes": spilled,
        "disk_spilled_bytes": spilled // 4,
        "peak_bytes": peak,
        "peak_on_heap_bytes": peak,
        "sort_ms": random.randint(0, 300),
        "probes": 12,
    }


_LOOKED_AT = 0.03
"""Share of tasks during which the executor looked at its memory, which it does every ten seconds: as in real logs."""


class ExecutorGauges:
    """Executor metrics that grow and shrink from one look to the next."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._looks = 0

    def draw(self) -> tuple[int, ...]:
        """Numbers in the order of EXECUTOR_METRICS."""
        random = self._random
        if random.random() > _LOOKED_AT:
            return (0,) * len(EXECUTOR_METRICS)
        self._looks += 1
        heap, execution, storage = (random.randint(100, limit) * _MIB for limit in (6000, 1500, 900))
        minor, major = self._looks // 3, self._looks // 200
        pools = (heap, random.randint(80, 160) * _MIB, execution, 0, storage, 0, execution + storage, 0)
        process = (random.randint(4, 80) * _MIB, 0, heap + 3 * 10**9, heap + 10**9, 5 * 10**8, 2 * 10**8, 0, 0)
        return (*pools, *process, minor, minor * 17, major, major * 210, minor * 17 + major * 210, minor // 9, minor)


class TaskWriter:
    """Renders the tasks of one stage attempt and adds up their accumulators."""

    def __init__(self, stage_id: int, work: StageWork, sql: tuple[Accumulator, ...], first_internal_id: int) -> None:
        self._start = f'"Stage ID":{stage_id},"Stage Attempt ID":0,'
        self._kind = "ShuffleMapTask" if work.shuffles else "ResultTask"
        self._fetches = work.fetches
        named = [(a.id, a.name, a.measure or "", True) for a in sql]
        internal = enumerate(INTERNAL_METRICS.items(), start=first_internal_id)
        named += [(i, f"internal.metrics.{name}", key, False) for i, (key, name) in internal]
        self._accumulators = [(key, is_sql, *_accumulable_template(i, name, is_sql=is_sql))
                              for i, name, key, is_sql in named]  # fmt: skip
        self._named = {i: (name, is_sql) for i, name, _, is_sql in named}
        self._ids = [i for i, *_ in named]
        self._totals = dict.fromkeys(self._ids, 0)

    def start(self, task: RunningTask) -> bytes:
        """Line of the launch."""
        info = _info(task, 0, "", failed=False)
        return f'{{"Event":"SparkListenerTaskStart",{self._start}"Task Info":{info}}}\n'.encode()

    def end(self, task: RunningTask, gauges: tuple[int, ...]) -> bytes:
        """Line of the end."""
        info = _info(task, task.finished_ms, self._updates(task.measures), failed=task.fails)
        reason = _FAILURE_TEXT if task.fails else '{"Reason":"Success"}'
        head = f'{{"Event":"SparkListenerTaskEnd",{self._start}"Task Type":"{self._kind}","Task End Reason":{reason},'
        tail = _TAIL % _Missing0(task.measures)
        return f'{head}"Task Info":{info},"Task Executor Metrics":{_GAUGES % gauges},{tail}\n'.encode()

    def stage_accumulables(self) -> list[dict[str, object]]:
        """Accumulables of the completed stage."""
        used = [(i, self._named[i], total) for i, total in self._totals.items() if total]
        values = [accumulable(i, name, 0, total, is_sql=is_sql) for i, (name, is_sql), total in used]
        return [{key: value for key, value in one.items() if key != "Update"} for one in values]

    def _updates(self, measures: Mapping[str, int]) -> str:
        parts: list[str] = []
        totals = self._totals
        for accumulator_id, (key, is_sql, start, middle, end) in zip(self._ids, self._accumulators, strict=True):
            update = measures.get(key, 0)
            if update or (is_sql and not self._is_fetched_zero(key)) or (self._fetches and key in SHUFFLE_READ_KEYS):
                total = totals[accumulator_id] = totals[accumulator_id] + update
                parts.append(f"{start}{update}{middle}{total}{end}")
        return ",".join(parts)

    @staticmethod
    def _is_fetched_zero(key: str) -> bool:
        return key in {"remote_blocks", "local_blocks", "remote_bytes", "local_bytes", "request_ms"}


class _Missing0(dict[str, int]):
    """Measures that are not there are 0."""

    def __missing__(self, key: str) -> int:
        return 0


def _accumulable_template(accumulator_id: int, name: str, *, is_sql: bool) -> tuple[str, str, str]:
    """Text before the update, between it and the value, and after the value."""
    text = msgspec.json.encode(accumulable(accumulator_id, name, 0, 0, is_sql=is_sql)).decode()
    zero = '"0"' if is_sql else "0"
    quote = '"' if is_sql else ""
    start, middle, end = text.split(f":{zero},", 2)
    return f"{start}:{quote}", f"{quote},{middle}:{quote}", f"{quote},{end}"


def _tail_template() -> str:
    """`Task Metrics` and the end of the line, with a place for each measure by its name."""
    keys = [*INTERNAL_METRICS, "peak_off_heap_bytes"]
    marks = {key: _PLACEHOLDER_BASE + i for i, key in enumerate(keys)}
    text = msgspec.json.encode({"Task Metrics": task_metrics(marks)}).decode()[1:]
    for key, mark in marks.items():
        text = text.replace(str(mark), f"%({key})d")
    return text


_TAIL = _tail_template()
_GAUGES = "{" + ",".join(f'"{name}":%d' for name in EXECUTOR_METRICS) + "}"
_FAILURE_TEXT = msgspec.json.encode(_FAILURE).decode()


def _info(task: RunningTask, finished_ms: int, accumulables: str, *, failed: bool) -> str:
    return (
        f'{{"Task ID":{task.id},"Index":{task.index},"Attempt":{task.attempt},"Partition ID":{task.index},'
        f'"Launch Time":{task.launched_ms},"Executor ID":"{task.executor_id}","Host":"{task.host}",'
        f'"Locality":"{task.locality}","Speculative":{"true" if task.speculative else "false"},'
        f'"Getting Result Time":0,"Finish Time":{finished_ms},"Failed":{"true" if failed else "false"},'
        f'"Killed":false,"Accumulables":[{accumulables}]}}'
    )


def draw_locality(random: Random) -> str:
    """Where a task runs, seen from its data."""
    return random.choice(_LOCALITIES)
