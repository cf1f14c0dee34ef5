"""Numbers of tasks that follow slots or properties, where Spark's rules explain the recorded number."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import profile, stage

from setpoint.core.domain import ClusterSpec
from setpoint.core.prediction.partitions import partitioning
from setpoint.core.profile import Stage, TaskTotals

MIB = 2**20
NAMES = {"merge": "spark.sql.adaptive.coalescePartitions.enabled", "adaptive": "spark.sql.adaptive.enabled"}


def tasks(one: Stage, then: int, now: int, *, partitions: tuple[int, int] = (200, 200), **stated: str) -> int:
    properties = tuple((NAMES.get(name, name.replace("_", ".")), value) for name, value in stated.items())
    made = replace(profile((one,)), properties=properties)
    found = partitioning(made, ClusterSpec.local(then, 1024, partitions[0]))
    rule = found.rule(one)
    return rule(now, partitions[1]) if rule else one.tasks


def reading(count: int, **totals: int) -> Stage:
    return stage(0, (1.0,) * count, totals=TaskTotals(run_seconds=1.0 * count, **totals))


@given(st.integers(1, 300), st.integers(1, 64), st.integers(0, 2**34), st.integers(0, 2**34))
def test_on_the_same_spec_nothing_changes(count: int, slots: int, read: int, shuffled: int) -> None:
    one = reading(count, input_bytes=read, shuffle_read_bytes=shuffled)
    assert tasks(one, slots, slots) == count


def test_files_are_split_so_that_every_slot_has_some() -> None:
    assert tasks(reading(1, input_bytes=14 * MIB), 1, 2) == 2
    assert tasks(reading(2, input_bytes=14 * MIB), 2, 1) == 1
    assert tasks(reading(8, input_bytes=1000 * MIB), 1, 2) == 8
    assert tasks(reading(5, input_bytes=1000 * MIB), 1, 2) == 5


def test_merged_partitions_grow_with_the_slots_down_to_a_mebibyte() -> None:
    assert tasks(reading(1, shuffle_read_bytes=14 * MIB), 1, 2) == 2
    assert tasks(reading(1, shuffle_read_bytes=3 * MIB), 1, 64) == 3
    assert tasks(reading(1, shuffle_read_bytes=1000), 1, 64) == 1


def test_without_merging_there_are_as_many_as_asked_for() -> None:
    one = reading(32, shuffle_read_bytes=MIB)
    for stated in ({"adaptive": "false"}, {"merge": "false"}):
        assert tasks(one, 4, 8, partitions=(32, 64), **stated) == 64
    assert tasks(reading(32, shuffle_read_bytes=10**10), 4, 8, partitions=(32, 64)) == 64


def test_what_has_no_source_follows_the_default_parallelism_unless_that_was_set() -> None:
    assert tasks(reading(4), 4, 16) == 16
    assert tasks(reading(5), 4, 16) == 5
    assert tasks(reading(1), 1, 16) == 1
    assert tasks(reading(4), 4, 16, spark_default_parallelism="4") == 4


@pytest.mark.parametrize("changes", [{"failed_tasks": 1}, {"killed_tasks": 1}, {"tasks": 0}])
def test_of_what_did_not_go_smoothly_no_number_is_made_up(changes: dict[str, int]) -> None:
    one = replace(reading(4), **changes)  # type: ignore[arg-type]
    assert tasks(one, 4, 16) == one.tasks
