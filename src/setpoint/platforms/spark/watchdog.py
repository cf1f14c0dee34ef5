"""Ends an application whose submitting process was killed, with all it started.

Run as a script, `python -I -S watchdog.py PIPE SCOPE COMMAND…`: leaves a watcher behind and becomes COMMAND. The
watcher reads the pipe, whose other end the submitting process holds: a byte means that all ended in order; the end of
the pipe without one means that the submitting process is gone. SCOPE is `group` or `process`: what there is to end.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress

ORDERLY = b"."
GRACE_SECONDS = 30
"""For shutdown hooks, which finish the event log."""
CANNOT_START = 126
"""What a shell says of a program that is there and does not start."""


def main(pipe: int, scope: str, command: list[str]) -> None:
    """Leave the watcher behind and become the command."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Ctrl-C in these few milliseconds ends us without a traceback, as it would end the command.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    end = os.killpg if scope == "group" else os.kill
    target = os.getpid()
    first = os.fork()
    if first == 0:
        # Forked twice, so that the command does not have a child that it does not know.
        if os.fork() == 0:
            with suppress(OSError):
                _watch(pipe, lambda number: end(target, number))
        os._exit(0)
    os.waitpid(first, 0)
    os.close(pipe)
    try:
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted
    except OSError as error:
        sys.stderr.write(f"{command[0]} does not start: {error.strerror}\n")
        sys.exit(CANNOT_START)


def _watch(pipe: int, end: Callable[[int], None]) -> None:
    os.setsid()
    # Whoever reads the application's output waits until nobody holds it any more.
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    if os.read(pipe, 1) == ORDERLY:
        return
    end(signal.SIGTERM)
    give_up = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < give_up:
        time.sleep(0.1)
        end(0)  # raises once nobody is left
    end(signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
