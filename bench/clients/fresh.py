"""A service of its own for the checks: a fresh home, a fresh database, a key, and processes that end with it."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["fresh_service"]

PROGRAM = [sys.executable, "-m", "setpoint"]


@contextmanager
def fresh_service(database: str, folder: Path, workers: int) -> Iterator[tuple[str, str, str]]:
    """Address, key id and secret of a service on a database; empty means SQLite in its home."""
    environment = dict(os.environ) | {"SETPOINT_HOME": tempfile.mkdtemp(prefix="home-", dir=folder)}
    environment |= {"SETPOINT_SIGN_IN_TRIES": "100000"}
    if database:
        environment["SETPOINT_DATABASE_URL"] = database
    said = subprocess.run(
        [*PROGRAM, "keys", "create", "checks", "--role", "admin", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode:
        raise SystemExit(f"no key could be made: {said.stderr}")
    key = json.loads(said.stdout)
    started = [_start(["serve", "--port", "0"], environment, folder / "serve.log")]
    try:
        url = _address(started[0], folder / "serve.log")
        started += [_start(["worker"], environment, folder / f"worker-{number}.log") for number in range(workers)]
        yield url, key["api_key_id"], key["api_key_secret"]
    finally:
        for process in started[::-1]:
            process.terminate()
        for process in started:
            process.wait(30)


def _start(words: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as file:
        return subprocess.Popen([*PROGRAM, *words], env=environment, stdout=file, stderr=subprocess.STDOUT)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    while process.poll() is None:
        found = re.search(r"Serving (http\S+)", log.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[1].rstrip("/")
    raise SystemExit(f"the service did not start: {log.read_text(encoding='utf-8', errors='replace')}")
