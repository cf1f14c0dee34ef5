"""Runs under control, over an emulated spark-submit: nothing of ours stops the owner's application."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from setpoint.core.domain import ClusterSpec, Decision, Outcome
from setpoint.core.history import Disturbed, Entry, RunRecorded
from setpoint.errors import InputError, JavaMissing, LedgerError, PlatformError, SettingsError
from setpoint.ledger import Ledger
from setpoint.loop import Loop, State
from setpoint.platforms import Platform
from setpoint.platforms import java as java_module
from setpoint.platforms.spark import SparkPlatform, Streams
from setpoint.platforms.spark import surroundings as surroundings_module
from setpoint.settings import Settings
from setpoint.submission import USUAL_GOAL, Order, Submitted, submit, submit_unsettled
from setpoint.testing.spark_emulator import install
from setpoint.wiring import build_ledger, build_loop

PROJECT = "nightly"
OWNER = ClusterSpec.local(4, 2048)
BETTER = ClusterSpec.local(2, 1024)
OWNERS_WORDS = ("--master", "local[4]", "--driver-memory", "2g", "job.py")
GOAL = "minimise cost; runtime <= 1h"


@dataclass
class Rig:
    """An installation of ours, an emulated Spark, and what was said to the owner."""

    folder: Path
    said: list[str] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return Settings(home=self.folder / "home")

    @property
    def platform(self) -> SparkPlatform:
        return SparkPlatform(self.settings.home)

    @property
    def ledger_file(self) -> Path:
        return self.settings.home / "ledger.db"

    def submit(self, *script: str, order: Order = Order(), words: tuple[str, ...] = OWNERS_WORDS) -> Submitted:  # noqa: B008 - a frozen value
        with (self.folder / "stderr").open("ab") as stderr:
            streams = Streams(stderr=stderr)
            return submit(self.settings, PROJECT, (*words, *script), order, self.said.append, streams)

    def spec_that_ran(self, *script: str, order: Order = Order(), words: tuple[str, ...] = OWNERS_WORDS) -> ClusterSpec:  # noqa: B008
        """The spec that reached spark-submit in a run that succeeds."""
        file = self.folder / "words.json"
        file.unlink(missing_ok=True)
        assert self.submit(*script, f"words={file}", order=order, words=words).exit_code == 0
        given = json.loads(file.read_text(encoding="utf-8"))
        slots = given[given.index("--master") + 1].removeprefix("local[").removesuffix("]")
        return ClusterSpec.local(int(slots), _mib(given[given.index("--driver-memory") + 1]))

    def entries(self) -> tuple[Entry, ...]:
        return build_ledger(self.settings).read(PROJECT)

    def state(self) -> State:
        return build_loop(self.settings, self.platform).state(PROJECT)

    def outcomes(self) -> list[Outcome]:
        return [entry.run.outcome for entry in self.entries() if isinstance(entry, RunRecorded)]


def _mib(text: str) -> int:
    return int(text[:-1]) * {"m": 1, "g": 1024}[text[-1]]


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    monkeypatch.setenv("SPARK_HOME", str(install(tmp_path / "spark")))
    for name in ("MASTER", "SPARK_DRIVER_MEMORY", "SPARK_CONF_DIR"):
        monkeypatch.delenv(name, raising=False)
    return Rig(tmp_path)


def test_a_first_run_registers_records_and_decides(rig: Rig) -> None:
    submitted = rig.submit(order=Order(GOAL, "auto", (1, 2, 4), (1024, 2048)))
    history = rig.state().history
    assert submitted.exit_code == 0
    assert history.registered.baseline == OWNER
    assert history.goal is not None
    assert (history.goal.goal, history.goal.mode) == (GOAL, "auto")
    assert (history.space.slots, history.space.task_memory_mib) == ((1, 2, 4), (1024, 2048))
    assert [run.outcome for run in history.runs] == [Outcome.SUCCEEDED]
    assert history.runs[0].spec == OWNER
    assert history.runs[0].profile is not None
    assert history.last_decided is not None
    assert submitted.decision == history.last_decided.decision
    assert rig.said == []


def test_without_a_goal_it_runs_and_is_recorded_and_nothing_is_decided(rig: Rig) -> None:
    assert rig.submit() == Submitted(0, None)
    assert rig.outcomes() == [Outcome.SUCCEEDED]
    assert rig.state().history.goal is None


def test_a_mode_alone_takes_the_usual_goal_and_a_later_word_keeps_the_rest(rig: Rig) -> None:
    rig.submit(order=Order(mode="observe"))
    rig.submit(order=Order(goal=GOAL))
    rig.submit()
    goals = [(entry.goal, entry.mode) for entry in rig.entries() if hasattr(entry, "goal") and hasattr(entry, "mode")]
    assert goals == [(USUAL_GOAL, "observe"), (GOAL, "observe")]


@pytest.mark.parametrize(
    ("script", "code", "outcome"),
    [
        (("exit=0",), 0, Outcome.SUCCEEDED),
        (("exit=3",), 3, Outcome.FAILED),
        (("no-log", "exit=1"), 1, Outcome.FAILED),
        (("kill=15",), 143, Outcome.KILLED),
    ],
)
def test_the_exit_code_is_the_applications(rig: Rig, script: tuple[str, ...], code: int, outcome: Outcome) -> None:
    assert rig.submit(*script, order=Order(GOAL)).exit_code == code
    assert rig.outcomes() == [outcome]
    assert rig.said == []


def test_the_applied_spec_is_the_next_runs(rig: Rig) -> None:
    rig.submit()
    rig.platform.apply(PROJECT, BETTER, expect=OWNER)
    assert rig.spec_that_ran() == BETTER
    assert rig.state().history.runs[-1].spec == BETTER


def test_an_owner_who_changes_his_command_wins(rig: Rig) -> None:
    rig.submit(order=Order(GOAL, "observe"))
    rig.platform.apply(PROJECT, BETTER, expect=OWNER)
    larger = ("--master", "local[8]", "--driver-memory", "4g", "job.py")
    assert rig.spec_that_ran(words=larger) == ClusterSpec.local(8, 4096)
    changes = [entry for entry in rig.entries() if isinstance(entry, Disturbed) and entry.kind == "foreign change"]
    assert changes[-1].spec == ClusterSpec.local(8, 4096)
    assert rig.state().history.spec == ClusterSpec.local(8, 4096)
    assert rig.spec_that_ran(words=larger) == ClusterSpec.local(8, 4096)


class FullLedger:
    """A ledger on a full disk: what is there can be read, nothing can be added."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def append(self, project: str, *entries: Entry) -> bool:  # noqa: ARG002 - the port's verb
        raise LedgerError("The ledger cannot be written: the disk is full.")

    def read(self, project: str) -> tuple[Entry, ...]:
        return self._ledger.read(project)

    def newest(self, *kinds: type[Entry]) -> dict[str, Entry]:
        return self._ledger.newest(*kinds)

    def projects(self) -> tuple[str, ...]:
        return self._ledger.projects()


def no_database(rig: Rig, _: pytest.MonkeyPatch) -> None:
    for path in rig.settings.home.glob("ledger.db*"):
        path.unlink()
    rig.ledger_file.write_bytes(b"this is a shopping list, not a database " * 200)


def a_folder_in_its_place(rig: Rig, _: pytest.MonkeyPatch) -> None:
    for path in rig.settings.home.glob("ledger.db*"):
        path.unlink()
    rig.ledger_file.mkdir()


def full_disk(_: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(settings: Settings, platform: Platform | None = None) -> Loop:
        loop = build_loop(settings, platform)
        return replace(loop, ledger=FullLedger(loop.ledger))

    monkeypatch.setattr("setpoint.submission.build_loop", build)


def a_defect(_: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(*_: object) -> Loop:
        raise RuntimeError("odd")

    monkeypatch.setattr("setpoint.submission.build_loop", build)


TROUBLES = [no_database, a_folder_in_its_place, full_disk, a_defect]
Trouble = Callable[[Rig, pytest.MonkeyPatch], None]


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("code", [0, 3])
def test_a_broken_loop_stops_no_application(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, trouble: Trouble, code: int
) -> None:
    rig.submit(order=Order(GOAL))
    before = len(rig.platform.finished_runs(PROJECT))
    trouble(rig, monkeypatch)
    rig.said.clear()
    done = rig.folder / "done"
    submitted = rig.submit(f"ready={done}", f"exit={code}", order=Order(GOAL))
    assert submitted == Submitted(code, None)
    assert done.exists()
    assert len(rig.said) == 1
    assert rig.said[0].startswith("Setpoint failed before the run; the application is not affected. ")
    assert len(rig.said[0].splitlines()) == 1
    assert len(rig.platform.finished_runs(PROJECT)) == before + 1


@pytest.mark.parametrize("trouble", TROUBLES)
def test_while_the_loop_is_broken_the_known_good_spec_runs(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, trouble: Trouble
) -> None:
    rig.submit()
    rig.platform.apply(PROJECT, BETTER, expect=OWNER)
    trouble(rig, monkeypatch)
    assert rig.spec_that_ran() == OWNER
    rig.platform.remember_known_good(PROJECT, BETTER)
    assert rig.spec_that_ran() == BETTER


def test_a_broken_ledger_stops_no_first_run_either(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    a_defect(rig, monkeypatch)
    assert rig.spec_that_ran(order=Order(GOAL)) == OWNER
    assert "RuntimeError: odd" in rig.said[0]
    assert "please report" in rig.said[0]


def test_what_ran_while_the_loop_was_broken_is_recorded_later(rig: Rig) -> None:
    rig.submit(order=Order(GOAL))
    with pytest.MonkeyPatch.context() as patch:
        full_disk(rig, patch)
        rig.submit()
        assert len(rig.outcomes()) == 1
    rig.submit()
    assert len(rig.outcomes()) == 3


class Failing:
    """Fails from its second tick on."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._ticks = 0
        self.register, self.state, self.set_goal = loop.register, loop.state, loop.set_goal

    def tick(self, project: str) -> Decision | None:
        self._ticks += 1
        if self._ticks > 1:
            raise ZeroDivisionError("odd")
        return self._loop.tick(project)


def test_a_failure_after_the_run_is_told_and_changes_no_exit_code(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("setpoint.submission.build_loop", lambda *given: Failing(build_loop(*given)))
    assert rig.submit("exit=7") == Submitted(7, None)
    assert [said.partition(";")[0] for said in rig.said] == ["Setpoint failed after the run"]


def test_a_home_that_cannot_be_made_stops_no_application(rig: Rig) -> None:
    rig.settings.home.write_text("in the way", encoding="utf-8")
    done = rig.folder / "done"
    assert rig.submit(f"ready={done}", "exit=5").exit_code == 5
    assert done.exists()
    assert rig.said[0].startswith("Setpoint failed before the run")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--remote", "sc://elsewhere", "job.py"), "remote"),
        (("--conf", "spark.remote=sc://elsewhere", "job.py"), "remote"),
        (("--kill", "driver-1"), "--kill"),
        (("--new-option", "x", "job.py"), "--new-option"),
        (("--master", "local[2]"), "no application"),
    ],
)
def test_what_cannot_be_controlled_runs_as_it_is_with_a_word(rig: Rig, words: tuple[str, ...], why: str) -> None:
    file = rig.folder / "words.json"
    script = (f"words={file}", "exit=4") if words[-1] == "job.py" else ()
    submitted = rig.submit(*script, words=words)
    assert submitted == Submitted(4 if script else 0, None)
    assert len(rig.said) == 1
    assert rig.said[0].startswith("Setpoint cannot control this command, so it runs as it is. ")
    assert why in rig.said[0]
    if script:
        assert json.loads(file.read_text(encoding="utf-8")) == [*words, *script]
    assert not rig.settings.home.exists()


@pytest.mark.parametrize("goal", ["", "minimise love", "runtime <= never"])
def test_a_wrong_goal_starts_nothing(rig: Rig, goal: str) -> None:
    done = rig.folder / "done"
    with pytest.raises(InputError):
        rig.submit(f"ready={done}", order=Order(goal))
    assert not done.exists()
    assert not rig.settings.home.exists()


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "-x", "x" * 101, "näme"])
def test_a_wrong_name_starts_nothing(rig: Rig, name: str) -> None:
    done = rig.folder / "done"
    with pytest.raises(InputError, match="is no project name"):
        submit(rig.settings, name, (*OWNERS_WORDS, f"ready={done}"), Order(), rig.said.append)
    assert not done.exists()
    assert not rig.settings.home.exists()


def test_settings_that_cannot_be_read_stop_no_application(rig: Rig) -> None:
    marker = rig.folder / "words.json"
    problem = SettingsError("The setting port from SETPOINT_PORT is not usable.")
    submitted = submit_unsettled((*OWNERS_WORDS, f"words={marker}", "exit=3"), problem, rig.said.append)
    assert (submitted.exit_code, submitted.decision) == (3, None)
    assert json.loads(marker.read_text(encoding="utf-8"))[:2] == ["--master", "local[4]"]
    assert "SETPOINT_PORT" in rig.said[0]


def test_no_spark_submit_is_told_at_once(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_HOME", str(rig.folder / "nowhere"))
    with pytest.raises(PlatformError, match="no spark-submit that can be run"):
        rig.submit()
    with pytest.raises(PlatformError, match="no spark-submit that can be run"):
        rig.submit(words=(str(rig.folder / "spark-submit"), *OWNERS_WORDS))


def test_no_spark_and_no_java_of_ours(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SPARK_HOME", "JAVA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(rig.folder / "empty"))
    if find_spec("pyspark") is not None:
        monkeypatch.setattr(java_module, "find_spec", lambda _: None)
        with pytest.raises(JavaMissing, match="Spark needs Java 17 or 21, and there is none"):
            rig.submit()
    monkeypatch.setattr(surroundings_module, "find_spec", lambda _: None)
    with pytest.raises(PlatformError, match="There is no spark-submit in"):
        rig.submit()


def test_a_spark_of_the_owners_own_has_the_java_of_his_own(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java_module, "find_spec", lambda _: None)
    monkeypatch.setenv("JAVA_HOME", str(rig.folder / "no-java"))
    assert rig.submit().exit_code == 0
