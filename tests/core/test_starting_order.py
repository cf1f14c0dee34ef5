"""The order of where to start, by its properties."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.rich_run import rich_run

from setpoint.core.profile import BusySlots
from setpoint.core.starting_order import (
    MOST_SPREAD,
    USUAL_HEADROOM,
    JobSeen,
    RunSeen,
    StartingPlace,
    headroom_of,
    starting_order,
)

DAYS = 7.0
SECONDS = st.floats(1, 1e5)
SHARES = st.floats(0, 1)
RUNS = st.builds(RunSeen, st.floats(0, 1e6), SECONDS, st.none() | st.floats(0, 1e4), st.booleans())


@st.composite
def jobs(draw: st.DrawFn) -> list[JobSeen]:
    found = draw(st.lists(st.tuples(st.lists(RUNS, max_size=8), st.none() | SHARES), max_size=6))
    return [JobSeen(f"job-{number}", tuple(runs), headroom) for number, (runs, headroom) in enumerate(found)]


def only(job: JobSeen, days: float = DAYS) -> StartingPlace:
    (found,) = starting_order([job], days)
    return found


def steady(dollars: float | None = 4.0, runs: int = 7, **more: float) -> JobSeen:
    return JobSeen("it", tuple(RunSeen(n, 600.0, dollars) for n in range(runs)), **more)


@given(jobs(), st.randoms(use_true_random=False))
def test_every_job_that_ran_has_one_place_whatever_the_order_they_come_in(found: list[JobSeen], chance: object) -> None:
    places = starting_order(found, DAYS)
    assert {place.key for place in places} == {job.key for job in found if job.runs}
    assert list(places) == sorted(places, key=lambda it: (-it.worth, it.key))
    shuffled = list(found)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert starting_order(shuffled, DAYS) == places


@given(jobs())
def test_figures_stay_within_their_bounds(found: list[JobSeen]) -> None:
    for place in starting_order(found, DAYS):
        assert 0 <= place.headroom <= 1
        assert 0 < place.spread <= MOST_SPREAD
        assert 0 <= place.worth < float("inf")
        assert place.failed <= place.runs


@given(st.floats(0.01, 100), st.floats(1.01, 10), st.integers(1, 50))
def test_what_costs_more_runs_more_often_or_idles_more_is_worth_more(dollars: float, factor: float, runs: int) -> None:
    before = only(steady(dollars, runs)).worth
    assert only(steady(dollars * factor, runs)).worth == pytest.approx(before * factor)
    # Spread of equal runs shrinks with their number, which is worth a little less than the run more is worth more.
    assert only(steady(dollars, runs + 1)).worth > before
    assert only(steady(dollars, runs, headroom=0.9)).worth > before > only(steady(dollars, runs, headroom=0.1)).worth
    assert only(steady(dollars, runs), days=2 * DAYS).worth == pytest.approx(before / 2)


@given(st.lists(SECONDS, min_size=3, max_size=20))
def test_nights_that_differ_are_worth_more_than_the_same_nights_alike(seconds: list[float]) -> None:
    mean = sum(seconds) / len(seconds)
    unlike = JobSeen("it", tuple(RunSeen(0.0, each, 4.0) for each in seconds))
    alike = JobSeen("it", tuple(RunSeen(0.0, mean, 4.0) for _ in seconds))
    assert only(unlike).worth >= only(alike).worth * (1 - 1e-9)


@given(jobs(), st.floats(0.1, 10))
def test_another_currency_changes_no_order(found: list[JobSeen], factor: float) -> None:
    other = [
        replace(
            job,
            runs=tuple(replace(run, dollars=None if run.dollars is None else run.dollars * factor) for run in job.runs),
        )
        for job in found
    ]
    places, others = starting_order(found, DAYS), starting_order(other, DAYS)
    if any(run.dollars is not None for job in found for run in job.runs):
        assert [place.worth * factor for place in places] == pytest.approx([place.worth for place in others])


def test_a_job_of_unknown_price_is_put_among_the_others_by_its_time_and_says_so() -> None:
    dear, cheap = replace(steady(9.0), key="dear"), replace(steady(1.0), key="cheap")
    places = starting_order([dear, cheap, replace(steady(None), key="unknown")], DAYS)
    assert [place.key for place in places] == ["dear", "unknown", "cheap"]
    assert (places[1].dollars_a_run, places[1].dollars_a_month) == (None, None)
    assert only(steady(None)).worth > 0


def test_a_log_that_was_not_read_counts_as_half_idle() -> None:
    place = only(steady())
    assert (place.headroom, place.is_headroom_read) == (USUAL_HEADROOM, False)
    assert only(steady(headroom=0.25)).is_headroom_read


def test_runs_of_unknown_cost_are_taken_to_cost_what_the_others_do() -> None:
    runs = (RunSeen(0.0, 100.0, 2.0), RunSeen(1.0, 300.0, None))
    assert only(JobSeen("it", runs)).dollars_a_run == pytest.approx(4.0)
    assert only(JobSeen("it", (RunSeen(0.0, 0.0, 2.0, succeeded=False),))).dollars_a_run == 2.0


@given(st.floats(0, 8), st.integers(1, 40))
def test_headroom_is_the_share_in_which_no_task_worked(busy: float, steps: int) -> None:
    profile = rich_run()
    slots = max(1, profile.slots)
    seconds = profile.wall_seconds / steps
    found = headroom_of(replace(profile, busy=BusySlots(0.0, seconds, (min(busy, slots),) * steps)))
    assert found is not None
    assert 0 <= found <= 1
    idle = headroom_of(replace(profile, busy=BusySlots(0.0, 1.0, ())))
    assert idle == 1.0
    assert headroom_of(replace(profile, executors=())) is None
