"""Specs as the belief sees them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.belief.points import points_of
from setpoint.core.domain import ClusterSpec
from setpoint.core.prediction.places import places_of, usual_partitions

partitions = st.none() | st.integers(1, 4096)
local = st.builds(ClusterSpec.local, st.integers(1, 64), st.integers(512, 65536), partitions)
clusters = st.builds(
    ClusterSpec,
    workers=st.integers(1, 40),
    worker_cores=st.integers(1, 32),
    worker_memory_mib=st.integers(512, 65536),
    driver_cores=st.just(1),
    driver_memory_mib=st.just(2048),
    shuffle_partitions=partitions,
)
crowds = st.lists(local | clusters, min_size=1, max_size=8)


@given(crowds)
def test_every_spec_has_a_place_and_all_have_one_form(specs: list[ClusterSpec]) -> None:
    places = places_of(specs, usual_partitions(specs))
    assert len(places) == len(specs)
    assert len({(len(place.kinds), len(place.axes)) for place in places}) == 1
    points = points_of(places)
    assert points.is_memory_known
    for spec, place in zip(specs, places, strict=True):
        assert place.nodes * place.cores == spec.slots
        assert place.memory_gib * 1024 == spec.task_memory_mib
        assert place.kinds == (("local",) if spec.is_local else ("workers",))


@given(crowds)
def test_the_usual_partitions_lie_between_those_that_are_set(specs: list[ClusterSpec]) -> None:
    counts = [spec.shuffle_partitions for spec in specs if spec.shuffle_partitions]
    usual = usual_partitions(specs)
    if not counts:
        assert usual is None
    else:
        assert usual is not None
        assert min(counts) * (1 - 1e-9) <= usual <= max(counts) * (1 + 1e-9)


def test_partitions_are_an_axis_in_powers_of_two_where_any_are_set() -> None:
    specs = [ClusterSpec.local(4, 4096, count) for count in (None, 32, 512)]
    usual = usual_partitions(specs)
    assert usual == pytest.approx(128)
    assert [place.axes[0] for place in places_of(specs, usual)] == pytest.approx([math.log2(128), 5, 9])
    assert [place.axes for place in places_of(specs, None)] == [(), (), ()]
