"""The specs that are allowed."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.domain import ClusterSpec, SearchSpace
from setpoint.core.space import space_around, specs

axes = st.lists(st.integers(1, 64), max_size=4, unique=True).map(tuple)
spaces = st.builds(SearchSpace, axes, axes.map(lambda axis: tuple(512 * step for step in axis)), axes)
anything = st.one_of(
    st.builds(ClusterSpec.local, st.integers(1, 64), st.integers(512, 65536)),
    st.builds(ClusterSpec, st.integers(1, 9), st.integers(1, 4), st.integers(512, 9000), st.just(1), st.just(1024)),
)


@given(spaces, anything)
def test_the_current_spec_comes_first_and_none_comes_twice(space: SearchSpace, current: ClusterSpec) -> None:
    found = list(specs(space, current))
    assert found[0] == current
    assert len(found) == len(set(found))


@given(spaces, anything)
def test_every_other_spec_is_of_the_space_and_of_the_same_kind(space: SearchSpace, current: ClusterSpec) -> None:
    for spec in list(specs(space, current))[1:]:
        assert spec.is_local == current.is_local
        assert spec.task_memory_mib in (space.task_memory_mib or (current.task_memory_mib,))
        assert spec.shuffle_partitions in (space.shuffle_partitions or (current.shuffle_partitions,))
        assert spec.slots in {current.with_size(n, 1).slots for n in space.slots or (current.slots,)}


@given(spaces, st.integers(1, 64))
def test_nothing_that_is_allowed_is_left_out(space: SearchSpace, slots: int) -> None:
    current = ClusterSpec.local(slots, 2048, 7)
    slot_axis, memory_axis = space.slots or (slots,), space.task_memory_mib or (2048,)
    wanted = product(slot_axis, memory_axis, space.shuffle_partitions or (7,))
    assert {ClusterSpec.local(*sizes) for sizes in wanted} <= set(specs(space, current))


@given(anything)
def test_the_space_around_a_spec_holds_it_and_at_most_twice_of_it(baseline: ClusterSpec) -> None:
    space = space_around(baseline)
    assert baseline.slots in space.slots
    assert baseline.task_memory_mib in space.task_memory_mib
    assert max(space.slots) <= 2 * baseline.slots
    assert max(space.task_memory_mib) <= 2 * baseline.task_memory_mib
    assert all(count % max(1, baseline.worker_cores) == 0 for count in space.slots)
    assert space.shuffle_partitions == ()
