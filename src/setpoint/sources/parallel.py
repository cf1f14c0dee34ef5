"""One large log folded by several processes: this one from its beginning on, the others from its end, till they meet.

Programs of their own, and not of `multiprocessing`: that would run the caller's main module once more in each of them,
and leave them behind where the caller is killed. These end as soon as nobody reads what they say.
"""

import os
import pickle
import sys
from collections import Counter, deque
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self, cast

from setpoint.core.eventlog import LogFold
from setpoint.sources.logs import Log, Tally
from setpoint.sources.units import Unit, cut, fold_unit, whole, work_bytes

if TYPE_CHECKING:
    import subprocess

LEAST_BYTES = 512 * 1024 * 1024
"""Of plain log for each process, so that the start of a worker is worth it."""
_UNIT_BYTES = 64 * 1024 * 1024
_MOST_UNITS = 512
"""Folds of units wait in memory, at up to a megabyte each."""
_MOST_PROCESSES = 16
"""Disks hardly feed more, and a container may be allowed far fewer cores than it sees."""
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from setpoint.sources.worker import main; main()"


def process_count(log: Log, processes: int | None) -> int:
    """How many processes pay for a log; `processes` is the most, by default as many as there are cores.

    Raises:
        ValueError: fewer than one.
    """
    if processes is not None and processes < 1:
        raise ValueError("processes counts from 1")
    if not sys.executable or getattr(sys, "frozen", False):
        return 1
    return max(1, min(processes or _cores(), _MOST_PROCESSES, work_bytes(log) // LEAST_BYTES))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def fold_log(log: Log, tally: Tally, processes: int, unit_bytes: int | None = None) -> LogFold:
    """The fold of a log. What a worker leaves undone, because it was killed or had no memory, is done here."""
    if processes == 1:
        fold = LogFold()
        fold_unit(fold, whole(log), tally)
        return fold
    units = cut(log, unit_bytes or max(_UNIT_BYTES, work_bytes(log) // _MOST_UNITS))
    with _Team(units, processes - 1, tally) as team:
        return team.fold()


class _Team:
    """Workers, each with a thread that hands it units and takes its answers."""

    def __init__(self, units: list[Unit], workers: int, tally: Tally) -> None:
        self._units = units
        self._waiting = deque(range(len(units)))
        self._folds: dict[int, LogFold] = {}
        self._tally = tally
        self._counted: Counter[int] = Counter()
        """Bytes told of by workers, by unit."""
        self._events: SimpleQueue[int | None] = SimpleQueue()
        """Bytes read; None where a worker is done."""
        self._running: list[subprocess.Popen[bytes]] = []
        self._is_closed = False
        self._busy = workers
        self._threads = [Thread(target=self._serve, name="setpoint-reader", daemon=True) for _ in range(workers)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closed = True
        self._waiting.clear()
        for process in self._running:
            process.kill()
        for thread in self._threads:
            thread.join()

    def fold(self) -> LogFold:
        """The fold of all units."""
        fold = LogFold()
        first_left = 0
        while (number := self._first_waiting()) is not None:
            fold_unit(fold, self._units[number], self._count)
            first_left = number + 1
        while self._busy:
            self._tally(self._told())
        for number in range(first_left, len(self._units)):
            if number in self._folds:
                fold.merge(self._folds.pop(number))
            else:
                fold_unit(fold, self._units[number], self._beyond(self._counted[number]))
        return fold

    def _first_waiting(self) -> int | None:
        try:
            return self._waiting.popleft()
        except IndexError:
            return None

    def _last_waiting(self) -> int | None:
        try:
            return self._waiting.pop()
        except IndexError:
            return None

    def _count(self, count: int) -> None:
        """This process read so much; tell it with what the workers read, all from one thread."""
        while not self._events.empty():
            count += self._told()
        self._tally(count)

    def _told(self) -> int:
        """What the next word of a worker says was read; waits for it."""
        count = self._events.get()
        self._busy -= count is None
        return count or 0

    def _beyond(self, counted: int) -> Tally:
        """Tells what is read once more after a worker only where it was not told."""

        def tally(count: int) -> None:
            nonlocal counted
            known = min(count, counted)
            counted -= known
            self._tally(count - known)

        return tally

    def _serve(self) -> None:
        try:
            with _worker() as process:
                self._running.append(process)
                try:
                    while not self._is_closed and (number := self._last_waiting()) is not None:
                        self._ask(process, number)
                finally:
                    process.kill()
        except Exception:  # noqa: BLE001, S110 - however a worker ends, what it left undone is done without it
            pass
        finally:
            self._events.put(None)

    def _ask(self, process: "subprocess.Popen[bytes]", number: int) -> None:
        asked, answers = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        pickle.dump(self._units[number], asked, pickle.HIGHEST_PROTOCOL)
        asked.flush()
        while isinstance(answer := pickle.load(answers), int):  # noqa: S301 - from our own program
            self._counted[number] += answer
            self._events.put(answer)
        self._folds[number] = answer


def _worker() -> "subprocess.Popen[bytes]":
    import subprocess

    # The paths as they are here: the package may have been found by means that another process would not know.
    command = [sys.executable, *(["-B"] if sys.dont_write_bytecode else []), "-c", _PROGRAM, *sys.path]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
