"""Workers that play bouts side by side. What comes of a bout does not depend on how many there are.

Programs of their own, and not of `multiprocessing`: that would run the caller's main module once more in each of them,
and leave them behind where the caller is killed. These end as soon as nobody asks them any more.
"""

import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread, current_thread, main_thread
from types import FrameType, TracebackType
from typing import IO, NoReturn, Self

from setpoint.core.replay import Bout, Episode
from setpoint.errors import SetpointError

__all__ = ["Team", "usual_processes"]

_MOST_PROCESSES = 16
# One thread of linear algebra each, always: two workers would tread on each other's, and sums of other numbers of
# threads differ in the last digits, which may decide a near-tie.
_PROGRAM = (
    "import os, sys;"
    " os.environ.update(dict.fromkeys(('OPENBLAS_NUM_THREADS', 'OMP_NUM_THREADS', 'MKL_NUM_THREADS'), '1'));"
    " sys.path[:] = sys.argv[1:]; from setpoint.replays.worker import main; main()"
)

_ENDING = (signal.SIGTERM, signal.SIGHUP)


def usual_processes() -> int:
    """As many as there are cores for us."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _MOST_PROCESSES)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """As Ctrl-C does."""
    raise KeyboardInterrupt


class Team:
    """So many worker processes, each with a thread that hands it bouts and takes its answers."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._running: list[subprocess.Popen[bytes]] = []
        self._waiting: deque[tuple[int, Bout]] = deque()
        self._answers: SimpleQueue[tuple[int, object]] = SimpleQueue()
        self._threads: list[Thread] = []
        self._heard: list[signal.Signals] = []

    def __enter__(self) -> Self:
        # Left to the system, these would end us and not our workers. A signal that is ignored (nohup) or that somebody
        # else hears stays theirs.
        if current_thread() is main_thread():
            self._heard = [number for number in _ENDING if signal.getsignal(number) is signal.SIG_DFL]
        for number in self._heard:
            signal.signal(number, _stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.clear()
        for process in self._running:
            process.kill()
        for thread in self._threads:
            thread.join()
        for number in self._heard:
            signal.signal(number, signal.SIG_DFL)

    def play(self, bouts: Sequence[Bout], done: Callable[[], None]) -> list[tuple[Episode, ...]]:
        """The episodes of each bout, in the order of the bouts; `done` is called after each."""
        self._waiting.extend(enumerate(bouts))
        for _ in range(min(self._processes, len(bouts))):
            self._start()
        answers: dict[int, tuple[Episode, ...]] = {}
        while len(answers) < len(bouts):
            number, answer = self._answers.get()
            if isinstance(answer, SetpointError):
                raise answer
            if not isinstance(answer, tuple):
                raise SetpointError(f"A process that replayed {bouts[number].grid.workload} ended before its work did.")
            answers[number] = answer
            done()
        return [answers[number] for number in range(len(bouts))]

    def _start(self) -> None:
        command = [sys.executable, "-c", _PROGRAM, *sys.path]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._running.append(process)
        thread = Thread(target=self._serve, args=(process,), name="setpoint-replay", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is None or process.stdout is None:
            raise TypeError("a worker is spoken to through pipes")
        # What was still to be sent to a worker that has ended cannot be sent when the pipe is closed.
        with suppress(OSError), process:
            while self._waiting and self._hand_out(process.stdin, process.stdout):
                pass

    def _hand_out(self, asked: IO[bytes], answers: IO[bytes]) -> bool:
        """One bout; false where the worker is gone."""
        try:
            number, bout = self._waiting.popleft()
        except IndexError:
            return False
        try:
            pickle.dump(bout, asked, pickle.HIGHEST_PROTOCOL)
            asked.flush()
            answer = pickle.load(answers)  # noqa: S301 - from our own worker, through a pipe of ours
        except (OSError, EOFError, pickle.PickleError):
            answer = None
        self._answers.put((number, answer))
        return answer is not None
