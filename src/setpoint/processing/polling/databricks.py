"""A workspace of Databricks as a place to look at: one list for all jobs, one call for the report of a run."""

import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from setpoint.errors import EventLogError, InputError, PlatformError
from setpoint.platforms.databricks.brief import brief, brief_report, is_over
from setpoint.platforms.databricks.jobs import OurCluster, cluster_of
from setpoint.platforms.databricks.logs import LogFile, LogFiles, destination_of, is_complete, parts_of
from setpoint.platforms.databricks.lookout import Mark, look
from setpoint.platforms.databricks.noted import noted_machines
from setpoint.platforms.databricks.report import contexts_of, tasks_on
from setpoint.platforms.databricks.runs import last_attempts
from setpoint.platforms.databricks.transport import CallFailed, Calls
from setpoint.processing.polling.places import Brought, Found, TooEarly
from setpoint.store.rows import ProjectRow

__all__ = ["DatabricksPlace"]

Json = Mapping[str, Any]
WAITED_SECONDS = 1500.0
"""For the last part of a log after the run's end; logs are delivered every five minutes."""
LOOK_AGAIN_SECONDS = 150.0
_SETTLES_SECONDS = 30.0
"""Until the machines are given back."""
_PACKED = (".gz", ".zst", ".lz4")


@dataclass(frozen=True)
class DatabricksPlace:
    """A `Place`."""

    api: Calls
    files: LogFiles
    product_code: str
    plan: str
    region: str
    most_bytes: int
    """Largest log that is brought."""
    may_read: Callable[[str], bool] = lambda _folder: True
    """Whether logs may be read from there."""
    now: Callable[[], float] = time.time

    @property
    def calls(self) -> int:
        """See Place."""
        return sum(self.api.counted.values())

    def look(self, mark: Json, projects: Sequence[ProjectRow]) -> tuple[Sequence[Found], Json]:
        """See Place."""
        by_job: dict[str, list[ProjectRow]] = {}
        for project in projects:
            if project.settings.get("job_id"):
                by_job.setdefault(str(project.settings["job_id"]), []).append(project)
        before = Mark(int(mark.get("looked_ms") or 0), {str(k): int(v) for k, v in (mark.get("active") or {}).items()})
        runs, after = look(self.api, before, int(self.now() * 1000), by_job)
        found = [
            Found(project, _name(run), brief(run)) for run in runs for project in by_job.get(str(run.get("job_id")), ())
        ]
        return found, {"looked_ms": after.looked_ms, "active": dict(after.active)}

    def bring(self, project: ProjectRow, told: Json, into: IO[bytes]) -> Brought:
        """See Place."""
        run = last_attempts(told)
        try:
            ours = _ours(project, run)
            cluster_id, tasks = tasks_on(run, ours)
        except PlatformError as error:  # it tells of the run, and no second look mends it
            raise InputError(str(error)) from None
        ended = max((task.get("end_time") or 0) for task in tasks) / 1000
        contexts = contexts_of(tasks)
        parts, why = self._parts(ours, cluster_id, contexts, ended)
        agent = self._agent(ours, cluster_id, contexts)
        report = brief_report(self.api, run, ours, self.plan, self.region, agent)
        if not is_over(report) and self.now() < ended + WAITED_SECONDS:
            raise TooEarly(_SETTLES_SECONDS)
        if parts:
            try:
                self._pack(parts, into)
            except EventLogError as error:  # it grew shorter while it was read
                if self.now() < ended + WAITED_SECONDS:
                    raise TooEarly(LOOK_AGAIN_SECONDS) from None
                parts, why = (), str(error)
        return Brought(report, self.product_code, f"run-{run['run_id']}.zip" if parts else "", why)

    def _parts(
        self, ours: OurCluster, cluster_id: str, contexts: Sequence[str], ended: float
    ) -> tuple[Sequence[LogFile], str]:
        """Files of the log; and why there are none. Raises TooEarly."""
        folder = destination_of(ours.block, cluster_id)
        if not folder:
            return (), "the cluster delivers no logs: set its cluster_log_conf"
        if not self.may_read(folder):
            return (), f"logs in {folder} are not read with this service's own credentials"
        parts = parts_of(self.files.below(folder), contexts)
        if not is_complete(parts, ended) and self.now() < ended + WAITED_SECONDS:
            raise TooEarly(LOOK_AGAIN_SECONDS)
        size_bytes = sum(part.size_bytes for part in parts)
        if size_bytes > self.most_bytes:
            return (), f"its log has {size_bytes:,} bytes, and {self.most_bytes:,} are the most that are taken"
        return parts, "" if parts else f"there is no event log of it in {folder}"

    def _pack(self, parts: Sequence[LogFile], into: IO[bytes]) -> None:
        with zipfile.ZipFile(into, "w") as archive:
            for part in parts:
                entry = zipfile.ZipInfo(part.path.rpartition("/")[2])
                is_packed = part.path.endswith(_PACKED)
                entry.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
                with archive.open(entry, "w", force_zip64=True) as file:
                    for chunk in self.files.read(part):
                        file.write(chunk)

    def _agent(self, ours: OurCluster, cluster_id: str, contexts: Sequence[str]) -> Json | None:
        """What the agent wrote beside the logs, where the cluster has one."""
        folder = destination_of(ours.block, cluster_id)
        if not folder or not ours.block.get("init_scripts") or not self.may_read(folder):
            return None
        try:
            return noted_machines(self.files, ours.block, cluster_id, contexts)
        except PlatformError as error:
            if isinstance(error, CallFailed):
                raise
            return None  # damaged: the run counts by its events alone


def _ours(project: ProjectRow, run: Json) -> OurCluster:
    return cluster_of(run, project.stream, str(project.settings.get("cluster_path") or ""))


def _name(run: Json) -> str:
    """A run that was repaired ended twice, on another cluster each time."""
    repairs = sum(1 for each in run.get("repair_history") or () if each.get("type") == "REPAIR")
    return f"{run['run_id']}.{repairs}" if repairs else str(run["run_id"])
