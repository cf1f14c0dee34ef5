"""Reasons to stand still: old evidence, jobs that may not be run twice, and too many on trial."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import GOAL_TEXT, START, WIDE, recorded, registered, run

from setpoint.core.autonomy import Acting, holds_back
from setpoint.core.autonomy.idempotency import is_idempotent, reran_cleanly
from setpoint.core.autonomy.staleness import LEAST, UNKNOWN_PACE, longest_silence, stale
from setpoint.core.autonomy.trial_budget import group_of, is_on_trial, trials_full
from setpoint.core.domain import Assessment, ClusterSpec, Decision, Hold, Phase, Recommendation, Rollback
from setpoint.core.history import Applied, Decided, Described, Entry, GoalSet, History, Mode, Restricted, fold
from setpoint.core.restrictions import Restrictions

NUMBERS = Assessment(Phase.OPTIMIZING)
HALF = ClusterSpec.local(4, 8192)


def history_of(*entries: Entry) -> History:
    found = fold([registered(), *entries])
    assert found is not None
    return found


@given(st.integers(1, 30), st.floats(1.0, 20.0))
def test_evidence_is_stale_once_and_for_all(count: int, hours: float) -> None:
    runs = [run(number) for number in range(count)]
    end, longest = runs[-1].report.finished_at, longest_silence(runs)
    assert longest >= LEAST
    assert stale(runs, end + longest) is None
    said = stale(runs, end + longest + timedelta(hours=hours))
    assert said is not None
    assert "newest run ended" in said


def test_a_pace_that_is_not_known_is_taken_to_be_slow() -> None:
    assert stale([], START) is None
    assert longest_silence([run(0), run(1)]) == UNKNOWN_PACE
    assert longest_silence([run(number) for number in range(9)]) < UNKNOWN_PACE


@pytest.mark.parametrize(
    ("owner", "rule", "expected"),
    [
        (None, "", None),
        (True, "", True),
        (False, "", False),
        (None, "harmless", True),
        (True, "harmful", False),
        (False, "harmless", False),
    ],
)
def test_in_doubt_a_job_may_not_be_run_twice(owner: bool | None, rule: str, expected: bool | None) -> None:  # noqa: FBT001 - a table
    said = history_of(Described("", (), START, owner), Restricted(Restrictions(reruns=rule), START))
    assert is_idempotent(said) is expected


def test_it_is_learned_from_a_repeat_that_went_well() -> None:
    failed, again = run(0, fault="application"), run(1)
    again = replace(again, report=replace(again.report, retry=True))
    history = history_of(*recorded(failed, again))
    assert (reran_cleanly(history), is_idempotent(history)) == (1, True)
    assert is_idempotent(history_of(*recorded(failed, run(1)))) is None


def on_trial(name: str) -> Applied:
    return Applied(name, HALF, START, on_trial=True)


@given(st.integers(0, 6), st.integers(1, 6))
def test_no_more_begin_than_may(running: int, limit: int) -> None:
    group = tuple(f"p{number}" for number in range(7))
    newest: dict[str, Entry] = {name: on_trial("1") for name in group[:running]}
    said = trials_full(str(limit), "p6", group, newest)
    assert (said is None) == (running < limit)
    assert trials_full(str(limit), "p0", group, newest | {"p0": on_trial("1")}) is None


def test_the_newest_word_says_who_is_on_trial() -> None:
    held = Decided("2", "", GOAL_TEXT, WIDE, Hold("it waits", NUMBERS), START)
    assert not is_on_trial(None)
    assert is_on_trial(on_trial("1"))
    assert not is_on_trial(held)
    restricted: dict[str, Entry] = {"a": Restricted(Restrictions(trials="1"), START, "night")}
    assert group_of("night", restricted, ("a", "b")) == ("a",)
    assert group_of("", restricted, ("a", "b")) == ("b",)


def acting(
    decision: Decision, mode: Mode = "auto", limits: Restrictions | None = None, full: str | None = None
) -> Acting:
    goal = GoalSet(GOAL_TEXT, mode, START)
    history = history_of(goal, Restricted(limits or Restrictions(), START), *recorded(*(run(n) for n in range(3))))
    now = history.runs[-1].report.finished_at
    return Acting(history, "1", decision, WIDE, now, lambda: full)


def change(*, rescue: bool = False) -> Recommendation:
    return Recommendation(HALF, "cheaper", feasible=True, rescue=rescue, assessment=NUMBERS)


def test_every_guard_speaks_for_itself() -> None:
    frozen = Restrictions(freezes=("2025-12-01 to 2026-12-31",))
    closed = Restrictions(windows=("0 0 * * * for 1min",))
    assert holds_back(acting(change())) is None
    assert "waits for an approval" in (holds_back(acting(change(), "approve")) or "")
    assert "frozen" in (holds_back(acting(change(), limits=frozen)) or "")
    assert "only at" in (holds_back(acting(change(), limits=closed)) or "")
    assert holds_back(acting(change(), full="2 of 9 are on trial")) == "2 of 9 are on trial"
    assert holds_back(acting(change(rescue=True), full="2 of 9 are on trial")) is None
    assert holds_back(acting(Hold("nothing", NUMBERS), "propose")) is None


def test_what_is_known_to_be_good_is_restored_at_any_time_but_not_in_a_mode_that_changes_nothing() -> None:
    back = Rollback(WIDE, HALF, "it failed", blamed=True, assessment=NUMBERS)
    frozen = Restrictions(freezes=("2025-12-01 to 2026-12-31",))
    assert holds_back(acting(back, "approve", frozen)) is None
    assert "nor taken back" in (holds_back(acting(back, "propose")) or "")
