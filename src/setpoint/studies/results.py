"""The file of a study's results: a line after each run, so that a kill loses no more than the run it hit.

It has the columns of `setpoint study import`.
"""

import csv
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import BinaryIO

from setpoint.core.domain import ClusterSpec
from setpoint.core.sizes import format_mib
from setpoint.core.study import Sample
from setpoint.errors import Conflict, InputError, LedgerError
from setpoint.studies.measurements import Defaults, read_measurements

__all__ = ["Results", "open_results"]

_COLUMNS = ("name", "slots", "memory", "workers", "worker_cores", "driver_cores", "driver_memory",
            "shuffle_partitions", "repeat", "runtime_seconds", "outcome", "error", "command")  # fmt: skip


class Results:
    """What was measured so far; new samples are on disk before the next run begins."""

    def __init__(self, stream: BinaryIO, known: tuple[Sample, ...], command: str) -> None:
        self._stream = stream
        self._command = command
        self.samples = list(known)

    def append(self, sample: Sample) -> None:
        """Keep a sample."""
        self._stream.write(_line(_cells(sample, self._command)))
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self.samples.append(sample)


@contextmanager
def open_results(path: Path, command: str, *, resume: bool) -> Iterator[Results]:
    """The results in a file, a new one unless `resume`. `command` tells those of another application.

    Raises InputError where the file is there and must not be, Conflict where another study writes to it.
    """
    if not path.absolute().parent.is_dir():
        raise InputError(f"--results {path}: there is no folder {path.absolute().parent}.")
    try:
        stream = path.open("r+b" if resume and path.exists() else "x+b")
    except FileExistsError:
        raise InputError(
            f"{path} has results already: --resume goes on with them, --results names another file."
        ) from None
    except OSError as error:
        raise LedgerError(f"The results {path} cannot be written ({error.strerror}).") from None
    with stream:
        _take(stream, path)
        yield Results(stream, _known(stream, path, command), command)


def _take(stream: BinaryIO, path: Path) -> None:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Conflict(f"Another study is writing to {path}: wait for it, or give another --results.") from None


def _known(stream: BinaryIO, path: Path, command: str) -> tuple[Sample, ...]:
    """What is in the file, which is left ready for the next line."""
    content = stream.read()
    whole = content[: content.rfind(b"\n") + 1]  # a kill may have cut the last line off
    stream.seek(len(whole))
    stream.truncate()
    if not whole:
        stream.write(_line(_COLUMNS))
        stream.flush()
        return ()
    if whole.count(b"\n") == 1:
        return ()
    read = read_measurements(path, Defaults())
    other = next((line for line in read.lines if line.cells.get("command") != command), None)
    if other is not None:
        raise InputError(f"Line {other.number} of {path} is of another command: give another --results.")
    return read.samples


def _cells(sample: Sample, command: str) -> tuple[str, ...]:
    spec = sample.spec
    if not isinstance(spec, ClusterSpec):
        raise TypeError(f"{spec} did not run here")
    size = (str(spec.workers), str(spec.worker_cores), str(spec.driver_cores), format_mib(spec.driver_memory_mib))
    return (
        sample.name,
        str(spec.slots),
        format_mib(spec.task_memory_mib),
        *(("", "", "", "") if spec.is_local else size),
        "" if spec.shuffle_partitions is None else str(spec.shuffle_partitions),
        str(sample.repeat),
        "" if sample.seconds is None else f"{sample.seconds:.3f}",
        sample.outcome.value,
        " ".join(sample.error.split()),
        command,
    )


def _line(cells: tuple[str, ...]) -> bytes:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()
