"""A platform in memory, for tests of the loop: runs are handed to it, and it says which spec the next one gets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock

from setpoint.core.domain import ClusterReport, ClusterSpec
from setpoint.errors import Conflict, EventLogError, PlatformError, UnknownProject


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run that has ended."""

    report: ClusterReport
    log: tuple[bytes, ...] | None
    """The parts of its event log; None where it left none."""


class MemoryPlatform:
    """A full, small `Platform`. Its projects are those whose specs it is given."""

    def __init__(self, specs: Mapping[str, ClusterSpec]) -> None:
        self._specs = dict(specs)
        self._runs: dict[str, dict[str, FinishedRun]] = {project: {} for project in specs}
        self._lock = Lock()
        self.applied: list[tuple[str, ClusterSpec]] = []
        """What was put in place, in order."""

    def hand_in(self, project: str, run_id: str, report: ClusterReport, log: Iterable[bytes] | None) -> None:
        """A run has ended; `log` are the parts of its event log."""
        self._runs_of(project)[run_id] = FinishedRun(report, None if log is None else tuple(log))

    def set_by_owner(self, project: str, spec: ClusterSpec) -> None:
        """Somebody else changes the project's spec."""
        self._specs[project] = spec

    def finished_runs(self, project: str) -> tuple[str, ...]:
        """Ids of the runs in the order they were handed in."""
        return tuple(self._runs_of(project))

    def event_log(self, project: str, run_id: str) -> Iterable[Iterable[bytes]]:
        """Each part as one chunk."""
        log = self._run(project, run_id).log
        if log is None:
            raise EventLogError(f"Run {run_id} of {project!r} left no event log.")
        return [[part] for part in log]

    def cluster_report(self, project: str, run_id: str) -> ClusterReport:
        """The report that was handed in."""
        return self._run(project, run_id).report

    def current_spec(self, project: str) -> ClusterSpec:
        """The spec that the next run would get."""
        self._runs_of(project)
        return self._specs[project]

    def apply(self, project: str, spec: ClusterSpec, *, expect: ClusterSpec) -> None:
        """Give the next run this spec, if the spec in place is the expected one."""
        with self._lock:
            current = self.current_spec(project)
            if current == spec:
                return
            if current != expect:
                raise Conflict(
                    f"The next run of {project!r} would get {current} and not {expect}; nothing was changed."
                )
            self._specs[project] = spec
            self.applied.append((project, spec))

    def _runs_of(self, project: str) -> dict[str, FinishedRun]:
        if project not in self._runs:
            raise UnknownProject(f"There is no project {project!r} on this platform.")
        return self._runs[project]

    def _run(self, project: str, run_id: str) -> FinishedRun:
        try:
            return self._runs_of(project)[run_id]
        except KeyError:
            raise PlatformError(f"Project {project!r} has no run {run_id!r}.") from None
