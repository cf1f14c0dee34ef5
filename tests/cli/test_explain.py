"""Decisions in words."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Said
from tests.cli.ledgers import fill
from tests.service.story import START, WIDE, Story, whole_story

from setpoint.cli.explain import explain_decision
from setpoint.core.domain import Hold, Recommendation, Rollback
from setpoint.core.history import Applied, Decided, Disturbed, GoalSet, Registered

Setpoint = Callable[..., Said]
ENTRIES = whole_story()
DECISIONS = [entry for entry in ENTRIES if isinstance(entry, Decided)]


@pytest.mark.parametrize("number", range(1, len(DECISIONS) + 1))
def test_every_decision_is_explained(number: int) -> None:
    text = "\n".join(explain_decision("orders", ENTRIES, number))
    decided = DECISIONS[number - 1]
    assert f"Decision {number} of {len(DECISIONS)} for orders" in text
    assert f"Goal        {decided.goal}" in text
    assert f"({decided.after_run}) on " in text
    assert "Current     " in text
    assert "Refused     2 slots · 1 GiB" in text
    assert "because it would miss the goal in most of the runs" in text
    assert "risk of a miss" in text
    assert "running out of memory 0.2%" in text
    assert "Considered  15 specs; a miss may happen in 5% of the runs" in text
    assert decided.decision.reason in text
    verb = {Hold: "hold", Recommendation: "change", Rollback: "roll back"}[type(decided.decision)]
    assert f"Decision    {verb}: " in text
    was_applied = any(isinstance(entry, Applied) and entry.decision_id == decided.id for entry in ENTRIES)
    assert ("was put in place" in text) is was_applied
    assert ("Chosen      " in text) is (decided.decision.assessment.chosen is not None)


def test_disturbances_and_failures_are_told() -> None:
    whole = ["\n".join(explain_decision("orders", ENTRIES, number)) for number in range(1, len(DECISIONS) + 1)]
    for disturbed in (entry for entry in ENTRIES if isinstance(entry, Disturbed)):
        assert sum(f"Disturbance {disturbed.kind}: {disturbed.detail}" in text for text in whole) == 1
    failed = next(text for text in whole if "fault: memory" in text)
    assert "java.lang.OutOfMemoryError: Java heap space" in failed


def test_a_prediction_is_held_against_what_happened() -> None:
    texts = ["\n".join(explain_decision("orders", ENTRIES, number)) for number in range(2, len(DECISIONS) + 1)]
    assert sum("it lies inside" in text for text in texts) > len(texts) / 2


def test_what_is_shown_only_is_not_said_to_be_done() -> None:
    story = Story().begin().run().change(WIDE, "nothing allowed reaches the goal", applied=False)
    assert list(explain_decision("p", tuple(story.entries), None))[-1] == (
        "Done        not applied: it does not reach the goal"
    )


def test_without_a_number_it_is_the_last(setpoint: Setpoint, home: Path) -> None:
    fill(home, "orders", ENTRIES)
    last = setpoint("explain", "orders")
    assert (last.exit_code, last.err) == (0, "")
    assert last.out == setpoint("explain", "orders", str(len(DECISIONS))).out
    assert last.out != setpoint("explain", "orders", "1").out
    for number in ("0", "-1", str(len(DECISIONS) + 1)):
        said = setpoint("explain", "orders", "--", number)
        assert (said.exit_code, said.out) == (65, "")
        assert said.err == f"setpoint: orders has decisions 1 to {len(DECISIONS)}, there is no {number}.\n"


def test_an_unknown_project_is_told_which_are_known(setpoint: Setpoint, home: Path) -> None:
    nobody = setpoint("explain", "nobody")
    assert nobody.exit_code == 66
    assert "known projects: none yet" in nobody.err
    fill(home, "orders", ENTRIES)
    assert "known projects: orders" in setpoint("explain", "nobody").err


def test_a_project_without_decisions(setpoint: Setpoint, home: Path) -> None:
    fill(home, "young", ENTRIES[:1])
    said = setpoint("explain", "young")
    assert said.exit_code == 65
    assert "Nothing has been decided for young yet" in said.err


def test_words_in_brackets_are_no_markup(setpoint: Setpoint, home: Path) -> None:
    story = Story().begin().run().hold("the owner wrote [/red] and [bold]")
    fill(home, "odd", story.entries)
    assert "the owner wrote [/red] and [bold]" in setpoint("explain", "odd").out


def test_a_goal_of_another_version_is_a_clear_error() -> None:
    registered = ENTRIES[0]
    assert isinstance(registered, Registered)
    strange = Decided("1", "", "minimise carbon", WIDE, DECISIONS[0].decision, START)
    entries = (registered, GoalSet("minimise carbon", "auto", START), strange)
    with pytest.raises(Exception, match="unknown metric"):
        list(explain_decision("p", entries, None))
