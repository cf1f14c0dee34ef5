from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.service.story import LARGE, MIDDLE, NEW_GOAL, SMALL, TIGHT, WIDE, Story, whole_story

from setpoint.core.domain import ClusterSpec, Outcome, Phase
from setpoint.core.history import Decided, Disturbed, Entry, GoalSet, RunRecorded
from setpoint.service.rows import ProjectView
from setpoint.service.view import project_view

STEPS: dict[str, Callable[[Story], Story]] = {
    "run": lambda story: story.run(),
    "fail": lambda story: story.run(Outcome.FAILED, "memory", "out of memory"),
    "kill": lambda story: story.run(Outcome.KILLED),
    "hold": lambda story: story.hold("nothing better is known"),
    "keep": lambda story: story.hold("it was better", kept=MIDDLE),
    "change": lambda story: story.change(SMALL, "it is cheaper"),
    "propose": lambda story: story.change(LARGE, "it is nearest", applied=False),
    "back": lambda story: story.roll_back(WIDE, "the run failed"),
    "aim": lambda story: story.aim(NEW_GOAL),
    "grow": lambda story: story.disturb("data growth", "twice the input"),
}
stories = st.lists(st.sampled_from(sorted(STEPS)), max_size=25)


def told(steps: list[str]) -> tuple[Entry, ...]:
    story = Story().begin()
    for step in steps:
        STEPS[step](story)
    return tuple(story.entries)


@given(stories)
def test_every_run_is_shown_once_in_order_with_what_was_expected_of_its_very_spec(steps: list[str]) -> None:
    entries = told(steps)
    view = project_view("orders", entries)
    recorded = [entry.run for entry in entries if isinstance(entry, RunRecorded)]
    assert [row.id for row in view.runs] == [run.id for run in recorded]
    assert [row.number for row in view.runs] == list(range(1, len(recorded) + 1))
    for row in view.runs:
        assert row.predicted is None or row.predicted.spec == row.spec
        assert row.predicted is None or row.predicted.seconds.holds(row.predicted.median_seconds)


@given(stories, stories)
def test_what_comes_later_changes_nothing_that_was_measured_or_predicted(steps: list[str], later: list[str]) -> None:
    before = project_view("orders", told(steps)).runs
    after = project_view("orders", told(steps + later)).runs
    assert [replace(row, decision=None) for row in before] == [
        replace(row, decision=None) for row in after[: len(before)]
    ]


@given(stories)
def test_events_fall_on_runs_or_between_two_and_stand_in_order(steps: list[str]) -> None:
    view = project_view("orders", told(steps))
    places = [event.position for event in view.events]
    assert all(0.5 <= place <= len(view.runs) + 0.5 and place * 2 == int(place * 2) for place in places)
    assert [event.at for event in view.events] == sorted(event.at for event in view.events)


@given(stories)
def test_every_decision_is_shown_and_every_change_is_an_event(steps: list[str]) -> None:
    entries = told(steps)
    view = project_view("orders", entries)
    assert [row.id for row in view.decisions] == [entry.id for entry in entries if isinstance(entry, Decided)]
    changes = [event for event in view.events if event.kind in {"applied", "proposed", "rollback"}]
    assert [event.title for event in changes] == [row.title for row in view.decisions if row.kind != "hold"]


def test_a_project_without_entries_is_an_empty_page() -> None:
    view = project_view("orders", ())
    assert view == ProjectView(
        "orders", None, None, None, None, "", "", (), "", (), Phase.LEARNING, None, None, (), (), ()
    )


def test_the_story_is_told_whole() -> None:
    view = project_view("orders", whole_story())
    assert (view.platform, view.goal, view.phase, view.spec) == ("spark", NEW_GOAL, Phase.MONITORING, str(MIDDLE))
    assert len(view.runs) == 25
    assert [run.number for run in view.runs if run.outcome is Outcome.FAILED] == [7]
    kinds = [event.kind for event in view.events]
    assert (kinds.count("rollback"), kinds.count("disturbance"), kinds.count("goal")) == (1, 2, 2)
    assert sum(run.graded and run.inside for run in view.runs) > 0.8 * sum(run.graded for run in view.runs)


def test_the_prediction_of_a_run_is_of_the_decision_before_it() -> None:
    view = project_view("orders", whole_story())
    assert view.runs[0].predicted is None
    decision = view.runs[2].decision
    assert decision is not None
    assert decision.title == f"Changed to {MIDDLE}"
    assert view.runs[3].predicted == decision.chosen
    assert view.next_run == view.decisions[-1].current


def test_a_run_on_a_spec_that_was_not_weighed_has_no_prediction() -> None:
    story = Story().begin().run().hold("nothing better is known")
    story.spec = TIGHT
    view = project_view("orders", story.run().entries)
    assert view.runs[1].predicted is None
    assert (view.next_run, view.spec) == (None, str(WIDE))


def test_a_spec_that_somebody_else_set_is_in_place() -> None:
    story = Story().begin().run().hold("nothing better is known")
    story.entries.append(Disturbed("foreign change", "theirs stands", None, story.now, TIGHT))
    view = project_view("orders", story.entries)
    assert (view.next_run, view.spec) == (None, str(TIGHT))


def test_the_prediction_of_a_refused_spec_is_not_of_its_run() -> None:
    story = Story().begin().run().hold("nothing better is known")
    refused = project_view("orders", story.entries).decisions[0].refused
    story.spec = ClusterSpec.local(2, 1024)
    view = project_view("orders", story.run().entries)
    assert refused is not None
    assert view.runs[1].spec == refused.spec
    assert view.runs[1].predicted is None


def test_the_cost_band_is_the_runtime_band_at_the_rate_of_the_spec() -> None:
    candidate = project_view("orders", Story().begin().run().hold("wait").entries).next_run
    assert candidate is not None
    rate = candidate.median_dollars / candidate.median_seconds
    assert candidate.dollars.low == pytest.approx(candidate.seconds.low * rate)
    assert candidate.dollars.high == pytest.approx(candidate.seconds.high * rate)


def test_a_goal_holds_from_the_run_after_it_was_set() -> None:
    runs = project_view("orders", whole_story()).runs
    assert [{point.bound for point in run.set_points if point.metric == "runtime"} for run in runs] == (
        [{20.0}] * 20 + [{24.0}] * 5
    )


def test_a_goal_that_cannot_be_read_draws_no_line() -> None:
    entries = list(Story().begin().run().entries)
    entries[1] = GoalSet("minimise regret", "observe", entries[1].at)
    view = project_view("orders", entries)
    assert (view.set_points, view.runs[0].missed, view.runs[0].counts) == ((), (), False)


def test_a_change_that_was_not_applied_says_so() -> None:
    view = project_view("orders", Story().begin().run().change(SMALL, "it is nearest", applied=False).entries)
    assert view.events[-1].title == f"Nearest to the goal, not applied: change to {SMALL}"
    assert (view.events[-1].kind, view.spec) == ("proposed", str(WIDE))


def test_a_run_stopped_from_outside_says_nothing_about_the_goal() -> None:
    run = project_view("orders", Story().begin().run(Outcome.KILLED).entries).runs[0]
    assert (run.counts, run.met, run.graded) == (False, False, False)
