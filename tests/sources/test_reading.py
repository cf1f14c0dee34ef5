"""A source becomes one Profile per application attempt, and one bad file does not lose the others."""

import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.sources.made_logs import FIRST, SECOND, TEXT, log_of, write, zip_of

from setpoint.core.zstd import zstd
from setpoint.errors import EventLogError
from setpoint.sources import SourceProblem, read_profiles


def test_applications_and_attempts_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path / "a", log_of("app-1", "1"))
    write(tmp_path / "b.zip", zip_of({"x/c": log_of("app-1", "2"), "d": log_of("app-2")}))
    profiles = list(read_profiles(tmp_path))

    assert sorted((it.application.id, it.application.attempt) for it in profiles) == sorted(
        [("app-1", "1"), ("app-1", "2"), ("app-2", None)], key=str
    )


def test_of_one_attempt_stored_several_times_the_fullest_counts(tmp_path: Path) -> None:
    whole = log_of("app-1")
    cut = whole[: whole.rindex(b"SparkListenerTaskEnd")]
    write(tmp_path / "app.log", cut)
    write(tmp_path / "app.log.gz", gzip.compress(whole))
    write(tmp_path / "again.zip", zip_of({"app.log": cut}))
    told: list[SourceProblem] = []
    (profile,) = read_profiles(tmp_path, tell=told.append)

    assert profile.completeness.state == "complete"
    assert [Path(it.source).name for it in told] == ["app.log", "app.log"]
    assert all("is app-1 once more; " in it.reason for it in told)


def test_two_plain_parts_are_one_application(tmp_path: Path) -> None:
    write(tmp_path / "run-1.json", FIRST)
    write(tmp_path / "run-2.json", SECOND)
    (profile,) = read_profiles(tmp_path)
    (whole,) = read_profiles(write(tmp_path / "whole" / "run", TEXT))

    assert profile == whole


def test_logs_that_name_no_application_are_not_taken_for_one(tmp_path: Path) -> None:
    write(tmp_path / "here" / "one", SECOND)
    write(tmp_path / "there" / "other", SECOND)
    told: list[SourceProblem] = []

    assert [it.application.id for it in read_profiles(tmp_path, tell=told.append)] == ["unknown", "unknown"]
    assert told == []


def test_bad_files_do_not_lose_the_others(tmp_path: Path) -> None:
    write(tmp_path / "good", log_of("app-1"))
    write(tmp_path / "no-tasks", b'{"Event":"SparkListenerLogStart","Spark Version":"4.0.1"}\n')
    write(tmp_path / "bad.zip", zip_of({"app": TEXT})[:-25])
    told: list[SourceProblem] = []
    (profile,) = read_profiles(tmp_path, tell=told.append)

    assert profile.application.id == "app-1"
    assert sorted(Path(problem.source).name for problem in told) == ["bad.zip", "no-tasks"]


@pytest.mark.parametrize("data", [b"", b"hello", bytes(range(256)) * 100, b'{"Event":"SparkListenerLogStart"}\n'])
def test_nothing_usable(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(EventLogError, match="holds no usable event log"):
        list(read_profiles(write(tmp_path / "x", data)))


def test_progress_grows_to_the_whole(tmp_path: Path) -> None:
    write(tmp_path / "a", log_of("app-1"))
    write(tmp_path / "b.gz", gzip.compress(log_of("app-2")))
    seen: list[tuple[int, int | None]] = []
    list(read_profiles(tmp_path, lambda read, whole: seen.append((read, whole))))

    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1] == sum(file.stat().st_size for file in tmp_path.iterdir())


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_a_bomb_is_named_in_the_reasons_or_in_the_error(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    nothing = bytes(100 * 1024 * 1024)
    write(tmp_path / "rolled" / "events_1_app-1", FIRST)
    write(tmp_path / "rolled" / "events_2_app-1.gz", pack(SECOND + nothing))
    (profile,) = read_profiles(tmp_path / "rolled")
    (reason,) = (reason for reason in profile.completeness.reasons if "as no event log does" in reason)

    assert reason.startswith("events_2_app-1.gz: it unpacks to ")
    with pytest.raises(EventLogError, match="as no event log does, so it was stopped") as raised:
        list(read_profiles(write(tmp_path / "bomb", pack(nothing))))
    assert "\n" not in str(raised.value)


def test_a_local_file_is_read_without_what_only_others_need(tmp_path: Path) -> None:
    write(tmp_path / "app-1", log_of("app-1"))
    unwanted = {"ssl", "http.client", "urllib.request", "zipfile", "tarfile", "fsspec", "setpoint.sources.remote"}
    script = f"""
import sys
from setpoint.sources import read_profiles
assert len(list(read_profiles({str(tmp_path / "app-1")!r}))) == 1
print(*sorted({unwanted} & set(sys.modules)))
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert said.stdout == "\n"
