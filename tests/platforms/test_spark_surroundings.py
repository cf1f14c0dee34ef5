"""What a command inherits, which Spark it gets, where its log goes, and what its last words say."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.errors import InputError, PlatformError
from setpoint.files import write_whole
from setpoint.platforms.folders import check_name
from setpoint.platforms.spark.arguments import parse
from setpoint.platforms.spark.eventlogs import local_path, owners_directory
from setpoint.platforms.spark.failure import LONGEST_LINE, error_line, redact
from setpoint.platforms.spark.sizing import Host, read_spec
from setpoint.platforms.spark.surroundings import find_spark, host_cores, look_around, parse_properties
from setpoint.testing.spark_emulator import install

HOST = Host(4, {})


def test_spark_home_is_used(tmp_path: Path) -> None:
    home = install(tmp_path / "spark")
    assert find_spark({"SPARK_HOME": str(home)}).program == home / "bin/spark-submit"
    assert find_spark({"PATH": str(home / "bin")}).program == home / "bin/spark-submit"
    assert find_spark({"SPARK_HOME": "/nowhere"}, str(home / "bin/spark-submit")).program == home / "bin/spark-submit"


def test_a_spark_home_without_spark_is_said_to_be_wrong(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="SPARK_HOME="):
        find_spark({"SPARK_HOME": str(tmp_path)})


def test_the_pyspark_package_brings_its_home_and_python() -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    found = find_spark({})
    assert found.home is not None
    assert (found.home / "jars").is_dir()
    assert found.program.stat().st_mode & stat.S_IXUSR
    environment = found.environment({"PATH": "/bin", "SPARK_HOME": ""})
    assert environment["SPARK_HOME"] == str(found.home)
    assert environment["PYSPARK_PYTHON"] == found.python
    assert found.environment({"PYSPARK_PYTHON": "/mine"})["PYSPARK_PYTHON"] == "/mine"


def test_properties_files_and_variables_are_inherited_in_sparks_order(tmp_path: Path) -> None:
    home = install(tmp_path / "spark")
    (home / "jars").mkdir()
    (home / "conf").mkdir()
    (home / "conf/spark-defaults.conf").write_text("spark.driver.memory 2g\nspark.master local[3]\n")
    mine = tmp_path / "mine.conf"
    mine.write_text("spark.master=local[5]\n")
    variables = {"SPARK_HOME": str(home), "MASTER": "local[9]", "SPARK_DRIVER_MEMORY": "9g"}

    def spec(*options: str) -> tuple[int, int]:
        command = parse([*options, "job.py"])
        found = read_spec(command, look_around(command, find_spark(variables), variables))
        return found.driver_cores, found.driver_memory_mib

    assert spec() == (3, 2048)
    assert spec("--properties-file", str(mine)) == (5, 9216)
    assert spec("--properties-file", str(mine), "--load-spark-defaults") == (5, 2048)
    assert spec("--master", "local[1]") == (1, 2048)
    assert spec("--properties-file", str(tmp_path / "missing")) == (9, 9216)


def test_java_properties_are_read() -> None:
    text = "! no\n# no\nspark.a b c \nspark.b=x=y\nspark.c : z\nother 1\nspark.long one,\\\n   two\n\nspark.empty\n"
    assert parse_properties(text) == {"spark.a": "b c", "spark.b": "x=y", "spark.c": "z", "spark.long": "one,two"}


def test_this_machine_has_cores() -> None:
    assert host_cores() >= 1


def directory(line: str) -> str | None:
    return owners_directory(parse([*line.split(), "job.py"]), HOST)


def test_the_owners_event_logs_stay_where_they_are() -> None:
    assert directory("") is None
    assert directory("--conf spark.eventLog.dir=/x") is None
    assert directory("--conf spark.eventLog.dir=/x --conf spark.eventLog.enabled=true") == "/x"
    assert directory("-c spark.eventLog.dir=logs -c spark.eventLog.enabled=true") == str(Path("logs").absolute())
    assert directory("--conf spark.eventLog.enabled=true") == "file:/tmp/spark-events"
    assert directory("--master yarn --deploy-mode cluster --conf spark.eventLog.dir=/shared") == "/shared"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--master yarn --deploy-mode cluster", "another machine"),
        ("--master spark://h:1 --deploy-mode cluster --conf spark.eventLog.dir=/x", "waitAppCompletion=true"),
        (
            "--master yarn --deploy-mode cluster -c spark.eventLog.dir=/x -c spark.yarn.submit.waitAppCompletion=false",
            r"spark\.yarn\.submit\.waitAppCompletion=true",
        ),
    ],
)
def test_a_driver_elsewhere_is_refused_where_its_end_or_log_would_not_be_seen(line: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        directory(line)


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:/a/b", Path("/a/b")),
        ("file:///a%20b", Path("/a b")),
        ("file://localhost/a", Path("/a")),
        ("/a%20b", Path("/a%20b")),
        ("logs", Path("logs")),
        ("hdfs:///logs", None),
        ("s3a://bucket/logs", None),
        ("file://elsewhere/a", None),
    ],
)
def test_local_folders_are_told_from_remote_ones(uri: str, path: Path | None) -> None:
    assert local_path(uri) == path


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).map(lambda t: Path("/") / t))
def test_a_path_is_found_again_in_its_uri(path: Path) -> None:
    assert local_path(path.as_uri()) == path


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "-x", ".hidden", "a b", "é", "x" * 101, "a\n", "a\0"])
def test_names_that_are_no_folder_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="no project name"):
        check_name(name)


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", fullmatch=True))
def test_a_name_stays_inside_its_folder(name: str) -> None:
    assert (Path("/home/projects") / check_name(name)).resolve().parent == Path("/home/projects")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "spec.json"
    write_whole(target, b"old")

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        write_whole(target, b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["spec.json"]
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("password=hunter2", "hunter2"),
        ("--conf spark.hadoop.fs.s3a.secret.key=hunter2 x", "hunter2"),
        ('{"api_key": "hunter2"}', "hunter2"),
        ("AccountKey=hunter2==;Endpoint=x", "hunter2"),
        ("TOKEN: 'hunter2 and more'", "hunter2"),
        ("Authorization: Bearer hunter2hunter2", "hunter2"),
        ("https://ann:hunter2@host/x?sig=hunter2&a=b", "hunter2"),
        ("spark.ssl.keyPassword hunter2", ""),
    ],
)
def test_obvious_secrets_are_not_kept(text: str, secret: str) -> None:
    assert not secret or secret not in redact(text)


@given(st.text())
def test_redacting_again_changes_nothing(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@given(st.integers(1, 255), st.text())
def test_a_failure_always_has_a_short_line(code: int, text: str) -> None:
    line = error_line(code, text)
    assert line
    assert len(line) <= LONGEST_LINE


@pytest.mark.parametrize(
    ("tail", "line"),
    [
        ("", "it ended with exit code 1 and without a word"),
        ("one\ntwo\n", "two"),
        ("Traceback (most recent call last):\n  File\nmy.pkg.OddError\nINFO bye", "my.pkg.OddError"),
        ("java.lang.OutOfMemoryError: heap\nCaused by: java.io.IOException: x", "java.lang.OutOfMemoryError: heap"),
        ("java.io.IOException: x\n\tat a.b(C.java)\nCaused by: my.Exception: y\n\tat d", "Caused by: my.Exception: y"),
        ("Error: Failed to load class x.Y.\nlog4j:WARN", "Error: Failed to load class x.Y."),
        ("JAVA_HOME is not set\nbye", "JAVA_HOME is not set"),
    ],
)  # fmt: skip
def test_the_line_that_says_why(tail: str, line: str) -> None:
    assert error_line(1, tail) == line
    assert error_line(0, tail) is None
