"""What was held back is graded, and what trying cost and won is told."""

import math

from hypothesis import given
from hypothesis import strategies as st
from tests.loop.world import PROJECT, World, world

from setpoint.core.history import Applied, Decided
from setpoint.core.shadow import ShadowGrades, shadow_grades
from setpoint.core.trying import Tried, by_month, tried
from setpoint.testing.plant import START


def lived(mode: str, nights: int) -> World:
    made = world("minimise cost", mode=mode)  # type: ignore[arg-type]
    made.nights(nights)
    return made


def test_a_shadow_is_graded_on_the_spec_that_really_ran() -> None:
    made = lived("shadow", 6)
    grades = shadow_grades(made.written)
    assert made.applied == []
    assert grades.changes > 0
    assert 0 < grades.held <= grades.predicted == grades.compared <= 5
    assert grades.saved_dollars > 0
    runs = made.state.history.runs
    assert 0 < grades.actual_dollars <= math.fsum(run.cost.dollars for run in runs)
    assert grades.failures == 0
    assert 0 <= grades.stated_misses < 1
    assert grades.worst_risk < 0.05


def test_who_acts_has_no_shadow() -> None:
    made = lived("auto", 6)
    assert made.applied
    assert shadow_grades(made.written) == ShadowGrades()


def test_a_run_that_failed_in_the_shadow_is_counted_as_such() -> None:
    made = lived("shadow", 3)
    made.night(error="ValueError: no such day")
    assert shadow_grades(made.written).failures == 1


def tried_in(made: World) -> tuple[Tried, ...]:
    return tried(made.written)


@given(st.lists(st.tuples(st.sampled_from(["2026-01", "2026-02"]), st.floats(0, 9), st.floats(-9, 9)), max_size=9))
def test_months_add_up(money: list[tuple[str, float, float]]) -> None:
    made = world("minimise cost")
    each = Tried("1", made.spec, START, 1.0, money=tuple(money))
    months = by_month([each])
    assert [month.month for month in months] == sorted({name for name, _, _ in money})
    assert math.isclose(sum(month.spent_dollars for month in months), each.spent_dollars, abs_tol=1e-9)
    assert math.isclose(sum(month.won_dollars for month in months), each.won_dollars, abs_tol=1e-9)


def as_tries(made: World) -> list[object]:
    """The same life, as if every change had been tried for what it may tell."""
    from dataclasses import replace

    from setpoint.core.domain import Recommendation

    return [
        replace(entry, decision=replace(entry.decision, trying=True))
        if isinstance(entry, Decided) and isinstance(entry.decision, Recommendation)
        else entry
        for entry in made.written
    ]


def test_what_was_tried_and_kept_wins_its_price_back() -> None:
    made = lived("auto", 14)
    assert tried_in(made) == ()
    found = tried(as_tries(made))  # type: ignore[arg-type]
    assert len(found) == sum(isinstance(entry, Applied) and entry.on_trial for entry in made.written)
    assert found[0].fate in {"kept", "left"}
    assert sum(each.won_dollars for each in found) > 0
    assert all(each.spent_dollars >= 0 for each in found)
    assert {each.fate for each in found} <= {"kept", "left", "on trial"}


def test_what_was_left_wins_nothing_more() -> None:
    from setpoint.by_hand import roll_back

    made = lived("auto", 1)
    made.plant.run()
    roll_back(made.loop, PROJECT, None, "ada", "")
    made.nights(2)
    found = tried(as_tries(made))  # type: ignore[arg-type]
    assert found[0].fate == "left"
    assert len(found[0].money) == 1
