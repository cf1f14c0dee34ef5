"""EMR on EC2 read through boto3: a run is a cluster that was started for it and has ended."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from setpoint.core.configurations import Reported, ask_for, reported_cluster
from setpoint.core.configurations.emr_arguments import cluster_of, spec_of_arguments
from setpoint.core.domain import ClusterReport, ClusterSpec
from setpoint.core.pricebook import Missing
from setpoint.errors import PlatformError
from setpoint.platforms.emr import logs
from setpoint.platforms.emr.calls import Calls, Refusal
from setpoint.platforms.emr.clusters import LIVING, OVER, Seen, seen, why_kept
from setpoint.platforms.emr.hardware import BookOf, types_in
from setpoint.platforms.emr.history_server import SETTLED_SECONDS, Browse, browse, downloaded
from setpoint.platforms.emr.project import EmrProject
from setpoint.platforms.emr.remembered import Remembered
from setpoint.platforms.emr.report import applications_of, asked_report, collect
from setpoint.platforms.emr.sensor import Begun
from setpoint.platforms.emr.tags import Tags
from setpoint.platforms.emr.watch import LOOKBACK, Watch
from setpoint.platforms.folders import make_folder
from setpoint.platforms.reported import cluster_report_of
from setpoint.sources import open_source

__all__ = ["OnEc2"]

T = TypeVar("T")
Json = dict[str, Any]
MOST_KEPT = 256
"""Reports of ended clusters, which do not change any more; they can be read again."""
_PRODUCT = "aws-emr"
_SPOOLED_SECONDS = 3600


class OnEc2:
    """A `Sensor`."""

    def __init__(
        self, calls: Calls, book_of: BookOf, clock: Callable[[], datetime], spool: Path, browse: Browse = browse
    ) -> None:
        """Look at EMR on EC2; `spool` is a folder for a log that comes as an archive."""
        self.calls, self._book_of, self._clock = calls, book_of, clock
        self._spool, self._browse = spool, browse
        self._watched: dict[str, Watch] = {}
        self._tagged: dict[str, Tags] = {}
        self._kept: OrderedDict[str, Json] = OrderedDict()
        self._runs = Remembered()

    def ended(self, project: EmrProject) -> tuple[str, ...]:
        """Ids of its clusters that have ended, oldest first."""
        over = (each for each in self.clusters(project) if each.is_over)
        return tuple(each.id for each in over if not project.history_server or self._has_settled(each))

    def _has_settled(self, cluster: Seen) -> bool:
        """Whether all that EMR copies after a cluster's end must be there."""
        return cluster.ended is not None and (self._clock() - cluster.ended).total_seconds() >= SETTLED_SECONDS

    def newest(self, project: EmrProject) -> Begun | None:
        """The cluster that was started last. Raises PlatformError where it is one that several runs share."""
        ours = self.clusters(project)
        if not ours:
            return None
        last, now = ours[-1], self._clock()
        known = self._runs.begun(last.id, now)
        if known is None:
            report = self.asked(project, last)
            self._refuse_shared(project, last, report)
            known = Begun(last.id, last.created, self.reported(project, report).spec)
            self._runs.begin(known, now, is_over=last.is_over)
        return known

    def report(self, project: EmrProject, run_id: str) -> ClusterReport:
        """What really ran, from the first machine's start to the last one's end."""
        ours = [each for each in self.clusters(project) if each.is_over]
        place = next((at for at, each in enumerate(ours) if each.id == run_id), None)
        if place is None:
            raise PlatformError(f"EMR has no ended cluster {run_id!r} of this project in {project.region}.")
        found = cluster_report_of(self.reported(project, self._collected(project, run_id)), None)
        self._runs.end(run_id, has_failed=found.error is not None)
        return replace(found, retry=place > 0 and self._has_failed(project, ours[place - 1].id))

    def _has_failed(self, project: EmrProject, run_id: str) -> bool:
        known = self._runs.has_failed(run_id)
        if known is None:
            known = self.reported(project, self._collected(project, run_id)).failure is not None
            self._runs.end(run_id, has_failed=known)
        return known

    def event_log(self, project: EmrProject, run_id: str) -> Iterable[Iterable[bytes]]:
        """The log of the Spark application that its steps started, from S3."""
        return self.log_of(project, run_id, self.document(project, run_id))

    def log_of(
        self, project: EmrProject, run_id: str, report: Json, *, is_shared: bool = False
    ) -> Iterable[Iterable[bytes]]:
        """The log of what a report tells of; `is_shared`: of one of the runs of its cluster."""
        began, ended = _span(report)
        places = logs.folders_of(report, project.event_logs, project.step)
        applications = applications_of(report, project.step)
        for place in places:
            found = logs.logs_among(self._listed(project, place, applications))
            log = logs.chosen(found, applications, began, ended, is_shared=is_shared)
            if log is not None:
                return logs.opened(self.calls, project.region, place, log)
        if project.history_server and applications:
            found_zip = self._from_history(project, run_id, report, applications)
            if found_zip is not None:
                return found_zip
        raise logs.no_log(run_id, places)

    def _from_history(
        self, project: EmrProject, run_id: str, report: Json, applications: list[str]
    ) -> Iterable[Iterable[bytes]] | None:
        make_folder(self._spool)
        to = self._spool / f"{run_id.replace('/', '-')}.zip"
        # Others may be read right now.
        for older in self._spool.glob("*.zip"):
            if time.time() - older.stat().st_mtime > _SPOOLED_SECONDS:
                older.unlink(missing_ok=True)
        arn = report["Cluster"]["ClusterArn"]
        found = downloaded(self.calls, project.region, arn, applications, self._browse, to)
        return None if found is None else open_source(found)

    def document(self, project: EmrProject, run_id: str) -> Json:
        """The cluster report as clients of the Sync API send it."""
        try:
            return self._collected(project, run_id)
        except Refusal as error:
            raise PlatformError(f"EMR has no cluster {run_id!r} in {project.region}: {error}") from error

    def spec_in(self, project: EmrProject, arguments: Json) -> ClusterSpec:
        """What arguments of `run_job_flow` ask for."""
        return _known(
            spec_of_arguments(arguments, self._book_of(project.region, types_in(arguments))), "the launcher's file"
        )

    def arguments(self, project: EmrProject, spec: ClusterSpec, arguments: Json | None) -> Json:
        """All arguments of `run_job_flow`."""
        if arguments is not None:
            return cluster_of(arguments, spec, project.region)
        ours = self.clusters(project)
        if not ours:
            raise PlatformError("No cluster of this project was started yet, so there is nothing to ask for again.")
        return ask_for(spec, self.asked(project, ours[-1]), _PRODUCT)

    def _listed(self, project: EmrProject, place: logs.Place, applications: list[str]) -> list[logs.Stored]:
        try:
            return logs.listed_of(self.calls, project.region, place, applications)
        except Refusal as error:
            if error.code == "NoSuchBucket" or (place.is_guess and error.code == "AccessDenied"):
                return []
            raise

    def clusters(self, project: EmrProject) -> list[Seen]:
        """Its clusters, the one that was started first first."""
        watch, tags = self._watch(project.region), self._tags(project.region)
        if project.name is None:
            return sorted(tags.among(watch.look(), project.tag or ""))
        named = watch.named(project.name)
        return sorted(each for each in named if project.tag is None or tags.carries(each, project.tag))

    def _tags(self, region: str) -> Tags:
        return self._tagged.setdefault(region, Tags(self.calls, region))

    def _watch(self, region: str) -> Watch:
        def list_since(since: datetime) -> Iterable[Seen]:
            return map(seen, self.calls.pages("emr", region, "list_clusters", "Clusters", CreatedAfter=since))

        def list_living() -> Iterable[Seen]:
            return map(seen, self.calls.pages("emr", region, "list_clusters", "Clusters", ClusterStates=LIVING))

        if region not in self._watched:
            self._watched[region] = Watch(self._clock, list_since, list_living, lambda each: each.is_over)
        return self._watched[region]

    def asked(self, project: EmrProject, cluster: Seen) -> Json:
        """The report of a cluster, of one that lives without its machines."""
        if cluster.is_over:
            return self._collected(project, cluster.id)
        return _as_of(asked_report(self.calls, project.region, cluster.id), self._clock())

    def _collected(self, project: EmrProject, cluster_id: str) -> Json:
        if cluster_id not in self._kept:
            report = collect(self.calls, project.region, cluster_id)
            if report["Cluster"]["Status"]["State"] not in OVER:
                return report
            self._kept[cluster_id] = report
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return self._kept[cluster_id]

    def reported(self, project: EmrProject, report: Json) -> Reported:
        """A report, read. Raises PlatformError where its machines are not known."""
        found = reported_cluster(report, _PRODUCT, self._book_of(project.region, types_in(report)))
        return _known(found, f"the cluster {report['Cluster']['Id']}")

    def _refuse_shared(self, project: EmrProject, cluster: Seen, report: Json) -> None:
        if cluster.is_over or project.resize:
            return
        given = report["Cluster"] | {
            "Status": {"State": cluster.state, "Timeline": {"CreationDateTime": cluster.created}}
        }
        reason = why_kept(given, report["Steps"], self._clock())
        if reason is not None:
            raise PlatformError(reason)


def _known(found: T | Missing, what: str) -> T:
    if isinstance(found, Missing):
        raise PlatformError(f"The machines of {what} are not known: {found.reason}.")
    return found


def _span(report: Json) -> tuple[datetime, datetime]:
    times = report["Cluster"]["Status"]["Timeline"]
    began = datetime.fromisoformat(times["CreationDateTime"])
    return began, datetime.fromisoformat(times["EndDateTime"]) if "EndDateTime" in times else began + LOOKBACK


def _as_of(report: Json, now: datetime) -> Json:
    """The report of a cluster that lives, as if it ended now: what was asked for can be read from it."""
    status = report["Cluster"]["Status"]
    began = datetime.fromisoformat(status["Timeline"]["CreationDateTime"])
    times = status["Timeline"] | {"EndDateTime": max(now, began).isoformat()}
    return report | {"Cluster": report["Cluster"] | {"Status": status | {"Timeline": times}}}
