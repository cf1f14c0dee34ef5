"""Runs an emulated cluster's applications for real: Spark on this machine, with the cluster's slots scaled down."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from setpoint.core.configurations.submit_words import properties_of
from setpoint.core.domain import ClusterSpec
from setpoint.platforms.spark.surroundings import Installation
from setpoint.testing.emr.runner import Application, Ran

__all__ = ["SparkRunner"]

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


class SparkRunner:
    """A `Runner`. Time passes while it runs; the emulated clock should have begun with the real one."""

    def __init__(
        self,
        installation: Installation,
        environment: Mapping[str, str],
        scripts: Mapping[str, Path],
        *,
        share: float = 0.25,
        most_slots: int = 4,
        most_seconds: float = 300.0,
    ) -> None:
        """Prepare to run.

        Args:
            installation: the Spark of this machine.
            environment: of its processes, JAVA_HOME included.
            scripts: the local file of each application by the URL that steps call it.
            share: so many slots of this machine stand for one of the cluster.
            most_slots: of this machine.
            most_seconds: an application may take.
        """
        self._installation, self._environment, self._scripts = installation, dict(environment), dict(scripts)
        self._share, self._most_slots, self._most_seconds = share, most_slots, most_seconds

    def run(self, application: Application) -> Ran:
        """See Runner."""
        options, entry, arguments = _split(application.words)
        script = self._scripts.get(entry)
        if script is None:
            return Ran(5.0, 1, f"java.io.FileNotFoundException: {entry}: no such file; exit code 1")
        with TemporaryDirectory(prefix="emulated-spark-") as folder:
            command = [*self._command(application.spec, options, Path(folder)), str(script), *arguments]
            began = monotonic()
            code, said = self._start(command)
            # Of several contexts, the log that is largest holds most of what it did.
            logs = sorted(Path(folder).glob("local-*"), key=lambda log: log.stat().st_size)[-1:]
            files = {application.id: _renamed(logs[0], application.id)} if logs else {}
            return Ran(monotonic() - began, code, said if code else "", files)

    def slots(self, spec: ClusterSpec) -> int:
        """Of this machine that stand for those of a spec."""
        return max(1, min(self._most_slots, round(spec.slots * self._share)))

    def _command(self, spec: ClusterSpec, options: Sequence[str], folder: Path) -> list[str]:
        carried = {key: it for key, it in properties_of(options).items() if not key.startswith(_NOT_CARRIED)}
        if spec.shuffle_partitions is not None:
            carried["spark.sql.shuffle.partitions"] = str(spec.shuffle_partitions)
        carried |= {f"spark.eventLog.{key}": value for key, value in _LOG.items()}
        carried |= {"spark.eventLog.dir": folder.as_uri(), "spark.ui.enabled": "false"}
        carried |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
        words = [str(self._installation.program), "--master", f"local[{self.slots(spec)}]", "--driver-memory", "1g"]
        words += ["--driver-java-options", "-XX:TieredStopAtLevel=1"]
        return [*words, *(word for key, value in carried.items() for word in ("--conf", f"{key}={value}"))]

    def _start(self, command: list[str]) -> tuple[int, str]:
        environment = self._installation.environment(self._environment)
        try:
            ended = subprocess.run(
                command, env=environment, capture_output=True, timeout=self._most_seconds, check=False
            )
        except subprocess.TimeoutExpired:
            return 143, f"It took more than {self._most_seconds:g} seconds."
        return ended.returncode, ended.stderr[-_SAID_BYTES:].decode(errors="replace")


def _split(words: Sequence[str]) -> tuple[Sequence[str], str, Sequence[str]]:
    """Options, application and its arguments of a command."""
    inner = list(words[1:])
    at = 0
    while at < len(inner) and inner[at].startswith("-"):
        at += 1 if "=" in inner[at] or inner[at] in _OPTIONS_WITHOUT_VALUE else 2
    return inner[:at], inner[at] if at < len(inner) else "", inner[at + 1 :]


def _renamed(log: Path, application: str) -> bytes:
    """The log, with the id that YARN gave to the application instead of the local one."""
    name = log.name.removesuffix(".inprogress")
    return log.read_bytes().replace(name.encode(), application.encode())
