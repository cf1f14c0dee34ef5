"""Priors: put together, and said in the terms of the specs at hand."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.belief.worlds import PLACES, crowd

from setpoint.core.belief.bringing import brought_all
from setpoint.core.belief.fitting import fit_prior
from setpoint.core.belief.known import KnownWorkload, brought_to
from setpoint.core.belief.points import Place
from setpoint.core.belief.prior import EMPTY, MOST_KNOWN, Prior, Representative, merged

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


@given(st.floats(0.01, 1), st.integers(1, 99), st.floats(0.01, 1), st.integers(1, 99))
def test_numbers_lie_between(noise: float, repeats: int, other_noise: float, other_repeats: int) -> None:
    both = merged(prior_of(1.0, noise=noise, repeats=repeats), prior_of(1.0, noise=other_noise, repeats=other_repeats))
    assert min(noise, other_noise) - 1e-9 <= both.noise <= max(noise, other_noise) + 1e-9


def test_an_imported_prior_without_workloads_does_no_harm() -> None:
    odd = replace(prior_of(0.5), workloads=0, graded=4)
    assert merged(EMPTY, odd).workloads == 0


def test_other_kinds_of_machines_are_not_spoken_of() -> None:
    prior = fit_prior(crowd(2))
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


def test_many_are_brought_as_one_is() -> None:
    known = fit_prior(crowd(3)).known_for(PLACES)
    asked = [replace(place, nodes=place.nodes + 1) for place in PLACES]
    for curve, each in zip(brought_all(asked, known), known, strict=True):
        one = brought_to(asked, each)
        assert curve is not None
        assert one is not None
        assert curve == pytest.approx(one, abs=0.1)
        assert curve.mean() == pytest.approx(0.0, abs=1e-9)


def test_what_is_too_far_or_too_little_is_not_brought() -> None:
    far = [Place(1.0, 4.0, 8.0, ("local",), ())] * 2
    two = KnownWorkload(PLACES[:2], (0.0, 1.0), (False, False))
    assert brought_all(far, [CURVE, two]) == [None, None]
    assert brought_all(PLACES, [two]) == [None]
    assert brought_all([replace(PLACES[0], axes=(1.0,))], [CURVE]) == [None]
