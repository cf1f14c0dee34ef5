"""Workers beside a server: started again where they die, ended with it however it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from setpoint.processing import crew
from setpoint.processing.crew import Crew

PATIENCE_SECONDS = 20.0
NOTE_AND_WAIT = "import os, sys, pathlib; pathlib.Path(sys.argv[1], str(os.getpid())).touch(); sys.stdin.read()"


def eventually(is_so: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # One that has ended and that nobody waited for is still there by its number.
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(crew, "FIRST_PAUSE_SECONDS", 0.01)


def test_one_that_dies_is_followed_by_another_and_all_end_together(tmp_path: Path) -> None:
    seen = Crew(2, (sys.executable, "-c", NOTE_AND_WAIT, str(tmp_path)))
    seen.start()
    assert eventually(lambda: len(list(tmp_path.iterdir())) == 2)
    first, second = sorted(int(path.name) for path in tmp_path.iterdir())
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: len(list(tmp_path.iterdir())) == 3)
    assert is_alive(second)
    seen.stop()
    assert not any(is_alive(int(path.name)) for path in tmp_path.iterdir())


def test_one_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "STOP_SECONDS", 0.1)
    deaf = f"import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); {NOTE_AND_WAIT}; time.sleep(60)"
    seen = Crew(1, (sys.executable, "-c", deaf, str(tmp_path)))
    seen.start()
    assert eventually(lambda: len(list(tmp_path.iterdir())) == 1)
    seen.stop()
    assert not is_alive(int(next(tmp_path.iterdir()).name))


def serve(home: Path) -> "subprocess.Popen[str]":
    words = [sys.executable, "-m", "setpoint", "serve", "--port", "0", "--workers", "1"]
    environment = os.environ | {"SETPOINT_HOME": str(home)}
    return subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are looked up in /proc")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_a_worker_ends_with_its_server(number: signal.Signals, code: int, tmp_path: Path) -> None:
    children: list[int] = []
    with serve(tmp_path) as server:
        assert server.stderr is not None
        assert "Serving" in server.stderr.readline()

        def has_worker() -> bool:
            tasks = Path(f"/proc/{server.pid}/task")
            children[:] = [int(word) for each in tasks.iterdir() for word in (each / "children").read_text().split()]
            return bool(children)

        assert eventually(has_worker)
        server.send_signal(number)
        assert server.wait(PATIENCE_SECONDS) == code
        assert eventually(lambda: not any(is_alive(child) for child in children))
