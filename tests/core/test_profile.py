"""The little arithmetic of a profile."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import profile, stage

from setpoint.core.profile import Executor

lives = st.tuples(st.integers(1, 8), st.integers(0, 50), st.none() | st.integers(1, 50))


def executor(number: int, cores: int, added: int, lifetime: int | None) -> Executor:
    return Executor(str(number), "host", cores, added, None if lifetime is None else added + lifetime, None, 0)


@given(st.lists(lives, max_size=8))
def test_slots_are_those_of_the_widest_moment(made: list[tuple[int, int, int | None]]) -> None:
    executors = tuple(executor(number, *life) for number, life in enumerate(made))
    moments = (
        sum(e.cores for e in executors if e.added <= t and (e.removed is None or t < e.removed)) for t in range(101)
    )
    assert replace(profile(), executors=executors).slots == max(moments, default=0)


def test_the_driver_runs_tasks_only_where_it_is_alone() -> None:
    driver = Executor("driver", "host", 4, 0.0, None, None, 0)
    assert replace(profile(), executors=(driver,)).slots == 4
    assert replace(profile(), executors=(driver, executor(1, 2, 5, None))).slots == 2


def test_properties_and_input() -> None:
    made = replace(profile((stage(0), stage(1))), properties=(("spark.master", "local[4]"),))
    assert made.property_value("spark.master") == "local[4]"
    assert made.property_value("spark.app.id") is None
    assert made.input_bytes == 2_000_000
