"""Event logs of simulated runs, written fast: lines in the shape of Spark 4, most of them from two templates.

The general builder makes a dictionary for each line; a fleet writes ninety thousand logs, so here a task is one text
with places for its numbers.
"""

from dataclasses import dataclass

import msgspec

from setpoint.core.domain import ClusterSpec
from setpoint.testing.eventlog_shape import EXECUTOR_METRICS, accumulable, task_metrics
from setpoint.testing.fleet.physics import JobLaw, Placed, StageLaw

__all__ = ["LogPlan", "Written", "write_log"]

Json = dict[str, object]
_MIB = 2**20
_PLACES = {
    "run_ms": 9_100_000_001, "cpu_ns": 9_100_000_002, "gc_ms": 9_100_000_003, "memory_spilled_bytes": 9_100_000_004,
    "disk_spilled_bytes": 9_100_000_005, "remote_bytes": 9_100_000_006, "local_bytes": 9_100_000_007,
    "shuffled_bytes": 9_100_000_008, "read_bytes": 9_100_000_009,
}  # fmt: skip
_OWN_PLACES = {
    "stage": 9_200_000_001, "task": 9_200_000_002, "index": 9_200_000_003, "launched": 9_200_000_004,
    "finished": 9_200_000_005, "peak": 9_200_000_006, "worker": 9_200_000_007, "host": 9_200_000_008,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LogPlan:
    """One run whose log is to be written."""

    law: JobLaw
    spec: ClusterSpec
    scale: float
    """Of its input."""
    factor: float = 1.0
    """Of all its times."""
    started_ms: int = 1_790_000_000_000
    name: str = "job"
    app_id: str = "app"
    failure: str | None = None
    """The words with which it fails in its last stage, where it does."""
    kept: float = 1.0
    """Share of its lines that were written when its driver was lost."""


@dataclass(frozen=True, slots=True)
class Written:
    """A log, and how long the application took."""

    log: bytes
    seconds: float


def _info(*, is_start: bool) -> Json:
    own = _OWN_PLACES
    return {
        "Task ID": own["task"],
        "Index": own["index"],
        "Attempt": 0,
        "Partition ID": own["index"],
        "Launch Time": own["launched"],
        "Executor ID": str(own["worker"]),
        "Host": f"10.0.0.{own['host']}",
        "Locality": "PROCESS_LOCAL",
        "Speculative": False,
        "Getting Result Time": 0,
        "Finish Time": 0 if is_start else own["finished"],
        "Failed": False,
        "Killed": False,
        "Accumulables": []
        if is_start
        else [
            accumulable(2, "internal.metrics.executorRunTime", _PLACES["run_ms"], _PLACES["run_ms"]),
            accumulable(31, "internal.metrics.input.bytesRead", _PLACES["read_bytes"], _PLACES["read_bytes"]),
        ],
    }


def _template(event: Json) -> str:
    text = msgspec.json.encode(event).decode()
    for name, number in (_PLACES | _OWN_PLACES).items():
        text = text.replace(str(number), f"%({name})d")
    return text + "\n"


_KEY = {"Stage ID": _OWN_PLACES["stage"], "Stage Attempt ID": 0}
_START = _template({"Event": "SparkListenerTaskStart", **_KEY, "Task Info": _info(is_start=True)})
_END = _template(
    {
        "Event": "SparkListenerTaskEnd",
        **_KEY,
        "Task Type": "ShuffleMapTask",
        "Task End Reason": {"Reason": "Success"},
        "Task Info": _info(is_start=False),
        "Task Executor Metrics": {"JVMHeapMemory": _OWN_PLACES["peak"], **dict.fromkeys(EXECUTOR_METRICS[1:], 0)},
        "Task Metrics": task_metrics(_PLACES),
    }
)


class _Log:
    """One log while it is written. Not reusable."""

    def __init__(self, law: JobLaw, spec: ClusterSpec, scale: float, started_ms: int) -> None:
        self._law, self._spec, self._scale = law, spec, scale
        self._started_ms = started_ms
        self._lines: list[str] = []
        self._tasks = 0
        self._jobs = 0

    def event(self, name: str, fields: Json) -> None:
        self._lines.append(msgspec.json.encode({"Event": f"SparkListener{name}", **fields}).decode() + "\n")

    def begin(self, factor: float, name: str, app_id: str) -> int:
        spec, start_ms = self._spec, self._started_ms
        self.event("LogStart", {"Spark Version": "4.0.1"})
        self.event("ApplicationStart", {"App Name": name, "App ID": app_id, "Timestamp": start_ms, "User": "spark"})
        spark = {
            "spark.app.id": app_id,
            "spark.app.name": name,
            "spark.executor.cores": str(spec.worker_cores),
            "spark.executor.memory": f"{spec.worker_memory_mib}m",
            "spark.master": "yarn",
        }
        java = {"Java Version": "17.0.15"}
        self.event("EnvironmentUpdate", {"JVM Information": java, "Spark Properties": spark, "Hadoop Properties": {}})
        ready_ms = start_ms + round(1000 * factor * self._law.startup(spec))
        for worker in range(spec.workers):
            info = {"Host": f"10.0.0.{worker + 1}", "Total Cores": spec.worker_cores, "Log Urls": {}, "Attributes": {}}
            fields = {"Timestamp": ready_ms, "Executor ID": str(worker), "Executor Info": info}
            self.event("ExecutorAdded", fields)
        return ready_ms

    def stage(self, number: int, starts_ms: int, factor: float, failure: str | None) -> int:
        """A job of one stage; with a failure, half of its tasks are done."""
        stage = self._law.stages[number]
        info = _stage_info(number, stage, self._law.version)
        job: Json = {"Job ID": self._jobs, "Submission Time": starts_ms, "Stage Infos": [info], "Stage IDs": [number]}
        self.event("JobStart", {**job, "Properties": {"spark.rdd.scope.noOverride": "true"}})
        self.event("StageSubmitted", {"Stage Info": {**info, "Submission Time": starts_ms}})
        done = stage.schedule(self._spec.slots)
        done = done if failure is None else done[: stage.tasks_before_failure]
        ends_ms = self._run(number, stage, done, starts_ms, factor)
        over: Json = {**info, "Submission Time": starts_ms, "Completion Time": ends_ms}
        result: Json = {"Result": "JobSucceeded"}
        if failure is not None:
            over["Failure Reason"] = failure
            result = {"Result": "JobFailed", "Exception": {"Message": failure, "Stack Trace": []}}
        self.event("StageCompleted", {"Stage Info": over})
        self.event("JobEnd", {"Job ID": self._jobs, "Completion Time": ends_ms, "Job Result": result})
        self._jobs += 1
        return ends_ms

    def _run(self, number: int, stage: StageLaw, done: tuple[Placed, ...], starts_ms: int, factor: float) -> int:
        spec, law = self._spec, self._law
        collecting = law.collecting_at(spec.task_memory_mib, self._scale)
        unit_ms = 1000 * factor * stage.task_seconds(spec, self._scale, collecting)
        gc_ms = 1000 * factor * self._scale * stage.mean_seconds * collecting
        count = len(stage.shares)
        spilled = round(stage.spilled_mib(spec, self._scale) * _MIB)
        received = 0 if number == 0 else round(law.stages[number - 1].shuffle_bytes * self._scale / count)
        shared = {
            "stage": number,
            "peak": round(law.peak_mib(spec.task_memory_mib, self._scale) * _MIB) if law.logs_memory else 0,
            "memory_spilled_bytes": 3 * spilled,
            "disk_spilled_bytes": spilled,
            "remote_bytes": received // 2,
            "local_bytes": received - received // 2,
            "shuffled_bytes": round(stage.shuffle_bytes * self._scale / count),
            "read_bytes": round(stage.input_bytes * self._scale / count),
        }
        cpu_ns = stage.cpu_share / stage.crowding(spec.slots) * 1e6
        cores = spec.worker_cores
        events = []
        for index, task in enumerate(done):
            launched, finished = starts_ms + round(task.starts * unit_ms), starts_ms + round(task.ends * unit_ms)
            run_ms = finished - launched
            worker = task.slot % spec.workers if cores == 1 else task.slot // cores
            own = {
                "task": self._tasks,
                "index": index,
                "launched": launched,
                "finished": finished,
                "worker": worker,
                "host": worker + 1,
                "run_ms": run_ms,
                "cpu_ns": run_ms * cpu_ns,
                "gc_ms": gc_ms * stage.shares[index],
            }
            own |= shared
            self._tasks += 1
            events.append((launched, 1, self._tasks, _START % own))
            events.append((finished, 0, self._tasks, _END % own))
        events.sort()
        self._lines += [event[3] for event in events]
        return max(starts_ms + 1, events[-1][0]) if events else starts_ms + 1

    def text(self, kept: float) -> bytes:
        """All of it, or what was written when its driver was lost."""
        return "".join(self._lines[: max(4, round(kept * len(self._lines)))]).encode()


def _stage_info(number: int, stage: StageLaw, version: int) -> Json:
    tasks, name = len(stage.shares), f"save at job.py:{100 * version + 10 * number}"
    rdd = {"RDD ID": number, "Name": "MapPartitionsRDD", "Callsite": name, "Parent IDs": []}
    return {
        "Stage ID": number,
        "Stage Attempt ID": 0,
        "Stage Name": name,
        "Number of Tasks": tasks,
        "RDD Info": [{**rdd, "Number of Partitions": tasks, "Memory Size": 0, "Disk Size": 0}],
        "Parent IDs": [],
        "Details": "org.apache.spark.sql.classic.Dataset.collectToPython(Dataset.scala:2054)",
        "Accumulables": [],
        "Resource Profile Id": 0,
    }


def write_log(plan: LogPlan) -> Written:
    """The log of one run."""
    law, log = plan.law, _Log(plan.law, plan.spec, plan.scale, plan.started_ms)
    now = log.begin(plan.factor, plan.name, plan.app_id)
    gap_ms = round(1000 * plan.factor * law.serial(plan.scale) / (len(law.stages) + 1))
    for number in range(len(law.stages)):
        is_last = number == len(law.stages) - 1
        now = log.stage(number, now + gap_ms, plan.factor, plan.failure if is_last else None)
    now += 0 if plan.failure else gap_ms
    if plan.kept >= 1:
        log.event("ApplicationEnd", {"Timestamp": now, "ExitCode": 1 if plan.failure else 0})
    return Written(log.text(plan.kept), round((now - plan.started_ms) * plan.kept) / 1000)
