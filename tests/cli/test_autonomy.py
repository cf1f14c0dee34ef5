"""Modes, approvals, rollbacks, freezes and restrictions, as a user types them."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.conftest import Said
from tests.cli.ledgers import fill
from tests.loop.world import PRICES, WASTEFUL, World, loop_of, world

from setpoint.core.history import Applied, Decided, Described, Entry, History, RollbackAsked, fold
from setpoint.core.restrictions import Restrictions
from setpoint.ledger import open_ledger
from setpoint.platforms.spark import SparkPlatform
from setpoint.testing.plant import START

Setpoint = Callable[..., Said]
NAME = "nightly"


def lived(mode: str, nights: int = 3) -> World:
    """A life that has just ended, by the clock on the wall."""
    made = world("minimise cost", mode=mode)  # type: ignore[arg-type]
    shift = datetime.now(UTC) - START - timedelta(days=nights, hours=1)
    made.loop = loop_of(made.plant, made.loop.ledger, lambda: made.plant.clock() + shift)
    report = made.plant.cluster_report

    def moved(project: str, run_id: str) -> object:
        said = report(project, run_id)
        return replace(said, started_at=said.started_at + shift, finished_at=said.finished_at + shift)

    made.plant.cluster_report = moved  # type: ignore[method-assign, assignment]
    made.nights(nights)
    return made


def at_home(home: Path, made: World) -> SparkPlatform:
    """The same project under the platform of this installation."""
    fill(home, NAME, made.written)
    platform = SparkPlatform(home)
    platform.register(NAME, WASTEFUL)
    if made.spec != WASTEFUL:
        platform.apply(NAME, made.spec, expect=WASTEFUL)
    return platform


def entries_of(home: Path) -> tuple[Entry, ...]:
    return open_ledger(f"sqlite:///{home / 'ledger.db'}").read(NAME)


def history_of(home: Path) -> History:
    found = fold(entries_of(home))
    assert found is not None
    return found


def test_what_waits_is_shown_approved_and_put_in_place(setpoint: Setpoint, home: Path) -> None:
    platform = at_home(home, lived("approve"))
    shown = setpoint("mode", NAME)
    assert (shown.exit_code, shown.err) == (0, "")
    assert "nightly: mode approve" in shown.out
    assert "waits: it waits for an approval" in shown.out
    assert "3 changes held back" in shown.out
    explained = setpoint("explain", NAME).out
    assert "Done        not applied: it waits for an approval" in explained
    assert "Mode        approve" in explained
    said = setpoint("approve", NAME, "--by", "ada")
    assert (said.exit_code, said.err) == (0, "")
    assert said.out.startswith("Approved by ada: the next run of nightly gets ")
    assert platform.current_spec(NAME) == history_of(home).spec != WASTEFUL
    assert "Approved    by ada" in setpoint("explain", NAME).out
    assert json.loads(setpoint("explain", NAME, "--json").out)["approved"]["by"] == "ada"
    again = setpoint("approve", NAME)
    assert (again.exit_code, again.out) == (65, "")
    assert "put in place already" in again.err


def test_a_stale_approval_is_refused_with_what_has_happened(setpoint: Setpoint, home: Path) -> None:
    made = lived("approve")
    platform = at_home(home, made)
    platform.apply(NAME, replace(WASTEFUL, driver_cores=12), expect=WASTEFUL)
    said = setpoint("approve", NAME)
    assert (said.exit_code, said.out) == (75, "")
    assert "somebody else" in said.err
    assert "Look at the new one." in said.err


def test_a_rollback_acts_at_once(setpoint: Setpoint, home: Path) -> None:
    made = lived("auto", 8)
    platform = at_home(home, made)
    assert made.spec != WASTEFUL
    refused = setpoint("rollback", NAME, "--to", "3 slots 1g")
    assert refused.exit_code == 65
    assert "no spec on which a run has succeeded" in refused.err
    said = json.loads(
        setpoint("rollback", NAME, "--to", "baseline", "--reason", " it was\nlate ", "--by", "ada", "--json").out
    )
    assert (said["by"], said["reason"]) == ("ada", "it was late")
    assert platform.current_spec(NAME) == history_of(home).spec == WASTEFUL
    assert any(isinstance(entry, RollbackAsked) for entry in entries_of(home))
    assert "Taken back  by ada" in setpoint("explain", NAME, str(_last_applied(made))).out
    once_more = setpoint("rollback", NAME)
    assert (once_more.exit_code, once_more.out) == (65, "")
    assert "already" in once_more.err


def _last_applied(made: World) -> int:
    """The number of the newest decision before the rollback."""
    return sum(isinstance(entry, Decided) for entry in made.written)


def test_modes_by_kind_of_change(setpoint: Setpoint, home: Path) -> None:
    at_home(home, lived("shadow"))
    shown = setpoint("mode", NAME, "auto", "--for", "rescue=approve", "--for", "scale-down=propose")
    assert "mode auto (scale down: propose, rescue: approve)" in shown.out
    data = json.loads(setpoint("mode", NAME, "--json").out)
    assert data["modes"] == {
        "scale up": "auto",
        "scale down": "propose",
        "memory": "auto",
        "partitions": "auto",
        "rescue": "approve",
    }
    assert data["held_back"]["predicted"] > 0
    for words, told in ((("fast",), "is no mode"), (("--for", "resize=auto"), "kinds of change are")):
        said = setpoint("mode", NAME, *words)
        assert (said.exit_code, said.out) == (65, "")
        assert told in said.err
    assert setpoint("mode", "nobody").exit_code == 66


def test_freezes_by_pattern_and_for_all(setpoint: Setpoint, home: Path) -> None:
    at_home(home, lived("auto"))
    fill(home, "sales-1", lived("auto", 1).written)
    both = setpoint("freeze", "--all", "--until", "2999-01-06", "--reason", "the [year] is closed")
    assert both.exit_code == 0
    assert both.out.count("because the [year] is closed") == 2
    one = setpoint("freeze", "sales-*", "--window", "0 0 28 * * for 4d in Europe/Berlin")
    assert "nightly" not in one.out
    assert len(history_of(home).restrictions.freezes) == 1
    open_end = setpoint("freeze", NAME)
    assert "until it is lifted" in open_end.out
    lifted = json.loads(setpoint("freeze", NAME, "--lift", "--json").out)
    assert lifted == {"projects": {NAME: {}}}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Say which projects"),
        ((NAME, "--all"), "Say which projects"),
        ((NAME, "--until", "2026-13-40"), "--until: “"),
        ((NAME, "--until", "2020-01-01"), "is before"),
        ((NAME, "--window", "now and then"), "--window: “now and then”: write for example"),
        ((NAME, "--window", "0 0 * * * for 1h in Nowhere/Land"), "is no time zone"),
        ((NAME, "--until", "2999-01-01", "--window", "0 0 * * * for 1h"), "not both"),
        ((NAME, "--lift", "--reason", "x"), "--lift takes freezes away"),
        (("other",), "no project “other”"),
    ],
)
def test_a_freeze_that_cannot_be_is_said(setpoint: Setpoint, home: Path, words: tuple[str, ...], told: str) -> None:
    fill(home, NAME, lived("auto", 1).written)
    said = setpoint("freeze", *words)
    assert (said.exit_code in {65, 66}, said.out) == (True, "")
    assert told in said.err
    assert said.err.count("\n") == 1
    assert history_of(home).restrictions == Restrictions()


def test_restrictions_are_set_replaced_and_lifted(setpoint: Setpoint, home: Path) -> None:
    fill(home, NAME, lived("auto", 1).written)
    said = setpoint(
        "restrict", NAME, "--pin", "slots=8", "--allow", "memory=4g,8g", "--deny", "partitions=1-50",
        "--window", "0 20 * * 1-5 for 4h", "--rescues", "any time", "--explore-until", "2026-12-01",
        "--exploration", "20$/month", "--trials", "10 %", "--reruns", "harmful",
    )  # fmt: skip
    assert (said.exit_code, said.err) == (0, "")
    assert history_of(home).restrictions == Restrictions(
        pins=("slots 8",),
        allow=("memory 4g", "memory 8g"),
        deny=("partitions 1-50",),
        windows=("0 20 * * 1-5 for 4h",),
        exploration_dollars_per_month=20.0,
        explore_until=datetime(2026, 12, 1, tzinfo=UTC),
        rescues="any time",
        trials="10 %",
        reruns="harmful",
    )
    setpoint("freeze", NAME)
    setpoint("restrict", NAME, "--pin", "slots=16", "--lift", "window", "--lift", "explore-until", "--lift", "deny")
    now = history_of(home).restrictions
    assert (now.pins, now.windows, now.deny, now.explore_until) == (("slots 16",), (), (), None)
    assert len(now.freezes) == 1
    assert "it may not be run twice" in setpoint("mode", NAME).out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--pin", "slots"), "--pin"),
        (("--pin", "wheels=4"), "known are slots, memory, partitions"),
        (("--allow", "memory=lots"), "--allow: “lots”"),
        (("--exploration", "much"), "write for example 20$/month"),
        (("--trials", "many"), "such as 3 or 10 %"),
        (("--lift", "goal"), "it is one of"),
        (("--lift", "pins", "--pin", "slots=8"), "set in the same command"),
        ((), "Nothing is said"),
    ],
)
def test_a_restriction_that_cannot_be_is_said(
    setpoint: Setpoint, home: Path, words: tuple[str, ...], told: str
) -> None:
    fill(home, NAME, lived("auto", 1).written)
    said = setpoint("restrict", NAME, *words)
    assert (said.exit_code, said.out) == (65, "")
    assert told in said.err
    assert history_of(home).restrictions == Restrictions()


def test_a_project_is_described(setpoint: Setpoint, home: Path) -> None:
    fill(home, NAME, lived("auto", 1).written)
    said = setpoint("describe", NAME, "--owner", "ada", "--tag", "team=sales", "--tag", "tier=gold", "--not-idempotent")
    assert said.out == "nightly: owner ada; tags: team=sales, tier=gold; running it twice does harm\n"
    assert "tags: team=sales;" in setpoint("describe", NAME, "--tag", "tier=").out
    assert json.loads(setpoint("describe", NAME, "--json").out)["owner"] == "ada"
    assert sum(isinstance(entry, Described) for entry in entries_of(home)) == 2
    assert setpoint("describe", NAME, "--tag", "nonsense").exit_code == 65


def test_decisions_are_taken_again(setpoint: Setpoint, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = lived("auto", 4)
    fill(home, NAME, made.written)
    other = setpoint("explain", NAME, "--verify")
    assert other.exit_code == 0
    assert "the prices of that day" in other.out
    monkeypatch.setattr("setpoint.wiring.price_book", lambda _: PRICES)
    same = setpoint("explain", NAME, "--verify")
    assert "4 decisions: 4 identical when taken again" in same.out
    assert json.loads(setpoint("explain", NAME, "2", "--verify", "--json").out)["counts"]["identical"] == 1
    assert setpoint("explain", NAME, "9", "--verify").exit_code == 65
    assert setpoint("explain", "nobody", "--verify").exit_code == 66


def test_a_decision_that_comes_out_differently_fails(
    setpoint: Setpoint, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forged(entry: Entry) -> Entry:
        if not isinstance(entry, Decided):
            return entry
        return replace(entry, decision=replace(entry.decision, reason="for no reason"))

    fill(home, NAME, [forged(entry) for entry in lived("auto", 2).written if not isinstance(entry, Applied)])
    monkeypatch.setattr("setpoint.wiring.price_book", lambda _: PRICES)
    said = setpoint("explain", NAME, "--verify")
    assert said.exit_code == 1
    assert "different: now it would be recommendation" in said.out


@pytest.mark.parametrize("words", [("freeze", "--all"), ("restrict", "--all", "--pin", "slots=8")])
def test_nobody_believes_that_no_projects_are_frozen(setpoint: Setpoint, words: tuple[str, ...]) -> None:
    said = setpoint(*words)
    assert said.exit_code == 66
    assert "no projects in the ledger" in said.err
