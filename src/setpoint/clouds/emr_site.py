"""EMR on EC2 in one region for commands: what a cluster left behind, clusters that are started."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from setpoint.client.clouds import AccessLine, Collected
from setpoint.client.logs import LogFile
from setpoint.clouds import Say
from setpoint.clouds.fetched_logs import fetched, zipped
from setpoint.clouds.waiting import Waiter
from setpoint.errors import InputError, PlatformError
from setpoint.platforms.emr import connect
from setpoint.platforms.emr import logs as emr_logs
from setpoint.platforms.emr.calls import Calls
from setpoint.platforms.emr.clusters import OVER, tags_of
from setpoint.platforms.emr.project import PROJECT_TAGS
from setpoint.platforms.emr.records import RUN_TAG, log_of, record_run, start_cluster
from setpoint.platforms.emr.report import collect

__all__ = ["EmrSite", "open_region"]

Json = Mapping[str, Any]
_ENDING_SECONDS = 900.0
"""For which a cluster may take to end after its last step."""
_LOOKBACK = timedelta(days=60)
"""EMR forgets clusters after two months."""
OK, NEEDED = "OK", "Action required"


@dataclass(slots=True)
class EmrSite:
    """An `EmrCloud`."""

    calls: Calls
    region: str
    waiter: Waiter
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    new_run_id: Callable[[], str] = lambda: str(uuid.uuid4())

    def collect(self, cluster_id: str, *, with_log: bool = True, project: Json | None = None) -> Collected:
        """The cluster report of a cluster that has ended, and its event log; with a project both are kept under it."""
        state = self._ended(cluster_id, lambda it: it != "TERMINATING", _ENDING_SECONDS)
        if state not in OVER:
            raise PlatformError(f"The cluster {cluster_id} is {state}: it can be collected once it has ended.")
        if project is None or not with_log:
            report = collect(self.calls, self.region, cluster_id)
        else:
            where = str(project.get("s3_url") or project.get("cluster_log_url") or "")
            report = record_run(
                self.calls,
                self.region,
                cluster_id,
                str(project["id"]),
                location=where,
                new_run_id=self.new_run_id,
            ).report
        return Collected(report, self._log(report) if with_log else LogFile.of("eventlog", b""))

    def run(self, job_flow: Json, project: Json | None, *, wait: bool) -> str:
        """Start a cluster, tagged with its project and its run; its id."""
        started = start_cluster(
            self.calls,
            self.region,
            job_flow,
            now=self.now(),
            new_run_id=self.new_run_id,
            project_id=str(project["id"]) if project else "",
            location=str((project or {}).get("s3_url") or (project or {}).get("cluster_log_url") or ""),
        )
        if wait:
            state = self._ended(started.cluster_id, lambda it: it in (*OVER, "WAITING"))
            if state == "WAITING":
                raise PlatformError(
                    f"The cluster {started.cluster_id} has done its steps and stays alive, so it has no end to wait "
                    "for: set KeepJobFlowAliveWhenNoSteps to false, and terminate this one."
                )
        return started.cluster_id

    def cluster_of(self, project_id: str, run_id: str | None) -> str:
        """The cluster that ended last of those with the project's tag, or that of one run. Raises InputError."""
        given = {"CreatedAfter": self.now() - _LOOKBACK, "ClusterStates": list(OVER)}
        for each in self.calls.pages("emr", self.region, "list_clusters", "Clusters", **given):
            cluster = self.calls.ask("emr", self.region, "describe_cluster", "Cluster", ClusterId=each["Id"])["Cluster"]
            tags = tags_of(cluster.get("Tags"))
            if any(tags.get(tag) == project_id for tag in PROJECT_TAGS) and run_id in (None, tags.get(RUN_TAG)):
                return str(each["Id"])
        run = f" in run {run_id}" if run_id else ""
        raise InputError(f"No cluster that has ended in {self.region} bears the tag of project {project_id}{run}.")

    def access(self, cluster_id: str | None, log_url: str | None) -> Sequence[AccessLine]:
        """What may be done at AWS."""
        return tuple(self._lines(cluster_id, log_url))

    def _lines(self, cluster_id: str | None, log_url: str | None) -> Iterator[AccessLine]:
        def me() -> str:
            return f"Signed in as {self.calls.ask('sts', self.region, 'get_caller_identity', 'Arn')['Arn']}"

        def clusters() -> str:
            self.calls.ask("emr", self.region, "list_clusters", "Clusters", CreatedAfter=self.now())
            return f"Clusters in {self.region} can be listed"

        def cluster() -> str:
            collect(self.calls, self.region, str(cluster_id))
            return f"All of {cluster_id} can be read"

        def stored() -> str:
            place = emr_logs.place_of(f"{str(log_url).rstrip('/')}/")
            if place is None:
                raise PlatformError(f"{log_url} is no place in S3: give s3://bucket/folder.")
            return f"{len(emr_logs.listed(self.calls, self.region, place))} objects can be listed in {place}"

        yield _line("AWS", me)
        yield _line("EMR", clusters)
        if cluster_id:
            yield _line("EMR cluster", cluster)
        if log_url:
            yield _line("Event logs", stored)

    def _ended(self, cluster_id: str, is_there: Callable[[str], bool], most_seconds: float = float("inf")) -> str:
        """The state of a cluster once it is what is waited for."""

        def look() -> str:
            found = self.calls.ask("emr", self.region, "describe_cluster", "Cluster", ClusterId=cluster_id)
            return str(found["Cluster"]["Status"]["State"])

        return self.waiter.until(look, is_there, lambda it: f"Cluster {cluster_id} is {it}", most_seconds)

    def _log(self, report: dict[str, Any]) -> LogFile:
        place, log = log_of(self.calls, self.region, report)
        parts = [(each.key, emr_logs.stored_bytes(self.calls, self.region, place, each)) for each in log.parts]
        if len(parts) == 1:
            key, content = parts[0]
            return fetched(key.rpartition("/")[2], content)
        named = [("/".join(key.split("/")[-2:]), content) for key, content in parts]
        return zipped(f"{log.application}.zip", named)


def open_region(region: str | None, say: Say) -> EmrSite:
    """EMR in a region. Raises PlatformError where boto3 is missing, InputError where no region is known."""
    where = region or _usual_region()
    if not where:
        raise InputError("Which AWS region is not known: give --region, or set AWS_DEFAULT_REGION.")
    return EmrSite(Calls(connect, time.sleep), where, Waiter(say))


def _usual_region() -> str | None:
    try:
        import boto3
    except ImportError:
        raise PlatformError("EMR needs boto3: install setpoint[aws].") from None
    return boto3.Session().region_name


def _line(name: str, ask: Callable[[], str]) -> AccessLine:
    try:
        return AccessLine(name, OK, ask())
    except PlatformError as error:
        return AccessLine(name, NEEDED, str(error))
