"""One child process: its streams passed through, signals passed on, its last words kept."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import BinaryIO, Self

from setpoint.platforms.spark import watchdog

TAIL_BYTES = 64 * 1024
DRAIN_SECONDS = 5.0
"""How long to wait for the rest of stderr once the child is gone; a grandchild may hold the pipe open for ever."""

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TERMINAL_INPUT = 0


@dataclass(frozen=True, slots=True)
class Streams:
    """Where the child's output goes. None: where ours goes."""

    stdout: int | None = None
    """A file descriptor, or `subprocess.DEVNULL`."""
    stderr: BinaryIO | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How the child ended."""

    exit_code: int
    """As a shell says it: 128 + n where signal n ended it."""
    stopped: bool
    """Whether it failed because a signal from outside asked it to end."""
    stderr_tail: bytes


def run_process(
    command: Sequence[str], environment: Mapping[str, str], streams: Streams, keep_open: tuple[int, ...] = ()
) -> Ended:
    """Run to the end. Raises OSError where the command cannot be started."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    # In a group of its own the child gets each signal once, from us, with all it started. But a background group may
    # not read from the terminal; there the terminal signals both, and what we add reaches the first process only.
    own_group = in_main_thread and not _has_terminal()
    relay = _Relay(own_group)
    with (
        relay.listening(in_main_thread),
        _Tee(streams.stderr or sys.stderr.buffer) as tee,
        _watchdog("group" if own_group else "process") as (pipe, watched),
    ):
        child = subprocess.Popen(
            [*watched, *command],
            env=dict(environment),
            stdout=streams.stdout,
            stderr=tee.entrance,
            pass_fds=(pipe, *keep_open),
            process_group=0 if own_group else None,
        )
        relay.attach(child)
        tee.start()
        code = child.wait()
    exit_code = code if code >= 0 else 128 - code
    signalled = relay.received > 0 or exit_code in {128 + number for number in _STOPPING}
    return Ended(exit_code, exit_code != 0 and signalled, tee.tail)


@contextmanager
def _watchdog(scope: str) -> Iterator[tuple[int, list[str]]]:
    """What ends the child if we are killed: a descriptor it must have, and the words before its command.

    A script of its own, since code between fork and exec (preexec_fn) is unsafe in a process with threads.
    """
    pipe, ours = os.pipe()
    try:
        yield pipe, [sys.executable, "-I", "-S", watchdog.__file__, str(pipe), scope]
    finally:
        # Broken where nothing was started, or the watcher was ended too.
        os.close(pipe)
        with suppress(BrokenPipeError):
            os.write(ours, watchdog.ORDERLY)
        os.close(ours)


def _has_terminal() -> bool:
    try:
        return os.isatty(_TERMINAL_INPUT)
    except OSError:
        return False


class _Relay:
    """Passes the signals that ask us to end on to the child: as it is, then SIGTERM, then SIGKILL."""

    def __init__(self, own_group: bool) -> None:  # noqa: FBT001 - one of two ways
        self._own_group = own_group
        self._child: subprocess.Popen[bytes] | None = None
        self._latest = 0
        self.received = 0

    @contextmanager
    def listening(self, may_listen: bool) -> Iterator[None]:  # noqa: FBT001 - only the main thread may
        # A signal that is ignored (nohup, a shell's background job) stays ignored, for the child too.
        heard = [s for s in _STOPPING if signal.getsignal(s) is not signal.SIG_IGN] if may_listen else []
        before = {number: signal.signal(number, self._hear) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def attach(self, child: "subprocess.Popen[bytes]") -> None:
        """Pass on to this child, also what came while it was being started."""
        self._child = child
        if self.received:
            self._pass_on(self._latest)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        self.received += 1
        self._latest = number
        self._pass_on({1: number, 2: signal.SIGTERM}.get(self.received, signal.SIGKILL))

    def _pass_on(self, number: int) -> None:
        if self._child is None or self._child.returncode is not None:
            return
        with suppress(ProcessLookupError, PermissionError):
            if self._own_group:
                os.killpg(self._child.pid, number)
            else:
                os.kill(self._child.pid, number)


class _Tee:
    """Copies what comes through a pipe to a sink and keeps the end of it. Reads on whatever happens to the sink."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink: BinaryIO | None = sink
        self._kept = bytearray()
        self._exit, self.entrance = os.pipe()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread is None:
            os.close(self._exit)
            os.close(self.entrance)
        else:
            self._thread.join(DRAIN_SECONDS)

    def start(self) -> None:
        """Begin to read; the child has its own copy of the entrance by now."""
        os.close(self.entrance)
        self._thread = threading.Thread(target=self._copy, name="stderr of spark-submit", daemon=True)
        self._thread.start()

    @property
    def tail(self) -> bytes:
        """The last of what came, in whole lines: half of one could hold a secret without the word that tells it."""
        kept = bytes(self._kept)
        return kept if len(kept) <= TAIL_BYTES else kept[-TAIL_BYTES:].partition(b"\n")[2]

    def _copy(self) -> None:
        while chunk := os.read(self._exit, TAIL_BYTES):
            self._kept += chunk
            del self._kept[: -2 * TAIL_BYTES]
            self._pass_through(chunk)
        os.close(self._exit)

    def _pass_through(self, chunk: bytes) -> None:
        if self._sink is None:
            return
        try:
            self._sink.write(chunk)
            self._sink.flush()
        except (OSError, ValueError):
            # Our own stderr is closed or full; the application must not block on it.
            self._sink = None
