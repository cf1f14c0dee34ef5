"""The risk of running out of heap."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.domain import ClusterSpec
from setpoint.core.prediction.memory import memory_risks
from setpoint.core.workload import HeapSeen, MemoryEvidence

CALM = MemoryEvidence(heaps=(HeapSeen(4096, is_enough=True, peak_mib=700.0),), proven_mib=4096, proven_slots=4)


def risk(spec: ClusterSpec, evidence: MemoryEvidence) -> float:
    return memory_risks([spec], evidence, None)[0]


@given(st.integers(128, 65536), st.integers(0, 65536))
def test_what_failed_fails_again(mib: int, failed_mib: int) -> None:
    found = risk(ClusterSpec.local(4, mib), replace(CALM, failed_mib=failed_mib))
    assert 0 < found <= 1
    if mib <= failed_mib:
        assert found == 1.0


@given(st.lists(st.integers(128, 65536), min_size=1, max_size=5))
def test_specs_are_judged_one_by_one(heaps: list[int]) -> None:
    specs = [ClusterSpec.local(4, heap) for heap in heaps]
    assert memory_risks(specs, CALM, None) == [risk(spec, CALM) for spec in specs]


def test_what_cannot_spill_needs_heap_for_every_slot() -> None:
    seen = (HeapSeen(1024, is_enough=True, peak_mib=500.0),)
    gathers = MemoryEvidence(seen, proven_mib=1024, gathered_mib=80.0, gathered_tasks=16, proven_slots=1)
    by_slots = [risk(ClusterSpec.local(slots, 1024), gathers) for slots in (1, 4, 16)]
    assert by_slots[0] < 0.05
    assert by_slots[0] <= by_slots[1] < by_slots[2]
    assert by_slots[2] > 0.4


def test_fewer_partitions_gather_more_at_once() -> None:
    seen = (HeapSeen(1024, is_enough=True, peak_mib=300.0),)
    gathers = MemoryEvidence(seen, proven_mib=1024, gathered_mib=80.0, gathered_tasks=64, proven_slots=4)
    assert risk(ClusterSpec.local(4, 1024, 4), gathers) > 0.4
    assert risk(ClusterSpec.local(4, 1024, 64), gathers) < 0.01


def test_broadcast_tables_need_heap_whatever_the_slots() -> None:
    shares = replace(CALM, shared_mib=200.0, shared_rows=1_000_000)
    assert risk(ClusterSpec.local(1, 1024), shares) > 0.85
    assert risk(ClusterSpec.local(1, 1024), shares) == risk(ClusterSpec.local(8, 1024), shares)


def test_few_large_rows_need_little_more_than_their_bytes() -> None:
    """A table of half a gigabyte in 74,000 rows: recorded runs failed with 1 GiB and did their work with 2."""
    shares = MemoryEvidence((HeapSeen(8192, is_enough=True, peak_mib=500.0),), shared_mib=512.0, shared_rows=74_000)
    proven = replace(shares, proven_mib=8192)
    assert risk(ClusterSpec.local(2, 1024), proven) > 0.7
    assert risk(ClusterSpec.local(2, 4096), proven) < 0.02
