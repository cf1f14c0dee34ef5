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
from setpoint.testing.databricks.launch import Launch
from setpoint.testing.databricks.lives import ClusterLife, TaskLife, deliver, ended_state, ms, until
from setpoint.testing.databricks.machines import usual_book
from setpoint.testing.databricks.runner import Runner, SimulatedRunner
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
    """All attempts; of each task the last one counts."""
    job_clusters: list[Json]
    settings: Json
    cancelled: datetime | None = None
    repairs: list[tuple[int, datetime, list[TaskLife]]] = field(default_factory=list)
    """Ids of repairs, when each began, and its tasks."""

    @property
    def ended(self) -> datetime:
        """When all of it was over."""
        last = max(task.over for task in self.tasks)
        return last if self.cancelled is None else min(last, self.cancelled)

    @property
    def last(self) -> dict[str, TaskLife]:
        """The last attempt at each task."""
        return {task.task["task_key"]: task for task in self.tasks}

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
            failure = next((task.failure for task in self.last.values() if task.failure), None)
            is_cancelled = self.cancelled is not None
            found["end_time"] = ms(self.ended)
            found["run_duration"] = ms(self.ended) - ms(self.began)
            found["state"] = ended_state(failure, is_cancelled=is_cancelled)
        if self.repairs:
            found["repair_history"] = self._history(now)
        if with_tasks:
            found["tasks"] = [task.told(now) for task in self.tasks if task.began <= now]
            found["job_clusters"] = self.job_clusters
        return found

    def _history(self, now: datetime) -> list[Json]:
        repaired = {id(task) for _, _, tasks in self.repairs for task in tasks}
        first = [task for task in self.tasks if id(task) not in repaired]
        told = [_part("ORIGINAL", self.id, self.began, first, now)]
        return told + [_part("REPAIR", name, began, tasks, now) for name, began, tasks in self.repairs]


def _part(kind: str, name: int, began: datetime, tasks: list[TaskLife], now: datetime) -> Json:
    """The run as it was first, or a repair of it."""
    ended = max(task.over for task in tasks)
    told: Json = {"type": kind, "id": name, "start_time": ms(began), "task_run_ids": [task.run_id for task in tasks]}
    if now < ended:
        return told | {"state": {"life_cycle_state": "RUNNING", "state_message": ""}}
    failure = next((task.failure for task in tasks if task.failure), None)
    return told | {"end_time": ms(ended), "state": ended_state(failure)}


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
    has_agent: bool = True
    """Whether init scripts are the agent's, so that it leaves its notes."""
    destinations: dict[str, Json] = field(default_factory=dict)
    """Of notifications, by their ids."""
    warehouse: Warehouse = field(default_factory=Warehouse)
    violations: dict[int, dict[str, str]] = field(default_factory=dict)
    """What the policies of jobs say against them, by job: place and reason."""
    region: str = "us-east-1"
    last_id: int = 1000
    """Of all that was made here: runs, jobs, tasks, clusters."""
    logs: dict[str, tuple[bytes, ...]] = field(default_factory=dict)
    """Whole event logs by their Spark contexts, those of runs that have not ended yet included."""
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
        job = Job(self.next_id(), filled_in(settings), self.now)
        self.jobs[job.id] = job
        return job

    def start(self, settings: Json, job_id: int, token: str | None = None) -> Run:
        """`jobs/run-now` and `runs/submit`: a token that was used gives the run it gave before."""
        if token and token in self._by_token:
            return self.runs[self._by_token[token]]
        run_id = self.next_id()
        if not settings.get("tasks"):
            raise invalid("One or more tasks must be provided.")
        tasks = Launch(self, settings, run_id).tasks(None, 0)
        name = settings.get("run_name") or settings.get("name", "Untitled")
        shared = deepcopy(settings.get("job_clusters", []))
        self.runs[run_id] = Run(run_id, job_id, name, self.now, tasks, shared, deepcopy(settings))
        if token:
            self._by_token[token] = run_id
        return self.runs[run_id]

    def repair(self, run: Run, keys: list[str] | None) -> int:
        """`runs/repair`: tasks again, those that failed where none is named, with the job's settings of this moment."""
        if self.now < run.ended:
            raise invalid(f"Run {run.id} is still active and cannot be repaired.")
        failed = [key for key, task in run.last.items() if task.failure or task.is_cancelled]
        again = keys or failed
        if not again:
            raise invalid(f"Run {run.id} has no failed tasks to repair.")
        settings = self.jobs[run.job_id].settings if run.job_id in self.jobs else run.settings
        attempt = max(task.attempt for task in run.tasks) + 1
        tasks = Launch(self, settings, run.id).tasks(set(again), attempt)
        repair = self.next_id()
        run.tasks += tasks
        run.job_clusters, run.cancelled = deepcopy(settings.get("job_clusters", [])), None
        run.repairs.append((repair, self.now, tasks))
        return repair

    def cancel(self, run: Run) -> None:
        """`runs/cancel`: what is over stays as it is; of a log there is what was written by now."""
        if self.now >= run.ended:
            return
        run.cancelled = self.now
        for task in run.tasks:
            task.cancel(self.now)
            deliver(self.files, task, until(self.logs.get(task.context, ()), self.now))

    def keep_cluster(self, asked: Json) -> ClusterLife:
        """`clusters/create`: one that people made, for whatever runs on it."""
        ready = self.now + timedelta(minutes=4)
        made = ClusterLife(
            self.new_cluster_id(), asked, self.now, ready, self.now + timedelta(days=3650), "", is_kept=True
        )
        made.context = str(8_000_000_000_000_000 + self.last_id)
        self.clusters[made.id] = made
        return made

    def new_cluster_id(self) -> str:
        """One that no cluster had."""
        return f"{self.now:%m%d-%H%M%S}-run{self.next_id():05d}"

    def spec(self, asked: Json) -> ClusterSpec:
        """What a cluster block asks for, or the refusal of it."""
        pools = {name: str(pool["node_type_id"]) for name, pool in self.pools.items()}
        try:
            return spec_of(asked, f"{self.book.cloud}-databricks", self.book, Hardware(pools=pools))
        except PlatformError as error:
            raise invalid(f"Cluster validation error: {error}") from None

    def next_id(self) -> int:
        """One that nothing here had."""
        self.last_id += 1
        return self.last_id
