"""`setpoint serve` as a process of its own, and what it uses."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers."""

    host: str
    port: int
    process: int

    def megabytes(self) -> dict[str, float]:
        """Memory now, and the most so far."""
        status = Path(f"/proc/{self.process}/status").read_text(encoding="ascii")
        found = {name: int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024 for name in ("VmRSS", "VmHWM")}
        return {"memory_mb": round(found["VmRSS"], 1), "most_memory_mb": round(found["VmHWM"], 1)}

    def cpu_seconds(self) -> float:
        """CPU time of the process so far."""
        fields = Path(f"/proc/{self.process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


def environment(home: Path, url: str) -> dict[str, str]:
    """Variables of every process of this installation."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SETPOINT_")}
    return {**kept, "SETPOINT_HOME": str(home), "SETPOINT_DATABASE_URL": url, "SETPOINT_SETTINGS": str(home / "s.toml")}


@contextmanager
def serving(variables: Mapping[str, str], *options: str) -> Iterator[Served]:
    """A server for as long as it is needed."""
    command = [sys.executable, "-m", "setpoint", "serve", "--port", "0", "--workers", "0", *options]
    with subprocess.Popen(command, env=dict(variables), stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            said = process.stderr.readline()
            found = re.search(r"http://([\d.]+):(\d+)", said)
            if found is None:
                raise SystemExit(f"the server did not start: {said}{process.stderr.read()}")
            yield Served(found[1], int(found[2]), process.pid)
        finally:
            process.terminate()
            process.wait()
