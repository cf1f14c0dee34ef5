"""Whatever goes wrong once, at whichever call: the same rights, the same order and the same projects come of it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.core.rented import book
from tests.platforms.databricks.emulated import DENIED, calls_of, emulator, job, run_all
from tests.platforms.emr.world import world_of

from setpoint.errors import PlatformError
from setpoint.ledger.memory import MemoryLedger
from setpoint.loop import Loop
from setpoint.onboarding.candidates import candidates
from setpoint.onboarding.importing import Importing, Wanted, chosen
from setpoint.platforms.databricks import CallFiles, Calls
from setpoint.platforms.databricks.project import Store
from setpoint.platforms.databricks.recurring import JobsOfWorkspace
from setpoint.platforms.databricks.rights import check_rights as databricks_rights
from setpoint.platforms.emr import EmrPlatform
from setpoint.platforms.emr.recurring import JobsOfAccount
from setpoint.platforms.emr.rights import check_rights as emr_rights
from setpoint.testing.databricks import DatabricksEmulator, Refused, half
from setpoint.testing.emr import FAULT_KINDS, EmrEmulator
from setpoint.testing.memory_platform import MemoryPlatform

BOOK = book("aws", "us-east-1")
PASSING = {
    "429": Refused(429, "REQUEST_LIMIT_EXCEEDED", "Too many requests.", retry_after_seconds=1),
    "500": Refused(500, "INTERNAL_ERROR", "Something went wrong."),
    "503": Refused(503, "TEMPORARILY_UNAVAILABLE", "Try again."),
    "half": half(),
}
Flow = Callable[[Path], Any]


def outcome_of(jobs: Any) -> tuple[object, ...]:  # noqa: ANN401 - Recurrences and Keeper
    """What a person sees of an import: the order, and what is in the ledger and the platform's folder."""
    over = Loop(MemoryPlatform({}), MemoryLedger(), BOOK, lambda: datetime(2026, 1, 1, tzinfo=UTC))
    found = candidates(jobs, 30.0, 2)
    done = list(Importing(over, jobs, jobs, BOOK, "x").run(chosen(found, Wanted(every=True), jobs.known())))
    order = [(it.key, it.is_headroom_read, it.worth) for it in found.places]
    ledger = [(name, over.ledger.read(name)) for name in over.ledger.projects()]
    return order, found.notes, [(it.project, it.outcome, it.detail) for it in done], ledger, dict(jobs.known())


@pytest.fixture(scope="module")
def workspace() -> Iterator[tuple[DatabricksEmulator, Calls]]:
    with emulator() as made:
        calls = calls_of(made)
        run_all(made, [job("nightly"), job("idle", {"num_workers": 8}), job("bundle", edit_mode="UI_LOCKED")], nights=2)
        yield made, calls


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK repeats some calls by itself; it need not wait for a workspace in this process."""
    monkeypatch.setattr("databricks.sdk.clock.RealClock.sleep", lambda *_: None)


def databricks_flows(made: DatabricksEmulator, calls: Calls) -> dict[str, Flow]:
    files, now = CallFiles(calls), int(made.workspace.now.timestamp() * 1000)

    def importing(home: Path) -> object:
        store = Store(home)
        return outcome_of(JobsOfWorkspace(calls, files, BOOK, "aws-databricks", store, "https://x", "", lambda: now))

    def rights(_: Path) -> object:
        return [(it.right, it.verdict) for it in databricks_rights(calls, files, "auto")]

    return {"import": importing, "rights": rights}


@pytest.mark.parametrize(
    ("flow", "kind"), [*(("import", kind) for kind in PASSING), ("rights", "503"), ("rights", "half")]
)
def test_what_passes_on_databricks_changes_nothing_at_any_call(
    workspace: tuple[DatabricksEmulator, Calls], tmp_path: Path, flow: str, kind: str
) -> None:
    made, calls = workspace
    run = databricks_flows(made, calls)[flow]
    made.calls.clear()
    clean = run(tmp_path / "clean")
    places = [(*way, number) for way, count in made.calls.items() for number in range(1, count + 1)]
    assert len(places) >= 8
    for number, place in enumerate(places):
        made.calls.clear()
        made.faults[place] = PASSING[kind]
        try:
            assert run(tmp_path / str(number)) == clean, place
        finally:
            made.faults.clear()


def test_a_refusal_on_databricks_leaves_no_half_of_a_project_at_any_call(
    workspace: tuple[DatabricksEmulator, Calls], tmp_path: Path
) -> None:
    made, calls = workspace
    run = databricks_flows(made, calls)["import"]
    made.calls.clear()
    run(tmp_path / "clean")
    places = [(*way, number) for way, count in made.calls.items() for number in range(1, count + 1)]
    for number, place in enumerate(places):
        made.calls.clear()
        made.faults[place] = DENIED
        try:
            found = run(tmp_path / str(number))
        except PlatformError:
            found = ((), (), ())
        finally:
            made.faults.clear()
        *_, done, ledger, known = found
        new = sorted(project for project, outcome, _ in done if outcome == "new")
        kept = Store(tmp_path / str(number)).projects()
        assert new == sorted(name for name, _ in ledger) == sorted(dict(known).values()) == sorted(kept)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmrEmulator]:
    with EmrEmulator(BOOK) as cloud:
        home = tmp_path_factory.mktemp("account")
        for kind in ("groups", "serverless"):
            world = world_of(kind, cloud, home / kind)
            world.run()
            world.run()
        yield cloud


@pytest.mark.parametrize(
    ("flow", "kind"), [*(("import", kind) for kind in FAULT_KINDS), ("rights", "throttled"), ("rights", "half")]
)
def test_what_passes_on_aws_changes_nothing_at_any_call(
    account: EmrEmulator,
    tmp_path: Path,
    flow: str,
    kind: Any,  # noqa: ANN401 - one of a Literal
) -> None:
    def run(home: Path) -> object:
        platform = EmrPlatform(home, account.client, lambda *_: BOOK, account.clock, lambda _: None)
        if flow == "rights":
            return [(it.right, it.verdict) for it in emr_rights(platform.calls, "us-east-1", "auto")]
        return outcome_of(JobsOfAccount(platform, "us-east-1", BOOK))

    account.faults.calls.clear()
    clean = run(tmp_path / "clean")
    count = len(account.faults.calls)
    assert count >= 15
    for at in range(count):
        account.faults.strike(kind, at)
        assert run(tmp_path / str(at)) == clean, at
        account.faults.clear()
