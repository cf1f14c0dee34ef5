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


def test_what_cannot_spill_needs_heap_for_every_slot() -> None:
    gathers = replace(CALM, proven_mib=1024, gathered_mib=80.0, gathered_tasks=16, proven_slots=1)
    by_slots = [memory_risk(ClusterSpec.local(slots, 1024), gathers) for slots in (1, 4, 16)]
    assert by_slots[0] < 0.01
    assert by_slots[0] <= by_slots[1] < by_slots[2]
    assert by_slots[2] > 0.4


def test_fewer_partitions_gather_more_at_once() -> None:
    gathers = replace(CALM, proven_mib=1024, gathered_mib=80.0, gathered_tasks=64, proven_slots=4)
    assert memory_risk(ClusterSpec.local(4, 1024, 4), gathers) > 0.4
    assert memory_risk(ClusterSpec.local(4, 1024, 64), gathers) < 0.01


def test_broadcast_tables_need_heap_whatever_the_slots() -> None:
    shares = replace(CALM, proven_mib=4096, shared_mib=200.0)
    assert memory_risk(ClusterSpec.local(1, 1024), shares) > 0.85
    assert memory_risk(ClusterSpec.local(1, 1024), shares) == memory_risk(ClusterSpec.local(8, 1024), shares)
