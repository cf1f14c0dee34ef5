"""The demo's story, played on a simulated plant: to its end, through crashes, and into walls."""

import io
import re
from pathlib import Path

import pytest
from rich.console import Console
from tests.demo.plant import MOMENTS, Crash, Emulated

from setpoint.core.history import Decided, Entry, GoalSet, RunRecorded
from setpoint.demo.on_spark import on_spark
from setpoint.demo.play import Plan, play
from setpoint.demo.story import PROJECT, UNTOUCHED, USUAL_RUNS, chapter_of
from setpoint.errors import InputError, PlatformError
from setpoint.ledger import open_ledger
from setpoint.platforms.spark import SparkPlatform
from setpoint.settings import Settings
from setpoint.submission import Submitted

RUNS = 8


class Rig:
    """A home, a terminal, and a machine that outlives the program."""

    def __init__(self, folder: Path, machine: Emulated) -> None:
        self.machine = machine
        self.home = folder / "demo"
        self.settings = Settings(home=folder, port=0)
        self._terminal = io.StringIO()

    def play(self, *, resume: bool = False, runs: int | None = RUNS) -> None:
        console = Console(file=self._terminal, width=100)
        play(self.settings, Plan(runs, resume, serve=False), console, self.machine.plant())

    @property
    def shown(self) -> str:
        return self._terminal.getvalue()

    def entries(self, project: str) -> tuple[Entry, ...]:
        return open_ledger(f"sqlite:///{self.home / 'ledger.db'}").read(project)

    def recorded(self, project: str) -> list[str]:
        return [entry.run.id for entry in self.entries(project) if isinstance(entry, RunRecorded)]


@pytest.fixture
def machine() -> Emulated:
    return Emulated()


@pytest.fixture
def rig(tmp_path: Path, machine: Emulated) -> Rig:
    return Rig(tmp_path, machine)


def story_of(runs: int) -> list[tuple[str, str, int]]:
    chapters = [chapter_of(number, runs) for number in range(runs)]
    whole = [(PROJECT, f"scale-{chapter.input_scale}", chapter.code_version) for chapter in chapters]
    return [(UNTOUCHED, "scale-1", 1), *whole, (UNTOUCHED, *whole[-1][1:])]


def test_the_whole_story_plays_to_its_end(rig: Rig) -> None:
    rig.play()
    assert rig.machine.ran == story_of(RUNS)
    assert len(rig.recorded(PROJECT)) == RUNS
    assert len(rig.recorded(UNTOUCHED)) == 2
    assert re.findall(r"^ *(\d+) +\d+ slots", rig.shown, re.MULTILINE) == [str(n) for n in range(1, RUNS + 1)]
    for words in ("Goal: minimise cost; runtime <= ", "The input has doubled", "What was achieved", "Cost per run: $"):
        assert words in rig.shown
    address = re.search(r"The page: (http://127\.0\.0\.1:\d+/projects/\S+)", rig.shown)
    assert address is not None
    assert address[1].endswith(f"/projects/{PROJECT}")


def test_the_loop_is_told_the_goal_only_and_acts_on_it(rig: Rig) -> None:
    rig.play()
    entries = rig.entries(PROJECT)
    assert sum(isinstance(entry, GoalSet) for entry in entries) == 1
    assert sum(isinstance(entry, Decided) for entry in entries) >= RUNS
    assert not any(isinstance(entry, GoalSet | Decided) for entry in rig.entries(UNTOUCHED))


@pytest.mark.parametrize("moment", MOMENTS)
def test_after_a_crash_at_every_run_nothing_is_lost_or_doubled(tmp_path: Path, moment: str) -> None:
    rig = Rig(tmp_path, Emulated(crash_at=moment))
    crashes, resume = 0, False
    while True:
        try:
            rig.play(resume=resume)
            break
        except Crash:
            crashes, resume = crashes + 1, True
            assert crashes <= 2 * RUNS
    assert crashes > RUNS / 2
    assert rig.machine.ran == story_of(RUNS)
    for project, runs in ((PROJECT, RUNS), (UNTOUCHED, 2)):
        recorded = rig.recorded(project)
        assert len(recorded) == runs
        assert tuple(recorded) == SparkPlatform(rig.home).finished_runs(project)
    assert "What was achieved" in rig.shown


def test_a_finished_demo_resumes_to_its_summary(rig: Rig) -> None:
    rig.play()
    before = rig.entries(PROJECT)
    rig.play(resume=True)
    assert rig.entries(PROJECT) == before
    assert rig.machine.ran == story_of(RUNS)
    assert rig.shown.count("What was achieved") == 2


def test_without_resume_it_starts_anew(tmp_path: Path) -> None:
    first = Rig(tmp_path, Emulated(stop_in=3))
    with pytest.raises(KeyboardInterrupt):
        first.play()
    again = Rig(tmp_path, Emulated())
    again.play()
    assert again.machine.ran == story_of(RUNS)
    assert len(again.recorded(PROJECT)) == RUNS
    assert again.machine.inputs_made == 1


def test_nothing_to_resume(rig: Rig) -> None:
    with pytest.raises(InputError, match="no demo to resume"):
        rig.play(resume=True)
    assert rig.machine.inputs_made == 0
    assert not rig.home.exists()


def test_a_job_that_never_works_is_told_with_its_log(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Emulated(error="ModuleNotFoundError: no such module"))
    with pytest.raises(PlatformError, match="no such module") as told:
        rig.play()
    assert str(rig.home / "application.log") in str(told.value)
    assert len(rig.machine.ran) == 1


@pytest.mark.parametrize("stop_in", [0, 1, 5, RUNS])
def test_an_interrupted_run_ends_the_program_and_is_made_up_for(tmp_path: Path, stop_in: int) -> None:
    rig = Rig(tmp_path, Emulated(stop_in=stop_in))
    with pytest.raises(KeyboardInterrupt):
        rig.play()
    assert len(rig.machine.ran) == stop_in + 1
    rig.play(resume=True)
    ran = story_of(RUNS)
    assert rig.machine.ran == [*ran[: stop_in + 1], *ran[stop_in:]]


def test_a_first_run_that_failed_measures_nothing_and_is_made_again(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Emulated(error="the disk is full", error_in=0))
    with pytest.raises(PlatformError, match="the disk is full"):
        rig.play()
    rig.play(resume=True)
    assert rig.machine.ran == [story_of(RUNS)[0], *story_of(RUNS)]
    assert "Cost per run: $" in rig.shown


def test_a_last_run_that_failed_is_not_replaced_by_the_first_one(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Emulated(error="the disk is full", error_in=RUNS + 1))
    rig.play()
    assert "What was achieved" in rig.shown
    assert "Cost per run: $" not in rig.shown
    rig.play(resume=True)
    assert rig.machine.ran == [*story_of(RUNS), story_of(RUNS)[-1]]
    assert "Cost per run: $" in rig.shown


@pytest.mark.parametrize(("asked", "made"), [(None, 6), (7, 7)])
def test_a_resumed_demo_makes_as_many_runs_as_were_planned(tmp_path: Path, asked: int | None, made: int) -> None:
    rig = Rig(tmp_path, Emulated(stop_in=2))
    with pytest.raises(KeyboardInterrupt):
        rig.play(runs=6)
    rig.play(resume=True, runs=asked)
    assert sum(project == PROJECT for project, _, _ in rig.machine.ran) == made + 1


@pytest.mark.parametrize("torn", [None, b"", b"{"])
def test_a_plan_that_was_lost_is_the_usual_one(rig: Rig, torn: bytes | None) -> None:
    rig.play(runs=6)
    plan = rig.home / "plan.json"
    plan.unlink() if torn is None else plan.write_bytes(torn)
    rig.play(resume=True, runs=None)
    assert sum(project == PROJECT for project, _, _ in rig.machine.ran) == USUAL_RUNS


def test_the_command_that_explains_names_the_ledger_of_the_demo(rig: Rig) -> None:
    rig.play()
    address = f"sqlite:///{rig.home / 'ledger.db'}"
    assert re.search(rf"SETPOINT_LEDGER={re.escape(address)} \S+ explain {PROJECT} \[N\]$", rig.shown, re.MULTILINE)


def test_runs_that_leave_no_record_end_the_demo(rig: Rig) -> None:
    """As where the disk of the ledger is full: the application runs, and the loop cannot write."""
    rig.play(runs=6)
    deaf = on_spark(lambda _: None, lambda *_: Submitted(0, None))
    with pytest.raises(PlatformError, match="left no record"):
        play(rig.settings, Plan(8, resume=True, serve=False), Console(file=io.StringIO()), deaf)
