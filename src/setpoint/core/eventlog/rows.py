"""Successful tasks as rows of packed integers, gathered and worked through many at a time.

Where there are enough of them to be worth its import NumPy does the work, else plain Python, with the same result.
"""

import struct
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING

from setpoint.core.eventlog.busy import BusyTime
from setpoint.core.eventlog.clock import LAST_MOMENT_MS
from setpoint.core.eventlog.executors import Executors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["FLUSH_BYTES", "LOCALITIES", "PACK_ROW", "Columns", "batches"]

_WIDTH = 28
PACK_ROW = struct.Struct(f"={_WIDTH - 2}q").pack
"""Packs a row but for the two columns that are worked out; raises struct.error for what is no Java long."""

(RUN, CPU, GC, FETCH_WAIT, INPUT, OUTPUT, SHUFFLE_READ, SHUFFLE_WRITE, SPILLED, DISK_SPILLED, DESERIALISE) = range(11)
(WRITE, INPUT_ROWS, OUTPUT_ROWS, SHUFFLE_ROWS, PEAK_MEMORY, HEAP, OFF_HEAP, PYTHON, LAUNCHED, FINISHED) = range(11, 21)
(STAGE, EXECUTOR, INDEX, ATTEMPT, LOCALITY, WALL, OVERHEAD) = range(21, 28)
"""Columns: milliseconds, but CPU and WRITE nanoseconds; bytes; rows; peaks of the executor; numbers of records."""
LOCALITIES = ("PROCESS_LOCAL", "NODE_LOCAL", "NO_PREF", "RACK_LOCAL", "ANY")
"""How near to its data a task ran, nearest first; the code is the place here, one more for any other name."""
_MOST = 2**49 - 1
"""Larger values count as this one, so that the sum of a flush stays within 64 bits."""
_LONGEST_MS = 2**35
"""A year: no task is longer, and sums of wall times over all tasks of a stage stay within 64 bits."""
_FLUSH_ROWS = 8192
_ROW_BYTES = (_WIDTH - 2) * 8
FLUSH_BYTES = _FLUSH_ROWS * _ROW_BYTES
_WORTH_NUMPY = 1000 * _ROW_BYTES
_WORTH_A_TABLE = 48
"""Rows of one stage from which on NumPy is faster."""

Columns = list[list[int]]


def batches(
    packed: bytearray, executors: Executors, busy: BusyTime
) -> "Iterator[tuple[int, Columns | NDArray[np.int64]]]":
    """Number of a stage and the columns of its tasks, for every stage among the rows.

    What the rows say of executors and of busy slots is told to those on the way.
    """
    if len(packed) >= _WORTH_NUMPY:
        yield from _tables(packed, executors, busy)
    elif packed:
        yield from _lists(packed, executors, busy)


def _lists(packed: bytearray, executors: Executors, busy: BusyTime) -> Iterator[tuple[int, Columns]]:
    numbers = array("q", bytes(packed))
    width = _WIDTH - 2
    columns: Columns = [[min(max(0, value), _MOST) for value in numbers[place::width]] for place in range(width)]
    for place in (LAUNCHED, FINISHED):
        columns[place] = [moment if moment < LAST_MOMENT_MS else 0 for moment in columns[place]]
    spans = list(zip(columns[LAUNCHED], columns[FINISHED], strict=True))
    walls = [last - first if 0 < first < last else 0 for first, last in spans]
    columns.append([min(wall or run, _LONGEST_MS) for wall, run in zip(walls, columns[RUN], strict=True)])
    columns.append([max(0, wall - run) for wall, run in zip(walls, columns[RUN], strict=True)])
    busy.add(spans)
    told = zip(*(columns[place] for place in (EXECUTOR, LAUNCHED, HEAP, OFF_HEAP, PYTHON)), strict=True)
    for executor, launched, *peaks in told:
        executors.ran(executor, 1, launched, peaks)
    places: dict[int, list[int]] = {}
    for place, stage in enumerate(columns[STAGE]):
        places.setdefault(stage, []).append(place)
    for stage, chosen in places.items():
        yield stage, [[column[place] for place in chosen] for column in columns]


def _tables(
    packed: bytearray, executors: Executors, busy: BusyTime
) -> "Iterator[tuple[int, Columns | NDArray[np.int64]]]":
    import numpy as np

    rows = np.frombuffer(packed, dtype=np.int64).reshape(-1, _WIDTH - 2)
    if (np.diff(rows[:, STAGE]) < 0).any():
        rows = rows[np.argsort(rows[:, STAGE], kind="stable")]
    table = np.empty((_WIDTH, len(rows)), dtype=np.int64)
    table[: _WIDTH - 2] = rows.T
    if rows.min() < 0 or rows.max() > _MOST:
        np.clip(table[: _WIDTH - 2], 0, _MOST, out=table[: _WIDTH - 2])
    launched, finished, run = table[LAUNCHED], table[FINISHED], table[RUN]
    launched[launched >= LAST_MOMENT_MS] = 0
    finished[finished >= LAST_MOMENT_MS] = 0
    walls = np.where((launched > 0) & (launched < finished), finished - launched, 0)
    table[WALL] = np.minimum(np.where(walls > 0, walls, run), _LONGEST_MS)
    table[OVERHEAD] = np.maximum(walls - run, 0)
    busy.add_columns(launched, finished)
    _tell_executors(table, executors)
    stages, starts = np.unique(table[STAGE], return_index=True)
    ends = [*starts[1:].tolist(), len(rows)]
    for stage, start, end in zip(stages.tolist(), starts.tolist(), ends, strict=True):
        chosen = table[:, start:end]
        yield stage, chosen if end - start >= _WORTH_A_TABLE else chosen.tolist()


def _tell_executors(table: "NDArray[np.int64]", executors: Executors) -> None:
    import numpy as np

    numbers, launched = table[EXECUTOR], table[LAUNCHED]
    counts = np.bincount(numbers)
    firsts = np.full(len(counts), LAST_MOMENT_MS)
    sensible = launched > 0
    np.minimum.at(firsts, numbers[sensible], launched[sensible])
    peaks = np.zeros((3, len(counts)), dtype=np.int64)
    for place, column in enumerate((HEAP, OFF_HEAP, PYTHON)):
        np.maximum.at(peaks[place], numbers, table[column])
    for number in counts.nonzero()[0].tolist():
        first = int(firsts[number])
        executors.ran(number, int(counts[number]), first % LAST_MOMENT_MS, peaks[:, number].tolist())
