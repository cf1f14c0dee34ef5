"""`setpoint projects import` against both emulators, and what is then in the ledger and in the home."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cli.conftest import Said
from tests.platforms.databricks.emulated import emulator, job, run_all
from tests.platforms.emr.world import BOOK, world_of

from setpoint.ledger import open_ledger
from setpoint.platforms import PLATFORMS
from setpoint.settings import load_settings
from setpoint.testing.databricks import DatabricksEmulator
from setpoint.testing.emr import EmrEmulator
from setpoint.testing.platform_contract import PROJECT
from setpoint.wiring import build_loop

Setpoint = Callable[..., Said]
NIGHTS = 2
SALES = {"team": "sales"}


@pytest.fixture
def connected(setpoint: Setpoint, monkeypatch: pytest.MonkeyPatch) -> Iterator[DatabricksEmulator]:
    """A workspace with five jobs, connected as `work`."""
    with emulator() as made:
        host, token = made.start()
        made.workspace.now = datetime.now(UTC).replace(microsecond=0)
        made.advance(-NIGHTS * 86_400)
        bundle = job("deployed", deployment={"kind": "BUNDLE"})
        run_all(made, [job("nightly", tags=SALES), job("idle", {"num_workers": 16}), bundle], NIGHTS)
        made.workspace.add(
            {"name": "serverless", "tasks": [{"task_key": "t", "notebook_task": {"notebook_path": "/n"}}]}
        )
        monkeypatch.setenv("DATABRICKS_HOST", host)
        monkeypatch.setenv("DATABRICKS_TOKEN", token)
        assert setpoint("connect", "databricks", "--name", "work", "--top", "0").exit_code == 0
        yield made


def projects(home: Path) -> tuple[str, ...]:
    return open_ledger(f"sqlite:///{home / 'ledger.db'}").projects()


def test_the_first_ones_come_under_control_and_the_platform_finds_them(
    setpoint: Setpoint, connected: DatabricksEmulator, home: Path
) -> None:
    dry = setpoint("projects", "import", "--top", "1", "--dry-run")
    assert (dry.exit_code, projects(home)) == (0, ())
    assert "would be a project" in dry.out
    said = setpoint("projects", "import", "work", "--top", "1")
    assert said.exit_code == 0, said.err
    assert projects(home) == ("idle",)
    platform = PLATFORMS["databricks"](home)
    loop = build_loop(load_settings(), platform)
    history = loop.state("idle").history
    assert platform.current_spec("idle") == history.spec
    assert history.goal is not None
    assert history.goal.mode == "propose"
    assert len(platform.finished_runs("idle")) == NIGHTS
    watched = setpoint("watch", "--once")
    assert watched.exit_code == 0, watched.err
    assert f"idle: {NIGHTS} runs recorded" in watched.out
    assert ("POST", "jobs/update") not in connected.calls
    assert not any(connected.token in file.read_text("utf-8", "replace") for file in home.rglob("*") if file.is_file())


def test_all_are_taken_once_and_the_others_are_told_why_not(
    setpoint: Setpoint, connected: DatabricksEmulator, home: Path
) -> None:
    answer = json.loads(setpoint("projects", "import", "work", "--all", "--json").out)
    assert {it["name"]: it["outcome"] for it in answer["jobs"]} == {
        "nightly": "new",
        "idle": "new",
        "deployed": "new",
        "serverless": "refused",
    }
    again = setpoint("projects", "import", "work", "--all")
    assert again.exit_code == 0
    assert again.out.count("it is a project already") == 3
    assert "owned by bundle, which gets patches" in again.out
    assert projects(home) == ("deployed", "idle", "nightly")
    said = setpoint("projects", "import", "work", "--job", "serverless")
    assert said.exit_code == 65
    assert "it is serverless" in said.out
    assert ("POST", "jobs/update") not in connected.calls


def test_jobs_are_named_by_tag_or_pattern_with_a_goal_of_their_own(
    setpoint: Setpoint, connected: DatabricksEmulator, home: Path
) -> None:
    tagged = setpoint(
        "projects", "import", "work", "--tag", "team=sales", "--goal", "minimise runtime", "--mode", "observe"
    )
    assert tagged.exit_code == 0
    assert projects(home) == ("nightly",)
    goal = build_loop(load_settings()).state("nightly").history.goal
    assert goal is not None
    assert (goal.goal, goal.mode) == ("minimise runtime", "observe")
    calls = sum(connected.calls.values())
    assert setpoint("projects", "import", "work", "--job", "idl*").exit_code == 0
    # A page of jobs and one of runs; settings are in the list.
    assert sum(connected.calls.values()) - calls == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Say which jobs"),
        (("work", "--job", "nobody"), "There is no job 'nobody'"),
        (("elsewhere", "--all"), "There is no connection “elsewhere”"),
        (("work", "--tag", "sales"), "--tag team=sales"),
        (("work", "--all", "--goal", "be nice"), "be"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(
    setpoint: Setpoint, connected: DatabricksEmulator, home: Path, words: tuple[str, ...], said: str
) -> None:
    answer = setpoint("projects", "import", *words)
    assert answer.exit_code == 65
    assert said in answer.err
    assert "Traceback" not in answer.err
    assert projects(home) == ()
    assert connected.token not in answer.err


def test_without_a_connection_it_says_how_to_make_one(setpoint: Setpoint) -> None:
    said = setpoint("projects", "import", "--all")
    assert said.exit_code == 78
    assert "setpoint connect databricks" in said.err


@pytest.mark.parametrize("kind", ["groups", "serverless"])
def test_what_runs_on_emr_comes_under_control_and_is_watched(
    setpoint: Setpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    with EmrEmulator(BOOK) as cloud:
        monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        world = world_of(kind, cloud, tmp_path / "world")
        cloud.clock.move(max(0.0, (datetime.now(UTC) - cloud.clock()).total_seconds() - 2 * 86_400))
        world.run()
        assert setpoint("connect", "emr", "--region", "us-east-1", "--top", "0").exit_code == 0
        said = setpoint("projects", "import", "--top", "3")
        assert said.exit_code == 0, said.err
        platform = PLATFORMS["emr"](load_settings().home)
        loop = build_loop(load_settings(), platform)
        assert loop.ledger.projects() == (PROJECT,)
        assert platform.current_spec(PROJECT) == loop.state(PROJECT).history.spec
        assert "it is a project already" in setpoint("projects", "import", "--all").out
        watched = setpoint("watch", "--once")
        assert (watched.exit_code, watched.err) == (0, "")
        assert f"{PROJECT}: 1 run recorded" in watched.out
