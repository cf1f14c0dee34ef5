"""The event log of a run where the cluster left it: which files are its own, whether they are all there yet.

Layout: `<destination>/<cluster>/eventlog/<cluster>_<driver ip>/<spark context>/`, rolled parts `eventlog-<time>.gz`
and last of all `eventlog`; delivered every five minutes. Source: Databricks, "Compute log delivery".
"""

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from setpoint.errors import EventLogError, PlatformError
from setpoint.platforms.databricks.runs import RunCalls

__all__ = ["CallFiles", "LogFile", "LogFiles", "Patience", "await_log", "destination_of", "is_complete", "parts_of"]

Json = Mapping[str, Any]
_LAST = re.compile(r"eventlog(\.json)?(\.gz|\.zst|\.lz4)?")
_ROLLED = re.compile(r"eventlog-(\d{4}-\d\d-\d\d--\d\d-\d\d)(-\d+)?(\.gz|\.zst|\.lz4)?")
_READ_BYTES = 1024 * 1024
"""The most that `dbfs/read` gives at once."""
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file below the destination of logs."""

    path: str
    modified: float
    """Seconds since the epoch."""
    size_bytes: int = 0


class LogFiles(Protocol):
    """A place that logs are delivered to."""

    def below(self, folder: str) -> Sequence[LogFile]:
        """All files below a folder; none where there is no such folder."""
        ...

    def read(self, file: LogFile) -> Iterator[bytes]:
        """Its bytes, in chunks."""
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a log: from `first_seconds` on, half as long again each time, `most_seconds` in all."""

    first_seconds: float = 15.0
    longest_seconds: float = 120.0
    most_seconds: float = 1200.0


def destination_of(block: Json, cluster_id: str) -> str:
    """Folder of a cluster's event logs, or "" where its logs are not delivered.

    >>> destination_of({"cluster_log_conf": {"dbfs": {"destination": "dbfs:/logs/"}}}, "0101-a")
    'dbfs:/logs/0101-a/eventlog'
    """
    conf = block.get("cluster_log_conf") or {}
    places = (conf[kind].get("destination") for kind in ("dbfs", "volumes", "s3") if conf.get(kind))
    root = next((str(place) for place in places if place), "")
    return f"{root.rstrip('/')}/{cluster_id}/eventlog" if root else ""


def parts_of(files: Iterable[LogFile], contexts: Sequence[str]) -> tuple[LogFile, ...]:
    """The files of these Spark contexts in the order in which they were written; the rolled ones first.

    Where no context is known all files must be of one, or none is taken: others' runs would mix in.
    """
    found = [file for file in files if _order(file) is not None]
    folders = {file.path.rpartition("/")[0] for file in found}
    if contexts:
        folders = {folder for folder in folders if folder.rpartition("/")[2] in contexts}
    elif len(folders) > 1:
        return ()
    return tuple(sorted((f for f in found if f.path.rpartition("/")[0] in folders), key=lambda f: (_order(f), f.path)))


def is_complete(parts: Sequence[LogFile], ended: float) -> bool:
    """Whether the last part is there and was delivered after the run's end."""
    return any(_LAST.fullmatch(_name(part)) and part.modified >= ended for part in parts)


def await_log(
    look: Callable[[], Sequence[LogFile]],
    ended: float,
    patience: Patience,
    now: Callable[[], float],
    sleep: Callable[[float], None],
) -> tuple[Sequence[LogFile], bool]:
    """The parts of a log and whether it is complete, after waiting for it no longer than `patience`.

    It counts from the run's end: a log that is long overdue is not waited for. What there is then is given, since a
    log without its last minutes still tells of the run.
    """
    wait = patience.first_seconds
    while True:
        parts = look()
        if is_complete(parts, ended):
            return parts, True
        left = ended + patience.most_seconds - now()
        if left <= 0:
            return parts, False
        sleep(min(wait, left))
        wait = min(wait * 1.5, patience.longest_seconds)


@dataclass(frozen=True, slots=True)
class CallFiles:
    """Files in DBFS and in Unity Catalog volumes, by calls; anything else by fsspec."""

    calls: RunCalls

    def below(self, folder: str) -> Sequence[LogFile]:
        """All files below a folder."""
        if _is_volume(folder):
            return tuple(self._volume(folder.removeprefix("dbfs:"), _DEEPEST))
        if folder.startswith(("dbfs:", "/")):
            return tuple(self._dbfs(folder.removeprefix("dbfs:"), _DEEPEST))
        return tuple(_elsewhere(folder))

    def read(self, file: LogFile) -> Iterator[bytes]:
        """Its bytes. Raises EventLogError where it ends too early."""
        if _is_volume(file.path):
            answer = self.calls.read(f"/api/2.0/fs/files{quote(file.path)}")
            yield from _bytes_of(answer, file)
            return
        if not file.path.startswith("/"):
            yield from _read_elsewhere(file)
            return
        offset = 0
        while True:
            page = self.calls.read("/api/2.0/dbfs/read", {"path": file.path, "offset": offset, "length": _READ_BYTES})
            count = int(page.get("bytes_read") or 0)
            if not count:
                break
            yield base64.b64decode(page["data"])
            offset += count
        if offset < file.size_bytes:
            raise EventLogError(f"{file.path} ended after {offset} of {file.size_bytes} bytes.")

    def _dbfs(self, folder: str, depth: int) -> Iterator[LogFile]:
        try:
            listed = self.calls.read("/api/2.0/dbfs/list", {"path": folder}).get("files") or ()
        except PlatformError as error:
            if getattr(error, "code", "") in _MISSING:
                return
            raise
        for each in listed:
            if each.get("is_dir") and depth:
                yield from self._dbfs(each["path"], depth - 1)
            elif not each.get("is_dir"):
                yield LogFile(each["path"], each.get("modification_time", 0) / 1000, each.get("file_size", 0))

    def _volume(self, folder: str, depth: int) -> Iterator[LogFile]:
        try:
            listed = list(self.calls.pages(f"/api/2.0/fs/directories{quote(folder)}", "contents"))
        except PlatformError as error:
            if getattr(error, "code", "") in _MISSING:
                return
            raise
        for each in listed:
            if each.get("is_directory") and depth:
                yield from self._volume(each["path"].rstrip("/"), depth - 1)
            elif not each.get("is_directory"):
                yield LogFile(each["path"], each.get("last_modified", 0) / 1000, each.get("file_size", 0))


_MISSING = ("RESOURCE_DOES_NOT_EXIST", "ResourceDoesNotExist", "NOT_FOUND", "NotFound", "FILE_NOT_FOUND")


def _is_volume(path: str) -> bool:
    return path.removeprefix("dbfs:").startswith("/Volumes/")


def _bytes_of(answer: Any, file: LogFile) -> Iterator[bytes]:  # noqa: ANN401 - of the SDK
    content = answer.get("contents") if isinstance(answer, Mapping) else answer
    if isinstance(content, bytes):
        yield content
        return
    if content is None:
        raise EventLogError(f"{file.path} was answered without its content.")
    yield from _chunks(content, file)


def _elsewhere(folder: str) -> Iterator[LogFile]:
    from fsspec.core import url_to_fs

    try:
        system, path = url_to_fs(folder)
        listed = system.find(path, detail=True)
    except FileNotFoundError:
        return
    except (ImportError, OSError, ValueError) as error:
        raise PlatformError(f"The logs in {folder.partition('?')[0]} cannot be listed: {str(error)[:200]}") from None
    scheme = folder.partition("://")[0]
    for name, each in listed.items():
        when = each.get("LastModified") or each.get("last_modified") or each.get("mtime") or each.get("created") or 0
        modified = when.timestamp() if hasattr(when, "timestamp") else float(when)
        yield LogFile(f"{scheme}://{name.removeprefix('/') if scheme != 'file' else name}", modified, each["size"])


def _read_elsewhere(file: LogFile) -> Iterator[bytes]:
    from fsspec.core import url_to_fs

    system, path = url_to_fs(file.path)
    yield from _chunks(system.open(path, "rb"), file)


def _chunks(content: Any, file: LogFile) -> Iterator[bytes]:  # noqa: ANN401 - any open binary file
    try:
        with content as stream:
            while chunk := stream.read(_READ_BYTES):
                yield chunk
    except OSError as error:
        raise EventLogError(f"{file.path} cannot be read to its end: {str(error)[:200]}") from None


def _name(file: LogFile) -> str:
    return file.path.rpartition("/")[2]


def _order(file: LogFile) -> tuple[int, str, int] | None:
    """Rolled parts by their time, the last part after them; None: no part of a log."""
    rolled = _ROLLED.fullmatch(_name(file))
    if rolled:
        return (0, rolled[1], int((rolled[2] or "-0")[1:]))
    return (1, "", 0) if _LAST.fullmatch(_name(file)) else None
