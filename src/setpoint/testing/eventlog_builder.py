"""Event logs of made-up applications: described as stages and gaps, list-scheduled, written in the shape of Spark 4.

>>> scan = StagePlan(task_seconds=(2.0, 2.0, 3.0), input_bytes=3_000_000)
>>> join = StagePlan(task_seconds=(1.0,), parents=(0,))
>>> plan = ApplicationPlan(jobs=(JobPlan(stages=(scan, join), driver_seconds_before=1.5),), executors=local(2))
>>> lines = build(plan)
>>> lines[0]
b'{"Event":"SparkListenerLogStart","Spark Version":"4.0.1"}'
"""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from setpoint.testing.eventlog_plan import (
    ApplicationPlan,
    ExecutorPlan,
    JobPlan,
    SqlPlan,
    StagePlan,
    cluster,
    draw_application,
    local,
)
from setpoint.testing.eventlog_shape import (
    EXECUTOR_METRICS,
    INTERNAL_METRICS,
    SHUFFLE_READ_KEYS,
    Measures,
    accumulable,
    task_metrics,
)

__all__ = [
    "ApplicationPlan",
    "ExecutorPlan",
    "JobPlan",
    "SqlPlan",
    "StagePlan",
    "build",
    "cluster",
    "draw_application",
    "local",
    "task_wall_ms",
]

_MS = 1000
_SQL = "org.apache.spark.sql.execution.ui.SparkListenerSQLExecution"
Json = dict[str, object]


def build(plan: ApplicationPlan) -> list[bytes]:
    """Lines of the event log, without line feeds, in the order of their times.

    Raises:
        ValueError: no executor lives long enough for a task.
    """
    return _Log(plan).lines()


def shared_out(total: int, count: int) -> Iterator[int]:
    """Shares of a whole that differ by one at most and add up to it.

    >>> list(shared_out(10, 3))
    [3, 3, 4]
    """
    borders = (total * i // count for i in range(count + 1))
    previous = next(borders)
    for border in borders:
        yield border - previous
        previous = border


@dataclass(frozen=True, slots=True)
class _Placed:
    """A task attempt that has its place and time."""

    id: int
    index: int
    attempt: int
    executor: ExecutorPlan
    launched_ms: int
    finished_ms: int
    failed: bool


class _Slots:
    """List scheduling: each task goes to the slot that is free first."""

    def __init__(self, executors: tuple[ExecutorPlan, ...], origin_ms: int) -> None:
        self._free = [(0, i, slot) for i, executor in enumerate(executors) for slot in range(executor.cores)]
        self._executors = executors
        self._origin_ms = origin_ms

    def take(self, ready_ms: int, wall_ms: int) -> tuple[ExecutorPlan, int]:
        """Place a task: where, and when it starts."""
        while self._free:
            free_ms, index, slot = heapq.heappop(self._free)
            executor, start_ms = self._executors[index], max(ready_ms, free_ms)
            gone = executor.removed_after_seconds
            if gone is None or start_ms + wall_ms <= self._origin_ms + _to_ms(gone):
                heapq.heappush(self._free, (start_ms + wall_ms, index, slot))
                return executor, start_ms
        raise ValueError("no executor lives long enough for the next task; give one that is not removed")


class _Log:
    """Collects events with their times; ranks order the events of one millisecond."""

    _RANKS = (
        "SparkListenerTaskEnd", "SparkListenerStageCompleted", "SparkListenerJobEnd", f"{_SQL}End",
        "SparkListenerExecutorRemoved", "SparkListenerApplicationEnd", "SparkListenerLogStart",
        "SparkListenerApplicationStart", "SparkListenerEnvironmentUpdate", "SparkListenerExecutorAdded",
        f"{_SQL}Start", "SparkListenerJobStart", "SparkListenerStageSubmitted", "SparkListenerTaskStart",
    )  # fmt: skip

    def __init__(self, plan: ApplicationPlan) -> None:
        self._plan = plan
        self._origin_ms = _to_ms(plan.started_epoch_seconds)
        self._slots = _Slots(plan.executors, self._origin_ms)
        self._events: list[tuple[int, int, int, Json]] = []
        self._stages = self._tasks = 0

    def lines(self) -> list[bytes]:
        now_ms = self._begin()
        for job_id, job in enumerate(self._plan.jobs):
            now_ms = self._job(job_id, job, now_ms + _to_ms(job.driver_seconds_before))
        self._remove_executors()
        if self._plan.ends:
            end_ms = now_ms + _to_ms(self._plan.shutdown_seconds)
            self._emit(end_ms, "SparkListenerApplicationEnd", {"Timestamp": end_ms, "ExitCode": 0})
            self._events = [event for event in self._events if event[0] <= end_ms]
        return [msgspec.json.encode(event) for *_, event in sorted(self._events, key=lambda event: event[:3])]

    def _emit(self, moment_ms: int, name: str, fields: Json) -> None:
        self._events.append((moment_ms, self._RANKS.index(name), len(self._events), {"Event": name, **fields}))

    def _begin(self) -> int:
        plan, start_ms = self._plan, self._origin_ms
        self._emit(start_ms, "SparkListenerLogStart", {"Spark Version": plan.spark_version})
        started = {"App Name": plan.name, "App ID": plan.id, "Timestamp": start_ms, "User": "spark"}
        self._emit(start_ms, "SparkListenerApplicationStart", started)
        self._emit(start_ms, "SparkListenerEnvironmentUpdate", _environment(plan))
        ready_ms = start_ms + _to_ms(plan.startup_seconds)
        for executor in plan.executors:
            added_ms = start_ms if executor.id == "driver" else ready_ms
            info = {"Host": executor.host, "Total Cores": executor.cores, "Log Urls": {}, "Attributes": {}}
            fields = {"Timestamp": added_ms, "Executor ID": executor.id, "Executor Info": info}
            self._emit(added_ms, "SparkListenerExecutorAdded", fields)
        return ready_ms

    def _remove_executors(self) -> None:
        for executor in self._plan.executors:
            if (seconds := executor.removed_after_seconds) is not None:
                gone_ms = self._origin_ms + _to_ms(seconds)
                fields = {"Executor ID": executor.id, "Removed Reason": executor.removed_reason}
                self._emit(gone_ms, "SparkListenerExecutorRemoved", {"Timestamp": gone_ms, **fields})

    def _job(self, job_id: int, job: JobPlan, start_ms: int) -> int:
        first = self._stages
        self._stages += len(job.stages)
        infos = [_stage_info(first, i, stage) for i, stage in enumerate(job.stages)]
        properties = {"spark.rdd.scope.noOverride": "true"}
        if job.sql is not None:
            properties["spark.sql.execution.id"] = str(job_id)
            self._emit(start_ms, f"{_SQL}Start", _sql_start(job_id, job.sql, start_ms))
        fields: Json = {"Job ID": job_id, "Submission Time": start_ms, "Stage Infos": infos}
        ids = [info["Stage ID"] for info in infos]
        self._emit(start_ms, "SparkListenerJobStart", {**fields, "Stage IDs": ids, "Properties": properties})
        end_ms = self._run_stages(job, infos, start_ms)
        failure = next((stage.failure for stage in job.stages if stage.failure is not None), None)
        self._emit(end_ms, "SparkListenerJobEnd", _job_end(job_id, end_ms, failure))
        if job.sql is not None:
            sql_end = {"executionId": job_id, "time": end_ms, "errorMessage": failure or ""}
            self._emit(end_ms, f"{_SQL}End", sql_end)
        return end_ms

    def _run_stages(self, job: JobPlan, infos: list[Json], start_ms: int) -> int:
        """Stages in the order in which they become ready, each as soon as its parents are over."""
        ended: dict[int, int] = {}
        waiting = set(range(len(job.stages)))
        while waiting:
            ready = [i for i in waiting if ended.keys() >= set(job.stages[i].parents)]
            if not ready:
                raise ValueError("the parents of the stages of a job form a circle or are not in it")
            begins = {i: max((ended[p] for p in job.stages[i].parents), default=start_ms) for i in ready}
            chosen = min(ready, key=lambda i: (begins[i], i))
            ended[chosen] = self._run_stage(job.stages[chosen], infos[chosen], begins[chosen])
            waiting.remove(chosen)
        return max(ended.values(), default=start_ms + 1)

    def _run_stage(self, stage: StagePlan, info: Json, ready_ms: int) -> int:
        self._emit(ready_ms, "SparkListenerStageSubmitted", {"Stage Info": {**info, "Submission Time": ready_ms}})
        measures = list(_task_measures(stage))
        end_ms = ready_ms
        for index, measured in enumerate(measures):
            wall_ms = task_wall_ms(stage, index)
            task_ready_ms = ready_ms
            for attempt in range(stage.failed_attempts if index == 0 else 0):
                lost = self._place(index, attempt, task_ready_ms, max(1, wall_ms // 2), failed=True)
                self._emit_task(lost, info, measured, is_result=False)
                task_ready_ms = lost.finished_ms
            attempt = stage.failed_attempts if index == 0 else 0
            placed = self._place(index, attempt, task_ready_ms, wall_ms, failed=False)
            self._emit_task(placed, info, measured, is_result=stage.shuffle_write_bytes == 0)
            end_ms = max(end_ms, placed.finished_ms)
        over: Json = {**info, "Submission Time": ready_ms, "Completion Time": end_ms}
        if stage.failure is not None:
            over["Failure Reason"] = stage.failure
        self._emit(end_ms, "SparkListenerStageCompleted", {"Stage Info": over})
        return end_ms

    def _place(self, index: int, attempt: int, ready_ms: int, wall_ms: int, *, failed: bool) -> _Placed:
        executor, launched_ms = self._slots.take(ready_ms, wall_ms)
        self._tasks += 1
        return _Placed(self._tasks - 1, index, attempt, executor, launched_ms, launched_ms + wall_ms, failed)

    def _emit_task(self, task: _Placed, stage: Json, measures: Measures, *, is_result: bool) -> None:
        key = {"Stage ID": stage["Stage ID"], "Stage Attempt ID": 0}
        started = {**key, "Task Info": _task_info(task, finished_ms=0, accumulables=[])}
        self._emit(task.launched_ms, "SparkListenerTaskStart", started)
        reason: Json = {"Reason": "Success"}
        if task.failed:
            reason = {"Reason": "ExceptionFailure", "Class Name": "java.io.IOException", "Description": "no luck"}
        ended: Json = {
            **key,
            "Task Type": "ResultTask" if is_result else "ShuffleMapTask",
            "Task End Reason": reason,
            "Task Info": _task_info(task, task.finished_ms, _accumulables(measures)),
            "Task Executor Metrics": {
                "JVMHeapMemory": task.executor.peak_heap_bytes,
                **dict.fromkeys(EXECUTOR_METRICS[1:], 0),
            },
            "Task Metrics": task_metrics(measures),
        }
        self._emit(task.finished_ms, "SparkListenerTaskEnd", ended)


def task_wall_ms(stage: StagePlan, index: int) -> int:
    """Milliseconds from launch to finish of a task of a stage, as the log will have them."""
    return max(1, _to_ms(stage.task_seconds[index]) + _to_ms(stage.overhead_seconds))


def _to_ms(seconds: float) -> int:
    return round(seconds * _MS)


def _environment(plan: ApplicationPlan) -> Json:
    is_local = len(plan.executors) == 1 and plan.executors[0].id == "driver"
    master = f"local[{plan.executors[0].cores}]" if is_local else "spark://10.0.0.100:7077"
    cores: Mapping[str, str] = {} if is_local else {"spark.executor.cores": str(plan.executors[0].cores)}
    known = {"spark.app.id": plan.id, "spark.app.name": plan.name, "spark.master": master, **cores}
    spark = {**known, **dict(plan.properties)}
    return {"JVM Information": {"Java Version": "17.0.15"}, "Spark Properties": spark, "Hadoop Properties": {}}


def _stage_info(first: int, position: int, stage: StagePlan) -> Json:
    rdd = {"RDD ID": first + position, "Name": "MapPartitionsRDD", "Callsite": stage.name, "Parent IDs": []}
    return {
        "Stage ID": first + position,
        "Stage Attempt ID": 0,
        "Stage Name": stage.name,
        "Number of Tasks": len(stage.task_seconds),
        "RDD Info": [{**rdd, "Number of Partitions": len(stage.task_seconds), "Memory Size": 0, "Disk Size": 0}],
        "Parent IDs": [first + parent for parent in stage.parents],
        "Details": "org.apache.spark.sql.classic.Dataset.collectToPython(Dataset.scala:2054)",
        "Accumulables": [],
        "Resource Profile Id": 0,
    }


def _job_end(job_id: int, end_ms: int, failure: str | None) -> Json:
    result: Json = {"Result": "JobSucceeded"}
    if failure is not None:
        result = {"Result": "JobFailed", "Exception": {"Message": failure, "Stack Trace": []}}
    return {"Job ID": job_id, "Completion Time": end_ms, "Job Result": result}


def _sql_start(execution_id: int, sql: SqlPlan, start_ms: int) -> Json:
    node: Json | None = None
    for name in reversed(sql.operators):
        node = {"nodeName": name, "simpleString": name, "children": [node] if node else [], "metadata": {}}
    return {
        "executionId": execution_id,
        "rootExecutionId": execution_id,
        "description": sql.description,
        "details": "",
        "physicalPlanDescription": "== Physical Plan ==",
        "sparkPlanInfo": node,
        "time": start_ms,
    }


def _task_info(task: _Placed, finished_ms: int, accumulables: list[Json]) -> Json:
    return {
        "Task ID": task.id,
        "Index": task.index,
        "Attempt": task.attempt,
        "Partition ID": task.index,
        "Launch Time": task.launched_ms,
        "Executor ID": task.executor.id,
        "Host": task.executor.host,
        "Locality": "PROCESS_LOCAL",
        "Speculative": False,
        "Getting Result Time": 0,
        "Finish Time": finished_ms,
        "Failed": task.failed and finished_ms > 0,
        "Killed": False,
        "Accumulables": accumulables,
    }


def _accumulables(measures: Measures) -> list[Json]:
    return [
        accumulable(i, f"internal.metrics.{name}", measures.get(key, 0), measures.get(key, 0))
        for i, (key, name) in enumerate(INTERNAL_METRICS.items())
        if measures.get(key) or key in SHUFFLE_READ_KEYS
    ]


def _task_measures(stage: StagePlan) -> Iterator[Measures]:
    count = len(stage.task_seconds)
    shares = (
        shared_out(total, count)
        for total in (
            stage.input_bytes,
            stage.output_bytes,
            stage.shuffle_read_bytes,
            stage.shuffle_write_bytes,
            stage.memory_spilled_bytes,
            stage.disk_spilled_bytes,
        )
    )
    for seconds, read, written, fetched, shuffled, memory, disk in zip(stage.task_seconds, *shares, strict=True):
        run_ms = _to_ms(seconds)
        yield {
            "run_ms": run_ms,
            "cpu_ns": round(run_ms * stage.cpu_share * 1e6),
            "result_bytes": 1878,
            "gc_ms": round(run_ms * stage.gc_share),
            "memory_spilled_bytes": memory,
            "disk_spilled_bytes": disk,
            "fetch_wait_ms": round(run_ms * stage.fetch_wait_share),
            "remote_bytes": fetched - fetched // 2,
            "local_bytes": fetched // 2,
            "shuffled_bytes": shuffled,
            "read_bytes": read,
            "written_bytes": written,
        }
