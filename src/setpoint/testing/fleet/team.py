"""A fleet lived by several processes. What comes of a project does not depend on how many there are.

Programs of their own, and not of `multiprocessing`: that would run the caller's main module once more in each of them,
and leave them behind where the caller is killed. These end as soon as nobody asks them any more.
"""

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import IO, Self

import msgspec

from setpoint.errors import SetpointError
from setpoint.testing.fleet.figures import ProjectFigures

__all__ = ["Asked", "Team", "play", "usual_processes"]

_MOST_PROCESSES = 64
# One thread of linear algebra each: more would tread on each other's, and sums of other numbers of threads differ in
# the last digits, which may decide a near-tie.
_PROGRAM = (
    "import os, sys;"
    " os.environ.update(dict.fromkeys(('OPENBLAS_NUM_THREADS', 'OMP_NUM_THREADS', 'MKL_NUM_THREADS'), '1'));"
    " sys.path[:] = sys.argv[1:]; from setpoint.testing.fleet.worker import main; main()"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which fleet is to be lived."""

    profile: str
    projects: int
    days: int
    seed: int
    goal: str


def usual_processes() -> int:
    """As many as there are cores for us."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _MOST_PROCESSES)


def play(asked: Asked, processes: int, progress: Callable[[int, int], None]) -> list[ProjectFigures]:
    """The figures of every project, in their order; `progress` is told how many of how many are done."""
    with Team(asked, processes) as team:
        return team.play(progress)


class Team:
    """So many worker processes, each with a thread that hands it numbers of projects and takes their figures."""

    def __init__(self, asked: Asked, processes: int) -> None:
        self._asked = asked
        self._processes = min(processes, asked.projects)
        self._waiting = deque(range(asked.projects))
        self._running: list[subprocess.Popen[bytes]] = []
        self._threads: list[Thread] = []
        self._answers: SimpleQueue[ProjectFigures | SetpointError] = SimpleQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.clear()
        for process in self._running:
            process.kill()
        for thread in self._threads:
            thread.join()

    def play(self, progress: Callable[[int, int], None]) -> list[ProjectFigures]:
        """See the function."""
        for _ in range(self._processes):
            self._start()
        found: list[ProjectFigures] = []
        progress(0, self._asked.projects)
        while len(found) < self._asked.projects:
            answer = self._answers.get()
            if isinstance(answer, SetpointError):
                raise answer
            found.append(answer)
            progress(len(found), self._asked.projects)
        return sorted(found, key=lambda each: each.number)

    def _start(self) -> None:
        command = [sys.executable, "-c", _PROGRAM, *sys.path]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._running.append(process)
        thread = Thread(target=self._serve, args=(process,), name="setpoint-fleet", daemon=True)
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
        """One project; false where the worker is gone."""
        try:
            number = self._waiting.popleft()
        except IndexError:
            return False
        it = self._asked
        try:
            words = {"profile": it.profile, "seed": it.seed, "number": number, "days": it.days, "goal": it.goal}
            asked.write(json.dumps(words).encode() + b"\n")
            asked.flush()
            line = answers.readline()
        except OSError:
            line = b""
        answer = _answer(line, number)
        self._answers.put(answer)
        return not isinstance(answer, SetpointError)


def _answer(line: bytes, number: int) -> ProjectFigures | SetpointError:
    try:
        return msgspec.json.decode(line, type=ProjectFigures)
    except msgspec.DecodeError:
        pass
    try:
        return SetpointError(msgspec.json.decode(line, type=dict[str, str])["error"])
    except (msgspec.DecodeError, KeyError):
        return SetpointError(f"The process that simulated project {number} ended before its work did.")
