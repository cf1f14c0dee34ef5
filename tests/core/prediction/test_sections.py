"""A run cut into sections: whole, in order, with the driver's time beside them."""

import pytest
from tests.core.made import profile, stage

from setpoint.core.prediction.capacity import Capacity
from setpoint.core.prediction.sections import plan
from setpoint.core.profile import Executor, Job, Profile


def of(jobs: tuple[tuple[int, float, float, tuple[int, ...]], ...], *stages: object, wall: float = 20.0) -> Profile:
    return profile(stages, tuple(Job(*job, succeeded=True) for job in jobs), wall_seconds=wall)  # type: ignore[arg-type]


def test_jobs_that_overlap_are_one_section_and_the_rest_is_the_drivers() -> None:
    drawn = plan(of(((0, 1.0, 4.0, ()), (1, 3.0, 6.0, ()), (2, 8.0, 9.0, ()))))
    assert [(section.begins, section.ends) for section in drawn.sections] == [(1.0, 6.0), (8.0, 9.0)]
    assert drawn.driver_seconds == pytest.approx(14.0)


def test_a_stage_runs_under_the_last_job_that_had_begun() -> None:
    twice = of(((0, 0.0, 2.0, (0,)), (1, 5.0, 8.0, (0, 1))), stage(0, (1.0,), ends=1.0), stage(1, (2.0,), begins=5.5))
    drawn = plan(twice)
    assert [section.stages for section in drawn.sections] == [(0,), (1,)]
    assert [one.id for one in drawn.stages] == [0, 1]


def test_jobs_without_times_of_their_own_have_those_of_their_stages() -> None:
    old = of(((0, 9.0, 9.0, (0,)), (1, 9.0, 9.0, (1,))), stage(0, (1.0,), ends=1.0), stage(1, (1.0,), begins=3.0))
    drawn = plan(old)
    assert [(section.begins, section.ends) for section in drawn.sections] == [(0.0, 1.0), (3.0, 4.0)]


def test_parents_that_wait_for_each_other_do_not_hang_it() -> None:
    stages = (stage(0, (1.0,), parents=(1,)), stage(1, (1.0,), parents=(0,)))
    (section,) = plan(of(((0, 0.0, 2.0, (0, 1)),), *stages)).sections
    assert sorted(step.stage for step in section.steps if step.stage is not None) == [0, 1]


def test_executors_that_come_and_go_do_so_in_proportion() -> None:
    made = of(((0, 0.0, 10.0, ()),))
    coming = (Executor("1", "a", 4, 1.0, None, None, 0), Executor("2", "b", 4, 5.0, 8.0, None, 0))
    made = Profile(**{name: getattr(made, name) for name in made.__dataclass_fields__} | {"executors": coming})
    (section,) = plan(made).sections
    capacity = Capacity(made, is_fixed=False)
    assert capacity.during(section, 8) == (0, [(1.0, 4), (5.0, 4), (8.0, -4)])
    assert capacity.during(section, 16) == (0, [(1.0, 8), (5.0, 8), (8.0, -8)])
    assert Capacity(made, is_fixed=True).during(section, 3) == (3, [])


def test_a_section_before_any_executor_has_the_slots_of_the_spec() -> None:
    made = of(((0, 0.0, 1.0, ()),))
    late = (Executor("1", "a", 4, 5.0, None, None, 0),)
    made = Profile(**{name: getattr(made, name) for name in made.__dataclass_fields__} | {"executors": late})
    assert Capacity(made, is_fixed=False).during(plan(made).sections[0], 8) == (8, [])
