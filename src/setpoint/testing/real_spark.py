"""Runs the applications of an emulated cloud for real: Spark on this machine, with a cluster's resources scaled down.

All slots of the cluster become threads of one process, its executors' heap that process's heap, and one second here may
stand for many there. What the run leaves is Spark's own event log, told in the time of the emulated cloud.
"""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, time

from setpoint.core.configurations.submit_words import properties_of
from setpoint.core.domain import ClusterSpec
from setpoint.platforms.spark.surroundings import Installation
from setpoint.testing.retold import retold

__all__ = ["RealRun", "RealSpark", "Scale"]

_NOT_CARRIED = (
    "spark.eventLog.",
    "spark.yarn.",
    "spark.executor.",
    "spark.driver.",
    "spark.dynamicAllocation.",
    "spark.master",
)
"""Properties that belong to the cluster, and not to the job."""
_LOG = {"enabled": "true", "compress": "false", "rolling.enabled": "false", "logStageExecutorMetrics": "true"}
_SAID_BYTES = 2000
_OPTIONS_WITHOUT_VALUE = ("--verbose", "-v", "--supervise")
_NOT_FOUND_SECONDS = 5.0
_STOPPED = 143
"""SIGTERM, as a shell says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What of this machine stands for a cluster."""

    slots: float = 0.25
    """So many of ours for one of the cluster."""
    most_slots: int = 4
    heap: float | None = None
    """So many MiB of ours for one of an executor's heap; None: one GiB for any."""
    seconds: float = 1.0
    """So many there for one here."""

    def slots_of(self, spec: ClusterSpec) -> int:
        """Threads here that stand for the slots of a spec."""
        return max(1, min(self.most_slots, round(spec.slots * self.slots)))

    def heap_mib_of(self, spec: ClusterSpec) -> int:
        """Heap here that stands for an executor's."""
        return 1024 if self.heap is None else max(512, round((spec.worker_memory_mib or 1024) * self.heap))


@dataclass(frozen=True, slots=True)
class RealRun:
    """What came of a run; all times as the emulated cloud has them."""

    seconds: float
    exit_code: int = 0
    words: str = ""
    """What it said last, where it failed."""
    lines: tuple[bytes, ...] = ()
    """Its event log, each line without its end; none where it never began."""


class RealSpark:
    """Spark on this machine."""

    def __init__(
        self,
        installation: Installation,
        environment: Mapping[str, str],
        files: Mapping[str, Path],
        scale: Scale | None = None,
        *,
        java_options: str = "-XX:TieredStopAtLevel=1",
        most_seconds: float = 300.0,
    ) -> None:
        """Prepare to run.

        Args:
            installation: the Spark of this machine.
            environment: of its processes, JAVA_HOME included.
            files: the local file or folder of each application and each input by the URL that commands call it.
            scale: what stands for a cluster.
            java_options: of the process.
            most_seconds: of this machine's time that an application may take.
        """
        self._installation, self._environment, self._files = installation, dict(environment), dict(files)
        self.scale = scale or Scale()
        self._java_options, self._most_seconds = java_options, most_seconds

    def run(self, words: Sequence[str], spec: ClusterSpec, began: datetime, name: str) -> RealRun:
        """Run a `spark-submit` to its end.

        Args:
            words: of its command line, `spark-submit` first.
            spec: what it has to run on.
            began: when it begins, in the time of the emulated cloud.
            name: id of the application there.
        """
        options, entry, arguments = _split(words)
        script = self._files.get(entry)
        if script is None:
            seconds = _NOT_FOUND_SECONDS * self.scale.seconds
            return RealRun(seconds, 1, f"java.io.FileNotFoundException: {entry}: no such file; exit code 1")
        with TemporaryDirectory(prefix="emulated-spark-") as folder:
            local = [str(self._files.get(word, word)) for word in arguments]
            command = [*self._command(spec, options, Path(folder)), str(script), *local]
            clock, since = monotonic(), time()
            code, said = self._start(command)
            seconds = (monotonic() - clock) * self.scale.seconds
            # Of several contexts, the log that is largest holds most of what it did.
            logs = sorted(Path(folder).glob("local-*"), key=lambda log: log.stat().st_size)[-1:]
            lines = tuple(self._told(logs[0], name, since, began)) if logs else ()
            return RealRun(seconds, code, said if code else "", lines)

    def _told(self, log: Path, name: str, since: float, began: datetime) -> list[bytes]:
        """The log, with the id that the application has there instead of the local one, and its times there."""
        content = log.read_bytes().replace(log.name.removesuffix(".inprogress").encode(), name.encode())
        return retold(content.splitlines(), since, began.timestamp(), self.scale.seconds)

    def _command(self, spec: ClusterSpec, options: Sequence[str], folder: Path) -> list[str]:
        carried = {key: it for key, it in properties_of(options).items() if not key.startswith(_NOT_CARRIED)}
        if spec.shuffle_partitions is not None:
            carried["spark.sql.shuffle.partitions"] = str(spec.shuffle_partitions)
        carried |= {f"spark.eventLog.{key}": value for key, value in _LOG.items()}
        carried |= {"spark.eventLog.dir": folder.as_uri(), "spark.ui.enabled": "false"}
        carried |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
        words = [str(self._installation.program), "--master", f"local[{self.scale.slots_of(spec)}]"]
        words += ["--driver-memory", f"{self.scale.heap_mib_of(spec)}m", "--driver-java-options", self._java_options]
        return [*words, *(word for key, value in carried.items() for word in ("--conf", f"{key}={value}"))]

    def _start(self, command: list[str]) -> tuple[int, str]:
        environment = self._installation.environment(self._environment)
        try:
            ended = subprocess.run(
                command, env=environment, capture_output=True, timeout=self._most_seconds, check=False
            )
        except subprocess.TimeoutExpired:
            return _STOPPED, f"It took more than {self._most_seconds:g} seconds."
        return ended.returncode, ended.stderr[-_SAID_BYTES:].decode(errors="replace")


def _split(words: Sequence[str]) -> tuple[Sequence[str], str, Sequence[str]]:
    """Options, application and its arguments of a command."""
    inner = list(words[1:])
    at = 0
    while at < len(inner) and inner[at].startswith("-"):
        at += 1 if "=" in inner[at] or inner[at] in _OPTIONS_WITHOUT_VALUE else 2
    return inner[:at], inner[at] if at < len(inner) else "", inner[at + 1 :]
