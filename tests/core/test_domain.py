"""Predictions are distributions, and specs add up."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.domain import ODDNESS, ClusterSpec, Prediction

predictions = st.builds(
    Prediction,
    median_seconds=st.floats(0.1, 1e6),
    log_scale=st.floats(0.005, 1.0),
    degrees_of_freedom=st.floats(4.0, 200.0),
    failure_risk=st.floats(0.0, 1.0),
    odd_share=st.floats(0.0, 0.1),
)
probabilities = st.floats(0.001, 0.999)
workers = st.builds(
    ClusterSpec,
    workers=st.integers(1, 50),
    worker_cores=st.integers(1, 16),
    worker_memory_mib=st.integers(512, 65536),
    driver_cores=st.integers(1, 8),
    driver_memory_mib=st.integers(512, 8192),
)
locals_ = st.builds(ClusterSpec.local, st.integers(1, 64), st.integers(512, 65536))


@given(predictions, probabilities, probabilities)
def test_quantiles_are_monotone(prediction: Prediction, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert prediction.quantile(low) <= prediction.quantile(high)


@given(predictions, probabilities)
def test_probability_above_a_quantile_is_what_is_left(prediction: Prediction, probability: float) -> None:
    assert prediction.probability_above(prediction.quantile(probability)) == pytest.approx(1 - probability, abs=1e-6)


@given(predictions, st.floats(0.01, 1e7), st.floats(0.01, 1e7))
def test_longer_is_less_likely(prediction: Prediction, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 1 >= prediction.probability_above(low) >= prediction.probability_above(high) >= 0


@given(predictions, st.floats(0.1, 0.98))
def test_the_median_lies_in_every_interval_and_a_wider_one_holds_the_narrower(
    prediction: Prediction, coverage: float
) -> None:
    low, high = prediction.interval(coverage)
    wider_low, wider_high = prediction.interval(coverage + 0.01)
    assert wider_low <= low <= prediction.median_seconds * (1 + 1e-9)
    assert prediction.median_seconds * (1 - 1e-9) <= high <= wider_high


@given(predictions, st.floats(1.01, 20.0))
def test_odd_runs_are_late_ones(prediction: Prediction, times: float) -> None:
    deadline = prediction.median_seconds * times
    odder = replace(prediction, odd_share=prediction.odd_share + 0.05)
    usual = replace(prediction, odd_share=0.0)
    left = math.exp(-math.log(times) / ODDNESS)
    assert odder.probability_above(deadline) >= odder.odd_share * left * (1 - 1e-9)
    assert usual.probability_above(deadline) <= prediction.probability_above(deadline) + 2 * prediction.odd_share
    assert odder.median_seconds == odder.quantile(0.5)


def test_a_run_takes_more_than_nothing_and_less_than_for_ever() -> None:
    prediction = Prediction(60.0, 0.1, 5.0, 0.0)
    assert prediction.probability_above(0.0) == prediction.probability_above(-1.0) == 1.0
    assert prediction.probability_above(math.inf) == 0.0


@given(st.one_of(workers, locals_), st.integers(1, 256), st.integers(512, 65536))
def test_a_spec_of_another_size_is_of_the_same_kind(spec: ClusterSpec, slots: int, memory_mib: int) -> None:
    sized = spec.with_size(slots, memory_mib)
    assert sized.is_local == spec.is_local
    assert sized.task_memory_mib == memory_mib
    assert sized.worker_cores == spec.worker_cores
    assert sized.slots <= max(slots, spec.worker_cores)
    assert sized.slots > slots - max(1, spec.worker_cores)


@given(st.one_of(workers, locals_))
def test_a_spec_given_its_own_size_is_itself(spec: ClusterSpec) -> None:
    assert spec.with_size(spec.slots, spec.task_memory_mib) == spec


@given(workers)
def test_the_driver_is_asked_for_too(spec: ClusterSpec) -> None:
    assert spec.vcpus == spec.slots + spec.driver_cores
    assert spec.memory_gib * 1024 == pytest.approx(spec.workers * spec.worker_memory_mib + spec.driver_memory_mib)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (ClusterSpec.local(4, 2048), "4 slots · 2 GiB"),
        (ClusterSpec.local(4, 1536, 64), "4 slots · 1.5 GiB · 64 partitions"),
        (ClusterSpec(3, 4, 8192, 1, 1024), "3 × (4 cores, 8 GiB) + driver 1 GiB"),
    ],
)
def test_a_spec_in_words(spec: ClusterSpec, words: str) -> None:
    assert str(spec) == words
