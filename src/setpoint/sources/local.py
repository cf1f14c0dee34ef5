"""Files, folders and patterns on this machine, as blobs; links are followed, but never in circles."""

import os
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from setpoint.errors import EventLogError
from setpoint.sources.blobs import Blob, local_blob
from setpoint.sources.limits import Limits
from setpoint.sources.names import is_passed_over

_MAGIC = frozenset("*?[")

Identity = tuple[int, int]
"""Device and number of a file: the same however it is called."""


def local_blobs(path: Path, limits: Limits) -> Iterator[Blob]:
    """The file at a path, or all files in the folder there, or what a pattern names; each once.

    Raises:
        EventLogError: nothing is there, or it cannot be read.
    """
    try:
        if os.path.lexists(path):
            yield from _at(path, _place(path), limits, set())
        elif _MAGIC & set(str(path)):
            yield from _matching(path, limits)
        else:
            raise EventLogError(f"There is no file or folder {path}.")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise EventLogError(f"{path} cannot be read: {reason or error}.") from error


def _place(path: Path) -> PurePosixPath:
    return PurePosixPath(path.as_posix())


def _matching(pattern: Path, limits: Limits) -> Iterator[Blob]:
    root = Path(pattern.anchor) if pattern.anchor else Path()
    matches = _expand(root, pattern.parts[1:] if pattern.anchor else pattern.parts, limits)
    seen: set[Identity] = set()
    found = False
    for match in matches:
        with suppress(OSError):  # one that cannot be read among others is passed over, as in a folder
            if match.is_file() or match.is_dir():
                yield from _at(match, _place(match), limits, seen)
                found = True
    if not found:
        raise EventLogError(f"No file or folder that can be read matches {pattern}.")


def _expand(folder: Path, steps: tuple[str, ...], limits: Limits) -> Iterator[Path]:
    """What a pattern names. By our own hand: `glob` walks in circles where links do."""
    if not steps:
        yield folder
        return
    first, *rest = steps
    if first == "**":
        for start, _ in _folders(folder, limits, set()):
            yield from _expand(start, tuple(rest) or ("*",), limits)
    elif not _MAGIC & set(first):
        if os.path.exists(folder / first):  # noqa: PTH110 - the other one raises where the folder cannot be read
            yield from _expand(folder / first, tuple(rest), limits)
    else:
        for name in _names(folder):
            if fnmatchcase(name, first) and (not name.startswith(".") or first.startswith(".")):
                yield from _expand(folder / name, tuple(rest), limits)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []  # a file, or not ours to read


def _at(path: Path, place: PurePosixPath, limits: Limits, seen: set[Identity]) -> Iterator[Blob]:
    if path.is_dir():
        for folder, name, entry in _walk(path, limits, seen):
            yield local_blob(folder / name, place / (folder / name).relative_to(path).as_posix(), entry.st_size)
    elif path.is_file():
        status = path.stat()
        if (status.st_dev, status.st_ino) not in seen:
            seen.add((status.st_dev, status.st_ino))
            yield local_blob(path, place, status.st_size)
    else:
        raise EventLogError(f"{path} is neither a file nor a folder; give the event log itself.")


def _walk(top: Path, limits: Limits, seen: set[Identity]) -> Iterator[tuple[Path, str, os.stat_result]]:
    """Folder, name and status of every file below a folder; each once, whatever links lead to it."""
    for folder, entries in _folders(top, limits, seen):
        for entry in entries:
            try:
                status = entry.stat()
                is_new = entry.is_file() and (status.st_dev, status.st_ino) not in seen
            except OSError:
                continue  # a link in a circle or to nowhere, or gone since
            if is_new:
                seen.add((status.st_dev, status.st_ino))
                yield folder, entry.name, status


def _folders(top: Path, limits: Limits, seen: set[Identity]) -> Iterator[tuple[Path, list[os.DirEntry[str]]]]:
    """A folder and those below it, each once, with what is in them."""
    waiting = deque([(top, limits.folder_depth)])
    found = 0
    while waiting:
        folder, depth = waiting.popleft()
        try:
            status = folder.stat()
            entries = [] if (status.st_dev, status.st_ino) in seen else _entries(folder)
        except OSError:
            if folder == top:
                raise
            continue
        seen.add((status.st_dev, status.st_ino))
        found += len(entries)
        if found > limits.entries:
            raise EventLogError(f"{top} holds more than {limits.entries} files: give a folder or a pattern within it.")
        yield folder, entries
        waiting += [(Path(entry), depth - 1) for entry in entries if depth and _is_folder(entry)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        wanted = [entry for entry in entries if not is_passed_over(entry.name)]
    # Links last: where a file has two names, it is known by its own.
    return sorted(wanted, key=lambda entry: (entry.is_symlink(), entry.name))
