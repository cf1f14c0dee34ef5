"""Puts the tasks of a run on clusters of the emulated workspace: shared ones, their own, kept ones, or none."""

from collections.abc import Set as AbstractSet
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from setpoint.testing.databricks.answers import Json, invalid
from setpoint.testing.databricks.lives import ClusterLife, TaskLife, deliver
from setpoint.testing.databricks.notes import leave_notes
from setpoint.testing.databricks.runner import Asked, Ran

if TYPE_CHECKING:
    from setpoint.testing.databricks.workspace import Workspace

__all__ = ["Launch"]

MOST_RETRIES = 5
"""Of a task that is to be tried for ever."""
_SERVERLESS_SECONDS = 90.0
_GIVEN_BACK_SECONDS = 5.0


@dataclass(slots=True)
class _Place:
    """A cluster, what ran on it, and under which Spark context."""

    cluster: ClusterLife
    ran: Ran
    context: str
    ready: datetime


@dataclass(slots=True)
class Launch:
    """The tasks of one run, or of a repair of it."""

    space: "Workspace"
    settings: Json
    run_id: int
    _shared: dict[str, _Place] = field(default_factory=dict)

    def tasks(self, keys: AbstractSet[str] | None, attempt: int) -> list[TaskLife]:
        """All attempts at the tasks with these keys, at all where None; the first one has this number."""
        wanted = [task for task in self.settings["tasks"] if keys is None or task["task_key"] in keys]
        return [life for task in wanted for life in self._attempts(task, attempt)]

    def _attempts(self, task: Json, attempt: int) -> list[TaskLife]:
        lives = [self._first(task, attempt)]
        asked = int(task.get("max_retries") or 0)
        pause = timedelta(milliseconds=int(task.get("min_retry_interval_millis") or 0))
        while lives[-1].failure and len(lives) <= (MOST_RETRIES if asked < 0 else asked):
            lives.append(self._again(task, lives[-1], pause))
        return lives

    def _first(self, task: Json, attempt: int) -> TaskLife:
        inner = task.get("for_each_task", {}).get("task", task)
        key, kept = inner.get("job_cluster_key"), inner.get("existing_cluster_id")
        now = self.space.now
        if kept:
            return self._life(task, self._on_kept(self.space.cluster(kept), inner, now), now, attempt)
        if key in self._shared:
            return self._life(task, self._shared[key], now, attempt)
        asked = self._block(key) if key else inner.get("new_cluster")
        if asked is None:
            until = now + timedelta(seconds=_SERVERLESS_SECONDS)
            return TaskLife(deepcopy(task), self.space.next_id(), None, "", now, now, until, None, attempt)
        mine = [each for each in self.settings["tasks"] if each.get("job_cluster_key") == key] if key else [inner]
        place = self._on_new(asked, mine, now)
        if key:
            self._shared[key] = place
        life = self._life(task, place, now, attempt)
        self._delivered(life, place)
        return life

    def _again(self, task: Json, before: TaskLife, pause: timedelta) -> TaskLife:
        """Another attempt: on the cluster of the job with another Spark context, or on a new one of the task's own."""
        at = before.ended + pause
        inner = task.get("for_each_task", {}).get("task", task)
        if before.cluster is None or before.cluster.is_kept or not inner.get("job_cluster_key"):
            asked = inner.get("new_cluster")
            place = self._on_new(asked, [inner], at) if asked else self._on_kept(_of(before.cluster), inner, at)
        else:
            place = self._on_same(before.cluster, inner, at)
        life = self._life(task, place, at, before.attempt + 1)
        self._delivered(life, place)
        return life

    def _block(self, key: str) -> Json:
        known = {entry["job_cluster_key"]: entry["new_cluster"] for entry in self.settings.get("job_clusters", [])}
        if key not in known:
            raise invalid(f"Job cluster key {key} is not defined in field job_clusters.")
        return dict(known[key])

    def _on_new(self, asked: Json, tasks: list[Json], at: datetime) -> _Place:
        ran, number = self._ran(asked, tasks, at)
        ready = at + timedelta(seconds=ran.startup_seconds)
        ended = ready + timedelta(seconds=ran.seconds + _GIVEN_BACK_SECONDS)
        full = deepcopy(asked) | {"cluster_name": f"job-0-run-{self.run_id}"}
        identity = f"{at:%m%d-%H%M%S}-run{number:05d}"
        cluster = ClusterLife(identity, full, at, ready, ended, _context(number))
        self.space.clusters[identity] = cluster
        return _Place(cluster, ran, cluster.context, ready)

    def _on_same(self, cluster: ClusterLife, task: Json, at: datetime) -> _Place:
        ran, number = self._ran(cluster.asked, [task], at)
        cluster.ended = max(cluster.ended, at + timedelta(seconds=ran.seconds + _GIVEN_BACK_SECONDS))
        return _Place(cluster, ran, _context(number), at)

    def _on_kept(self, cluster: ClusterLife, task: Json, at: datetime) -> _Place:
        ran, _ = self._ran(cluster.asked, [task], at)
        return _Place(cluster, ran, cluster.context, max(at, cluster.ready))

    def _ran(self, asked: Json, tasks: list[Json], at: datetime) -> tuple[Ran, int]:
        number, name = self.space.next_id(), self.settings.get("name", "run")
        spec = self.space.spec({key: it for key, it in asked.items() if key != "cluster_name"})
        return self.space.runner.run(Asked(deepcopy(asked), spec, name, number, at, deepcopy(tasks))), number

    def _life(self, task: Json, place: _Place, at: datetime, attempt: int) -> TaskLife:
        until = place.ready + timedelta(seconds=place.ran.seconds)
        name = self.space.next_id()
        return TaskLife(
            deepcopy(task), name, place.cluster, place.context, at, place.ready, until, place.ran.failure, attempt
        )

    def _delivered(self, life: TaskLife, place: _Place) -> None:
        self.space.logs[place.context] = place.ran.log
        if self.space.has_agent:
            leave_notes(self.space.files, place.cluster)
        deliver(self.space.files, life, place.ran.log)


def _of(cluster: ClusterLife | None) -> ClusterLife:
    if cluster is None:
        raise invalid("A serverless task is not retried here.")
    return cluster


def _context(number: int) -> str:
    return str(8_000_000_000_000_000 + number)
