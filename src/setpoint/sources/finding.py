"""From what a user names to the logs in it."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from setpoint.errors import EventLogError
from setpoint.sources.blobs import Blob
from setpoint.sources.content import look
from setpoint.sources.limits import LIMITS, Limits
from setpoint.sources.local import local_blobs
from setpoint.sources.logs import Log, Part, SourceProblem
from setpoint.sources.names import is_part_name, is_passed_over
from setpoint.sources.rolled import arrange
from setpoint.sources.schemes import SCHEMES, redacted

if TYPE_CHECKING:
    from setpoint.sources.remote import FileSystem
    from setpoint.sources.spool import Spool

Tell = Callable[[SourceProblem], None]
OpenFileSystem = Callable[[str, str, Limits], "tuple[FileSystem, str]"]

_NAMED_AT_MOST = 10
# A path may have eaten one of the two slashes.
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):(?P<rest>/.*)", re.DOTALL)


def find_logs(
    source: str | Path,
    *,
    limits: Limits = LIMITS,
    tell: Tell = lambda _: None,
    open_file_system: OpenFileSystem | None = None,
) -> list[Log]:
    """The event logs in a file, folder, pattern, archive or URL, in the order of their names.

    Args:
        source: what the user named.
        limits: how far to go.
        tell: is told what was not read and why, where other things can be.
        open_file_system: opens buckets and object stores; their own clients where it is None.

    Raises:
        EventLogError: nothing is there, or no log is in it.
    """
    problems: list[SourceProblem] = []

    def note(problem: SourceProblem) -> None:
        problems.append(problem)
        tell(problem)

    search = _Search(redacted(str(source)), limits, note)
    named, blobs = _blobs(str(source), limits, open_file_system)
    logs = arrange(search.parts(blobs, named=named))
    if logs:
        return logs
    because = f": {problems[0]}" if problems else "."
    raise EventLogError(f"There is no Spark event log in {redacted(str(source))}{because}")


def open_source(source: str | Path) -> Iterable[Iterable[bytes]]:
    """The files of the one application that lies at a path, in order, each as chunks of bytes.

    A part that is missing between others stands as a part that breaks off at once: whoever reads goes on after it and
    knows.

    Raises:
        EventLogError: nothing is there, nothing usable is in it, or there are several applications.
    """
    return [part.open() for part in find_one_log(source).parts]


def find_one_log(source: str | Path, *, limits: Limits = LIMITS) -> Log:
    """The log of the one application that lies at a path.

    Raises:
        EventLogError: nothing is there, nothing usable is in it, or there are several applications.
    """
    logs = find_logs(source, limits=limits)
    if len({log.identity for log in logs}) == 1 and logs[0].identity is not None:
        logs = [max(logs, key=lambda log: log.size_bytes or 0)]  # the same log twice, packed in several ways
    if len(logs) > 1:
        names = [Path(log.name).name for log in logs]
        shown = ", ".join(names[:_NAMED_AT_MOST]) + (", …" if len(names) > _NAMED_AT_MOST else "")
        raise EventLogError(f"There are {len(names)} applications in {source}; give one of them: {shown}.")
    return logs[0]


def find_files(
    source: str | Path, *, limits: Limits = LIMITS, open_file_system: OpenFileSystem | None = None
) -> list[Blob]:
    """All files that a source leads to, whatever is in them; archives stay closed.

    Raises:
        EventLogError: nothing is there, or it cannot be read.
    """
    return list(_blobs(str(source), limits, open_file_system)[1])


def local_path(source: str) -> Path | None:
    """The path that a user's word stands for, None where it is a URL of another machine.

    Raises:
        EventLogError: nothing is named, or a file: URL that is not of this machine.
    """
    if not source.strip():
        raise EventLogError("No source is given: name a file, a folder or a URL.")
    match = _URL.fullmatch(source)
    if match is None or (match["scheme"].lower() not in {"file", *SCHEMES} and Path(source).exists()):
        return Path(source)
    if match["scheme"].lower() == "dbfs" and (mounted := Path("/dbfs", match["rest"].lstrip("/"))).exists():
        return mounted
    if match["scheme"].lower() != "file":
        return None
    from urllib.parse import unquote, urlsplit

    location = urlsplit(source)
    if location.netloc not in {"", "localhost"}:
        raise EventLogError(f"{source} is on another machine: give a path on this one.")
    return Path(unquote(location.path))


def _blobs(
    source: str, limits: Limits, open_file_system: OpenFileSystem | None
) -> tuple[PurePosixPath, Iterable[Blob]]:
    """The place of the one file that a source may name, and all files that it leads to."""
    path = local_path(source)
    if path is not None:
        return PurePosixPath(path.as_posix()), local_blobs(path, limits)
    scheme, _, rest = source.partition(":")
    scheme, rest = scheme.lower(), rest.lstrip("/")
    if scheme == "https":
        from setpoint.sources.https import https_blob

        blob = https_blob(f"https://{rest}", limits)
        return blob.place, [blob]
    if scheme not in SCHEMES:
        known = ", ".join(f"{name}:" for name in ("file", "https", *SCHEMES))
        raise EventLogError(f"{scheme}: is not a kind of source that is read; these are: {known}.")
    from setpoint.sources import remote

    system, inner = (open_file_system or remote.open_file_system)(scheme, rest, limits)
    return PurePosixPath("/", inner.lstrip("/")), remote.remote_blobs(source, scheme, inner, limits, system)


@dataclass
class _Search:
    """Goes through files and the archives among them, and keeps what is part of a log."""

    source: str
    limits: Limits
    tell: Tell
    _spool: "Spool | None" = None
    _entries: int = field(default=0)

    def parts(self, blobs: Iterable[Blob], named: PurePosixPath | None = None, depth: int = 0) -> Iterator[Part]:
        """What is part of a log; the file that was named is, whatever is in it."""
        for blob in blobs:
            is_named = blob.place == named
            if is_named or not any(map(is_passed_over, blob.place.parts[1:] if depth else blob.place.parts[-1:])):
                yield from self._look_at(blob, is_named=is_named, depth=depth)

    def _look_at(self, blob: Blob, *, is_named: bool, depth: int) -> Iterator[Part]:
        head = look(blob)
        if head.kind in {"zip", "tar"}:
            try:
                inner = list(self._inside(blob, head.kind, depth, is_packed=head.is_packed))
            except EventLogError as error:
                self.tell(SourceProblem(blob.name, str(error)))
                return
            is_a_part = is_part_name(blob.place.name) and len(inner) == 1
            yield from [replace(inner[0], blob=replace(inner[0].blob, place=blob.place))] if is_a_part else inner
        elif head.kind == "log" or is_part_name(blob.place.name) or (is_named and head.kind == "other"):
            yield Part(blob, head, self.limits)
        elif head.kind == "refused":
            self.tell(SourceProblem(blob.name, head.refusal))

    def _inside(self, archive: Blob, kind: str, depth: int, *, is_packed: bool) -> Iterator[Part]:
        if depth >= self.limits.archive_depth:
            raise EventLogError(
                f"{archive.name} lies in {depth} archives within each other: unpack the outer ones first."
            )
        if kind == "zip":
            from setpoint.sources.archives import zip_entries

            entries: Iterable[Blob] = zip_entries(archive, self.limits, self._room, is_packed=is_packed)
        else:
            from setpoint.sources.tars import tar_entries

            def note(reason: str) -> None:
                self.tell(SourceProblem(archive.name, reason))

            entries = tar_entries(archive, self.limits, self._room, note, is_packed=is_packed)
        yield from self.parts(self._counted(archive, entries), depth=depth + 1)

    def _counted(self, archive: Blob, entries: Iterable[Blob]) -> Iterator[Blob]:
        for entry in entries:
            self._entries += 1
            # Archives in archives multiply: together they may hold no more than one may.
            if self._entries > self.limits.entries:
                raise EventLogError(
                    f"{archive.name} was not read to its end: {self.limits.entries} files were looked at."
                )
            yield entry

    def _room(self) -> "Spool":
        from setpoint.sources.spool import Spool

        self._spool = self._spool or Spool(self.limits)
        return self._spool
