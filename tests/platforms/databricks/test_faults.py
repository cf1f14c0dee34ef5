"""Whatever goes wrong at any call of the loop: once, it is got over; for long, it is said, and nothing is twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.core.rented import book
from tests.platforms.databricks.emulated import CLUSTER, calls_of, emulator, job

from setpoint.core.domain import SearchSpace
from setpoint.core.history import Applied, Decided, RunRecorded
from setpoint.errors import SetpointError
from setpoint.ledger.memory import MemoryLedger
from setpoint.loop import Loop
from setpoint.platforms.databricks import Calls
from setpoint.platforms.databricks.home import DatabricksHome
from setpoint.platforms.databricks.project import DatabricksProject
from setpoint.testing.databricks import DatabricksEmulator, Refused, half
from setpoint.testing.platform_contract import PROJECT

BOOK = book("aws", "us-east-1")
FAULTS = {
    "429": Refused(429, "REQUEST_LIMIT_EXCEEDED", "Too many requests.", retry_after_seconds=1),
    "500": Refused(500, "INTERNAL_ERROR", "Something went wrong."),
    "503": Refused(503, "TEMPORARILY_UNAVAILABLE", "Try again."),
    "expired": Refused(401, "UNAUTHENTICATED", "The token has expired."),
    "half": half(),
}
MOST_TRIES = 6
Place = tuple[str, str, int]


@pytest.fixture(scope="module")
def workspace() -> Iterator[tuple[DatabricksEmulator, Calls]]:
    with emulator() as made:
        yield made, calls_of(made)


class Night:
    """A job that ran once on too many machines, and the loop that has not seen it yet."""

    def __init__(self, made: DatabricksEmulator, calls: Calls, home: Path) -> None:
        self.made = made
        made.workspace.jobs.clear()
        made.workspace.runs.clear()
        self.job_id = made.workspace.add(job("nightly", {"num_workers": 16})).id
        platform = DatabricksHome(home, lambda *_: calls, self.seconds, lambda _: None)
        platform.register(PROJECT, DatabricksProject(host="https://x", job_id=str(self.job_id), region="us-east-1"))
        self.loop = Loop(platform, MemoryLedger(), BOOK, lambda: made.workspace.now)
        space = SearchSpace(node_types=(BOOK.nodes["m5.xlarge"],), node_counts=(2, 4, 8, 16))
        self.loop.register(PROJECT, "databricks", platform.current_spec(PROJECT), space)
        self.loop.set_goal(PROJECT, "minimise cost; runtime <= 2h")
        made.workspace.start(made.workspace.job(self.job_id).settings, self.job_id)
        made.advance(86_400)
        made.calls.clear()

    def seconds(self) -> float:
        """The time there, since 1970."""
        return self.made.workspace.now.timestamp()

    @property
    def block(self) -> dict[str, object]:
        found: dict[str, object] = self.made.workspace.job(self.job_id).settings["job_clusters"][0]["new_cluster"]
        return found

    def check(self) -> None:
        """One run, one decision, one change, and a whole cluster."""
        entries = self.loop.ledger.read(PROJECT)
        assert [len([e for e in entries if isinstance(e, kind)]) for kind in (RunRecorded, Decided, Applied)] == [1] * 3
        (run,) = [entry.run for entry in entries if isinstance(entry, RunRecorded)]
        assert run.profile is not None
        assert self.block == CLUSTER | {
            "num_workers": self.block["num_workers"],
            "enable_elastic_disk": False,
            "custom_tags": {"setpoint:project": PROJECT},
        } | {key: value for key, value in self.block.items() if key.endswith("_attributes") or key == "runtime_engine"}
        assert self.block["num_workers"] in (2, 4, 8)


def places_of(night: Night) -> list[Place]:
    """Every call of a look at the night that goes well."""
    night.loop.tick(PROJECT)
    night.check()
    return [(*way, number) for way, count in night.made.calls.items() for number in range(1, count + 1)]


@pytest.fixture
def clean(workspace: tuple[DatabricksEmulator, Calls], tmp_path: Path) -> list[Place]:
    found = places_of(Night(*workspace, tmp_path / "clean"))
    assert len(found) >= 10
    return found


@pytest.mark.parametrize("kind", FAULTS)
def test_what_goes_wrong_once_at_any_call_is_got_over(
    workspace: tuple[DatabricksEmulator, Calls], clean: list[Place], tmp_path: Path, kind: str
) -> None:
    for number, place in enumerate(clean):
        night = Night(*workspace, tmp_path / str(number))
        night.made.faults[place] = FAULTS[kind]
        try:
            looked(night)
        finally:
            night.made.faults.clear()
        night.loop.tick(PROJECT)
        night.check()


@pytest.mark.parametrize("kind", ["503", "half"])
def test_what_goes_wrong_for_long_is_said_and_made_up_for(
    workspace: tuple[DatabricksEmulator, Calls], clean: list[Place], tmp_path: Path, kind: str
) -> None:
    for number, (method, path, first) in enumerate(clean):
        night = Night(*workspace, tmp_path / str(number))
        before = dict(night.block)
        night.made.faults |= {(method, path, first + more): FAULTS[kind] for more in range(2 * MOST_TRIES)}
        try:
            said = looked(night)
        finally:
            night.made.faults.clear()
        assert said is None or "\n" not in said
        assert night.block == before or any(isinstance(e, Applied | Decided) for e in night.loop.ledger.read(PROJECT))
        night.loop.tick(PROJECT)
        night.loop.tick(PROJECT)
        night.check()


def looked(night: Night) -> str | None:
    """What a tick says where it fails."""
    try:
        night.loop.tick(PROJECT)
    except SetpointError as error:
        return str(error)
    return None


@pytest.mark.parametrize("retry_after", [None, 0, 1])
@pytest.mark.parametrize("status", [429, 503, 500])
def test_a_write_that_was_refused_is_never_repeated_over_a_person_s_edit(
    workspace: tuple[DatabricksEmulator, Calls], tmp_path: Path, status: int, retry_after: int | None
) -> None:
    """Neither by us nor by the vendor's client underneath."""
    night = Night(*workspace, tmp_path)
    refusal = Refused(status, "TEMPORARILY_UNAVAILABLE", "Later.", retry_after_seconds=retry_after)

    class Edited(Refused):
        def body(self) -> dict[str, object]:
            night.block["num_workers"] = 9
            return refusal.body()

    night.made.faults["POST", "jobs/update", 1] = Edited(
        status, "TEMPORARILY_UNAVAILABLE", "Later.", retry_after_seconds=retry_after
    )
    try:
        looked(night)
    finally:
        night.made.faults.clear()
    assert night.block["num_workers"] == 9
    assert night.made.calls["POST", "jobs/update"] == 1
    assert not [entry for entry in night.loop.ledger.read(PROJECT) if isinstance(entry, Applied)]


def test_fact_04_a_person_who_edits_at_any_call_keeps_their_edit_but_in_the_time_of_the_write(
    workspace: tuple[DatabricksEmulator, Calls], clean: list[Place], tmp_path: Path
) -> None:
    """The write comes last but one; whoever edits before our last look at the job, or after the write, is kept."""
    last_look = max(number for method, path, number in clean if path == "jobs/get") - 1
    for number, place in enumerate(clean):
        if place == ("GET", "jobs/get", last_look):
            continue  # answered before the edit: there is no version on Databricks' side that could tell
        night = Night(*workspace, tmp_path / str(number))

        def edit(_: object, night: Night = night) -> None:
            night.block["spark_conf"] = {"by": "hand"}

        night.made.humans[place] = edit
        try:
            looked(night)
        finally:
            night.made.humans.clear()
        assert night.block["spark_conf"] == {"by": "hand"}, place
