"""Prediction parameters of existing clients, read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.goals import parse_goal
from setpoint.core.wishes import NO_WISHES, Wishes, goal_text, read_wishes
from setpoint.errors import InputError

FLAGS = ("force_ondemand_workers", "fix_worker_family", "fix_driver_type", "fix_scaling_type")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FLAGS, st.booleans() | st.none())))
def test_flags_are_as_given_and_else_false(params: dict[str, bool | None]) -> None:
    found = read_wishes(params)
    assert all(getattr(found, name) == bool(params.get(name)) for name in FLAGS)


def test_nothing_said_is_nothing_wished() -> None:
    for params in (None, {}, {"sla_minutes": 0}, {"sla_minutes": None, "unheard_of": [1]}):
        assert read_wishes(params) == NO_WISHES


def test_sizes_may_be_fixed() -> None:
    assert read_wishes({"sla_minutes": 60}, optimize_instance_size=False) == Wishes(
        sla_minutes=60.0, optimize_instance_size=False
    )


def test_minutes_may_come_as_text_as_a_shell_gives_them() -> None:
    assert read_wishes({"sla_minutes": "60"}) == read_wishes({"sla_minutes": 60})


@pytest.mark.parametrize(
    "value", ["", "an hour", "6e1", "-60", "\u0661", True, -1, float("nan"), float("inf"), [60], 1e9]
)
def test_minutes_that_are_none_are_refused_by_name(value: object) -> None:
    with pytest.raises(InputError, match="sla_minutes"):
        read_wishes({"sla_minutes": value})


@pytest.mark.parametrize("name", FLAGS)
def test_flags_that_are_none_are_refused_by_name(name: str) -> None:
    with pytest.raises(InputError, match=name):
        read_wishes({name: "yes"})


def test_the_goal_is_the_wish_or_a_little_slower_than_it_was() -> None:
    assert (
        parse_goal(goal_text(Wishes(sla_minutes=60.0), 10.0)).limits
        == parse_goal("minimise cost; runtime <= 1h").limits
    )
    assert parse_goal(goal_text(NO_WISHES, 1000.0)).limits == parse_goal("minimise cost; runtime <= 1250s").limits
