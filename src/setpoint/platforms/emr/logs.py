"""Where a run's event logs are in S3, which of those there is the run's, and reading it.

Spark writes them where `spark.eventLog.dir` says, which by default is HDFS: gone with the cluster. `LogUri` is not that
place; steps' own words and, where a job copies them there, event logs are below it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from setpoint.core.eventlog.codecs import BrokenStream
from setpoint.errors import EventLogError, PlatformError
from setpoint.platforms.emr.calls import Calls, Refusal
from setpoint.sources import Gap, Part
from setpoint.sources.blobs import Blob
from setpoint.sources.content import Head
from setpoint.sources.rolled import arrange

__all__ = [
    "FoundLog",
    "Place",
    "Stored",
    "chosen",
    "folders_of",
    "listed",
    "listed_of",
    "logs_among",
    "no_log",
    "opened",
    "place_of",
    "stored_bytes",
    "tail",
]

CHUNK_BYTES = 1024 * 1024
_CLOSED_WITHIN = timedelta(minutes=5)
"""After a step, by then its log has been closed."""
MOST_NAMED = 10
"""Applications of a run that are looked for one by one."""
MOST_RESUMED = 5
"""Times that a broken download of one object goes on where it broke off."""
_GONE = ("NoSuchKey", "NoSuchBucket", "404")
_URL = re.compile(r"s3[an]?://(?P<bucket>[^/]+)/*(?P<key>.*)")
_APPLICATION = re.compile(
    r"(?P<id>application_\d{10,16}_\d{4,}|spark-[0-9a-f]{32}|[0-9a-z]{13,})(?:_(?P<attempt>\d{1,4}))?"
)
_ROLLED = re.compile(r"(?:^|/)eventlog_v2_(?P<application>[^/]+)/(?P<part>(?:events_\d+_|appstatus_)[^/]+)$")
_PLAIN = re.compile(
    r"(?:^|/)(?P<application>[^/]+?)(?P<codec>\.(?:zstd|gz|lz4|lzf|snappy|bz2))?(?P<open>\.inprogress)?$"
)
_ROLLED_FOLDER = "eventlog_v2_"
_DIRECTORY = "spark.eventLog.dir"
_TOLD = re.compile(r"spark\.eventLog\.dir=([^\s\"']+)")

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A folder in S3."""

    bucket: str
    prefix: str
    """Ends with a slash, or is empty."""
    is_guess: bool = field(default=False, compare=False)
    """Whether nobody said that logs are there."""
    is_exact: bool = field(default=False, compare=False)
    """Whether it is the folder that Spark was told, so that logs are in it and not in folders below."""

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


@dataclass(frozen=True, slots=True)
class Stored:
    """An object."""

    key: str
    size_bytes: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class FoundLog:
    """The log of one attempt of one application."""

    application: str
    attempt: int
    parts: tuple[Stored, ...]
    is_open: bool = False
    """Whether Spark had not closed it: it is cut off."""

    @property
    def size_bytes(self) -> int:
        """Of all parts, as stored."""
        return sum(part.size_bytes for part in self.parts)

    @property
    def modified(self) -> datetime:
        """When the last part was written."""
        return max(part.modified for part in self.parts)


def place_of(url: str) -> Place | None:
    """The folder of a URL; None where it is not in S3.

    >>> str(place_of("s3a://bucket/events")), place_of("hdfs:///var/log/spark/apps")
    ('s3://bucket/events/', None)
    """
    found = _URL.fullmatch(url.strip())
    if found is None:
        return None
    key = found["key"].strip("/")
    return Place(found["bucket"], f"{key}/" if key else "")


def folders_of(report: Json, event_logs: str | None, step: str | None = None) -> list[Place]:
    """Where its event logs may be, the likeliest first: what steps say, then the cluster, then the project.

    Below `LogUri` only as the last: there EMR itself puts no event logs, but jobs may.
    """
    cluster = report["Cluster"]
    steps = [each for each in report.get("Steps", ()) if step is None or each.get("Name") == step]
    told = [url for each in steps for url in _TOLD.findall(" ".join(map(str, each.get("Config", {}).get("Args", ()))))]
    defaults = (it for it in cluster.get("Configurations") or () if it.get("Classification") == "spark-defaults")
    properties = (each.get("Properties") or {} for each in defaults)
    told += [str(each[_DIRECTORY]) for each in properties if _DIRECTORY in each]
    found = [replace(place, is_exact=True) for place in map(place_of, told) if place is not None]
    own = place_of(event_logs) if event_logs else None
    found += [own] if own else []
    guess = place_of(f"{str(cluster.get('LogUri', '')).rstrip('/')}/{cluster['Id']}/sparklogs/")
    return list(dict.fromkeys(found + ([replace(guess, is_guess=True)] if guess else [])))


def logs_among(stored: Iterable[Stored]) -> list[FoundLog]:
    """The logs that objects make up, by their names."""
    grouped: dict[tuple[str, int, bool], list[Stored]] = {}
    for each in stored:
        name = _name_of(each.key)
        if name is not None:
            grouped.setdefault(name, []).append(each)
    return [FoundLog(*name[:2], tuple(parts), is_open=name[2]) for name, parts in sorted(grouped.items())]


def _name_of(key: str) -> tuple[str, int, bool] | None:
    """Application, attempt, and whether it is still open; None where it is no log."""
    rolled = _ROLLED.search(key)
    if rolled is not None:
        found = None if rolled["part"].startswith("appstatus_") else _APPLICATION.fullmatch(rolled["application"])
        return (found["id"], int(found["attempt"] or 0), False) if found else None
    plain = _PLAIN.search(key)
    found = _APPLICATION.fullmatch(plain["application"]) if plain else None
    if plain is None or found is None:
        return None
    return found["id"], int(found["attempt"] or 0), plain["open"] is not None


def chosen(
    logs: Sequence[FoundLog],
    applications: Sequence[str] | None,
    began: datetime,
    ended: datetime,
    *,
    is_shared: bool = False,
) -> FoundLog | None:
    """The log of a run: of the applications that its steps started, where EMR says which, else written in its time.

    `is_shared`: other runs are on the same cluster, before it and after it.

    Of several the largest holds most of what it did; of attempts of one the last one counts. A closed log is better
    than one that is not.
    """
    if applications:
        fitting = [log for log in logs if log.application in applications]
    else:
        in_time = [log for log in logs if began <= log.modified]
        if is_shared:
            fitting = [log for log in in_time if log.modified <= ended + _CLOSED_WITHIN]
        else:
            fitting = [log for log in in_time if _began_within(log.application, began, ended)]
    last: dict[str, FoundLog] = {}
    for log in sorted(fitting, key=lambda log: (not log.is_open, log.attempt)):
        last[log.application] = log
    return max(last.values(), key=lambda log: (not log.is_open, log.size_bytes, log.application), default=None)


def _began_within(application: str, began: datetime, ended: datetime) -> bool:
    """Whether the id names a resource manager that began within this time, as that of this cluster did."""
    parts = application.split("_")
    if parts[0] != "application":
        return True
    return began.timestamp() <= int(parts[1]) / 1000 <= ended.timestamp()


def listed_of(calls: Calls, region: str, place: Place, applications: Sequence[str]) -> list[Stored]:
    """Objects that may be logs of these applications; all objects below the folder where that finds none.

    Hundreds of projects may share a folder for years: what is listed of it must not grow with what is in it.
    Raises PlatformError.
    """
    if not 0 < len(applications) <= MOST_NAMED:
        return listed(calls, region, place)
    found: list[Stored] = []
    for name in applications:
        plain = listed(calls, region, place, name)
        found += plain or listed(calls, region, place, f"{_ROLLED_FOLDER}{name}")
    return found if found or place.is_exact else listed(calls, region, place)


def listed(calls: Calls, region: str, place: Place, beginning: str = "") -> list[Stored]:
    """All objects below a folder whose names begin so; none where there is no such bucket. Raises PlatformError."""
    found = []
    given = {"Bucket": place.bucket, "Prefix": f"{place.prefix}{beginning}"}
    mark: dict[str, object] = {}
    while True:
        answer = calls.ask("s3", region, "list_objects_v2", "KeyCount", **given, **mark)
        contents = answer.get("Contents", ())
        found += [Stored(each["Key"], int(each["Size"]), each["LastModified"]) for each in contents]
        if not answer.get("IsTruncated"):
            return found
        mark = {"ContinuationToken": answer["NextContinuationToken"]}


def opened(calls: Calls, region: str, place: Place, log: FoundLog) -> list[Iterator[bytes]]:
    """The parts of a log in order; one that is missing breaks off at once, so that whoever reads goes on and knows."""
    return [part.open() for part in _parts(calls, region, place, log)]


def stored_bytes(calls: Calls, region: str, place: Place, stored: Stored) -> Iterator[bytes]:
    """An object as it is stored. Raises PlatformError, also where it is gone."""
    try:
        yield from _read(calls, region, place.bucket, stored, 0)
    except BrokenStream as error:
        raise PlatformError(f"{error}.") from error


def _parts(calls: Calls, region: str, place: Place, log: FoundLog) -> tuple[Part | Gap, ...]:
    parts = [Part(_blob(calls, region, place, each), Head("log", is_packed=_is_packed(each.key))) for each in log.parts]
    if len(parts) == 1:
        return tuple(parts)
    (arranged,) = arrange(parts)
    return arranged.parts


def _is_packed(key: str) -> bool:
    found = _PLAIN.search(key)
    return found is not None and found["codec"] is not None


def _blob(calls: Calls, region: str, place: Place, stored: Stored) -> Blob:
    def read_from(offset: int) -> Iterator[bytes]:
        return _read(calls, region, place.bucket, stored, offset)

    name = f"s3://{place.bucket}/{stored.key}"
    return Blob(name, PurePosixPath("/", place.bucket, stored.key), read_from, stored.size_bytes)


def _read(calls: Calls, region: str, bucket: str, stored: Stored, offset: int) -> Iterator[bytes]:
    """An object from a byte on; where the connection breaks it goes on from there.

    Raises PlatformError where AWS cannot be asked: the log is whole where it lies, and must not be taken as cut off.
    """
    at, breaks = offset, 0
    while at < stored.size_bytes:
        given = {"Bucket": bucket, "Key": stored.key, "Range": f"bytes={at}-{stored.size_bytes - 1}"}
        try:
            body = calls.ask("s3", region, "get_object", "Body", **given)["Body"]
            for chunk in body.iter_chunks(CHUNK_BYTES):
                at += len(chunk)
                yield chunk
        except Refusal as error:
            if error.code not in _GONE:
                raise
            raise BrokenStream(f"s3://{bucket}/{stored.key} is gone") from error
        except PlatformError:
            raise
        except Exception as error:
            breaks += 1
            if breaks > MOST_RESUMED:
                raise PlatformError(f"s3://{bucket}/{stored.key} breaks off again and again: {error}.") from error


def tail(calls: Calls, region: str, place: Place, name: str, most_bytes: int = 65_536) -> str:
    """The last words of a packed text below a folder; empty where there is none."""
    import gzip

    try:
        given = {"Bucket": place.bucket, "Key": f"{place.prefix}{name}"}
        packed = calls.repeated(
            lambda: bytes(calls.answer("s3", region, "get_object", **given)["Body"].read()), f"s3 {name}", region
        )
        return gzip.decompress(packed)[-most_bytes:].decode(errors="replace")
    except Refusal:
        return ""  # it is not there, or not ours to read
    except (OSError, EOFError):
        return ""  # it is cut off, or no gzip


def no_log(run_id: str, places: Sequence[Place], *, what: str = "the cluster") -> EventLogError:
    """Why there is none, and what to do."""
    places = [place for place in places if not place.is_guess]
    if not places:
        return EventLogError(
            f"Run {run_id} left its event log on {what} itself, which is gone: set spark.eventLog.enabled=true and "
            "spark.eventLog.dir=s3://… in the classification spark-defaults."
        )
    where = ", ".join(map(str, places))
    return EventLogError(f"Run {run_id} left no event log in {where}: it ended before Spark had started.")
