"""What recurs on EMR, by its lists: clusters and job runs of one name are one job; no call per job.

Lists tell no machines. What a cluster cost is guessed from its normalised instance hours, which count machines by
their size, and known once its newest run was looked at.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from setpoint.core.cost import meter
from setpoint.core.domain import ClusterSpec, Unpriceable
from setpoint.core.eventlog import read_profile
from setpoint.core.pricebook import Missing, PriceBook
from setpoint.core.reports import read_report
from setpoint.core.reports.project import project_of_name
from setpoint.core.starting_order import RunSeen, headroom_of
from setpoint.core.usage import Usage
from setpoint.errors import EventLogError, PlatformError
from setpoint.platforms.emr.on_ec2 import OnEc2
from setpoint.platforms.emr.on_serverless import OnServerless
from setpoint.platforms.emr.platform import EmrPlatform
from setpoint.platforms.emr.project import EmrProject
from setpoint.platforms.recurring import CloserLook, Listing, Recurring, Taking, Told, distinct, project_name

__all__ = ["JobsOfAccount", "project_of"]

Json = dict[str, Any]
_TOLD_EVERY = 50
_SERVERLESS = "emr-serverless"
_WELL = ("TERMINATED", "SUCCESS")
_OVER = ("TERMINATED", "TERMINATED_WITH_ERRORS", "SUCCESS", "FAILED", "CANCELLED")
_LONG_LIVED = timedelta(hours=24)
_YARDSTICK, _ITS_UNITS = "m5.xlarge", 8
"""Normalised instance hours count a small machine's hour as 1 and an extra large one's as 8. Source: Amazon EMR API,
ClusterSummary."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A cluster or a job run of a list."""

    id: str
    name: str
    state: str
    began: datetime
    ended: datetime
    units: float | None = None
    """Normalised instance hours."""


@dataclass(slots=True)
class JobsOfAccount:
    """What recurs in one account and region."""

    platform: EmrPlatform
    region: str
    book: PriceBook
    """Of the region."""
    _newest: dict[str, _Seen] = field(default_factory=dict)

    def listed(self, days: float, told: Told) -> Listing:
        """See Recurrences."""
        since = self.platform.clock() - timedelta(days=days)
        found = list(_counted(self._clusters(since), "clusters", told))
        jobs = list(self._jobs(found, ""))
        for application in self._applications():
            runs = list(_counted(self._job_runs(application, since), "job runs", told))
            jobs += self._jobs(runs, application)
        return Listing(distinct(jobs), days)

    def looked_at(self, job: Recurring) -> CloserLook:
        """See Recurrences."""
        newest = self._newest.get(job.key)
        if newest is None:
            return CloserLook(note="no run of it ended well lately")
        project, seconds = project_of(job, self.region), (newest.ended - newest.began).total_seconds()
        if project.is_serverless:
            run = self.on_serverless.document(project, newest.id)["jobRun"]
            dollars = self._dollars(read_report(msgspec.json.encode({"jobRun": run})).usage)
            return self._with_log(dollars, seconds, lambda: self.on_serverless.event_log(project, newest.id))
        report = self.on_ec2.document(project, newest.id)
        dollars = self._dollars(self.on_ec2.reported(project, report).run.usage)
        return self._with_log(dollars, seconds, lambda: self.on_ec2.log_of(project, newest.id, report))

    def known(self) -> dict[str, str]:
        """See Keeper."""
        found = {}
        for project in self.platform.store.projects():
            known = self.platform.store.project(project)
            if known.region == self.region and known.name is not None:
                found[_key(known.name, known.application or "")] = project
        return found

    def keep(self, project: str, job: Recurring) -> None:
        """See Keeper."""
        self.platform.register(project, project_of(job, self.region))

    def taking(self, job: Recurring) -> Taking:
        """See Recurrences."""
        if job.refusal:
            raise PlatformError(job.refusal)
        newest = self._newest.get(job.key)
        if newest is None:
            raise PlatformError(f"No run of {job.name!r} has ended well lately, so its cluster is not known.")
        lasted = sorted(run.seconds for run in job.runs if run.succeeded)
        return Taking(self._spec(project_of(job, self.region), newest.id), lasted[len(lasted) // 2])

    @property
    def on_ec2(self) -> OnEc2:
        """Of the platform."""
        return self.platform.on_ec2

    @property
    def on_serverless(self) -> OnServerless:
        """Of the platform."""
        return self.platform.on_serverless

    def _spec(self, project: EmrProject, run_id: str) -> ClusterSpec:
        if project.is_serverless:
            return self.on_serverless.spec_in(project, self.on_serverless.document(project, run_id)["jobRun"])
        return self.on_ec2.reported(project, self.on_ec2.document(project, run_id)).spec

    def _with_log(self, dollars: float | None, seconds: float, opened: Any) -> CloserLook:  # noqa: ANN401 - gives a log
        try:
            return CloserLook(headroom_of(read_profile(opened())), dollars, seconds)
        except EventLogError as error:
            return CloserLook(None, dollars, seconds, str(error))

    def _dollars(self, usage: Usage) -> float | None:
        found = meter(usage, self.book, "list-estimated")
        return None if isinstance(found, Unpriceable) else found.dollars

    def _clusters(self, since: datetime) -> Iterator[_Seen]:
        now = self.platform.clock()
        for each in self.platform.calls.pages("emr", self.region, "list_clusters", "Clusters", CreatedAfter=since):
            times = each["Status"]["Timeline"]
            units = each.get("NormalizedInstanceHours") or None
            ended = times.get("EndDateTime", now)
            yield _Seen(
                each["Id"], each.get("Name", ""), each["Status"]["State"], times["CreationDateTime"], ended, units
            )

    def _applications(self) -> list[str]:
        listed = self.platform.calls.pages(_SERVERLESS, self.region, "list_applications", "applications")
        return [str(each["id"]) for each in listed if str(each.get("type", "Spark")).lower() == "spark"]

    def _job_runs(self, application: str, since: datetime) -> Iterator[_Seen]:
        given = {"applicationId": application, "createdAtAfter": since}
        for each in self.platform.calls.pages(_SERVERLESS, self.region, "list_job_runs", "jobRuns", **given):
            yield _Seen(each["id"], each.get("name", ""), each["state"], each["createdAt"], each["updatedAt"])

    def _jobs(self, found: Iterable[_Seen], application: str) -> Iterator[Recurring]:
        named = defaultdict(list)
        for each in found:
            named[project_of_name(each.name) or each.id].append(each)
        for name, those in named.items():
            those.sort(key=lambda each: each.began, reverse=True)
            key = _key(name, application)
            over = [each for each in those if each.state in _OVER]
            newest = next((each for each in over if each.state in _WELL), None)
            if newest is not None:
                self._newest[key] = newest
            runs = tuple(self._run(each) for each in over)
            project = project_name(name)
            yield Recurring(
                key=key,
                job_id=name,
                name=name,
                project=project,
                place=application,
                runs=runs,
                newest_run=newest.id if newest is not None else "",
                refusal=self._refusal(those),
            )

    def _run(self, each: _Seen) -> RunSeen:
        seconds = max(0.0, (each.ended - each.began).total_seconds())
        dollars = None if each.units is None else self._guessed(each.units)
        return RunSeen(each.began.timestamp(), seconds, dollars, each.state in _WELL)

    def _guessed(self, units: float) -> float | None:
        """Dollars of so many normalised instance hours, as the yardstick's hour costs."""
        machine, fee = self.book.machine(_YARDSTICK, "on_demand"), self.book.emr_fee(_YARDSTICK)
        if isinstance(machine, Missing) or isinstance(fee, Missing):
            return None
        return units * (machine.dollars + fee.dollars) / _ITS_UNITS

    def _refusal(self, those: Sequence[_Seen]) -> str:
        """Why it cannot be taken: a cluster that does not end is not of one run."""
        newest, now = those[0], self.platform.clock().astimezone(UTC)
        if newest.state in _OVER or now - newest.began <= _LONG_LIVED:
            return ""
        return (
            f"The cluster {newest.id} of {newest.name!r} has been kept alive since {newest.began:%Y-%m-%d}: its "
            "machines are not of one run. Start a cluster for each run."
        )


def _key(name: str, application: str) -> str:
    return f"{application}/{name}" if application else name


def project_of(job: Recurring, region: str) -> EmrProject:
    """How its runs are known once it is a project: by the name that they have in common."""
    return EmrProject(region=region, name=job.job_id, application=job.place or None)


def _counted(found: Iterable[_Seen], what: str, told: Told) -> Iterator[_Seen]:
    count = 0
    for count, each in enumerate(found, 1):
        if count % _TOLD_EVERY == 0:
            told(what, count)
        yield each
    told(what, count)
