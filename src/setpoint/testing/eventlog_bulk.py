"""Bulk event logs: as large as wanted, in the shape of Spark 4, written as a stream with little memory.

>>> lines = list(bulk_lines(BulkPlan(stages=2, tasks_per_stage=3, executors=2)))
>>> sum(line.startswith(b'{"Event":"SparkListenerTaskEnd"') for line in lines)
6
"""

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from random import Random
from typing import IO, cast

import msgspec

from setpoint.testing.eventlog_bulk_sql import SUMS, Query
from setpoint.testing.eventlog_bulk_task import (
    ExecutorGauges,
    RunningTask,
    TaskWriter,
    draw_locality,
    draw_measures,
    draw_work,
)

__all__ = ["BulkPlan", "bulk_lines", "write_bulk_log"]

_SQL = "org.apache.spark.sql.execution.ui.SparkListener"
_STAGES_PER_QUERY = SUMS + 1
_WRITE_BYTES = 1024 * 1024
_TASK_BYTES = 5_700
"""What a task adds to a log, its start included."""
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """How large a log is; what is in it follows from the seed."""

    stages: int = 30
    tasks_per_stage: int = 1000
    executors: int = 40
    cores: int = 4
    seed: int = 0
    failed_share: float = 0.001
    """Share of task attempts that fail; they are tried again."""
    lost_executors: int = 0
    """So many executors lose their spot machine, one after each stage, and are replaced."""

    def sized(self, log_bytes: int) -> "BulkPlan":
        """The same with as many tasks a stage as give a log of about this size."""
        return replace(self, tasks_per_stage=max(1, log_bytes // (_TASK_BYTES * self.stages)))


def bulk_lines(plan: BulkPlan) -> Iterator[bytes]:
    """Lines of the log with their line feeds, in the order of their times."""
    return _Bulk(plan).lines()


def write_bulk_log(plan: BulkPlan, path: Path, *, compressed: bool = False) -> int:
    """Write the log to a file, plain or as one zstd frame as Spark does; its uncompressed size in bytes."""
    with path.open("wb") as file:
        if not compressed:
            return _write(plan, file)
        from setpoint.core.zstd import zstd

        with zstd.open(file, "wb", level=1) as packed:
            return _write(plan, cast("IO[bytes]", packed))


def _write(plan: BulkPlan, file: IO[bytes]) -> int:
    size = held_bytes = 0
    held: list[bytes] = []
    for line in bulk_lines(plan):
        held.append(line)
        held_bytes += len(line)
        if held_bytes >= _WRITE_BYTES:
            size += file.write(b"".join(held)) and held_bytes
            held, held_bytes = [], 0
    file.write(b"".join(held))
    return size + held_bytes


class _Bulk:
    def __init__(self, plan: BulkPlan) -> None:
        self._plan = plan
        self._random = Random(plan.seed)
        self._now_ms = 1_790_000_000_000
        self._accumulator_ids = count(1)
        self._task_ids = count()
        self._executor_ids = count(1)
        self._executors: dict[str, ExecutorGauges] = {}

    def lines(self) -> Iterator[bytes]:
        """The whole log."""
        yield from self._begin()
        stage_id = job_id = 0
        for number, first in enumerate(range(0, self._plan.stages, _STAGES_PER_QUERY)):
            stages = min(_STAGES_PER_QUERY, self._plan.stages - first)
            query = Query(number, stages, self._accumulator_ids)
            yield self._sql("SQLExecutionStart", _started(query, self._now_ms))
            for position in range(stages):
                yield from self._job(job_id, stage_id, query, position)
                stage_id, job_id = stage_id + (2 if position == SUMS else 1), job_id + 1
                yield from self._replace_executor(job_id)
            yield self._sql("SQLExecutionEnd", {"executionId": number, "time": self._now_ms, "errorMessage": ""})
            self._now_ms += self._random.randint(100, 5_000)
        yield _event("SparkListenerApplicationEnd", {"Timestamp": self._now_ms, "ExitCode": 0})

    def _begin(self) -> Iterator[bytes]:
        yield _event("SparkListenerLogStart", {"Spark Version": "4.0.1"})
        requests = {name: {"Resource Name": name, "Amount": 1, "Discovery Script": "", "Vendor": ""}
                    for name in ("cores", "memory", "offHeap")}  # fmt: skip
        profile: Json = {"Resource Profile Id": 0, "Executor Resource Requests": requests}
        cpus = {"cpus": {"Resource Name": "cpus", "Amount": 1.0}}
        yield _event("SparkListenerResourceProfileAdded", {**profile, "Task Resource Requests": cpus})
        yield _event("SparkListenerEnvironmentUpdate", _environment(self._plan))
        app = {"App Name": "bulk", "App ID": "app-20260921000000-0001", "Timestamp": self._now_ms, "User": "spark"}
        yield _event("SparkListenerApplicationStart", app)
        for _ in range(self._plan.executors):
            self._now_ms += self._random.randint(1, 200)
            yield from self._add_executor()

    def _add_executor(self) -> Iterator[bytes]:
        name = str(next(self._executor_ids))
        self._executors[name] = ExecutorGauges(self._random)
        info = {"Host": _host(name), "Total Cores": self._plan.cores, "Log Urls": {}, "Attributes": {}}
        info |= {"Resources": {}, "Resource Profile Id": 0}
        fields: Json = {"Timestamp": self._now_ms, "Executor ID": name, "Executor Info": info}
        yield _event("SparkListenerExecutorAdded", fields)
        block_manager = {"Executor ID": name, "Host": _host(name), "Port": 40_000 + int(name) % 20_000}
        memory = {"Maximum Memory": 4_000_000_000, "Timestamp": self._now_ms}
        memory |= {"Maximum Onheap Memory": 4_000_000_000, "Maximum Offheap Memory": 0}
        yield _event("SparkListenerBlockManagerAdded", {"Block Manager ID": block_manager, **memory})

    def _replace_executor(self, jobs_done: int) -> Iterator[bytes]:
        if jobs_done > self._plan.lost_executors:
            return
        name = next(iter(self._executors))
        del self._executors[name]
        reason = "Executor decommission: spot instance reclaimed"
        fields: Json = {"Timestamp": self._now_ms, "Executor ID": name, "Removed Reason": reason}
        yield _event("SparkListenerExecutorRemoved", fields)
        yield from self._add_executor()

    def _job(self, job_id: int, first_stage: int, query: Query, position: int) -> Iterator[bytes]:
        """One query stage; the stage it reads from is named again and skipped, as adaptive execution does."""
        tasks = self._plan.tasks_per_stage
        infos = [_stage_info(first_stage, i, tasks) for i in range(2 if position == SUMS else 1)]
        properties = {"spark.sql.execution.id": str(query.number), "callSite.short": "parquet at nightly.py:42"}
        properties |= {f"spark.invented.option.{i}": f"value {i}" for i in range(25)}
        ids = [info["Stage ID"] for info in infos]
        fields: Json = {"Job ID": job_id, "Submission Time": self._now_ms, "Stage Infos": infos, "Stage IDs": ids}
        yield _event("SparkListenerJobStart", {**fields, "Properties": properties})
        yield from self._stage(infos[-1], query, position, properties)
        result = {"Job ID": job_id, "Completion Time": self._now_ms, "Job Result": {"Result": "JobSucceeded"}}
        yield _event("SparkListenerJobEnd", result)
        updates = {"executionId": query.number, "accumUpdates": query.driver_updates(position)}
        yield self._sql("DriverAccumUpdates", updates)
        changed: Json = {"executionId": query.number, "physicalPlanDescription": query.description(position + 1)}
        yield self._sql("SQLAdaptiveExecutionUpdate", {**changed, "sparkPlanInfo": query.plan(position + 1)})

    def _stage(self, info: Json, query: Query, position: int, properties: dict[str, str]) -> Iterator[bytes]:
        self._now_ms += self._random.randint(3, 60)
        submitted_ms = self._now_ms
        ids, info = _without_tail(info)
        running = {**info, "Submission Time": submitted_ms, "Accumulables": [], **ids}
        yield _event("SparkListenerStageSubmitted", {"Stage Info": running, "Properties": properties})
        work = draw_work(self._random, position, query.stages - 1)
        first_internal_id = next(self._accumulator_ids)
        self._accumulator_ids = count(first_internal_id + 40)
        query_ids = query.accumulators(position)
        writer = TaskWriter(int(str(info["Stage ID"])), work, query_ids, first_internal_id)
        waiting = deque((index, 0) for index in range(self._plan.tasks_per_stage))
        free = [(self._random.random(), name) for name in self._executors for _ in range(self._plan.cores)]
        heapq.heapify(free)
        busy: list[tuple[int, int, RunningTask]] = []
        while waiting or busy:
            while waiting and free:
                index, attempt = waiting.popleft()
                task = self._launch(index, attempt, heapq.heappop(free)[1], draw_measures(self._random, work))
                heapq.heappush(busy, (task.finished_ms, task.id, task))
                yield writer.start(task)
            self._now_ms, _, task = heapq.heappop(busy)
            yield writer.end(task, self._executors[task.executor_id].draw())
            heapq.heappush(free, (self._random.random(), task.executor_id))
            if task.fails:
                waiting.append((task.index, task.attempt + 1))
        times = {"Submission Time": submitted_ms, "Completion Time": self._now_ms}
        over = {**info, **times, "Accumulables": writer.stage_accumulables(), **ids}
        yield _event("SparkListenerStageCompleted", {"Stage Info": over})

    def _launch(self, index: int, attempt: int, executor_id: str, measures: dict[str, int]) -> RunningTask:
        random, now_ms = self._random, self._now_ms
        finished_ms = now_ms + measures["run_ms"] + measures["deserialise_ms"] + random.randint(1, 30)
        return RunningTask(
            id=next(self._task_ids),
            index=index,
            attempt=attempt,
            launched_ms=now_ms,
            finished_ms=finished_ms,
            executor_id=executor_id,
            host=_host(executor_id),
            locality=draw_locality(random),
            speculative=random.random() < 0.002,
            fails=attempt < 3 and random.random() < self._plan.failed_share,
            measures=measures,
        )

    @staticmethod
    def _sql(name: str, fields: Json) -> bytes:
        return _event(f"{_SQL}{name}", fields)


def _event(name: str, fields: Json) -> bytes:
    return msgspec.json.encode({"Event": name, **fields}) + b"\n"


def _host(executor_id: str) -> str:
    number = int(executor_id)
    return f"ip-10-0-{number // 250}-{number % 250}.ec2.internal"


def _environment(plan: BulkPlan) -> Json:
    spark = {
        "spark.app.id": "app-20260921000000-0001",
        "spark.app.name": "bulk",
        "spark.master": "spark://10.0.0.100:7077",
        "spark.executor.cores": str(plan.cores),
        "spark.executor.instances": str(plan.executors),
        "spark.executor.memory": "8g",
        "spark.sql.shuffle.partitions": "200",
    }
    hadoop = {f"invented.option-{i}.interval-ms": str(i * 37) for i in range(1500)}
    jvm = {"Java Home": "/opt/java", "Java Version": "17.0.15", "Scala Version": "version 2.13.16"}
    system = {"java.io.tmpdir": "/tmp", "user.timezone": "UTC"}  # noqa: S108 - text of a log, not a folder
    return {
        "JVM Information": jvm,
        "Spark Properties": spark,
        "Hadoop Properties": hadoop,
        "System Properties": system,
        "Metrics Properties": {"*.sink.servlet.path": "/metrics/json"},
        "Classpath Entries": {f"/opt/spark/jars/library-{i}.jar": "System Classpath" for i in range(250)},
    }


def _started(query: Query, now_ms: int) -> Json:
    return {
        "executionId": query.number,
        "rootExecutionId": query.number,
        "description": f"parquet at nightly.py:{40 + query.number % 9}",
        "details": _DETAILS,
        "physicalPlanDescription": query.description(),
        "sparkPlanInfo": query.plan(),
        "time": now_ms,
        "modifiedConfigs": {},
        "jobTags": [],
        "jobGroupId": None,
    }


_DETAILS = "org.apache.spark.sql.classic.DataFrameWriter.parquet(DataFrameWriter.scala:369)\n" + "\n".join(
    f"py4j.invented.Frame{i}.invoke(Frame{i}.java:{i * 11})" for i in range(14)
)
_STORAGE = {"Use Disk": False, "Use Memory": False, "Use Off Heap": False, "Deserialized": False, "Replication": 1}


def _stage_info(first_stage: int, position: int, tasks: int) -> Json:
    rdds = [
        {
            "RDD ID": first_stage * 4 + i,
            "Name": name,
            "Scope": f'{{"id":"{first_stage * 4 + i}","name":"{scope}"}}',
            "Callsite": "parquet at nightly.py:42",
            "Parent IDs": [] if i == 0 else [first_stage * 4 + i - 1],
            "Storage Level": _STORAGE,
            "Barrier": False,
            "DeterministicLevel": "DETERMINATE",
            "Number of Partitions": tasks,
            "Number of Cached Partitions": 0,
            "Memory Size": 0,
            "Disk Size": 0,
        }
        for i, (name, scope) in enumerate(
            (("FileScanRDD", "Scan parquet "), ("MapPartitionsRDD", "WholeStageCodegen (1)"),
             ("MapPartitionsRDD", "Exchange"))
        )
    ]  # fmt: skip
    return {
        "Stage ID": first_stage + position,
        "Stage Attempt ID": 0,
        "Stage Name": "parquet at nightly.py:42",
        "Number of Tasks": tasks,
        "RDD Info": rdds,
        "Parent IDs": [first_stage + position - 1] if position else [],
        "Details": _DETAILS,
        "Accumulables": [],
        "Resource Profile Id": 0,
        "Shuffle Push Enabled": False,
        "Shuffle Push Mergers Count": 0,
    }


def _without_tail(info: Json) -> tuple[Json, Json]:
    """What stands after the accumulables of a stage, and what stands before."""
    last = ("Resource Profile Id", "Shuffle Push Enabled", "Shuffle Push Mergers Count")
    kept = {key: value for key, value in info.items() if key not in last and key != "Accumulables"}
    return {key: info[key] for key in last}, kept
