import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setpoint.core.space import specs
from setpoint.testing.fleet.projects import PROFILES, FleetProject, Profile, draw_project
from setpoint.testing.fleet.yardsticks import Oracle, Terms, book_on, miss_risk, outcome_on

DAYS = 30
drawn = st.builds(draw_project, st.sampled_from(PROFILES), st.integers(0, 5), st.integers(0, 500), st.just(DAYS))


@pytest.mark.parametrize("profile", PROFILES)
def test_a_project_is_the_same_whoever_draws_it(profile: Profile) -> None:
    assert draw_project(profile, 7, 11, DAYS) == draw_project(profile, 7, 11, DAYS)
    assert draw_project(profile, 7, 11, DAYS) != draw_project(profile, 8, 11, DAYS)
    assert draw_project(profile, 7, 11, DAYS) != draw_project(profile, 7, 12, DAYS)


@settings(max_examples=50)
@given(drawn | st.builds(draw_project, st.sampled_from(PROFILES), st.just(1), st.integers(0, 50), st.just(300)))
def test_owners_are_generous_and_leave_something_to_choose(project: FleetProject) -> None:
    every = list(specs(project.space, project.baseline))
    assert 16 <= len(every) <= 60
    assert project.baseline.slots in project.space.slots
    assert project.baseline.task_memory_mib in project.space.task_memory_mib
    risks = [miss_risk(project, project.baseline, day, project.deadline_seconds) for day in project.days]
    assert max(risks) < 0.05


@settings(max_examples=25)
@given(drawn, st.data())
def test_no_spec_that_keeps_the_deadline_is_cheaper_than_the_oracle(project: FleetProject, data: st.DataObject) -> None:
    terms = Terms(project.deadline_seconds, 0.05)
    oracle = Oracle(project, terms)
    every = list(specs(project.space, project.baseline))
    ours = theirs = 0.0
    for day in project.days:
        book = book_on(project, day.number)
        chosen = oracle.spec_on(day, book)
        assert miss_risk(project, chosen, day, terms.deadline_seconds) <= terms.risk
        other = data.draw(st.sampled_from(every))
        if miss_risk(project, other, day, terms.deadline_seconds) > terms.risk:
            other = project.baseline
        well = [attempt for attempt in day.attempts if attempt.ending == "well"]
        if len(well) == len(day.attempts):
            ours += outcome_on(project, chosen, day, book).dollars
            theirs += outcome_on(project, other, day, book).dollars
    assert ours <= theirs * (1 + 1e-9)


def test_prices_change_once() -> None:
    project = draw_project("mixed", 1, 1, 90)
    sources = [book_on(project, day).source for day in range(90)]
    assert sources == sorted(sources)
    assert len(set(sources)) == 2
