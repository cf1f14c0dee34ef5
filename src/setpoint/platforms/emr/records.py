"""What `aws-emr record-run` and `run-prediction` do: keep a run's report and log under its project, start a cluster.

The layout is that of existing clients: `<location>/<project>/<time>/<run>/{job-flow.json, emr-cluster-report.json,
eventlog/…}`, the run being known by the tag `sync:run-id`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from setpoint.core.reports.field import Field
from setpoint.core.reports.project import project_of_tags
from setpoint.errors import EventLogError, InputError, PlatformError
from setpoint.platforms.emr import logs
from setpoint.platforms.emr.calls import Calls, Uncertain
from setpoint.platforms.emr.clusters import OVER, tags_of
from setpoint.platforms.emr.report import applications_of, collect

__all__ = ["Recorded", "Started", "log_of", "project_job_flow", "record_run", "start_cluster"]

Json = dict[str, Any]
PROJECT_TAG, RUN_TAG = "sync:project-id", "sync:run-id"
REPORT_NAME, JOB_FLOW_NAME, LOG_FOLDER = "emr-cluster-report.json", "job-flow.json", "eventlog/"
_DEFAULTS = "spark-defaults"
_LOOK_BACK = timedelta(minutes=15)
_LARGEST_COPY_BYTES = 5 * 2**30
"""Of one object that S3 copies by itself."""
_BAD_SEGMENT = re.compile(r"[^A-Za-z0-9._:-]")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run that was recorded."""

    report: Json
    """As clients of the Sync API send it."""
    event_log: str
    """URL of its event log in S3: of an object, or of the folder of a rolled one."""
    folder: str
    """URL below which report and log were kept; empty where the project has no location."""


@dataclass(frozen=True, slots=True)
class Started:
    """A cluster that was started for a run."""

    cluster_id: str
    run_id: str
    folder: str
    """URL in S3 of what belongs to the run; empty where the project has no location."""


def record_run(
    calls: Calls,
    region: str,
    cluster_id: str,
    project_id: str,
    *,
    location: str = "",
    new_run_id: Callable[[], str],
) -> Recorded:
    """Collect the report and the event log of a cluster that has ended, and keep both under its project.

    Args:
        calls: asks AWS.
        region: of the cluster.
        cluster_id: such as j-14QV64S2PV1Y2.
        project_id: of the project.
        location: URL in S3 below which runs of projects are kept; empty: nothing is copied.
        new_run_id: gives an id to a run that has none.

    Raises:
        PlatformError: the cluster has not ended, or belongs to another project.
        EventLogError: it left no event log.
    """
    report = collect(calls, region, cluster_id)
    cluster = report["Cluster"]
    state = cluster["Status"]["State"]
    if state not in OVER:
        raise PlatformError(f"The cluster {cluster_id} is {state}: it can be recorded once it has ended.")
    owner = project_of_tags(Field("Tags", cluster.get("Tags")))
    if owner and owner != project_id:
        raise PlatformError(f"The cluster {cluster_id} is a run of the project {owner}, and not of {project_id}.")
    place, log = log_of(calls, region, report)
    began = datetime.fromisoformat(cluster["Status"]["Timeline"]["CreationDateTime"])
    run_id = tags_of(cluster.get("Tags")).get(RUN_TAG) or new_run_id()
    folder = _folder(location, project_id, began, run_id)
    if folder is None:
        return Recorded(report, _url(place, log), "")
    inside = place.prefix.startswith(folder.prefix) and place.bucket == folder.bucket
    kept = _url(place, log) if inside else _copied(calls, region, place, log, folder)
    _put(calls, region, folder, REPORT_NAME, report)
    return Recorded(report, kept, str(folder))


def project_job_flow(
    job_flow: Mapping[str, Any], project_id: str, run_id: str, began: datetime, location: str = ""
) -> Json:
    """Arguments of `run_job_flow` with the tags of a project and a run, and the run's own folder for its event log."""
    given = job_flow.get("Tags", ())
    tags = [each for each in given if each.get("Key") not in (PROJECT_TAG, RUN_TAG)]
    tags += [{"Key": PROJECT_TAG, "Value": project_id}, {"Key": RUN_TAG, "Value": run_id}]
    found = {**job_flow, "Tags": tags}
    folder = _folder(location, project_id, began, run_id)
    if folder is not None:
        found["Configurations"] = _with_log_folder(job_flow.get("Configurations", ()), f"{folder}{LOG_FOLDER}")
    return found


def start_cluster(
    calls: Calls,
    region: str,
    job_flow: Mapping[str, Any],
    *,
    now: datetime,
    new_run_id: Callable[[], str],
    project_id: str = "",
    location: str = "",
) -> Started:
    """Start a cluster, as `run-prediction` does; once, whatever happens on the way.

    EMR has no token that makes two calls one. So the cluster bears the run's id as a tag, and where the answer is lost
    it is looked for instead of being started again.

    Raises:
        InputError: these are no arguments of `run_job_flow`.
        Uncertain: whether it was started is not known, and it was not found either.
    """
    if not isinstance(job_flow.get("Instances"), Mapping):
        raise InputError("The configuration holds no arguments of `run_job_flow`: it has no `Instances`.")
    run_id = new_run_id()
    folder = _folder(location, project_id, now, run_id) if project_id else None
    asked = {**job_flow, "Tags": [*_foreign(job_flow), {"Key": RUN_TAG, "Value": run_id}]}
    if project_id:
        asked = project_job_flow(job_flow, project_id, run_id, now, location)
    if folder is not None:
        # Spark does not make the folder that it is to write its log into.
        _put_bytes(calls, region, folder, LOG_FOLDER, b"")
        _put(calls, region, folder, JOB_FLOW_NAME, asked)
    try:
        cluster_id = str(calls.change("emr", region, "run_job_flow", "JobFlowId", **asked)["JobFlowId"])
    except Uncertain:
        found = _find_started(calls, region, run_id, now)
        if found is None:
            raise
        cluster_id = found
    return Started(cluster_id, run_id, "" if folder is None else str(folder))


def _foreign(job_flow: Mapping[str, Any]) -> list[Json]:
    return [each for each in job_flow.get("Tags", ()) if each.get("Key") != RUN_TAG]


def _find_started(calls: Calls, region: str, run_id: str, now: datetime) -> str | None:
    """The cluster that bears the id of the run."""
    for each in calls.pages("emr", region, "list_clusters", "Clusters", CreatedAfter=now - _LOOK_BACK):
        cluster = calls.ask("emr", region, "describe_cluster", "Cluster", ClusterId=each["Id"])["Cluster"]
        if tags_of(cluster.get("Tags")).get(RUN_TAG) == run_id:
            return str(each["Id"])
    return None


def log_of(calls: Calls, region: str, report: Json) -> tuple[logs.Place, logs.FoundLog]:
    """The log of what the report of an ended cluster tells of, and where it is. Raises EventLogError."""
    times = report["Cluster"]["Status"]["Timeline"]
    began, ended = (datetime.fromisoformat(times[key]) for key in ("CreationDateTime", "EndDateTime"))
    places, applications = logs.folders_of(report, None), applications_of(report, None)
    for place in places:
        log = logs.chosen(
            logs.logs_among(logs.listed_of(calls, region, place, applications)), applications, began, ended
        )
        if log is not None:
            return place, log
    missing: EventLogError = logs.no_log(report["Cluster"]["Id"], places)
    raise missing


def _folder(location: str, project_id: str, began: datetime, run_id: str) -> logs.Place | None:
    place = logs.place_of(location) if location else None
    if place is None:
        return None
    parts = (project_id, f"{began.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z", run_id)
    return logs.Place(place.bucket, place.prefix + "".join(f"{_BAD_SEGMENT.sub('_', part)}/" for part in parts))


def _url(place: logs.Place, log: logs.FoundLog) -> str:
    key = log.parts[0].key
    return f"s3://{place.bucket}/{key if len(log.parts) == 1 else key.rpartition('/')[0] + '/'}"


def _copied(calls: Calls, region: str, place: logs.Place, log: logs.FoundLog, folder: logs.Place) -> str:
    """Have S3 copy the parts of a log below the folder; the URL there."""
    to = logs.Place(folder.bucket, f"{folder.prefix}{LOG_FOLDER}")
    for part in log.parts:
        if part.size_bytes > _LARGEST_COPY_BYTES:
            raise PlatformError(f"s3://{place.bucket}/{part.key} is larger than 5 GiB: copy it to {to} yourself.")
        name = part.key.removeprefix(place.prefix)
        source = {"Bucket": place.bucket, "Key": part.key}
        calls.ask("s3", region, "copy_object", Bucket=to.bucket, Key=f"{to.prefix}{name}", CopySource=source)
    key = f"{to.prefix}{log.parts[0].key.removeprefix(place.prefix)}"
    return f"s3://{to.bucket}/{key if len(log.parts) == 1 else key.rpartition('/')[0] + '/'}"


def _put(calls: Calls, region: str, folder: logs.Place, name: str, value: object) -> None:
    _put_bytes(calls, region, folder, name, msgspec.json.format(msgspec.json.encode(value), indent=2))


def _put_bytes(calls: Calls, region: str, folder: logs.Place, name: str, content: bytes) -> None:
    # An object is written whole, and again makes no difference.
    calls.ask("s3", region, "put_object", Bucket=folder.bucket, Key=f"{folder.prefix}{name}", Body=content)


def _with_log_folder(configurations: object, url: str) -> list[Json]:
    own = (
        [dict(each) for each in configurations if isinstance(each, Mapping)]
        if isinstance(configurations, list | tuple)
        else []
    )
    logged = {"spark.eventLog.dir": url.replace("s3://", "s3a://", 1), "spark.eventLog.enabled": "true"}
    before = next((each for each in own if each.get("Classification") == _DEFAULTS), None)
    if before is None:
        return [*own, {"Classification": _DEFAULTS, "Properties": logged}]
    before["Properties"] = {**before.get("Properties", {}), **logged}
    return own
