"""The jobs of a workspace with their runs, by its two lists: some pages for hundreds of jobs, and no call per job."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from setpoint.core.cost import price
from setpoint.core.domain import ClusterSpec
from setpoint.core.eventlog import read_profile
from setpoint.core.pricebook import PriceBook
from setpoint.core.reports.project import project_of_name
from setpoint.core.starting_order import RunSeen, headroom_of
from setpoint.errors import InputError, PlatformError
from setpoint.platforms.databricks.actuator import read_job
from setpoint.platforms.databricks.edits import Hardware, spec_of
from setpoint.platforms.databricks.jobs import OurCluster, all_clusters, block_hash, cluster_of, project_of, why_none
from setpoint.platforms.databricks.logs import LogFiles, destination_of, parts_of
from setpoint.platforms.databricks.ownership import owner_of
from setpoint.platforms.databricks.project import DatabricksProject, Product, Store
from setpoint.platforms.databricks.report import tasks_on
from setpoint.platforms.databricks.runs import failure_of, has_ended, last_attempts, was_stopped
from setpoint.platforms.databricks.transport import CallFailed, Calls
from setpoint.platforms.recurring import CloserLook, Listing, Recurring, Taking, Told, distinct, project_name

__all__ = ["JobsOfWorkspace"]

Json = Mapping[str, Any]
_JOBS, _RUNS, _POOLS = "/api/2.2/jobs/list", "/api/2.1/jobs/runs/list", "/api/2.0/instance-pools/list"
_JOBS_A_PAGE, _RUNS_A_PAGE = 100, 25
MOST_RUNS = 10_000
"""Of one listing, 400 calls; beyond, it looks less far back."""
_TOLD_EVERY = 100
_DAY_MS = 86_400_000


@dataclass(slots=True)
class JobsOfWorkspace:
    """What recurs in one workspace."""

    calls: Calls
    files: LogFiles
    book: PriceBook
    """Of its region."""
    product: Product
    store: Store
    """Of the projects that there are."""
    host: str
    profile: str
    now_ms: Callable[[], int]
    most_runs: int = MOST_RUNS
    _specs: dict[str, ClusterSpec | PlatformError] = field(default_factory=dict)
    _pools: dict[str, str] = field(default_factory=dict)
    _newest: dict[str, Json] = field(default_factory=dict)
    """Run by the key of what recurs."""
    _settings: dict[str, Json] = field(default_factory=dict)
    """By job id, of those that a list holds whole: it has the first hundred tasks of a job."""

    def listed(self, days: float, told: Told) -> Listing:
        """See Recurrences."""
        jobs = list(
            _counted(self.calls.pages(_JOBS, "jobs", {"limit": _JOBS_A_PAGE, "expand_tasks": "true"}), "jobs", told)
        )
        now = self.now_ms()
        runs, is_whole = self._runs(now - int(days * _DAY_MS), told)
        looked = days
        if not is_whole:
            looked = max(1 / 24, (now - min(int(run["start_time"]) for run in runs)) / _DAY_MS)
        self._settings = {str(job["job_id"]): job.get("settings") or {} for job in jobs if not job.get("has_more")}
        self._know_pools([*(job.get("settings") or {} for job in jobs), *runs])
        of_job = defaultdict(list)
        for run in runs:
            of_job[str(run.get("job_id") or "")].append(run)
        found = [each for job in jobs for each in self._of_job(job, of_job[str(job["job_id"])])]
        known = {str(job["job_id"]) for job in jobs}
        found += self._submitted(run for job_id, those in of_job.items() if job_id not in known for run in those)
        note = "" if is_whole else f"the newest {len(runs)} runs only: those of the last {looked:.1f} days"
        return Listing(distinct(found), looked, note)

    def looked_at(self, job: Recurring) -> CloserLook:
        """See Recurrences. It waits for no log."""
        run = self._newest.get(job.key)
        if run is None:
            return CloserLook(note="no run of it ended well lately")
        ours = cluster_of(run, project_of(_block_at(run, job.place)) or job.project, job.place)
        cluster_id, tasks = tasks_on(run, ours)
        seen = self._seen(run, ours)
        folder = destination_of(ours.block, cluster_id)
        if not folder:
            note = "its cluster delivers no logs: set its cluster_log_conf"
            return CloserLook(None, seen.dollars, seen.seconds, note)
        contexts = [str((task.get("cluster_instance") or {}).get("spark_context_id") or "") for task in tasks]
        parts = parts_of(self.files.below(folder), [context for context in dict.fromkeys(contexts) if context])
        if not parts:
            return CloserLook(None, seen.dollars, seen.seconds, f"there is no event log in {folder}")
        profile = read_profile(self.files.read(part) for part in parts)
        return CloserLook(headroom_of(profile), seen.dollars, seen.seconds)

    def taking(self, job: Recurring) -> Taking:
        """See Recurrences."""
        if job.refusal:
            raise PlatformError(job.refusal)
        settings = self._settings.get(job.job_id) or read_job(self.calls, job.job_id)["settings"]
        ours = cluster_of(settings, job.project, job.place)
        self._know_pools([settings])
        lasted = sorted(run.seconds for run in job.runs if run.succeeded)
        return Taking(self._spec(ours.block), lasted[len(lasted) // 2] if lasted else 0.0)

    def known(self) -> dict[str, str]:
        """See Keeper."""
        found = {}
        for project in self.store.projects():
            known = self.store.project(project)
            if known.host == self.host and known.cluster_path:
                found[_key(known.job_id, known.cluster_path)] = project
        return found

    def keep(self, project: str, job: Recurring) -> None:
        """See Keeper."""
        self.store.register(
            project,
            DatabricksProject(
                host=self.host,
                job_id=job.job_id,
                cluster_path=job.place,
                profile=self.profile,
                product=self.product,
                region=self.book.region,
            ),
        )

    def _runs(self, since_ms: int, told: Told) -> tuple[list[Json], bool]:
        """Runs that have ended, the newest first, and whether they are all."""
        asked = {"limit": _RUNS_A_PAGE, "completed_only": "true", "expand_tasks": "true", "start_time_from": since_ms}
        found: list[Json] = []
        for run in _counted(self.calls.pages(_RUNS, "runs", asked), "runs", told):
            if len(found) >= self.most_runs:
                return found, False
            found.append(run)
        return found, True

    def _of_job(self, job: Json, runs: Iterable[Json]) -> Iterator[Recurring]:
        settings = job.get("settings") or {}
        job_id, name = str(job["job_id"]), str(settings.get("name") or job["job_id"])
        owner = owner_of(job)
        tags = {str(key): str(value) for key, value in (settings.get("tags") or {}).items()}
        ended = [last_attempts(run) for run in runs if has_ended(run)]
        clusters = list(all_clusters(settings))
        if not clusters:
            seen = tuple(RunSeen(_seconds(run["start_time"]), _lasted(run), None, _is_well(run)) for run in ended)
            refusal = why_none(settings)
            yield Recurring(
                key=job_id, job_id=job_id, name=name, project=project_name(name), runs=seen, tags=tags, refusal=refusal
            )
        for ours in clusters:
            place = str(ours.place)
            key = _key(job_id, place)
            called = project_of(ours.block) or project_name(name if len(clusters) == 1 else f"{name}-{ours.place.key}")
            theirs = [run for run in ended if _had(run, place)]
            newest = next((run for run in theirs if _is_well(run)), None)
            if newest is not None:
                self._newest[key] = newest
            refused = owner.reason if owner is not None and owner.kind == "system" else ""
            yield Recurring(
                key=key,
                job_id=job_id,
                name=name if len(clusters) == 1 else f"{name} · {ours.place.key}",
                project=called,
                place=place,
                runs=tuple(self._seen(run, _at(run, place)) for run in theirs),
                newest_run=str(newest["run_id"]) if newest is not None else "",
                tags=tags | {str(key): str(value) for key, value in (ours.block.get("custom_tags") or {}).items()},
                refusal=f"Job {job_id} cannot be changed: {refused}" if refused else "",
                owner=owner.kind if owner is not None else "",
            )

    def _submitted(self, runs: Iterable[Json]) -> Iterator[Recurring]:
        """Runs without a job, by their names without what tells one from another."""
        named = defaultdict(list)
        for run in runs:
            # Runs of jobs that are gone, and notebooks that notebooks ran, are neither.
            if has_ended(run) and run.get("run_type") == "SUBMIT_RUN":
                named[project_of_name(str(run.get("run_name") or "Untitled"))].append(last_attempts(run))
        for name, those in named.items():
            seen = []
            for run in those:
                clusters = [ours for ours in all_clusters(run) if _had(run, str(ours.place))]
                known = [self._seen(run, ours) for ours in clusters]
                dollars = [each.dollars for each in known if each.dollars is not None]
                whole = sum(dollars) if dollars and len(dollars) == len(known) else None
                seen.append(RunSeen(_seconds(run["start_time"]), _lasted(run), whole, _is_well(run)))
            owner = owner_of(those[0])
            refusal = (
                f"{name!r} is submitted without a job, so there is none to change: have Airflow, or whatever submits "
                "it, ask for the next cluster."
            )
            yield Recurring(
                key=f"submitted {name}",
                job_id=name,
                name=name,
                project=project_name(name),
                runs=tuple(seen),
                refusal=refusal,
                owner=owner.kind if owner is not None else "",
            )

    def _seen(self, run: Json, ours: OurCluster) -> RunSeen:
        """A run as its cluster was paid: from when its first task asked for it to the end of the last."""
        _, tasks = tasks_on(run, ours)
        began = min(int(task.get("start_time") or run["start_time"]) for task in tasks)
        ended = max(int(task.get("end_time") or run.get("end_time") or began) for task in tasks)
        seconds = max(0.0, (ended - began) / 1000)
        try:
            dollars = price(self._spec(ours.block), seconds, self.book, "modelled").dollars
        except (PlatformError, InputError):
            dollars = None
        return RunSeen(_seconds(began), seconds, dollars, _is_well(run))

    def _spec(self, block: Json) -> ClusterSpec:
        key = block_hash(block)
        if key not in self._specs:
            try:
                self._specs[key] = spec_of(block, self.product, self.book, Hardware(pools=self._pools))
            except PlatformError as error:
                self._specs[key] = error
        found = self._specs[key]
        if isinstance(found, PlatformError):
            raise found
        return found

    def _know_pools(self, several: Iterable[Json]) -> None:
        """Which machines pools have, asked once where a cluster is of a pool."""
        blocks = (ours.block for settings in several for ours in all_clusters(settings))
        if self._pools or not any(
            block.get("instance_pool_id") or block.get("driver_instance_pool_id") for block in blocks
        ):
            return
        try:
            listed = self.calls.read(_POOLS).get("instance_pools") or ()
        except CallFailed as failed:
            if failed.is_passing:
                raise
            return  # its machines stay unknown, and that is said of each job
        self._pools = {str(each["instance_pool_id"]): str(each.get("node_type_id") or "") for each in listed}


def _key(job_id: str, place: str) -> str:
    return f"{job_id} {place}"


def _counted(found: Iterable[Json], what: str, told: Told) -> Iterator[Json]:
    count = 0
    for count, each in enumerate(found, 1):
        if count % _TOLD_EVERY == 0:
            told(what, count)
        yield each
    told(what, count)


def _at(run: Json, place: str) -> OurCluster:
    return next(ours for ours in all_clusters(run) if str(ours.place) == place)


def _block_at(run: Json, place: str) -> Json:
    return _at(run, place).block


def _had(run: Json, place: str) -> bool:
    """Whether a run had the cluster of this place."""
    try:
        tasks_on(run, _at(run, place))
    except (PlatformError, StopIteration):
        return False
    return True


def _is_well(run: Json) -> bool:
    return failure_of(run) is None and not was_stopped(run)


def _lasted(run: Json) -> float:
    return max(0.0, (int(run.get("end_time") or run["start_time"]) - int(run["start_time"])) / 1000)


def _seconds(milliseconds: int) -> float:
    return int(milliseconds) / 1000
