"""EMR Serverless, emulated: applications, job runs, what is billed of them, and the logs they leave in S3."""

import base64
import gzip
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from setpoint.core.configurations.emr_serverless import WorkerShape, asked_sizes, worker_shape
from setpoint.core.domain import ClusterSpec
from setpoint.errors import InputError
from setpoint.testing.emr.cluster import Host
from setpoint.testing.emr.faults import AwsError
from setpoint.testing.emr.runner import Application, Ran

__all__ = ["JobRun", "ServerlessService"]

Json = dict[str, Any]
_ROUTE = re.compile(r"/applications(?:/([^/]+)(?:/(jobruns|start|stop)(?:/([^/]+))?)?)?")
_STARTUP_SECONDS = 60.0
_LEAST_BILLED_SECONDS = 60.0
_FREE_DISK_GIB = 20.0
"""Of each worker: only what is beyond is billed."""
_ENDED = ("SUCCESS", "FAILED", "CANCELLED")
_LONGEST_NAME = 256


@dataclass(slots=True)
class JobRun:
    """One job run."""

    id: str
    application_id: str
    asked: Json
    spec: ClusterSpec
    shapes: tuple[WorkerShape, WorkerShape]
    """Of the driver and of an executor."""
    created: datetime
    ran: Ran
    cancelled: datetime | None = None
    logs_left: bool = False

    @property
    def began(self) -> datetime:
        """When its workers were there."""
        return self.created + timedelta(seconds=_STARTUP_SECONDS)

    @property
    def ended(self) -> datetime:
        """When it ends, or would."""
        planned = self.began + timedelta(seconds=self.ran.seconds)
        return planned if self.cancelled is None else min(planned, self.cancelled)

    def state(self, now: datetime) -> str:
        """Where it stands."""
        if self.cancelled is not None and self.cancelled <= now:
            return "CANCELLED"
        if now >= self.ended:
            return "FAILED" if self.ran.exit_code else "SUCCESS"
        return "RUNNING" if now >= self.began else "SCHEDULED"

    def used(self) -> Json:
        """Hours of what was used: the driver's and those of as many executors as it asked for."""
        hours = max(_LEAST_BILLED_SECONDS, (self.ended - self.began).total_seconds()) / 3600
        workers = [(self.shapes[0], 1), (self.shapes[1], self.spec.workers)]
        return {
            "vCPUHour": round(hours * sum(shape.vcpus * count for shape, count in workers), 3),
            "memoryGBHour": round(hours * sum(shape.memory_gib * count for shape, count in workers), 3),
            "storageGBHour": round(hours * sum(max(0.0, it.disk_gib - _FREE_DISK_GIB) * n for it, n in workers), 3),
        }


class ServerlessService:
    """All applications of an account in a region."""

    def __init__(self, host: Host, clock: Callable[[], datetime], region: str = "us-east-1") -> None:
        self.applications: dict[str, Json] = {}
        self.runs: dict[str, JobRun] = {}
        self.page_size = 50
        self._tokens: dict[str, str] = {}
        self._host, self._clock, self._region = host, clock, region

    def advance(self) -> None:
        """Leave the logs of runs that have ended."""
        now = self._clock()
        for run in self.runs.values():
            if not run.logs_left and run.state(now) in _ENDED:
                run.logs_left = True
                self._leave_logs(run)

    def call(self, method: str, path: str, query: Mapping[str, Sequence[str]], given: Json) -> Json:
        """Answer one call. Raises AwsError."""
        self.advance()
        if path.startswith("/tags/"):
            return self._tags(path.removeprefix("/tags/"))
        found = _ROUTE.fullmatch(path.rstrip("/"))
        if found is None:
            raise AwsError("UnknownOperationException", f"The emulator does not know {method} {path}.", 404)
        application, part, run = found.groups()
        if method == "POST":
            return self._changed(application, part, given)
        return self._told(method, application, part, run, query)

    def _changed(self, application: str | None, part: str | None, given: Json) -> Json:
        if application is None:
            return self._create(given)
        if part == "jobruns":
            return self._start(application, given)
        self._application(application)["state"] = "STARTED" if part == "start" else "STOPPED"
        return {}

    def _told(
        self,
        method: str,
        application: str | None,
        part: str | None,
        run: str | None,
        query: Mapping[str, Sequence[str]],
    ) -> Json:
        if application is None:
            return {"applications": [self._summary(each) for each in self.applications.values()]}
        if part is None:
            return {"application": self._application(application)}
        if run is None:
            return self._list(application, query)
        if method == "GET":
            return {"jobRun": self._shown(self._run(application, run))}
        self._run(application, run).cancelled = self._clock()
        self.advance()
        return {"applicationId": application, "jobRunId": run}

    def _create(self, given: Json) -> Json:
        name = self._host.new_id("00").lower()
        now = self._clock().timestamp()
        kept = {key: value for key, value in given.items() if key != "clientToken"}
        arn = f"arn:aws:emr-serverless:{self._region}:123456789012:/applications/{name}"
        times = {"createdAt": now, "updatedAt": now}
        self.applications[name] = {"applicationId": name, "arn": arn, "state": "CREATED", "architecture": "X86_64"}
        self.applications[name] |= kept | times
        return {"applicationId": name, "name": given.get("name", ""), "arn": arn}

    def _start(self, application: str, given: Json) -> Json:
        owner = self._application(application)
        token = f"{application}/{given['clientToken']}"
        if token not in self._tokens:
            self._tokens[token] = self._begin(owner, given).id
        run = self.runs[self._tokens[token]]
        return {"applicationId": application, "jobRunId": run.id, "arn": self._arn(run)}

    def _begin(self, owner: Json, given: Json) -> JobRun:
        if len(given.get("name", "")) > _LONGEST_NAME:
            raise AwsError("ValidationException", "Value at 'name' failed to satisfy constraint.")
        words = given.get("jobDriver", {}).get("sparkSubmit", {}).get("sparkSubmitParameters", "")
        try:
            sizes = asked_sizes(given, owner)
            shapes = (worker_shape(*sizes.driver), worker_shape(*sizes.executor))
        except InputError as error:
            raise AwsError("ValidationException", str(error)) from None
        self._check_capacity(owner, shapes)
        run_id, now = self._host.new_id("00").lower(), self._clock()
        entry = given["jobDriver"]["sparkSubmit"]
        line = ["spark-submit", *shlex.split(words), entry["entryPoint"], *entry.get("entryPointArguments", [])]
        spec = sizes.spec()
        began = now + timedelta(seconds=_STARTUP_SECONDS)
        ran = self._host.runner.run(Application(run_id, given.get("name", "spark"), line, spec, began))
        self.runs[run_id] = JobRun(run_id, owner["applicationId"], given, spec, shapes, now, ran)
        return self.runs[run_id]

    @staticmethod
    def _check_capacity(owner: Json, shapes: tuple[WorkerShape, WorkerShape]) -> None:
        most = owner.get("maximumCapacity", {}).get("cpu", "")
        found = re.match(r"\d+", most)
        if found and sum(shape.vcpus for shape in shapes) > int(found[0]):
            raise AwsError("ValidationException", "Job run would exceed the maximum capacity of the application.")

    def _list(self, application: str, query: Mapping[str, Sequence[str]]) -> Json:
        self._application(application)
        now, states = self._clock(), query.get("states")
        after = query.get("createdAtAfter", [""])[0]
        least = datetime.fromisoformat(after).timestamp() if after else 0.0
        found = [run for run in self.runs.values() if run.application_id == application]
        found = [run for run in found if run.created.timestamp() >= least and (not states or run.state(now) in states)]
        found.sort(key=lambda run: (run.created, run.id), reverse=True)
        token = query.get("nextToken", [""])[0]
        start = int(base64.b64decode(token)) if token else 0
        size = min(self.page_size, int(query.get("maxResults", ["50"])[0]))
        page = [self._run_summary(run) for run in found[start : start + size]]
        more = {"nextToken": base64.b64encode(str(start + size).encode()).decode()} if start + size < len(found) else {}
        return {"jobRuns": page} | more

    def _tags(self, arn: str) -> Json:
        run = next((each for each in self.runs.values() if self._arn(each) == arn), None)
        return {"tags": run.asked.get("tags", {}) if run else {}}

    def _application(self, name: str) -> Json:
        if name not in self.applications:
            raise AwsError("ResourceNotFoundException", f"Application {name} does not exist.", 404)
        return self.applications[name]

    def _run(self, application: str, name: str) -> JobRun:
        self._application(application)
        if name not in self.runs or self.runs[name].application_id != application:
            raise AwsError("ResourceNotFoundException", f"Job run {name} does not exist.", 404)
        return self.runs[name]

    @staticmethod
    def _summary(application: Json) -> Json:
        kept = ("name", "arn", "state", "releaseLabel", "type", "createdAt", "updatedAt", "architecture")
        return {"id": application["applicationId"]} | {key: application[key] for key in kept if key in application}

    def _arn(self, run: JobRun) -> str:
        where = f"/applications/{run.application_id}/jobruns/{run.id}"
        return f"arn:aws:emr-serverless:{self._region}:123456789012:{where}"

    def _run_summary(self, run: JobRun) -> Json:
        now, owner = self._clock(), self.applications[run.application_id]
        state = run.state(now)
        return {
            "applicationId": run.application_id,
            "id": run.id,
            "name": run.asked.get("name", ""),
            "mode": "BATCH",
            "arn": self._arn(run),
            "createdBy": "arn:aws:iam::123456789012:role/launcher",
            "createdAt": run.created.timestamp(),
            "updatedAt": min(now, run.ended).timestamp(),
            "executionRole": run.asked["executionRoleArn"],
            "state": state,
            "stateDetails": run.ran.words if state == "FAILED" else "",
            "releaseLabel": owner["releaseLabel"],
            "type": "Spark Run",
            "attempt": 1,
        }

    def _shown(self, run: JobRun) -> Json:
        found = self._run_summary(run)
        found["jobRunId"] = found.pop("id")
        del found["type"]
        found |= {"configurationOverrides": run.asked.get("configurationOverrides", {})}
        found |= {"jobDriver": run.asked["jobDriver"], "tags": run.asked.get("tags", {})}
        if self._clock() >= run.began:
            found["startedAt"] = run.began.timestamp()
        if found["state"] in _ENDED:
            used = run.used()
            found |= {"endedAt": run.ended.timestamp(), "totalResourceUtilization": used}
            found |= {"billedResourceUtilization": used}
            found["totalExecutionDurationSeconds"] = int((run.ended - run.began).total_seconds())
        return found

    def _leave_logs(self, run: JobRun) -> None:
        monitoring = run.asked.get("configurationOverrides", {}).get("monitoringConfiguration", {})
        uri = monitoring.get("s3MonitoringConfiguration", {}).get("logUri", "")
        if not uri:
            return
        folder = f"{uri.rstrip('/')}/applications/{run.application_id}/jobs/{run.id}"
        if run.cancelled is None:
            for name, content in run.ran.files.items():
                self._host.put(f"{folder}/sparklogs/{name}", content, run.ended)
        words = gzip.compress(f"{run.ran.words}\n".encode(), mtime=0)
        self._host.put(f"{folder}/SPARK_DRIVER/stderr.gz", words, run.ended)
