"""Runs of an emulated spark-submit: recorded, passed through, stopped, killed, and never held up by our own trouble."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from setpoint.core.domain import ClusterSpec, Outcome
from setpoint.core.eventlog import read_profile
from setpoint.core.failure import classify
from setpoint.errors import EventLogError, PlatformError
from setpoint.platforms.spark import Launched, SparkPlatform, Streams, launch, read_submission, run_untouched
from setpoint.testing.spark_emulator import install

PROJECT = "nightly"
OWNER = ClusterSpec.local(2, 1024)
SUBMIT = """
import sys
from pathlib import Path
from setpoint.platforms.spark import SparkPlatform, launch, read_submission
submission = read_submission(sys.argv[2:], {"SPARK_HOME": sys.argv[1]})
sys.exit(launch(SparkPlatform(Path(sys.argv[1]).parent / "home"), "nightly", submission).exit_code)
"""
PATIENCE_SECONDS = 60.0


class Rig:
    """A platform, an emulated Spark, and a stderr to look at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spark = install(folder / "spark")
        self.platform = SparkPlatform(folder / "home")
        self.stderr = io.BytesIO()

    def run(self, *words: str) -> Launched:
        submission = read_submission(words, {"SPARK_HOME": str(self.spark)})
        return launch(self.platform, PROJECT, submission, Streams(stderr=self.stderr))

    def outcome(self, run_id: str) -> tuple[Outcome, str | None]:
        return classify(self.platform.cluster_report(PROJECT, run_id), None)

    def in_background(self, *words: str) -> "subprocess.Popen[bytes]":
        ready = self.folder / "ready"
        environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", SUBMIT, str(self.spark), "--master", "local[2]", "job.py", f"ready={ready}"]
        process = subprocess.Popen([*command, *words], env=environment, stdin=subprocess.DEVNULL)
        until(ready.exists)
        return process

    def written(self, *words: str) -> tuple[Launched, list[str]]:
        """The command line that reached spark-submit."""
        file = self.folder / "words.json"
        launched = self.run(*words, f"words={file}")
        return launched, json.loads(file.read_text())


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def until(holds: Callable[[], object]) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def run_ids(rig: Rig) -> Sequence[str]:
    return rig.platform.finished_runs(PROJECT)


def test_a_run_is_recorded_with_its_log(rig: Rig) -> None:
    launched, words = rig.written("--master", "local[2]", "--name", "mine", "job.py", "--conf", "a=b")
    assert launched.exit_code == 0
    assert launched.run_id is not None
    assert launched.problems == ()
    assert run_ids(rig) == (launched.run_id,)
    assert words[-4:-1] == ["job.py", "--conf", "a=b"]
    assert words[:2] == ["--name", "mine"]
    profile = read_profile(rig.platform.event_log(PROJECT, launched.run_id))
    assert profile.property_value("spark.setpoint.run") == launched.run_id
    assert profile.property_value("spark.eventLog.logStageExecutorMetrics") == "true"
    assert rig.outcome(launched.run_id) == (Outcome.SUCCEEDED, None)


def test_streams_are_passed_through(rig: Rig, capfd: pytest.CaptureFixture[str]) -> None:
    rig.run("job.py", "stdout=to stdout", "stderr=to stderr")
    assert capfd.readouterr() == ("to stdout\n", "")
    assert rig.stderr.getvalue() == b"to stderr\n"


def test_a_failure_keeps_its_exit_code_and_last_words_without_secrets(rig: Rig) -> None:
    long = [f"stderr={'x' * 100_000}"] * 3
    launched = rig.run("job.py", *long, "stderr=ValueError: login failed, password=hunter2", "exit=7")
    assert launched.exit_code == 7
    assert launched.run_id is not None
    report = rig.platform.cluster_report(PROJECT, launched.run_id)
    assert report.error == "ValueError: login failed, password=***"
    assert rig.outcome(launched.run_id) == (Outcome.FAILED, "application")
    kept = b"".join(file.read_bytes() for file in (rig.folder / "home").rglob("*") if file.is_file())
    assert b"hunter2" not in kept
    assert len((rig.folder / "home/projects/nightly/runs" / launched.run_id / "stderr.tail").read_bytes()) < 70_000


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("stderr=java.lang.OutOfMemoryError: Java heap space", "stderr=Exception: later", "exit=1"), 1),
        (("kill=9",), 137),
        (("exit=52",), 52),
    ],
)
def test_running_out_of_memory_is_told_apart(rig: Rig, words: tuple[str, ...], code: int) -> None:
    launched = rig.run("job.py", *words)
    assert launched.exit_code == code
    assert launched.run_id is not None
    assert rig.outcome(launched.run_id) == (Outcome.FAILED, "memory")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_reaches_the_application_and_says_nothing_about_the_spec(
    rig: Rig, number: signal.Signals, code: int
) -> None:
    process = rig.in_background("sleep=300")
    process.send_signal(number)
    assert process.wait(PATIENCE_SECONDS) == code
    (run_id,) = run_ids(rig)
    report = rig.platform.cluster_report(PROJECT, run_id)
    assert (report.exit_code, report.stopped) == (code, True)
    assert rig.outcome(run_id) == (Outcome.KILLED, None)
    assert rig.run("job.py").run_id is not None
    assert not rig.platform.cluster_report(PROJECT, run_ids(rig)[-1]).retry


def test_who_insists_is_obeyed(rig: Rig) -> None:
    process = rig.in_background("deaf", "sleep=300")

    def is_gone_after_another_signal() -> bool:
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        return process.poll() is not None

    until(is_gone_after_another_signal)
    assert process.returncode == 137
    assert rig.outcome(run_ids(rig)[0]) == (Outcome.KILLED, None)


def test_a_run_in_progress_has_not_finished(rig: Rig) -> None:
    process = rig.in_background("sleep=300")
    assert run_ids(rig) == ()
    process.terminate()
    process.wait(PATIENCE_SECONDS)
    assert len(run_ids(rig)) == 1


def test_a_killed_submit_takes_the_application_along_and_the_run_is_not_lost(rig: Rig) -> None:
    process = rig.in_background("sleep=300")
    process.kill()
    process.wait(PATIENCE_SECONDS)
    until(lambda: run_ids(rig))
    (run_id,) = run_ids(rig)
    report = rig.platform.cluster_report(PROJECT, run_id)
    assert report.exit_code is None
    assert report.started_at <= report.finished_at
    assert read_profile(rig.platform.event_log(PROJECT, run_id)).completeness.state == "cut_off"
    assert rig.outcome(run_id) == (Outcome.KILLED, None)


def test_the_loops_spec_is_run_and_nothing_else_changes(rig: Rig) -> None:
    rig.run("--master", "local[2]", "job.py")
    rig.platform.apply(PROJECT, ClusterSpec.local(8, 3072, 16), expect=OWNER)
    _, words = rig.written("--master", "local[2]", "--verbose", "job.py", "--master", "mine")
    assert words[0] == "--verbose"
    assert "local[2]" not in words
    assert words[words.index("--master") + 1] == "local[8]"
    assert words[words.index("--driver-memory") + 1] == "3072m"
    assert "spark.sql.shuffle.partitions=16" in words
    assert words[words.index("job.py") :][:3] == ["job.py", "--master", "mine"]


def test_a_retry_gets_the_known_good_spec_until_the_loop_has_answered(rig: Rig) -> None:
    trial, answer = ClusterSpec.local(8, 512), ClusterSpec.local(8, 4096)
    command = ("--master", "local[2]", "job.py")
    rig.run(*command)
    rig.platform.apply(PROJECT, trial, expect=OWNER)
    rig.run(*command, "exit=1")
    rig.run(*command, "exit=1")
    rig.platform.apply(PROJECT, answer, expect=trial)
    rig.run(*command)
    rig.run(*command)
    reports = [rig.platform.cluster_report(PROJECT, run_id) for run_id in run_ids(rig)]
    assert [r.spec for r in reports] == [OWNER, trial, OWNER, answer, answer]
    assert [r.retry for r in reports] == [False, False, True, True, False]


def test_a_remembered_spec_is_what_a_retry_gets(rig: Rig) -> None:
    better = ClusterSpec.local(4, 2048)
    rig.run("--master", "local[2]", "job.py")
    rig.platform.remember_known_good(PROJECT, better)
    rig.run("--master", "local[2]", "job.py", "exit=1")
    assert rig.platform.spec_to_run(PROJECT, OWNER).spec == better


def test_an_owner_who_changes_his_command_wins(rig: Rig) -> None:
    rig.run("--master", "local[2]", "job.py")
    rig.platform.apply(PROJECT, ClusterSpec.local(8, 3072), expect=OWNER)
    rig.run("--master", "local[3]", "job.py")
    assert rig.platform.current_spec(PROJECT) == ClusterSpec.local(3, 1024)
    assert rig.platform.cluster_report(PROJECT, run_ids(rig)[-1]).spec == ClusterSpec.local(3, 1024)


def test_a_damaged_spec_file_means_the_known_good_spec(rig: Rig) -> None:
    rig.run("--master", "local[2]", "job.py")
    rig.platform.remember_known_good(PROJECT, ClusterSpec.local(4, 2048))
    project = rig.folder / "home/projects/nightly"
    (project / "spec.json").write_bytes(b'{"current": {}')
    launched, words = rig.written("--master", "local[2]", "job.py")
    assert "local[4]" in words
    assert launched.run_id is not None
    assert "spec.json is damaged" in launched.problems[0]
    (project / "known-good.json").write_bytes(b"")
    launched, words = rig.written("--master", "local[2]", "job.py")
    assert "local[2]" in words
    with pytest.raises(PlatformError, match=r"spec\.json is damaged"):
        rig.platform.current_spec(PROJECT)


def test_a_home_that_cannot_be_written_does_not_stop_the_application(rig: Rig) -> None:
    (rig.folder / "home").write_text("a file where the folder should be")
    launched, words = rig.written("--master", "local[2]", "job.py")
    assert launched.exit_code == 0
    assert launched.run_id is None
    assert any("could not be recorded" in problem for problem in launched.problems)
    assert not any("eventLog" in word for word in words)


def test_an_end_that_cannot_be_written_leaves_a_lost_run_with_its_log(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("setpoint.platforms.spark.store.RunFolder.finish", full)
    launched = rig.run("job.py", "exit=4")
    assert launched.exit_code == 4
    assert launched.run_id is not None
    assert "No space left" in launched.problems[0]
    assert run_ids(rig) == (launched.run_id,)
    assert rig.platform.cluster_report(PROJECT, launched.run_id).exit_code is None


def test_a_spec_for_another_master_falls_back_to_the_owners(rig: Rig) -> None:
    rig.platform.register(PROJECT, OWNER)
    submission = read_submission(["--master", "local[2]", "job.py"], {"SPARK_HOME": str(rig.spark)})
    rig.platform.apply(PROJECT, ClusterSpec(2, 2, 1024, 1, 1024), expect=OWNER)
    launched = launch(rig.platform, PROJECT, submission)
    assert launched.run_id is not None
    assert "cannot be given" in launched.problems[0]
    assert rig.platform.cluster_report(PROJECT, launched.run_id).spec == OWNER


def test_an_uncontrolled_command_runs_as_it_is(rig: Rig) -> None:
    file = rig.folder / "words.json"
    words = ["--master", "mesos://h", "--new-option", "job.py", f"words={file}", "exit=5"]
    assert run_untouched(words, {"SPARK_HOME": str(rig.spark)}) == 5
    assert json.loads(file.read_text()) == words
    assert run_untouched(["spark-submit", *words], {"SPARK_HOME": str(rig.spark)}) == 5
    assert json.loads(file.read_text()) == words


def test_the_owners_event_log_folder_is_kept_and_searched(rig: Rig) -> None:
    shared = rig.folder / "history logs"
    shared.mkdir()
    (shared / "unreadable").write_bytes(b"\x28\xb5\x2f\xfdbroken")
    options = ("--conf", "spark.eventLog.enabled=true", "--conf", f"spark.eventLog.dir={shared.as_uri()}")
    ids = [rig.run(*options, "job.py").run_id for _ in range(3)]
    assert None not in ids
    assert len(list(shared.iterdir())) == 4
    for run_id in run_ids(rig):
        profile = read_profile(rig.platform.event_log(PROJECT, run_id))
        assert profile.property_value("spark.setpoint.run") == run_id


def test_a_remote_event_log_is_said_to_be_out_of_reach(rig: Rig) -> None:
    options = ("--conf", "spark.eventLog.enabled=true", "--conf", "spark.eventLog.dir=s3a://logs/spark")
    launched, words = rig.written(*options, "job.py", "no-log")
    assert launched.run_id is not None
    assert "spark.eventLog.dir=s3a://logs/spark" in words
    with pytest.raises(EventLogError, match="local folders only"):
        rig.platform.event_log(PROJECT, launched.run_id)


def test_a_spark_submit_that_does_not_start_is_a_failed_run(rig: Rig) -> None:
    (rig.spark / "bin/spark-submit").write_text("#!/no/such/interpreter\n")
    launched = rig.run("job.py")
    assert launched.exit_code == 126
    assert b"does not start" in rig.stderr.getvalue()
    too_long = rig.run("job.py", "x" * 200_000)
    assert too_long.exit_code == 126
    assert b"Argument list too long" in rig.stderr.getvalue()
    assert len(run_ids(rig)) == 2


def test_folders_are_for_their_owner_alone(rig: Rig) -> None:
    launched = rig.run("job.py")
    runs = rig.folder / "home/projects/nightly/runs"
    assert {runs.stat().st_mode & 0o77, (runs / str(launched.run_id)).stat().st_mode & 0o77} == {0}


def test_two_submits_at_one_moment_are_two_runs(rig: Rig) -> None:
    rig.platform.register(PROJECT, OWNER)
    now = rig.platform.clock()
    frozen = SparkPlatform(rig.folder / "home", clock=lambda: now)
    submission = read_submission(["--master", "local[2]", "job.py"], {"SPARK_HOME": str(rig.spark)})
    ids = {launch(frozen, PROJECT, replace(submission)).run_id for _ in range(3)}
    assert len(ids) == 3
    assert set(run_ids(rig)) == ids
