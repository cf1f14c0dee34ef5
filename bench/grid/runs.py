"""One run of a Spark job on this machine: the command, how long it took, how it ended."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .specs import Spec

TIMEOUT_SECONDS = 90
JOBS_FILE = Path(__file__).with_name("jobs.py")

Outcome = Literal["succeeded", "failed", "timeout"]
Fault = Literal["", "memory", "other"]

_OUT_OF_MEMORY = re.compile(
    r"OutOfMemory|Java heap space|GC overhead limit|Not enough memory to build|bigger than spark\.driver\.maxResultSize"
)
_OUT_OF_MEMORY_EXIT = 52
"""What Spark leaves with after an OutOfMemoryError in a task."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended."""

    runtime_seconds: float
    outcome: Outcome
    fault: Fault
    said: str
    """The last of what it wrote."""


@dataclass(frozen=True, slots=True)
class Spark:
    """The Spark to run."""

    program: str
    environment: dict[str, str]


def submit_command(program: str, job: str, spec: Spec, folder: Path) -> list[str]:
    """The command line of a run that keeps its event log and its scratch files in `folder`."""
    properties = {
        "spark.sql.shuffle.partitions": spec.shuffle_partitions,
        # Or Spark would merge the partitions again, as small as these are.
        "spark.sql.adaptive.coalescePartitions.enabled": "false",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": (folder / "log").as_uri(),
        "spark.eventLog.compress": "true",
        "spark.eventLog.compression.codec": "zstd",
        "spark.eventLog.rolling.enabled": "false",
        "spark.local.dir": folder / "scratch",
    }
    settings = [word for name, value in properties.items() for word in ("--conf", f"{name}={value}")]
    sizes = ["--master", f"local[{spec.slots}]", "--driver-memory", f"{spec.memory_mib}m"]
    cores = ",".join(str(core) for core in range(spec.cores))
    return ["taskset", "-c", cores, program, *sizes, *settings, str(JOBS_FILE), job]


def classify(exit_code: int | None, said: str) -> tuple[Outcome, Fault]:
    """Outcome and fault of a run; no exit code: it was stopped at the time limit."""
    if exit_code == 0:
        return "succeeded", ""
    fault: Fault = "memory" if exit_code == _OUT_OF_MEMORY_EXIT or _OUT_OF_MEMORY.search(said) else "other"
    return ("timeout" if exit_code is None else "failed"), fault


def run(spark: Spark, job: str, spec: Spec, log: Path) -> Ended:
    """Run one job under one spec; its event log becomes the file `log`, whole or not."""
    with tempfile.TemporaryDirectory(prefix="grid-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for part in ("log", "scratch"):
            (folder / part).mkdir()
        command = submit_command(spark.program, job, spec, folder)
        exit_code, seconds, said = _timed(command, spark.environment, folder / "said.txt")
        _keep_log(folder / "log", log)
    return Ended(seconds, *classify(exit_code, said), said[-2000:])


def _timed(command: Sequence[str], environment: dict[str, str], words: Path) -> tuple[int | None, float, str]:
    exit_code: int | None
    with words.open("wb") as said:
        started = time.perf_counter()
        # A group of its own, so that Java and the Python workers end with it.
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, env=environment, process_group=0)
        try:
            exit_code = process.wait(TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            exit_code = None
        finally:
            seconds = time.perf_counter() - started
            _end(process)
    return exit_code, seconds, words.read_text(encoding="utf-8", errors="replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        process.wait()


def _keep_log(folder: Path, log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    for found in folder.iterdir():
        if not found.name.startswith("."):
            shutil.move(found, log)


def find_local_spark(scratch: Path) -> Spark:
    """The Spark and the Java that Setpoint would take."""
    from setpoint.platforms.java import find_java
    from setpoint.platforms.spark.surroundings import find_spark

    inherited = dict(os.environ)
    installation = find_spark(inherited)
    java = find_java(inherited, scratch)
    added = {
        "JAVA_HOME": str(java.path),
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": "",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return Spark(str(installation.program), {**installation.environment(inherited), **added})
