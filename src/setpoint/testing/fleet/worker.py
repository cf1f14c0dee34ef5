"""The program of a worker process: numbers of projects come in through standard input, their figures go out."""

import gc
import json
import signal
import sys
import traceback
from pathlib import Path

import msgspec

from setpoint.errors import SetpointError
from setpoint.testing.fleet.closed import live
from setpoint.testing.fleet.figures import figures_of
from setpoint.testing.fleet.projects import draw_project

__all__ = ["answer_to", "main"]


_COLLECT_EVERY = 200_000
"""Objects between two looks for cycles: a life makes few cycles and many objects."""


def main() -> None:
    """Live what is asked for until nothing more comes."""
    gc.set_threshold(_COLLECT_EVERY)
    # Ctrl-C reaches all processes of a terminal; it is the parent's to end this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = sys.stdout.buffer
    # Words that something prints must not get between the answers.
    sys.stdout = sys.stderr
    for line in sys.stdin.buffer:
        answers.write(answer_to(line) + b"\n")
        answers.flush()


def answer_to(line: bytes) -> bytes:
    """The figures of a project, or what went wrong."""
    try:
        asked = json.loads(line)
        project = draw_project(asked["profile"], asked["seed"], asked["number"], asked["days"])
        return msgspec.json.encode(figures_of(live(project, asked["goal"])))
    except SetpointError as error:
        return msgspec.json.encode({"error": str(error)})
    except Exception as error:  # noqa: BLE001 - no traceback reaches the user
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(frame.filename).name}:{frame.lineno}"
        said = f"The simulation of project {asked['number']} failed: {type(error).__name__}: {error} (at {where})."
        return msgspec.json.encode({"error": said})
