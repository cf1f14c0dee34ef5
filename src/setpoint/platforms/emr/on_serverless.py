"""EMR Serverless read through boto3: a run is a job run that has ended, and what was billed of it is said exactly."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from setpoint.core.configurations.emr_serverless import asked_sizes, job_run_of
from setpoint.core.domain import ClusterReport, ClusterSpec
from setpoint.core.reports import ReportedRun, read_report
from setpoint.errors import PlatformError
from setpoint.platforms.emr import logs
from setpoint.platforms.emr.calls import Calls, Refusal, plain
from setpoint.platforms.emr.clusters import Seen, belongs, tags_of
from setpoint.platforms.emr.project import EmrProject
from setpoint.platforms.emr.remembered import Remembered
from setpoint.platforms.emr.sensor import Begun
from setpoint.platforms.emr.watch import FRESH, LOOKBACK, Watch
from setpoint.platforms.reported import exit_code_of

__all__ = ["OnServerless"]

Json = dict[str, Any]
MOST_KEPT = 512
_SERVICE = "emr-serverless"
_ENDED = ("SUCCESS", "FAILED", "CANCELLED")
_LIVING = ("SUBMITTED", "PENDING", "SCHEDULED", "QUEUED", "RUNNING", "CANCELLING")
_LOG_URI = ("configurationOverrides", "monitoringConfiguration", "s3MonitoringConfiguration", "logUri")


class OnServerless:
    """A `Sensor`."""

    def __init__(self, calls: Calls, clock: Callable[[], datetime]) -> None:
        self._calls, self._clock = calls, clock
        self._kept: OrderedDict[str, Json] = OrderedDict()
        self._watched: dict[tuple[str, str], Watch] = {}
        self._tagged: dict[str, dict[str, str]] = {}
        self._applications: dict[tuple[str, str], tuple[datetime, Json]] = {}
        self._runs = Remembered()

    def ended(self, project: EmrProject) -> tuple[str, ...]:
        """Ids of its job runs that have ended, oldest first."""
        return tuple(each.id for each in self._ours(project) if each.state in _ENDED)

    def newest(self, project: EmrProject) -> Begun | None:
        """The job run that was started last."""
        ours = self._ours(project)
        if not ours:
            return None
        last, now = ours[-1], self._clock()
        known = self._runs.begun(last.id, now)
        if known is None:
            run = self._run(project, last.id)
            known = Begun(last.id, last.created, asked_sizes(run, self._application(project)).spec())
            self._runs.begin(known, now, is_over=last.state in _ENDED)
        return known

    def report(self, project: EmrProject, run_id: str) -> ClusterReport:
        """What was asked for, when it ran, and what was billed."""
        ours = [each for each in self._ours(project) if each.state in _ENDED]
        place = next((at for at, each in enumerate(ours) if each.id == run_id), None)
        if place is None:
            raise PlatformError(f"EMR Serverless has no ended job run {run_id!r} of this project in {project.region}.")
        run = self._run(project, run_id)
        reported = _reported(run)
        failure = _failure(run)
        return ClusterReport(
            spec=asked_sizes(run, self._application(project)).spec(),
            started_at=datetime.fromtimestamp(reported.began, UTC),
            finished_at=datetime.fromtimestamp(max(reported.began, reported.ended), UTC),
            exit_code=exit_code_of(failure),
            host_cores=None,
            error=failure,
            retry=place > 0 and ours[place - 1].state == "FAILED",
            stopped=run["state"] == "CANCELLED",
            usage=reported.usage,
        )

    def event_log(self, project: EmrProject, run_id: str) -> Iterable[Iterable[bytes]]:
        """The log that the run left below the URI of its S3 monitoring."""
        run = self._run(project, run_id)
        uri = _at(run, _LOG_URI) or _at(self._application(project), _LOG_URI[1:]) or project.event_logs
        place = logs.place_of(f"{uri.rstrip('/')}/{_folder(run)}/sparklogs/") if uri else None
        if place is None:
            raise logs.no_log(run_id, [], what="EMR Serverless")
        found = logs.logs_among(logs.listed(self._calls, project.region, place))
        began = datetime.fromisoformat(run["createdAt"])
        log = logs.chosen(found, None, began, began + LOOKBACK)
        if log is None:
            raise logs.no_log(run_id, [place])
        return logs.opened(self._calls, project.region, place, log)

    def spec_in(self, project: EmrProject, arguments: Json) -> ClusterSpec:
        """What arguments of `start_job_run` ask for."""
        return asked_sizes(arguments, self._application(project)).spec()

    def arguments(self, project: EmrProject, spec: ClusterSpec, arguments: Json | None) -> Json:
        """All arguments of `start_job_run` but the token that makes one start of it."""
        if arguments is None:
            ours = self._ours(project)
            if not ours:
                raise PlatformError("No job run of this project was started yet, so there is nothing to ask for again.")
            return job_run_of(self._run(project, ours[-1].id), spec, self._application(project))
        return arguments | job_run_of(arguments, spec, self._application(project))

    def document(self, project: EmrProject, run_id: str) -> Json:
        """The answer of GetJobRun, which is a cluster report of its own kind."""
        return {"jobRun": self._run(project, run_id)}

    def _ours(self, project: EmrProject) -> list[Seen]:
        watch = self._watch(project)
        named = list(watch.look().values()) if project.name is None else watch.named(project.name)
        return sorted(each for each in named if project.tag is None or self._carries(project, each))

    def _carries(self, project: EmrProject, run: Seen) -> bool:
        if run.id not in self._tagged:
            self._tagged[run.id] = tags_of(self._run(project, run.id)["tags"])
        return belongs(project, run.name, self._tagged[run.id])

    def _watch(self, project: EmrProject) -> Watch:
        region, application = project.region, project.application or ""

        def listed(**given: object) -> Iterable[Seen]:
            found = self._calls.pages(_SERVICE, region, "list_job_runs", "jobRuns", applicationId=application, **given)
            return (Seen(each["createdAt"], each["id"], each.get("name", ""), each["state"]) for each in found)

        if (region, application) not in self._watched:
            self._watched[region, application] = Watch(
                self._clock,
                lambda since: listed(createdAtAfter=since),
                lambda: listed(states=_LIVING),
                lambda each: each.state in _ENDED,
            )
        return self._watched[region, application]

    def _run(self, project: EmrProject, run_id: str) -> Json:
        if run_id not in self._kept:
            given = {"applicationId": project.application, "jobRunId": run_id}
            try:
                answer = self._calls.ask(_SERVICE, project.region, "get_job_run", "jobRun", **given)
            except Refusal as error:
                raise PlatformError(f"EMR Serverless has no job run {run_id!r} in {project.region}: {error}") from error
            run = plain(answer["jobRun"])
            if not isinstance(run, dict):
                raise PlatformError(f"EMR Serverless says nothing of the job run {run_id!r}.")
            if run["state"] not in _ENDED or "billedResourceUtilization" not in run:
                return run
            self._kept[run_id] = run
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return self._kept[run_id]

    def _application(self, project: EmrProject) -> Json:
        """As it was at most `FRESH` ago: all its projects ask for it at each tick."""
        key, now = (project.region, project.application or ""), self._clock()
        asked_at, found = self._applications.get(key, (None, {}))
        if asked_at is None or not timedelta(0) <= now - asked_at < FRESH:
            given = {"applicationId": project.application}
            answer = self._calls.ask(_SERVICE, project.region, "get_application", "application", **given)
            told = plain(answer["application"])
            found = told if isinstance(told, dict) else {}
            self._applications[key] = (now, found)
        return found


def _reported(run: Json) -> ReportedRun:
    return read_report(msgspec.json.encode({"jobRun": run}))


def _failure(run: Json) -> str | None:
    if run["state"] != "FAILED":
        return None
    return str(run.get("stateDetails") or "The job run failed.")[:1000]


def _folder(run: Json) -> str:
    return f"applications/{run['applicationId']}/jobs/{run['jobRunId']}"


def _at(document: Json, path: tuple[str, ...]) -> str:
    """The text at the end of a path; empty where the path ends before."""
    found: object = document
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""
