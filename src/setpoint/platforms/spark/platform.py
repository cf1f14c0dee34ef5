"""The platform `spark`: runs that `setpoint submit` started on this machine, and the spec the next one gets."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from setpoint.core.domain import ClusterReport, ClusterSpec
from setpoint.errors import Conflict, EventLogError, PlatformError, SetpointError, UnknownProject
from setpoint.platforms.spark.eventlogs import files_of, find_log
from setpoint.platforms.spark.store import Finished, RunFolder, Standing, Started, Store
from setpoint.sources import open_source


@dataclass(frozen=True, slots=True)
class SpecChoice:
    """The spec for the run to be launched now."""

    spec: ClusterSpec
    retry: bool = False
    """Whether it repeats a failed run."""
    problem: str | None = None
    """What kept the loop's own choice from being used."""


class SparkPlatform:
    """Sensor and actuator on the file system below `home`. Implements `Platform`."""

    def __init__(self, home: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.store = Store(home)
        self.clock = clock

    def finished_runs(self, project: str) -> tuple[str, ...]:
        """Runs that ended, and runs whose process was lost; oldest first."""
        self.store.standing(project)
        return tuple(run.id for run in self.store.runs(project) if run.has_finished() or not run.is_alive())

    def event_log(self, project: str, run_id: str) -> Iterable[Iterable[bytes]]:
        """The event log the run left on this machine's file system."""
        run = self.store.run(project, run_id)
        return open_source(self._find_log(run, run.started()))

    def cluster_report(self, project: str, run_id: str) -> ClusterReport:
        """What was written down when the run started and ended."""
        run = self.store.run(project, run_id)
        started, finished = run.started(), run.finished()
        return ClusterReport(
            spec=started.spec,
            started_at=started.started_at,
            finished_at=finished.finished_at if finished else self._last_sign_of_life(run, started),
            exit_code=finished.exit_code if finished else None,
            host_cores=started.host_cores,
            error=finished.error if finished else None,
            retry=started.retry,
            stopped=finished.stopped if finished else False,
        )

    def current_spec(self, project: str) -> ClusterSpec:
        """The spec that the next run would get."""
        return self.store.standing(project).current

    def apply(self, project: str, spec: ClusterSpec, *, expect: ClusterSpec) -> None:
        """Give the next run this spec, if the spec in place is the expected one."""
        standing = self.store.standing(project)
        with self.store.locked(project):
            standing = self.store.standing(project)
            if standing.current == spec:
                return
            if standing.current != expect:
                raise Conflict(
                    f"The next run of {project!r} would get {standing.current} and not {expect}, on which the decision "
                    "was based; nothing was changed."
                )
            self.store.set_standing(project, Standing(standing.baseline, spec, self.clock()))

    def register(self, project: str, baseline: ClusterSpec) -> None:
        """Bring a project under control on its owner's spec; nothing changes if it is already."""
        with self.store.locked(project):
            try:
                self.store.standing(project)
            except UnknownProject:
                self._take_over(project, baseline)

    def remember_known_good(self, project: str, spec: ClusterSpec) -> None:
        """Keep the spec that retries, and runs in trouble, are to get."""
        try:
            is_known = self.store.known_good(project) == spec
        except PlatformError:
            is_known = False  # damaged: written anew
        if not is_known:
            self.store.set_known_good(project, spec)

    def spec_to_run(self, project: str, owner_spec: ClusterSpec, *, cautious: bool = False) -> SpecChoice:
        """The spec for a run that is launched now with a command which itself asks for `owner_spec`.

        The loop's spec; the known-good one for a retry, or where the loop does not work (`cautious`), so that nobody
        would judge a spec on trial; the owner's where he changed his command since. Never fails:
        where our own files cannot be used it is the known-good spec, then the owner's, and the problem is told.
        """
        try:
            with self.store.locked(project):
                return self._choose(project, owner_spec, cautious=cautious)
        except (SetpointError, OSError) as error:
            return SpecChoice(self._fallback(project, owner_spec), problem=str(error))

    def _choose(self, project: str, owner_spec: ClusterSpec, *, cautious: bool) -> SpecChoice:
        try:
            standing = self.store.standing(project)
        except UnknownProject:
            return SpecChoice(self._take_over(project, owner_spec))
        failed = self._failed_before(project)
        if standing.baseline != owner_spec:
            return SpecChoice(self._take_over(project, owner_spec), failed is not None)
        if failed is None:
            known_good = self.store.known_good(project) if cautious else None
            return SpecChoice(known_good or standing.current)
        # A spec set after the failure is the loop's answer to it, such as more memory. One set before is what failed,
        # or what has not been tried: a retry is no place to try it.
        answered = standing.set_at > failed.finished_at
        known_good = None if answered else self.store.known_good(project)
        return SpecChoice(known_good or standing.current, retry=True)

    def _take_over(self, project: str, owner_spec: ClusterSpec) -> ClusterSpec:
        self.store.set_known_good(project, owner_spec)
        self.store.set_standing(project, Standing(owner_spec, owner_spec, self.clock()))
        return owner_spec

    def _failed_before(self, project: str) -> Finished | None:
        """The end of the latest run that ended by itself, if it failed."""
        ends = (run.finished() for run in reversed(self.store.runs(project)))
        latest = next((end for end in ends if end and not end.stopped), None)
        return latest if latest and latest.failed else None

    def _fallback(self, project: str, owner_spec: ClusterSpec) -> ClusterSpec:
        try:
            return self.store.known_good(project) or owner_spec
        except (SetpointError, OSError):
            return owner_spec

    def _find_log(self, run: RunFolder, started: Started) -> Path:
        return find_log(run.id, started.log_directory, run.event_logs, started.started_at, open_source)

    def _last_sign_of_life(self, run: RunFolder, started: Started) -> datetime:
        """When a lost run last wrote something."""
        try:
            files = files_of(self._find_log(run, started))
        except EventLogError:
            files = []
        latest = max((file.stat().st_mtime for file in files), default=0.0)
        return max(started.started_at, datetime.fromtimestamp(latest, UTC))


__all__ = ["SparkPlatform", "SpecChoice"]
