"""From a connection to a change: jobs of both emulated platforms, imported and then driven by the loop of each."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.platforms.databricks.emulated import emulator, job, run_all
from tests.platforms.emr.world import BOOK, FLEETS, Json

from setpoint.core.domain import ClusterSpec, Recommendation
from setpoint.core.history import Applied, Decided, RunRecorded
from setpoint.loop import Loop
from setpoint.onboarding.candidates import candidates
from setpoint.onboarding.importing import Importing, Wanted, chosen
from setpoint.onboarding.opening import Opened, open_connection
from setpoint.settings import Connection, Settings, load_settings
from setpoint.testing.emr import EmrEmulator
from setpoint.wiring import build_loop, loop_of

NIGHTS = 2


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SETPOINT_HOME", str(tmp_path / "home"))
    for name in ("SETPOINT_SETTINGS", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    return load_settings()


def imported(settings: Settings, opened: Opened) -> tuple[str, ...]:
    found = candidates(opened.recurrences, 30.0, 3)
    importing = Importing(
        build_loop(settings), opened.recurrences, opened.keeper, opened.book, opened.connection.platform
    )
    done = list(importing.run(chosen(found, Wanted(top=1), {})))
    assert [each.outcome for each in done] == ["new"]
    return tuple(each.project for each in done)


def proposed(loop: Loop, project: str) -> list[ClusterSpec]:
    entries = loop.ledger.read(project)
    decided = [it.decision for it in entries if isinstance(it, Decided)]
    return [it.spec for it in decided if isinstance(it, Recommendation)]


def check_that_it_proposes_and_then_acts(settings: Settings, project: str, run: Callable[[], None]) -> None:
    loop = loop_of(settings, project)
    before = loop.platform.current_spec(project)
    loop.tick(project)
    runs = [it.run for it in loop.ledger.read(project) if isinstance(it, RunRecorded)]
    assert len(runs) == NIGHTS
    assert all(it.profile is not None and it.cost.dollars > 0 for it in runs)
    assert proposed(loop, project)
    assert loop.platform.current_spec(project) == before
    goal = loop.state(project).history.goal
    assert goal is not None
    loop.set_goal(project, goal.goal, "auto")
    run()
    loop = loop_of(settings, project)
    loop.tick(project)
    applied = [it.spec for it in loop.ledger.read(project) if isinstance(it, Applied)]
    assert len(applied) == 1
    assert loop_of(settings, project).platform.current_spec(project) == applied[0] != before


def test_a_job_of_databricks_is_proposed_for_and_then_changed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with emulator() as made:
        host, token = made.start()
        monkeypatch.setenv("DATABRICKS_HOST", host)
        monkeypatch.setenv("DATABRICKS_TOKEN", token)
        made.workspace.now = datetime.now(UTC).replace(microsecond=0) - timedelta(days=5)
        (job_id,) = run_all(made, [job("nightly", {"num_workers": 16})], NIGHTS)
        opened = open_connection(settings, Connection(platform="databricks", region=""))
        (project,) = imported(settings, opened)

        def run() -> None:
            made.workspace.start(made.workspace.job(job_id).settings, job_id)
            made.advance(86_400)

        check_that_it_proposes_and_then_acts(settings, project, run)
        assert made.calls["POST", "jobs/update"] == 1


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmrEmulator]:
    with EmrEmulator(BOOK) as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        made.clock.move(max(0.0, (datetime.now(UTC) - made.clock()).total_seconds() - 5 * 86_400))
        yield made


def test_a_cluster_of_emr_is_proposed_for_and_then_left_for_its_launcher(
    settings: Settings, cloud: EmrEmulator
) -> None:
    roles = [
        {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1, "Market": "ON_DEMAND"},
        {"InstanceRole": "CORE", "InstanceType": "r5.xlarge", "InstanceCount": 16, "Market": "ON_DEMAND"},
    ]
    kept = {key: value for key, value in FLEETS["Instances"].items() if key != "InstanceFleets"}
    asked: Json = FLEETS | {"Instances": kept | {"InstanceGroups": roles}, "Steps": FLEETS["Steps"][:1]}

    def run() -> None:
        cloud.client("emr").run_job_flow(**asked)
        cloud.clock.move(86_400)

    for _ in range(NIGHTS):
        run()
    opened = open_connection(settings, Connection(platform="emr", region="us-east-1"))
    (project,) = imported(settings, opened)
    check_that_it_proposes_and_then_acts(settings, project, run)
    assert (settings.home / "emr" / project / "arguments.json").is_file()
