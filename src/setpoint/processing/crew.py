"""Workers beside a server: processes of their own, so that what they compute holds no request up."""

import logging
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event, Thread

__all__ = ["COMMAND", "Crew"]

LOGGER = logging.getLogger(__name__)
COMMAND = (sys.executable, "-m", "setpoint", "worker", "--beside-server")
LOOK_SECONDS = 1.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
STEADY_SECONDS = 60.0
"""One that lived so long is started again at once."""
STOP_SECONDS = 30.0
"""What a worker has for the work at hand; what it does not end in time is leased again by another one."""


@dataclass
class Crew:
    """So many workers, started again where they die. They end with us, also where we are killed."""

    number: int
    command: Sequence[str] = COMMAND
    _stopping: Event = field(default_factory=Event)
    _threads: list[Thread] = field(default_factory=list)

    def start(self) -> None:
        """Start all of them."""
        for place in range(self.number):
            thread = Thread(target=self._keep, name=f"setpoint-worker-{place + 1}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Have them end the work at hand, and wait for it."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(STOP_SECONDS + 2 * LOOK_SECONDS)

    def _keep(self) -> None:
        """One place: a worker, and the next where it dies."""
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            # It stops when the pipe closes, which it does when we die.
            with subprocess.Popen(self.command, stdin=subprocess.PIPE) as member:
                lived = self._watch(member)
            if self._stopping.is_set():
                return
            pause = FIRST_PAUSE_SECONDS if lived >= STEADY_SECONDS else min(2 * pause, LONGEST_PAUSE_SECONDS)
            LOGGER.warning("a worker ended with %s; another one starts in %.0f s", member.returncode, pause)
            self._stopping.wait(pause)

    def _watch(self, member: "subprocess.Popen[bytes]") -> float:
        """Wait for its end, or bring it about; how many seconds it lived."""
        lived = 0.0
        while not self._stopping.is_set():
            try:
                member.wait(LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                lived += LOOK_SECONDS
                continue
            return lived
        member.terminate()
        try:
            member.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            member.kill()
            member.wait()
        return lived
