"""What surrounds a spark-submit on this machine: the program, the cores, the properties it inherits."""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from shutil import which

from setpoint.errors import PlatformError
from setpoint.platforms.spark.arguments import SubmitCommand
from setpoint.platforms.spark.sizing import DRIVER_MEMORY, EXECUTOR_CORES, EXECUTOR_MEMORY, MASTER, Host

PROPERTY_OF_VARIABLE = {
    "MASTER": MASTER,
    "DEPLOY_MODE": "spark.submit.deployMode",
    "SPARK_DRIVER_MEMORY": DRIVER_MEMORY,
    "SPARK_EXECUTOR_MEMORY": EXECUTOR_MEMORY,
    "SPARK_EXECUTOR_CORES": EXECUTOR_CORES,
}
"""Environment variables SparkSubmitArguments falls back to, below the properties file."""

_PROPERTY_LINE = re.compile(r"\s*(?![#!])([^\s:=]+)(?:\s*[:=]\s*|\s+)(.*?)\s*")


@dataclass(frozen=True, slots=True)
class Installation:
    """A Spark on this machine."""

    program: Path
    home: Path | None
    """None where it could not be told from the path of the program."""
    python: str | None = None
    """The interpreter that has this Spark as its pyspark package, where it was found that way."""

    def environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The environment its spark-submit needs."""
        added = {} if self.python is None else {"SPARK_HOME": str(self.home), "PYSPARK_PYTHON": self.python}
        return {**added, **{name: value for name, value in environment.items() if value or name not in added}}


def find_spark(environment: Mapping[str, str], program: str | None = None) -> Installation:
    """The Spark to use: the program that was named, $SPARK_HOME, PATH, then the pyspark package.

    Raises PlatformError where there is none.
    """
    if program and os.sep in program:
        return _existing(Path(program), f"The program {program}")
    if home := environment.get("SPARK_HOME"):
        return _existing(Path(home) / "bin" / "spark-submit", f"SPARK_HOME={home}")
    # Scripts that pip installed beside the interpreter look for pyspark through a python3 of PATH, which may be
    # another one: where the package is ours, the package is the surer way.
    found = which("spark-submit", path=environment.get("PATH", ""))
    if found and not Path(found).with_name("find_spark_home.py").exists():
        return _existing(Path(found), found)
    package = find_spec("pyspark")
    if package and package.submodule_search_locations:
        own = Path(package.submodule_search_locations[0])
        return Installation(own / "bin" / "spark-submit", own, sys.executable)
    if found:
        return _existing(Path(found), found)
    raise PlatformError(
        "There is no spark-submit in $SPARK_HOME/bin, on PATH or in a pyspark package: set SPARK_HOME, or "
        "`pip install 'setpoint[spark]'`."
    )


def _existing(program: Path, origin: str) -> Installation:
    if not os.access(program, os.X_OK):
        raise PlatformError(f"{origin} has no spark-submit that can be run: {program} is not an executable file.")
    home = program.resolve().parent.parent
    return Installation(program, home if (home / "jars").is_dir() else None)


def look_around(command: SubmitCommand, installation: Installation, environment: Mapping[str, str]) -> Host:
    """What the command inherits, as spark-submit will see it."""
    inherited = {p: environment[v] for v, p in PROPERTY_OF_VARIABLE.items() if environment.get(v)}
    for path in _property_files(command, installation, environment):
        try:
            inherited |= parse_properties(path.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            # spark-submit says itself that it cannot read the file, and stops.
            continue
    return Host(host_cores(), inherited)


def _property_files(command: SubmitCommand, installation: Installation, environment: Mapping[str, str]) -> list[Path]:
    named = command.value("--properties-file")
    home = installation.home
    conf = environment.get("SPARK_CONF_DIR") or (str(home / "conf") if home else None)
    defaults = [Path(conf) / "spark-defaults.conf"] if conf else []
    if named is None:
        return [path for path in defaults if path.exists()]
    return [*(defaults if command.has("--load-spark-defaults") else []), Path(named)]


def parse_properties(text: str) -> dict[str, str]:
    r"""Spark properties of a Java properties file.

    >>> parse_properties("# mine\nspark.master  yarn\nspark.executor.memory=2g\n")
    {'spark.master': 'yarn', 'spark.executor.memory': '2g'}
    """
    lines = re.sub(r"\\\r?\n\s*", "", text).splitlines()
    return {found[1]: found[2] for found in map(_PROPERTY_LINE.fullmatch, lines) if found and found[1][:6] == "spark."}


def host_cores() -> int:
    """Cores that a process of ours may use: affinity and, in a container, the CPU quota, as the JVM counts them."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return min(allowed, max(1, ceil(int(quota) / int(period))))
    except (OSError, ValueError):
        return allowed
