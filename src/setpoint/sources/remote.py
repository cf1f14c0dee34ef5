"""Buckets and object stores through fsspec; the client of each is an extra of its own."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Protocol

from setpoint.core.eventlog.codecs import BrokenStream
from setpoint.errors import EventLogError
from setpoint.sources.blobs import CHUNK_BYTES, Blob
from setpoint.sources.limits import Limits
from setpoint.sources.names import is_passed_over
from setpoint.sources.schemes import DBFS, SCHEMES, redacted

_MAGIC = frozenset("*?[")


class Stream(Protocol):
    """An opened remote file."""

    def read(self, size: int, /) -> bytes:
        """Bytes from here on."""
        ...

    def seek(self, offset: int, /) -> object:
        """Go to a place."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class FileSystem(Protocol):
    """What is used of a file system of fsspec."""

    def info(self, path: str) -> Mapping[str, object]:
        """Name, type and size of one file or folder."""
        ...

    def glob(self, path: str) -> list[str]:
        """Names that match a pattern."""
        ...

    def ls(self, path: str, detail: bool = True) -> list[Mapping[str, object]]:  # noqa: FBT001, FBT002 - theirs
        """Name, type and size of what is in a folder."""
        ...

    def open(self, path: str, mode: str = "rb") -> Stream:
        """A file to read."""
        ...


def open_file_system(scheme: str, rest: str, limits: Limits) -> tuple[FileSystem, str]:
    """The file system behind a URL, and the path in it; credentials are found as its own client finds them.

    Raises:
        EventLogError: its client is not installed, or refuses.
    """
    from fsspec.core import url_to_fs

    known = SCHEMES[scheme]
    slashes = ":///" if known is DBFS else "://"
    try:
        system, path = url_to_fs(f"{known.protocol}{slashes}{rest}", **known.options(limits.timeout_seconds))
    except ImportError as error:
        raise EventLogError(
            f"Reading {scheme}: needs a client that is not installed: pip install 'setpoint[{known.extra}]'."
        ) from error
    except Exception as error:  # every client has errors of its own
        raise EventLogError(f"{scheme}: cannot be reached: {_reason(error)}.{known.hint}") from error
    return system, path


def remote_blobs(url: str, scheme: str, path: str, limits: Limits, system: FileSystem) -> Iterator[Blob]:
    """The file at a URL, or all files below it, or what a pattern names.

    Raises:
        EventLogError: nothing is there, or it cannot be read.
    """
    shown = redacted(url)
    found = 0
    for name, size_bytes in _in_words(shown, _files_at(system, path, limits)):
        found += 1
        if found > limits.entries:
            raise EventLogError(f"{shown} holds more than {limits.entries} files: give a folder or a pattern in it.")
        yield _blob(system, scheme, name, size_bytes)
    if not found:
        raise EventLogError(f"There is nothing at {shown}.")


def _in_words(shown: str, files: Iterator[tuple[str, int | None]]) -> Iterator[tuple[str, int | None]]:
    try:
        yield from files
    except FileNotFoundError as error:
        raise EventLogError(f"There is nothing at {shown}.") from error
    except Exception as error:  # every client has errors of its own
        raise EventLogError(f"{shown} cannot be read: {_reason(error)}.") from error


def _files_at(system: FileSystem, path: str, limits: Limits) -> Iterator[tuple[str, int | None]]:
    for top in sorted(system.glob(path)) if _MAGIC & set(path) else [path]:
        yield from _files(system, top, limits)


def _files(system: FileSystem, top: str, limits: Limits) -> Iterator[tuple[str, int | None]]:
    waiting = [(system.info(top), limits.folder_depth)]
    while waiting:
        entry, depth = waiting.pop()
        name = str(entry["name"])
        if entry.get("type") != "directory":
            size = entry.get("size")
            yield name, size if isinstance(size, int) else None
        elif depth:
            below = [
                inner for inner in system.ls(name, detail=True) if str(inner["name"]).rstrip("/") != name.rstrip("/")
            ]
            wanted = [inner for inner in below if not is_passed_over(PurePosixPath(str(inner["name"])).name)]
            waiting += [(inner, depth - 1) for inner in wanted[: limits.entries + 1]]


def _blob(system: FileSystem, scheme: str, name: str, size_bytes: int | None) -> Blob:
    shown = f"{scheme}://{name.lstrip('/')}"

    def read_from(offset_bytes: int) -> Iterator[bytes]:
        try:
            stream = system.open(name, "rb")
            try:
                if offset_bytes:
                    stream.seek(offset_bytes)
                while chunk := stream.read(CHUNK_BYTES):
                    yield chunk
            finally:
                stream.close()
        except Exception as error:  # every client has errors of its own
            raise BrokenStream(f"{shown} cannot be read: {_reason(error)}") from error

    return Blob(shown, PurePosixPath("/" + name.lstrip("/")), read_from, size_bytes, is_seekable=size_bytes is not None)


def _reason(error: BaseException) -> str:
    text = redacted(" ".join(str(error).split())).rstrip(".")
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__
