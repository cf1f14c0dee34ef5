"""Where event logs lie: a file, a rolling folder of Spark, a folder of Databricks, or a folder that holds one such."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from setpoint.core.eventlog.codecs import MissingPart, is_compressed
from setpoint.errors import EventLogError

__all__ = ["open_source"]

_CHUNK_BYTES = 1024 * 1024
_DEEPEST_FOLDER = 6
_NAMED_AT_MOST = 10
_ROLLED_PART = re.compile(r"events_(?P<number>\d{1,9})_(?P<application>.+?)(?P<compacted>\.compact)?(\.[a-z0-9]{2,6})?")
_DATABRICKS_PART = re.compile(r"eventlog-\d{4}-\d\d-\d\d--\d\d-\d\d.*")
_DATABRICKS_LAST = "eventlog"


def open_source(path: Path) -> Iterable[Iterable[bytes]]:
    """The files of the one application that lies at a path, in order, each as chunks of bytes.

    A part that is missing between others stands as a part that breaks off at once: whoever reads goes on after it and
    knows.

    Raises:
        EventLogError: nothing is there, nothing usable is in it, or there are several applications.
    """
    return [_read(part) if isinstance(part, Path) else _missing(part) for part in _parts(path, _DEEPEST_FOLDER)]


@dataclass(frozen=True, slots=True)
class _Gap:
    """Rolled parts that should be there and are not."""

    first: int
    last: int


def _parts(path: Path, depth: int) -> list[Path | _Gap]:
    try:
        if path.is_file():
            return [path]
        if not path.exists():
            raise EventLogError(f"There is no file or folder {path}.")
        if not path.is_dir():
            raise EventLogError(f"{path} is neither a file nor a folder; give the event log itself.")
        entries = sorted(entry for entry in path.iterdir() if not entry.name.startswith((".", "_", "appstatus_")))
        files = [entry for entry in entries if entry.is_file()]
        folders = [entry for entry in entries if entry.is_dir()]
    except OSError as error:
        raise EventLogError(f"{path} cannot be read: {error.strerror or error}.") from error
    return _rolled(path, files) or _databricks(files) or _only_one(path, files, folders, depth)


def _rolled(folder: Path, files: list[Path]) -> list[Path | _Gap]:
    """Parts of a folder that Spark's rolling writer filled (eventlog_v2_…), from the last compacted one on."""
    matches = [(match, file) for file in files if (match := _ROLLED_PART.fullmatch(file.name))]
    applications = sorted({match["application"] for match, _ in matches})
    if len(applications) > 1:
        raise _several(folder, applications)
    numbered = sorted((int(match["number"]), match["compacted"] is None, file) for match, file in matches)
    compacted = [index for index, (_, is_plain, _) in enumerate(numbered) if not is_plain]
    expected = 1
    if compacted:
        # Spark folded the parts up to this one into it; a plain part of its number may still lie beside it.
        expected, _, _ = kept = numbered[compacted[-1]]
        numbered = [kept, *(part for part in numbered if part[0] > expected)]
    parts: list[Path | _Gap] = []
    for number, _, file in numbered:
        if number > expected:
            parts.append(_Gap(expected, number - 1))
        parts.append(file)
        expected = number + 1
    return parts


def _databricks(files: list[Path]) -> list[Path | _Gap]:
    """Parts of a folder that Databricks filled: hours in order of their names, the current one last."""
    hours = [file for file in files if _DATABRICKS_PART.fullmatch(file.name)]
    last = [file for file in files if file.name == _DATABRICKS_LAST]
    return [*hours, *last] if hours else []


def _only_one(folder: Path, files: list[Path], folders: list[Path], depth: int) -> list[Path | _Gap]:
    """The parts of the one log in a folder; files that are no logs (reports, price lists) do not count."""
    found = [file for file in files if _looks_like_a_log(file)]
    logs: list[list[Path | _Gap]] = [[file] for file in found]
    names = [file.name for file in found]
    for below in folders if depth > 0 else ():
        if below.is_symlink():
            continue
        try:
            logs.append(_parts(below, depth - 1))
            names.append(below.name)
        except _NoLogError:
            continue
    if not logs:
        raise _NoLogError(f"There is no Spark event log in the folder {folder}.")
    if len(logs) > 1:
        raise _several(folder, names)
    return logs[0]


class _NoLogError(EventLogError):
    """A folder without logs: no matter where another folder beside it has one."""


def _several(folder: Path, names: list[str]) -> EventLogError:
    shown = ", ".join(names[:_NAMED_AT_MOST]) + (", …" if len(names) > _NAMED_AT_MOST else "")
    return EventLogError(f"There are {len(names)} applications in {folder}; give one of them: {shown}.")


def _looks_like_a_log(file: Path) -> bool:
    """Compressed, or beginning with an event: told from the bytes, for names say nothing."""
    try:
        with file.open("rb") as stream:
            head = stream.read(64)
    except OSError:
        return False
    return is_compressed(head) or re.match(rb'\s*\{\s*"Event"', head) is not None


def _read(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise EventLogError(f"{file} cannot be read: {error.strerror or error}.") from error


def _missing(gap: _Gap) -> Iterator[bytes]:
    which = f"part {gap.first} is" if gap.first == gap.last else f"parts {gap.first} to {gap.last} are"

    def refuse(_: int) -> bytes:
        raise MissingPart(f"{which} missing from the rolled event log")

    return map(refuse, (0,))
