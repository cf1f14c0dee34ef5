"""The state of an emulated workspace: jobs, runs, clusters and files, and a clock that only a test moves."""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from setpoint.core.domain import ClusterSpec
from setpoint.core.pricebook import PriceBook
from setpoint.errors import PlatformError
from setpoint.platforms.databricks.edits import Hardware, spec_of
from setpoint.testing.databricks.answers import Json, invalid
from setpoint.testing.databricks.files import Dbfs
from setpoint.testing.databricks.jobs import filled_in
from setpoint.testing.databricks.lives import ClusterLife, TaskLife, deliver, ended_state, ms
from setpoint.testing.databricks.machines import usual_book
from setpoint.testing.databricks.runner import Asked, Ran, Runner, SimulatedRunner
from setpoint.testing.databricks.statements import Warehouse

__all__ = ["Job", "Run", "Workspace"]

ME = "owner@example.com"


@dataclass(slots=True)
class Job:
    """A job as it is now."""

    id: int
    settings: Json
    created: datetime


@dataclass(slots=True)
class Run:
    """A run of a job, or one that was submitted without."""

    id: int
    job_id: int
    name: str
    began: datetime
    tasks: list[TaskLife]
    job_clusters: list[Json]
    cancelled: datetime | None = None

    @property
    def ended(self) -> datetime:
        """When all of it was over."""
        last = max(task.cluster.ended for task in self.tasks)
        return last if self.cancelled is None else min(last, self.cancelled)

    def told(self, now: datetime, *, with_tasks: bool) -> Json:
        """`runs/get`, or an entry of `runs/list`."""
        found: Json = {
            "run_id": self.id,
            "job_id": self.job_id,
            "run_name": self.name,
            "run_page_url": f"https://emulated.cloud.databricks.com/#job/{self.job_id}/run/{self.id}",
            "run_type": "JOB_RUN" if self.job_id else "SUBMIT_RUN",
            "creator_user_name": ME,
            "start_time": ms(self.began),
            "number_in_job": self.id,
            "original_attempt_run_id": self.id,
            "format": "MULTI_TASK",
            "state": {"life_cycle_state": "RUNNING", "state_message": ""},
        }
        if now >= self.ended:
            failure = next((task.failure for task in self.tasks if task.failure), None)
            found["end_time"] = ms(self.ended)
            found["run_duration"] = ms(self.ended) - ms(self.began)
            found["state"] = ended_state(failure)
            if self.cancelled is not None and self.cancelled <= self.ended:
                found["state"] |= {"result_state": "CANCELED", "state_message": "Run cancelled."}
        if with_tasks:
            found["tasks"] = [task.told(now) for task in self.tasks]
            found["job_clusters"] = self.job_clusters
        return found


@dataclass(slots=True)
class Workspace:
    """Everything there is; whoever calls holds the emulator's lock."""

    runner: Runner = field(default_factory=SimulatedRunner)
    book: PriceBook = field(default_factory=usual_book)
    """Of the machines it offers."""
    now: datetime = datetime(2026, 1, 1, 2, 0, tzinfo=UTC)
    files: Dbfs = field(default_factory=Dbfs)
    jobs: dict[int, Job] = field(default_factory=dict)
    runs: dict[int, Run] = field(default_factory=dict)
    clusters: dict[str, ClusterLife] = field(default_factory=dict)
    permissions: dict[int, list[Json]] = field(default_factory=dict)
    """By job: entries as `PATCH permissions/jobs` takes them."""
    groups: list[str] = field(default_factory=list)
    """Of who is signed in."""
    pools: dict[str, Json] = field(default_factory=dict)
    policies: dict[str, Json] = field(default_factory=dict)
    """Pools and cluster policies by their ids, without them."""
    warehouse: Warehouse = field(default_factory=Warehouse)
    region: str = "us-east-1"
    last_id: int = 1000
    """Of all that was made here: runs, jobs, tasks, clusters."""
    _by_token: dict[str, int] = field(default_factory=dict)

    def job(self, job_id: object) -> Job:
        """A job, or the refusal of it."""
        found = self.jobs.get(int(str(job_id or 0)))
        if found is None:
            raise invalid(f"Job {job_id} does not exist.")
        return found

    def run(self, run_id: object) -> Run:
        """A run, or the refusal of it."""
        found = self.runs.get(int(str(run_id or 0)))
        if found is None:
            raise invalid(f"Run {run_id} does not exist.")
        return found

    def cluster(self, cluster_id: object) -> ClusterLife:
        """A cluster, or the refusal of it; thirty days after its end it is forgotten."""
        found = self.clusters.get(str(cluster_id))
        if found is None or self.now > found.ended + timedelta(days=30):
            raise invalid(f"Cluster {cluster_id} does not exist")
        return found

    def add(self, settings: Json) -> Job:
        """`jobs/create`."""
        job = Job(self._next(), filled_in(settings), self.now)
        self.jobs[job.id] = job
        return job

    def start(self, settings: Json, job_id: int, token: str | None = None) -> Run:
        """`jobs/run-now` and `runs/submit`: a token that was used gives the run it gave before."""
        if token and token in self._by_token:
            return self.runs[self._by_token[token]]
        run_id, lives = self._next(), dict[str, tuple[ClusterLife, Ran]]()
        keyed = {entry["job_cluster_key"]: entry["new_cluster"] for entry in settings.get("job_clusters", [])}
        title, asked = settings.get("name", "run"), settings.get("tasks", [])
        tasks = [self._task(task, run_id, title, keyed, lives, asked) for task in asked]
        if not tasks:
            raise invalid("One or more tasks must be provided.")
        name = settings.get("run_name") or settings.get("name", "Untitled")
        shared = deepcopy(settings.get("job_clusters", []))
        self.runs[run_id] = Run(run_id, job_id, name, self.now, tasks, shared)
        if token:
            self._by_token[token] = run_id
        return self.runs[run_id]

    def _task(
        self,
        task: Json,
        run_id: int,
        title: str,
        keyed: Json,
        lives: dict[str, tuple[ClusterLife, Ran]],
        all_tasks: list[Json],
    ) -> TaskLife:
        inner = task.get("for_each_task", {}).get("task", task)
        key = inner.get("job_cluster_key")
        asked = keyed[key] if key else inner.get("new_cluster")
        if asked is None:
            raise invalid(f"Task {task['task_key']} needs new_cluster or job_cluster_key in this workspace.")
        place = key or f"task {task['task_key']}"
        if place not in lives:
            mine = [each for each in all_tasks if each.get("job_cluster_key") == key] if key else [inner]
            lives[place] = self._cluster(asked, title, run_id, mine)
        cluster, ran = lives[place]
        until = cluster.ready + timedelta(seconds=ran.seconds)
        return TaskLife(deepcopy(task), self._next(), cluster, self.now, until, ran.failure)

    def _cluster(self, asked: Json, name: str, run_id: int, tasks: list[Json]) -> tuple[ClusterLife, Ran]:
        number = self._next()
        ran = self.runner.run(Asked(deepcopy(asked), self._spec(asked), name, number, self.now, deepcopy(tasks)))
        ready = self.now + timedelta(seconds=ran.startup_seconds)
        ended = ready + timedelta(seconds=ran.seconds + 5)
        identity = f"{self.now:%m%d-%H%M%S}-run{number:05d}"
        full = deepcopy(asked) | {"cluster_name": f"job-0-run-{run_id}"}
        cluster = ClusterLife(identity, full, self.now, ready, ended, str(8_000_000_000_000_000 + number))
        self.clusters[identity] = cluster
        deliver(self.files, cluster, ran)
        return cluster, ran

    def _spec(self, asked: Json) -> ClusterSpec:
        pools = {name: str(pool["node_type_id"]) for name, pool in self.pools.items()}
        try:
            return spec_of(asked, f"{self.book.cloud}-databricks", self.book, Hardware(pools=pools))
        except PlatformError as error:
            raise invalid(f"Cluster validation error: {error}") from None

    def _next(self) -> int:
        self.last_id += 1
        return self.last_id
