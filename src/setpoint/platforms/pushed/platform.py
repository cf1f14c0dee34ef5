"""The platform of pushed runs: reports and logs as they were submitted, specs left to be fetched."""

from collections.abc import Callable, Iterable, Mapping

from setpoint.core.configurations import Reported, product_of, reported_cluster, reported_run
from setpoint.core.domain import ClusterReport, ClusterSpec
from setpoint.core.places import usual_region
from setpoint.core.pricebook import Cloud, Missing, PriceBook
from setpoint.errors import Conflict, PlatformError
from setpoint.platforms.pushed.port import PushedRun, Pushes
from setpoint.platforms.reported import cluster_report_of, span_of

__all__ = ["BookOf", "PushedPlatform"]

BookOf = Callable[[Cloud, str], PriceBook]
"""The price book of a region; of machines it also has the hardware."""
MOST_KEPT = 256
"""Reports that are kept as they were read; they can be read again."""
_MOST_TRIES = 8
"""To leave a spec while others do the same."""


class PushedPlatform:
    """A `Platform` over submissions."""

    def __init__(self, pushes: Pushes, book_of: BookOf, region: str = "") -> None:
        """Look at what was pushed.

        Args:
            pushes: where submissions are kept.
            book_of: prices and hardware of a region.
            region: taken on AWS where a report names none.
        """
        self._pushes, self._book_of, self._region = pushes, book_of, region
        self._read: dict[tuple[str, str], Reported] = {}

    def finished_runs(self, project: str) -> tuple[str, ...]:
        """Ids of the submissions that can be read, oldest first."""
        return tuple(run.id for run in self._pushes.runs(project))

    def event_log(self, project: str, run_id: str) -> Iterable[Iterable[bytes]]:
        """The log as it was submitted."""
        self._run(project, run_id)
        return self._pushes.event_log(project, run_id)

    def cluster_report(self, project: str, run_id: str) -> ClusterReport:
        """The report as it was submitted: from the first machine's start to the last one's end."""
        runs = list(self._pushes.runs(project))
        place = next((at for at, run in enumerate(runs) if run.id == run_id), None)
        if place is None:
            raise PlatformError(f"Project {project!r} has no run {run_id!r}.")
        reported = self._reported(project, runs[place])
        before = self._reported(project, runs[place - 1]) if place else None
        return cluster_report_of(reported, before)

    def current_spec(self, project: str) -> ClusterSpec:
        """What was left to be fetched, unless a run has begun since: then what that one had."""
        runs = self._pushes.runs(project)
        left = self._pushes.recommended(project)
        if runs:
            newest = self._reported(project, runs[-1])
            # A report may come from a clock that is ahead of ours; no run begins after it was submitted.
            began = min(span_of(newest)[0], runs[-1].submitted_at)
            return newest.spec if left is None or left.at <= began else left.spec
        if left is None:
            raise PlatformError(f"Nothing was submitted to project {project!r} yet, so its cluster is not known.")
        return left.spec

    def apply(self, project: str, spec: ClusterSpec, *, expect: ClusterSpec) -> None:
        """Leave a spec to be fetched, unless the current one is neither `expect` nor `spec`."""
        for _ in range(_MOST_TRIES):
            left = self._pushes.recommended(project)
            current = self.current_spec(project)
            if current == spec:
                return
            if current != expect:
                break
            if self._pushes.recommend(project, spec, replaces=left):
                return
        raise Conflict(f"The next run of {project!r} would not get {expect}; nothing was changed.")

    def _run(self, project: str, run_id: str) -> PushedRun:
        found = next((run for run in self._pushes.runs(project) if run.id == run_id), None)
        if found is None:
            raise PlatformError(f"Project {project!r} has no run {run_id!r}.")
        return found

    def _reported(self, project: str, run: PushedRun) -> Reported:
        key = (project, run.id)
        # Several threads may read at once, and any of them may make room.
        found = self._read.get(key)
        if found is None:
            if len(self._read) >= MOST_KEPT:
                self._read.clear()
            found = self._read[key] = self._opened(run, self._pushes.report(project, run.id))
        return found

    def _opened(self, run: PushedRun, report: Mapping[str, object]) -> Reported:
        cloud = product_of(run.product_code).cloud
        region = reported_run(report, run.product_code).usage.region or usual_region(cloud, self._region)
        found = reported_cluster(report, run.product_code, self._book_of(cloud, region))
        if isinstance(found, Missing):
            raise PlatformError(f"The cluster of run {run.id} is not known: {found.reason}.")
        return found
