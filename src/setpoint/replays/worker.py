"""The program of a worker process: bouts come in through standard input, their episodes go out."""

import os
import pickle
import signal
import sys
import traceback
from pathlib import Path
from typing import IO

from setpoint.core.replay import play_bout
from setpoint.errors import SetpointError


def main() -> None:
    """Play what is asked for until nothing more comes."""
    # Ctrl-C reaches all processes of a terminal; it is the parent's to end this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    # Words that a method prints must not get between the answers.
    sys.stdout = sys.stderr
    while True:
        try:
            answer: object = play_bout(pickle.load(asked))  # noqa: S301 - from our own parent, through a pipe of ours
        except EOFError:
            return
        except SetpointError as error:
            answer = error
        except Exception as error:  # noqa: BLE001 - no traceback reaches the user
            answer = _defect(error)
        try:
            pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
        except OSError:
            _let_go(answers)
            return


def _let_go(answers: IO[bytes]) -> None:
    """The parent is gone, and nobody wants to hear of it: what is left in the buffer goes nowhere at our end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, answers.fileno())
    os.close(nowhere)


def _defect(error: Exception) -> SetpointError:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(frame.filename).name}:{frame.lineno}"
    return SetpointError(f"A method of the replay failed: {type(error).__name__}: {error} (at {where}).")
