"""Histories into lessons, and priors into what is known of a project's specs."""

from dataclasses import replace

import pytest
from tests.core.belief.worlds import crowd
from tests.core.made import WIDE, entries, run

from setpoint.core.belief.fitting import fit
from setpoint.core.belief.prior import EMPTY, Prior, Representative
from setpoint.core.domain import ClusterSpec, Run
from setpoint.core.history import Disturbed, History, fold
from setpoint.core.prediction import NOTHING_KNOWN
from setpoint.core.prediction.contention import UNKNOWN
from setpoint.core.prediction.teaching import lessons_for, past_runs

SPECS = [ClusterSpec.local(slots, 4096) for slots in (2, 4, 8)]


def history(*runs: Run) -> History:
    found = fold(entries(*runs))
    assert found is not None
    return found


def test_before_a_run_succeeded_there_is_nothing_to_learn() -> None:
    assert past_runs("orders", history()) is None
    assert past_runs("orders", history(run(0, fault="memory"))) is None


def test_runs_are_told_without_what_they_were() -> None:
    runs = [run(number, spec, 40.0 / spec.slots) for number, spec in enumerate(SPECS)]
    others = [run(7, WIDE, fault="memory"), run(8, WIDE, fault="application"), run(9, WIDE, killed=True)]
    found = past_runs("orders", history(*runs, *others))
    assert found is not None
    assert found.origin == "orders"
    assert [each.failed for each in found.runs] == [False, False, False, True]
    assert [each.place.cores for each in found.runs] == [2.0, 4.0, 8.0, 8.0]
    assert found.runs[0].log_input == pytest.approx(13.8, abs=0.1)
    assert found.runs[3].log_input is None
    assert (found.scale, found.graded) == (1.0, 0)


def test_the_regime_on_most_specs_teaches() -> None:
    runs = [run(number, spec, 40.0 / spec.slots) for number, spec in enumerate([*SPECS, SPECS[0]])]
    written = [*entries(*runs[:3]), Disturbed("code change", "new", None, runs[3].report.started_at)]
    later = fold([*written, *entries(runs[3])[2:]])
    assert later is not None
    assert later.regimes[runs[3].id] == 1
    found = past_runs("orders", later)
    assert found is not None
    assert len(found.runs) == 3


def test_shuffle_partitions_are_an_axis_where_they_are_set() -> None:
    runs = [run(n, replace(spec, shuffle_partitions=2 ** (n + 3)), 9.0) for n, spec in enumerate(SPECS)]
    found = past_runs("orders", history(*runs))
    assert found is not None
    assert [each.place.axes for each in found.runs] == [(3.0,), (4.0,), (5.0,)]


def test_an_empty_prior_teaches_nothing() -> None:
    assert lessons_for(history(run(0)), EMPTY) == NOTHING_KNOWN


def test_lessons_are_in_the_terms_of_the_projects_specs() -> None:
    state = history(*(run(number, spec, 40.0 / spec.slots) for number, spec in enumerate(SPECS)))
    local = past_runs("another", state)
    assert local is not None
    prior = fit([local, *crowd(1)]).prior()
    lessons = lessons_for(state, prior)
    assert {place.kinds for known in lessons.known for place in known.places} == {("local",)}
    assert lessons.contention == UNKNOWN


def test_a_measured_axis_that_nobody_sets_here_is_dropped() -> None:
    set_there = [run(n, replace(spec, shuffle_partitions=64), 9.0) for n, spec in enumerate(SPECS)]
    told = past_runs("another", history(*set_there))
    assert told is not None
    prior = fit([told]).prior()
    assert isinstance(prior, Prior)
    assert isinstance(prior.known[0], Representative)
    (known,) = lessons_for(history(run(0, SPECS[0])), prior).known
    assert {place.axes for place in known.places} == {()}
