"""Priors: put together, and said in the terms of the specs at hand."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.belief.worlds import PLACES, crowd

from setpoint.core.belief.bringing import brought_all
from setpoint.core.belief.fitting import fit
from setpoint.core.belief.known import KnownWorkload
from setpoint.core.belief.points import Place
from setpoint.core.belief.prior import EMPTY, IMPORT_COUNTS, MOST_KNOWN, NOISES, Prior, Representative, besides, merged

CURVE = KnownWorkload(PLACES[:4], (0.1, 0.2, -0.1, -0.2), (False,) * 4)


def prior_of(*shares: float, **numbers: float) -> Prior:
    curves = [replace(CURVE, log_seconds=(float(n), 0.2, -0.1, -0.2)) for n in range(len(shares))]
    known = tuple(Representative(curve, share) for curve, share in zip(curves, shares, strict=True))
    return replace(Prior(known, workloads=len(shares), runs=9), **numbers)  # type: ignore[arg-type]


def test_merging_with_nothing_changes_nothing() -> None:
    prior = prior_of(0.6, 0.4, noise=0.1, repeats=5, scale=1.5, graded=3)
    assert merged(prior, EMPTY) == prior
    found = merged(EMPTY, prior)
    assert found == replace(prior, noise=found.noise, scale=found.scale)
    assert (found.noise, found.scale) == pytest.approx((0.1, 1.5))


def test_what_both_know_is_known_once() -> None:
    prior = prior_of(0.6, 0.4)
    both = merged(prior, prior)
    assert [each.share for each in both.known] == pytest.approx([0.6, 0.4])
    assert both.workloads == 4
    elsewhere = Representative(replace(CURVE, places=PLACES[4:8]), 1.0)
    assert len(merged(prior, Prior((elsewhere,), workloads=1)).known) == 3


@given(st.integers(0, 60), st.integers(0, 60))
def test_shares_stay_shares(first: int, second: int) -> None:
    one, other = prior_of(*[1 / max(1, first)] * first), prior_of(*[1 / max(1, second)] * second)
    both = merged(one, other)
    assert len(both.known) <= max(MOST_KNOWN, first)
    assert sum(each.share for each in both.known) <= 1 + 1e-9
    assert both.workloads == first + second


@given(st.floats(*NOISES), st.integers(1, 99), st.floats(*NOISES), st.integers(1, 99))
def test_numbers_lie_between(noise: float, repeats: int, other_noise: float, other_repeats: int) -> None:
    both = merged(prior_of(1.0, noise=noise, repeats=repeats), prior_of(1.0, noise=other_noise, repeats=other_repeats))
    assert min(noise, other_noise) - 1e-9 <= both.noise <= max(noise, other_noise) + 1e-9


def test_an_imported_prior_without_workloads_does_no_harm() -> None:
    odd = replace(prior_of(0.5), workloads=0, graded=4)
    assert merged(EMPTY, odd).workloads == 0


@given(st.floats(1e-300, 2), st.floats(-5, 5), st.floats(0.1, 10), st.integers(0, 10**9))
def test_no_import_outvotes_what_was_seen_here(noise: float, growth: float, scale: float, count: int) -> None:
    seen = {"repeats": 9 * IMPORT_COUNTS, "steps": 9 * IMPORT_COUNTS, "graded": 9 * IMPORT_COUNTS}
    own = prior_of(0.6, 0.4, noise=0.05, growth=0.8, scale=1.2, **seen)
    theirs = prior_of(
        *[0.02] * 48, noise=noise, growth=growth, scale=scale, repeats=count, steps=count, graded=count, workloads=count
    )
    theirs = replace(theirs, known=tuple(_elsewhere(each) for each in theirs.known))
    both = merged(own, theirs)
    assert both.noise**2 >= 0.9 * own.noise**2 - 1e-12
    assert abs(both.growth - own.growth) <= 0.1 * abs(growth - own.growth) + 1e-9
    assert 1.2**0.9 * 0.1**0.1 - 1e-9 <= both.scale <= 1.2**0.9 * 10**0.1 + 1e-9
    assert [each.workload for each in both.known[:2]] == [each.workload for each in own.known]


def _elsewhere(each: Representative) -> Representative:
    return replace(each, workload=replace(each.workload, places=PLACES[4:8]))


def test_what_was_exported_here_is_known_again_though_it_has_grown() -> None:
    grown = KnownWorkload(PLACES[:6], (1.12, 1.2, 0.9, 0.82, 0.5, 0.4), (False,) * 6)
    crashed = replace(CURVE, failed=(False, False, False, True))
    turned = replace(CURVE, log_seconds=CURVE.log_seconds[::-1])
    imported = Prior(tuple(Representative(each, 0.2) for each in (CURVE, crashed, turned)), workloads=5)
    assert besides(imported, [grown]).known == imported.known[1:]
    assert besides(imported, []) == imported
    assert besides(imported, [replace(grown, places=PLACES[6:12])]) == imported


def test_noise_stays_within_bounds_whoever_says_it() -> None:
    assert merged(EMPTY, prior_of(0.5, noise=1e-200, repeats=10**9)).noise == NOISES[0]
    assert merged(EMPTY, prior_of(0.5, noise=2.0, repeats=10**9)).noise == NOISES[1]


def test_other_kinds_of_machines_are_not_spoken_of() -> None:
    prior = fit(crowd(2)).prior()
    assert prior.known_for([]) == ()
    assert prior.known_for([Place(1.0, 4.0, 8.0, ("local",))]) == ()
    assert len(prior.known_for(PLACES)) == len(prior.known)
    assert prior.places == len(PLACES)


def test_axes_are_brought_to_those_asked_for() -> None:
    with_axis = tuple(replace(place, axes=(axis,)) for place in PLACES[:3] for axis in (5.0, 7.0))
    known = KnownWorkload(with_axis, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0), (True, True, True, False, False, False))
    prior = Prior((Representative(known, 1.0),), workloads=1)
    (fewer,) = prior.known_for(PLACES)
    assert fewer.places == PLACES[:3]
    assert fewer.log_seconds == pytest.approx((0.1, 0.5, 0.9))
    assert fewer.failed == (True, False, False)
    (same,) = prior.known_for(with_axis)
    assert same is known
    plain = Prior((Representative(CURVE, 1.0),), workloads=1)
    (more,) = plain.known_for(with_axis)
    assert {place.axes for place in more.places} == {(7.0,)}
    assert more.log_seconds == CURVE.log_seconds


def test_a_memory_that_is_not_known_can_be_sorted() -> None:
    places = tuple(replace(place, memory_gib=float("nan"), axes=(5.0,)) for place in PLACES[:2])
    known = KnownWorkload(places, (0.0, 1.0), (False, False))
    (brought,) = Prior((Representative(known, 1.0),), workloads=1).known_for([replace(PLACES[0], memory_gib=1.0)])
    assert sorted(brought.log_seconds) == [0.0, 1.0]


def test_what_is_too_far_or_too_little_is_not_brought() -> None:
    far = [Place(1.0, 4.0, 8.0, ("local",), ())] * 2
    two = KnownWorkload(PLACES[:2], (0.0, 1.0), (False, False))
    assert brought_all(far, [CURVE, two]) == [None, None]
    assert brought_all(PLACES, [two]) == [None]
    assert brought_all([replace(PLACES[0], axes=(1.0,))], [CURVE]) == [None]
