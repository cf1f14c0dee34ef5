"""The repeat of a lost run: a quicker spec is lent to it where time is short, and nothing is learned on it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import PRICES, WIDE, applied, entries, folded, followed, recorded, run

from setpoint.core.controller import decide
from setpoint.core.domain import ClusterSpec, Decision, Hold, Recommendation, Rollback, Run
from setpoint.core.goals import parse_goal
from setpoint.core.history import Entry, Restricted
from setpoint.core.repeat import proven_specs, repeat_goal, was_lost
from setpoint.core.restrictions import Restrictions

SMALL = ClusterSpec.local(2, 8192)
GOAL = "minimise cost; runtime <= 60s"


def nights(*last: Run, goal: str = GOAL) -> list[Entry]:
    """The wide spec did its work once, the small one is kept; then these runs."""
    known = [run(1), *(run(number, SMALL) for number in range(2, 8))]
    return entries(*known, *last, baseline=SMALL, goal=goal)


def again(number: int, spec: ClusterSpec, **how: bool) -> Run:
    """A repeat of the run before it."""
    made = run(number, spec, **how)  # type: ignore[arg-type]  # of run
    return replace(made, report=replace(made.report, retry=True))


def decided(story: list[Entry]) -> Decision:
    history = folded(story)
    assert history.goal is not None
    return decide(history, followed(story), parse_goal(history.goal.goal), PRICES)


LOST = run(8, SMALL, 30.0, fault="application")


def test_a_repeat_that_would_be_late_gets_a_spec_that_has_done_the_work_before() -> None:
    decision = decided(nights(LOST))
    assert isinstance(decision, Recommendation)
    assert (decision.spec, decision.repeating, decision.rescue) == (WIDE, True, True)
    assert "30.0 s left" in decision.reason
    assert "ValueError: no such day" in decision.reason


def test_after_the_repeat_the_known_good_spec_follows_and_nobody_is_blamed() -> None:
    story = nights(LOST)
    lent = decided(story)
    assert isinstance(lent, Recommendation)
    story += [*applied(lent, folded(story).decision_id, SMALL), *recorded(again(9, WIDE))]
    back = decided(story)
    assert isinstance(back, Rollback)
    assert (back.spec, back.blamed) == (SMALL, False)
    story += applied(back, folded(story).decision_id, WIDE)
    rollout = followed(story)
    assert rollout.known_good == SMALL
    assert (rollout.repeating, rollout.trial, rollout.failures_in_row, rollout.returns) == (None, None, 0, 0)
    assert not rollout.failed
    assert not rollout.set_aside


def test_a_repeat_that_fails_too_goes_back_as_well() -> None:
    story = nights(LOST)
    lent = decided(story)
    assert isinstance(lent, Recommendation)
    story += [*applied(lent, folded(story).decision_id, SMALL), *recorded(run(9, WIDE, fault="application"))]
    back = decided(story)
    assert isinstance(back, Rollback)
    assert back.spec == SMALL


@pytest.mark.parametrize(
    "story",
    [
        nights(LOST, goal="minimise cost"),
        nights(run(8, SMALL, 2.0, fault="application")),
        nights(LOST, run(9, SMALL), replace(LOST, id="run-10")),
        [*nights(LOST), Restricted(Restrictions(deny=("slots 8",)), LOST.report.finished_at)],
    ],
    ids=["no deadline", "time enough", "lost runs are not repeated here", "forbidden"],
)
def test_else_the_known_good_spec_repeats_it(story: list[Entry]) -> None:
    decision = decided(story)
    assert isinstance(decision, Hold)
    assert "the cluster is not the cause" in decision.reason


def test_what_was_stopped_by_hand_or_ran_out_of_memory_was_not_lost() -> None:
    by_hand, by_cloud = run(1, killed=True), run(1, killed=True)
    by_cloud = replace(by_cloud, report=replace(by_cloud.report, stopped=False))
    assert [was_lost(each) for each in (by_hand, by_cloud, run(1, fault="memory"), run(1), LOST)] == [
        False,
        True,
        False,
        False,
        True,
    ]


@given(st.lists(st.floats(1.0, 25.0), min_size=1, max_size=2))
def test_what_is_left_of_the_deadline_shrinks_with_every_attempt(seconds: list[float]) -> None:
    lost: list[Run] = []
    for number, each in enumerate(seconds):
        attempt = run(8, SMALL, each, fault="application")
        begins = lost[-1].report.finished_at if lost else attempt.report.started_at
        report = replace(
            attempt.report,
            started_at=begins,
            finished_at=begins + (attempt.report.finished_at - attempt.report.started_at),
            retry=bool(lost),
        )
        lost.append(replace(attempt, id=f"run-8-{number}", report=report))
    left = repeat_goal(folded(nights(*lost)), parse_goal(GOAL), PRICES)
    assert left is not None
    assert left.limits[0].bound == pytest.approx(60.0 - sum(seconds), abs=1e-3)


def test_only_what_did_the_present_work_is_proven() -> None:
    assert proven_specs(folded(nights(LOST))) == (WIDE, SMALL)
