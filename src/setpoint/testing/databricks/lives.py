"""Clusters and runs of the emulated workspace: whole lives known at their start, told as far as the clock has come."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from setpoint.testing.databricks.answers import Json
from setpoint.testing.databricks.files import Dbfs

__all__ = ["ClusterLife", "TaskLife", "deliver", "ended_state", "ms", "until"]

_DELIVERY = timedelta(minutes=5)
_ROLL_SECONDS = 600


def ms(at: datetime) -> int:
    """Milliseconds since 1970."""
    return round(at.timestamp() * 1000)


@dataclass(slots=True)
class ClusterLife:
    """A job cluster, from when it was asked for until its machines were given back."""

    id: str
    asked: Json
    began: datetime
    ready: datetime
    ended: datetime
    context: str
    is_kept: bool = False
    """Whether people made it, for whatever runs there; it ends when they end it."""

    @property
    def workers(self) -> int:
        """How many it has; the most of those it may have."""
        scale = self.asked.get("autoscale")
        return int(scale["max_workers"] if scale else self.asked.get("num_workers", 0))

    def told(self, now: datetime) -> Json:
        """`clusters/get`."""
        state = "PENDING" if now < self.ready else "RUNNING" if now < self.ended else "TERMINATED"
        found = self.asked | {
            "cluster_id": self.id,
            "cluster_source": "UI" if self.is_kept else "JOB",
            "state": state,
            "start_time": ms(self.began),
        }
        found.setdefault("driver_node_type_id", self.asked.get("node_type_id"))
        if state == "TERMINATED":
            found["terminated_time"] = ms(self.ended)
            found["termination_reason"] = {"code": "JOB_FINISHED", "type": "SUCCESS"}
        elif state == "RUNNING":
            found["spark_context_id"] = int(self.context)
        return found

    def events(self, now: datetime) -> list[Json]:
        """Its events so far, oldest first."""
        sizes = {"current_num_workers": self.workers, "target_num_workers": self.workers}
        size = {"cluster_size": {"num_workers": self.workers}}
        told = [
            (self.began, "CREATING", size),
            (self.began + (self.ready - self.began) / 2, "STARTING", {}),
            (self.ready, "RUNNING", sizes),
            (self.ready, "DRIVER_HEALTHY", {}),
            (self.ended, "TERMINATING", {"reason": {"code": "JOB_FINISHED", "type": "SUCCESS"}}),
        ]
        return [
            {"cluster_id": self.id, "timestamp": ms(at), "type": kind, "details": details}
            for at, kind, details in told
            if at <= now
        ]


@dataclass(slots=True)
class TaskLife:
    """One attempt at a task of a run, on a cluster; of a serverless task there is none."""

    task: Json
    run_id: int
    cluster: ClusterLife | None
    context: str
    """Spark's, on that cluster; several tasks, or attempts, may share one."""
    began: datetime
    ready: datetime
    """When Spark could start."""
    ended: datetime
    failure: str | None
    attempt: int = 0
    is_cancelled: bool = False

    @property
    def own(self) -> ClusterLife:
        """Its cluster. Raises ValueError where it has none."""
        if self.cluster is None:
            raise ValueError("a serverless task has no cluster")
        return self.cluster

    @property
    def over(self) -> datetime:
        """When the machines were given back that were taken for it."""
        if self.cluster is None or self.cluster.is_kept:
            return self.ended
        return max(self.ended, self.cluster.ended)

    def cancel(self, now: datetime) -> None:
        """End it now, and its cluster with it, where it is not over yet."""
        if self.ended <= now:
            return
        self.ended, self.is_cancelled = now, True
        if self.cluster is not None and not self.cluster.is_kept:
            self.cluster.ended = min(self.cluster.ended, now)

    def told(self, now: datetime) -> Json:
        """As in `tasks` of `runs/get`."""
        found = self.task | {
            "run_id": self.run_id,
            "attempt_number": self.attempt,
            "start_time": ms(self.began),
            "state": {"life_cycle_state": "PENDING", "state_message": ""},
        }
        if self.cluster is not None:
            found["cluster_instance"] = {"cluster_id": self.cluster.id}
        if now >= self.ready:
            found["setup_duration"] = max(0, ms(self.ready) - ms(self.began))
            found["state"] = {"life_cycle_state": "RUNNING", "state_message": ""}
            if self.cluster is not None:
                found["cluster_instance"]["spark_context_id"] = self.context
        if now >= self.ended:
            found["end_time"] = ms(self.ended)
            found["execution_duration"] = max(0, ms(self.ended) - ms(max(self.began, self.ready)))
            found["state"] = ended_state(self.failure, is_cancelled=self.is_cancelled)
        return found


def ended_state(failure: str | None, *, is_cancelled: bool = False) -> Json:
    """The state of a task or a run that has ended."""
    if is_cancelled:
        return {"life_cycle_state": "TERMINATED", "result_state": "CANCELED", "state_message": "Run cancelled."}
    result = "FAILED" if failure else "SUCCESS"
    return {"life_cycle_state": "TERMINATED", "result_state": result, "state_message": failure or ""}


def deliver(files: Dbfs, task: TaskLife, log: tuple[bytes, ...]) -> None:
    """Leave the event log in DBFS or a volume, as `cluster_log_conf` says: rolled parts, and the last after the end."""
    cluster = task.cluster
    if cluster is None or not log:
        return
    conf = cluster.asked.get("cluster_log_conf", {})
    destination = next((conf[kind]["destination"] for kind in ("dbfs", "volumes") if kind in conf), None)
    if destination is None:
        return
    folder = f"{destination.rstrip('/')}/{cluster.id}/eventlog/{cluster.id}_10_0_0_1/{task.context}"
    files.forget(folder)
    parts = list(_rolled(log, task.ready))
    for since, lines in parts[:-1]:
        rolled = since + timedelta(seconds=_ROLL_SECONDS)
        name = f"eventlog-{rolled:%Y-%m-%d--%H-%M}.gz"
        files.leave(f"{folder}/{name}", gzip.compress(_text(lines), mtime=0), rolled + _DELIVERY)
    files.leave(f"{folder}/eventlog", _text(parts[-1][1]), task.over + _DELIVERY)


def until(log: tuple[bytes, ...], now: datetime) -> tuple[bytes, ...]:
    """The part of a log that was written by then."""
    times = ((line, msgspec.json.decode(line).get("Timestamp")) for line in log)
    return tuple(line for line, at in times if at is None or at / 1000 <= now.timestamp())


def _rolled(log: tuple[bytes, ...], began: datetime) -> Iterator[tuple[datetime, list[bytes]]]:
    """Lines by the ten minutes of the last time that one of them told; each part is later than the one before."""
    since, lines = began, list[bytes]()
    for line in log:
        at = msgspec.json.decode(line).get("Timestamp")
        moment = since if at is None else datetime.fromtimestamp(at / 1000, UTC)
        if (moment - since).total_seconds() >= _ROLL_SECONDS and lines:
            yield since, lines
            passed = int((moment - since).total_seconds() // _ROLL_SECONDS)
            since, lines = since + timedelta(seconds=passed * _ROLL_SECONDS), []
        lines.append(line)
    yield since, lines


def _text(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)
