"""The risk of running out of heap."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.domain import ClusterSpec
from setpoint.core.prediction.memory import memory_risk
from setpoint.core.workload import MemoryEvidence

evidences = st.builds(
    MemoryEvidence,
    proven_mib=st.integers(256, 65536),
    failed_mib=st.integers(0, 8192),
    peak_mib=st.floats(0, 65536),
    gc_share=st.floats(0, 0.5),
    spilled=st.booleans(),
)
heaps = st.integers(128, 131072)
CALM = MemoryEvidence(proven_mib=4096, failed_mib=0, peak_mib=0.0, gc_share=0.02, spilled=False)


def risk(mib: int, evidence: MemoryEvidence) -> float:
    return memory_risk(ClusterSpec.local(4, mib), evidence)


@given(evidences, heaps, heaps)
def test_more_heap_is_never_riskier(evidence: MemoryEvidence, one: int, other: int) -> None:
    little, much = sorted((one, other))
    assert 1 >= risk(little, evidence) >= risk(much, evidence) > 0


@given(evidences, heaps)
def test_what_failed_fails_again_and_what_was_enough_is_enough(evidence: MemoryEvidence, mib: int) -> None:
    found = risk(mib, evidence)
    assert (found == 1.0) or mib > evidence.failed_mib
    if evidence.failed_mib < mib >= evidence.proven_mib:
        assert found < 0.01


@given(evidences, heaps, st.floats(0, 65536))
def test_a_higher_peak_is_never_less_risky(evidence: MemoryEvidence, mib: int, peak: float) -> None:
    logged = replace(evidence, peak_mib=max(1.0, evidence.peak_mib))
    assert risk(mib, replace(logged, peak_mib=logged.peak_mib + peak)) >= risk(mib, logged)


@pytest.mark.parametrize("tight", [replace(CALM, spilled=True), replace(CALM, gc_share=0.2)])
def test_signs_of_a_tight_heap_raise_the_risk(tight: MemoryEvidence) -> None:
    assert risk(2048, tight) > 0.9
    assert risk(2048, CALM) < 0.1


@pytest.mark.parametrize(("share", "low", "high"), [(1 / 0.9, 0.01, 0.03), (1.0, 0.03, 0.06), (0.5, 0.55, 0.65)])
def test_the_risks_that_the_logged_peak_stands_for(share: float, low: float, high: float) -> None:
    logged = replace(CALM, proven_mib=65536, peak_mib=8000.0)
    assert low < risk(round(8000 * share), logged) < high
