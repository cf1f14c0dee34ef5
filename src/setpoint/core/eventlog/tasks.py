"""Successful tasks of one stage attempt as sums and histograms: memory does not grow with their number.

What is kept depends on which tasks there were, and not on their order or on where a log was split.
"""

from collections import Counter
from collections.abc import Iterable
from heapq import nsmallest
from typing import TYPE_CHECKING

from setpoint.core.eventlog import rows
from setpoint.core.eventlog.bins import Tally, bin_of, bins_of
from setpoint.core.eventlog.executors import Executors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SUMMED = (
    rows.RUN, rows.CPU, rows.GC, rows.FETCH_WAIT, rows.OVERHEAD, rows.INPUT, rows.OUTPUT, rows.SHUFFLE_READ,
    rows.SHUFFLE_WRITE, rows.SPILLED, rows.DISK_SPILLED, rows.DESERIALISE, rows.WRITE, rows.INPUT_ROWS,
    rows.OUTPUT_ROWS, rows.SHUFFLE_ROWS,
)  # fmt: skip
"""Columns that are added up."""
SPREAD = (
    rows.RUN, rows.CPU, rows.GC, rows.FETCH_WAIT, rows.INPUT, rows.OUTPUT, rows.SHUFFLE_READ, rows.SHUFFLE_WRITE,
    rows.DISK_SPILLED, rows.PEAK_MEMORY,
)  # fmt: skip
"""Columns whose distribution is kept."""
EXACT_WALLS = 128
"""So many wall times are kept one by one before they are put into bins."""
WALL_BITS = 7
SPREAD_BITS = 4
_LONGEST = 8
_KEYS = 1 << 10
"""More than there are bins of `SPREAD_BITS`; the key of an entry is the measure's number times this, plus the bin."""


class StageTasks:
    """What the successful tasks of a stage attempt add up to."""

    __slots__ = (
        "_spread",
        "_wall_counts",
        "_wall_sums",
        "_walls",
        "count",
        "first_launch_ms",
        "largest",
        "last_finish_ms",
        "locality",
        "longest",
        "sums",
    )

    def __init__(self) -> None:
        self.count = 0
        self.sums = [0] * len(SUMMED)
        self.largest = [0] * len(SPREAD)
        self.locality = [0] * (len(rows.LOCALITIES) + 1)
        """Tasks by how near to their data they ran, in the order of the codes."""
        self.first_launch_ms = self.last_finish_ms = 0
        self.longest: list[tuple[int, int, int, str]] = []
        """(-wall milliseconds, index, attempt, executor) of the longest tasks, longest first."""
        self._walls: list[int] | None = []
        self._wall_counts, self._wall_sums = Tally(), Tally()
        self._spread = Tally()
        """Values above zero by measure and bin."""

    def add(self, columns: "rows.Columns | NDArray[np.int64]", executors: Executors) -> None:
        """Take in tasks: a list, or a row of a table, for each column of `rows`."""
        if isinstance(columns, list):
            self._add_lists(columns, executors)
        else:
            self._add_table(columns, executors)

    def _add_lists(self, columns: rows.Columns, executors: Executors) -> None:
        self.count += len(columns[rows.WALL])
        self.sums = [known + sum(columns[column]) for known, column in zip(self.sums, SUMMED, strict=True)]
        self.largest = [max(known, *columns[column]) for known, column in zip(self.largest, SPREAD, strict=True)]
        launched = [moment for moment in columns[rows.LAUNCHED] if moment]
        self._see_span(min(launched, default=0), max(columns[rows.FINISHED]))
        for code in columns[rows.LOCALITY]:
            self.locality[code] += 1
        self._add_walls(columns[rows.WALL])
        values = ((number, value) for number, column in enumerate(SPREAD) for value in columns[column] if value)
        self._spread.add(Counter(number * _KEYS + bin_of(value, SPREAD_BITS) for number, value in values).items())
        self._see_longest(zip(*(columns[c] for c in _OF_LONGEST), strict=True), executors)

    def _add_table(self, table: "NDArray[np.int64]", executors: Executors) -> None:
        import numpy as np

        self.count += table.shape[1]
        sums = table[list(SUMMED)].sum(axis=1).tolist()
        self.sums = [known + more for known, more in zip(self.sums, sums, strict=True)]
        launched = table[rows.LAUNCHED]
        launched = launched[launched > 0]
        self._see_span(int(launched.min()) if len(launched) else 0, int(table[rows.FINISHED].max()))
        for code, tasks in enumerate(np.bincount(table[rows.LOCALITY]).tolist()):
            self.locality[code] += tasks
        self._add_wall_column(table[rows.WALL])
        self._add_spreads(table[list(SPREAD)])
        self._see_longest_of(table, executors)

    def pack(self) -> None:
        """Give back memory: the stage is over, few tasks will follow."""
        for tally in (self._wall_counts, self._wall_sums, self._spread):
            tally.pack()

    def _add_spreads(self, values: "NDArray[np.int64]") -> None:
        import numpy as np

        largest = values.max(axis=1)
        self.largest = [max(known, more) for known, more in zip(self.largest, largest.tolist(), strict=True)]
        used = largest.nonzero()[0]
        keys = bins_of(values[used], SPREAD_BITS) + (used * _KEYS)[:, None]
        counts = np.bincount(keys.ravel(), minlength=len(SPREAD) * _KEYS)
        counts[::_KEYS] = 0
        self._spread.add_dense(counts)

    def _see_longest_of(self, table: "NDArray[np.int64]", executors: Executors) -> None:
        import numpy as np

        walls = table[rows.WALL]
        shortest = int(np.partition(walls, len(walls) - _LONGEST)[len(walls) - _LONGEST])
        if len(self.longest) == _LONGEST:
            shortest = max(shortest, -self.longest[-1][0])
        chosen = table[:, walls >= shortest]
        self._see_longest(zip(*(chosen[column].tolist() for column in _OF_LONGEST), strict=True), executors)

    def _see_longest(self, tasks: Iterable[tuple[int, ...]], executors: Executors) -> None:
        seen = ((-wall, index, attempt, executors.id_of(number)) for wall, index, attempt, number in tasks)
        self.longest = nsmallest(_LONGEST, [*self.longest, *seen])

    def _add_wall_column(self, walls: "NDArray[np.int64]") -> None:
        import numpy as np

        if self._walls is not None and len(self._walls) + len(walls) <= EXACT_WALLS:
            self._walls.extend(walls.tolist())
            return
        self._bin_walls()
        bins = bins_of(walls, WALL_BITS)
        counts = np.bincount(bins)
        sums = np.zeros(len(counts), dtype=np.int64)
        np.add.at(sums, bins, walls)
        self._wall_counts.add_dense(counts)
        self._wall_sums.add_dense(sums)

    def _add_walls(self, walls: list[int]) -> None:
        if self._walls is not None and len(self._walls) + len(walls) <= EXACT_WALLS:
            self._walls.extend(walls)
            return
        self._bin_walls()
        self._wall_counts.add((bin_of(wall, WALL_BITS), 1) for wall in walls)
        self._wall_sums.add((bin_of(wall, WALL_BITS), wall) for wall in walls)

    def _bin_walls(self) -> None:
        """Put the times that were kept one by one into bins: there are too many now."""
        kept, self._walls = self._walls, None
        if kept:
            self._add_walls(kept)

    def _see_span(self, first_ms: int, last_ms: int) -> None:
        self.first_launch_ms = min(self.first_launch_ms or first_ms, first_ms or self.first_launch_ms)
        self.last_finish_ms = max(self.last_finish_ms, last_ms)

    def merge(self, other: "StageTasks") -> None:
        """Take in other tasks of the stage."""
        self.count += other.count
        self.sums = [mine + theirs for mine, theirs in zip(self.sums, other.sums, strict=True)]
        self.largest = [max(pair) for pair in zip(self.largest, other.largest, strict=True)]
        self.locality = [mine + theirs for mine, theirs in zip(self.locality, other.locality, strict=True)]
        self._see_span(other.first_launch_ms, other.last_finish_ms)
        self.longest = nsmallest(_LONGEST, [*self.longest, *other.longest])
        self._spread.add(other._spread.items())
        if other._walls is not None:
            self._add_walls(other._walls)
        else:
            self._bin_walls()
            self._wall_counts.add(other._wall_counts.items())
            self._wall_sums.add(other._wall_sums.items())

    def walls(self) -> list[tuple[float, int]]:
        """Wall times in milliseconds ascending, each with how many tasks it stands for.

        Those that were put into bins are means of their bins; the longest is kept exactly as the last.
        """
        if self._walls is not None:
            return [(float(wall), 1) for wall in sorted(self._walls)]
        longest = -self.longest[0][0]
        counts = dict(self._wall_counts.items())
        sums = dict(self._wall_sums.items())
        last = bin_of(longest, WALL_BITS)
        counts[last] -= 1
        sums[last] = sums.get(last, 0) - longest
        return [*((sums.get(key, 0) / count, count) for key, count in counts.items() if count), (float(longest), 1)]

    def spreads(self) -> list[list[tuple[int, int]]]:
        """For each measure of `SPREAD` its bins, ascending, with how many tasks are in each."""
        found: list[list[tuple[int, int]]] = [[] for _ in SPREAD]
        for key, count in self._spread.items():
            found[key // _KEYS].append((key % _KEYS, count))
        zeros = (self.count - sum(count for _, count in bins) for bins in found)
        return [[(0, zero), *bins] if zero else bins for zero, bins in zip(zeros, found, strict=True)]


_OF_LONGEST = (rows.WALL, rows.INDEX, rows.ATTEMPT, rows.EXECUTOR)
