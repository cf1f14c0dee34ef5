"""Files that are whole or not there at all, whatever happens while they are written; and files read without waiting."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

__all__ = ["read_most", "write_whole"]

_STREAMS = ("/dev/", "/proc/")
"""Where `/dev/stdin` and the pipes that a shell makes of a command are: whoever names one wants to wait for it."""


def read_most(path: Path, most_bytes: int) -> bytes:
    """The content, up to one byte more than so many: who reads a file of strangers can tell that it is too large.

    A pipe or a device that only bears a name of a file is refused: nobody may ever write to it.

    Raises:
        OSError: it cannot be read, or is no file.
    """
    if str(path.absolute()).startswith(_STREAMS):
        with path.open("rb") as stream:
            return stream.read(most_bytes + 1)
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123 - of a number
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is a pipe or a device, and no file; what comes through one is /dev/stdin")
        return file.read(most_bytes + 1)


def write_whole(path: Path, content: bytes) -> None:
    """Put the content in place so that a reader, or a power cut, sees the old file or the new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
