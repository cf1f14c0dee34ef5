"""The folder that a platform keeps for each project below the home: names, locks, files read as what they are."""

import fcntl
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from setpoint.errors import InputError, PlatformError

__all__ = ["LOCK_SECONDS", "check_name", "lock_held", "make_folder", "read_as"]

T = TypeVar("T")

LOCK_SECONDS = 10
"""How long to wait for a lock that is held for milliseconds where nothing is wrong."""

_PROJECT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def check_name(project: str) -> str:
    """The name, if it can be a folder's. Raises InputError."""
    if not _PROJECT_NAME.fullmatch(project):
        raise InputError(
            f"{project!r} is no project name: use up to 100 letters, digits, '.', '_' and '-', "
            "with a letter or digit first."
        )
    return project


def make_folder(folder: Path) -> None:
    """Make a folder with all above it; what is in it is nobody else's business, such as an owner's command lines."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextmanager
def lock_held(path: Path) -> Iterator[None]:
    """Hold the lock of a file. Raises PlatformError where somebody holds it for long, so that nobody waits for ever."""
    with path.open("ab") as lock:
        _wait_for(lock, path)
        yield


def _wait_for(lock: BinaryIO, path: Path) -> None:
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise PlatformError(f"{path} was held by another process for {LOCK_SECONDS} seconds.") from None
            time.sleep(0.02)
        else:
            return


def read_as(path: Path, kind: type[T]) -> T:
    """The JSON of a file as a record. Raises FileNotFoundError, or PlatformError where the file is damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.MsgspecError as error:
        raise PlatformError(f"{path} is damaged ({error}): restore it from a copy, or delete it.") from error
