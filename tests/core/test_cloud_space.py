"""Which clusters a project may be given."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.rented import book

from setpoint.core.cloud import CloudSpec
from setpoint.core.cloud_space import LEAST_SHARE, MOST_TIMES, cloud_space, family_of
from setpoint.core.cloudspec import rented
from setpoint.core.cost import dollars_per_second
from setpoint.core.domain import ClusterSpec, SearchSpace
from setpoint.core.space import specs
from setpoint.core.wishes import Wishes

wishes = st.builds(
    Wishes,
    force_ondemand_workers=st.booleans(),
    fix_worker_family=st.booleans(),
    fix_driver_type=st.booleans(),
    optimize_instance_size=st.booleans(),
    allow_arm=st.booleans(),
)
clusters = st.builds(
    CloudSpec,
    cloud=st.just("aws"),
    region=st.just("us-east-1"),
    node_type=st.sampled_from(["m5.2xlarge", "i3.4xlarge", "m6g.xlarge", "r4.8xlarge"]),
    workers=st.integers(0, 12),
    driver_node_type=st.none() | st.just("m5.xlarge"),
    first_on_demand=st.none() | st.integers(0, 4),
    service=st.sampled_from(["databricks", "emr"]),
    least_workers=st.none(),
)


def spec_of(cluster: CloudSpec) -> ClusterSpec:
    found = rented(cluster, book())
    assert isinstance(found, ClusterSpec)
    return found


@settings(max_examples=10)
@given(clusters, wishes)
def test_every_spec_keeps_what_was_wished(cluster: CloudSpec, wished: Wishes) -> None:
    now = spec_of(cluster)
    every = list(specs(cloud_space(now, book(), wished), now))
    assert (now in every) or wished.force_ondemand_workers
    assert len(every) == len(set(every)) < 4000
    for spec in every[now in every :]:
        assert spec.cloud is not None
        other, node = spec.cloud.cluster, spec.cloud.worker
        assert LEAST_SHARE * now.slots - 1 <= spec.slots <= MOST_TIMES * now.slots
        if wished.fix_worker_family:
            assert family_of(other.node_type) == family_of(cluster.node_type)
        if wished.fix_driver_type or cluster.driver_node_type == "m5.xlarge":
            assert other.driver == cluster.driver
        if not wished.optimize_instance_size:
            assert other.node_type == cluster.node_type
        if not wished.allow_arm:
            assert node.arch == book().nodes[cluster.node_type].arch
        assert other.photon == cluster.photon
        if wished.force_ondemand_workers and cluster.workers:
            assert other.first_on_demand is None


@settings(max_examples=8)
@given(clusters)
def test_every_spec_has_a_price(cluster: CloudSpec) -> None:
    now = spec_of(cluster)
    assert all(dollars_per_second(spec, book()) > 0 for spec in specs(cloud_space(now, book()), now))


def test_what_is_not_rented_has_no_such_space() -> None:
    assert cloud_space(ClusterSpec.local(4, 4096), book()) == SearchSpace()


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("m5.xlarge", "m5.12xlarge", True),
        ("m5.xlarge", "m5d.xlarge", False),
        ("r5.xlarge", "m5.xlarge", False),
        ("Standard_D4s_v3", "Standard_D64s_v3", True),
        ("Standard_D4s_v3", "Standard_D4s_v5", False),
        ("Standard_E8-4ds_v4", "Standard_E64ds_v4", True),
        ("n2-standard-4", "n2-standard-64", True),
        ("n2-standard-4", "n2-highmem-4", False),
    ],
)
def test_sizes_of_one_family(one: str, other: str, *, is_same: bool) -> None:
    assert (family_of(one) == family_of(other)) == is_same
