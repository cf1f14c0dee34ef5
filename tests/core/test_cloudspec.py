"""Rented clusters as specs: executors on machines, sizes by number of nodes, what they cost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.rented import book

from setpoint.core.cloud import CloudSpec, usage_of
from setpoint.core.cloudspec import rented
from setpoint.core.cost import charge, dollars_per_second, meter, price
from setpoint.core.domain import ClusterReport, ClusterSpec, Cost
from setpoint.core.pricebook import Missing, PriceBook
from setpoint.errors import InputError

TYPES = ("m5.xlarge", "m5.4xlarge", "i3.2xlarge", "c5.9xlarge", "r5d.4xlarge")
clusters = st.builds(
    CloudSpec,
    cloud=st.just("aws"),
    region=st.just("us-east-1"),
    node_type=st.sampled_from(TYPES),
    workers=st.integers(0, 40),
    driver_node_type=st.none() | st.just("m5.2xlarge"),
    first_on_demand=st.none() | st.integers(0, 50),
    service=st.sampled_from(["databricks", "emr"]),
    photon=st.booleans(),
)


def spec_of(cluster: CloudSpec) -> ClusterSpec:
    found = rented(cluster, book())
    assert isinstance(found, ClusterSpec)
    return found


@given(clusters, st.floats(60, 50_000))
def test_the_rate_is_what_the_meter_says(cluster: CloudSpec, seconds: float) -> None:
    metered = meter(usage_of(cluster, 3600.0), book(), "modelled")
    assert isinstance(metered, Cost)
    assert dollars_per_second(spec_of(cluster), book()) * 3600 == pytest.approx(metered.dollars)
    assert price(spec_of(cluster), seconds, book(), "modelled").dollars == pytest.approx(
        metered.dollars * seconds / 3600
    )


@given(clusters, st.floats(0, 600))
def test_units_are_not_counted_while_machines_start(cluster: CloudSpec, startup: float) -> None:
    slow = rented(cluster, book(), startup)
    assert isinstance(slow, ClusterSpec)
    there, at_once = price(slow, 3600.0, book(), "modelled"), price(spec_of(cluster), 3600.0, book(), "modelled")
    assert there.of("vm_on_demand", "vm_spot") == pytest.approx(at_once.of("vm_on_demand", "vm_spot"))
    assert there.of("dbu") == pytest.approx(at_once.of("dbu") * (3600 - startup) / 3600)


@given(clusters, st.integers(1, 400))
def test_another_size_is_so_many_of_the_same_machines(cluster: CloudSpec, slots: int) -> None:
    spec = spec_of(cluster)
    sized = spec.with_size(slots, 1)
    assert sized.cloud is not None
    assert sized.task_memory_mib == spec.task_memory_mib
    if cluster.workers:
        per_node = spec.slots // cluster.workers
        assert sized.cloud.cluster.workers == max(1, slots // per_node)
        assert sized.slots == sized.cloud.cluster.workers * per_node
    else:
        assert sized == spec


@given(clusters)
def test_executors_fit_their_machines(cluster: CloudSpec) -> None:
    spec, node = spec_of(cluster), book().nodes[cluster.node_type]
    if cluster.workers:
        per_node = spec.workers // cluster.workers
        assert per_node * spec.worker_cores <= node.vcpus
        assert per_node * spec.worker_memory_mib < node.memory_gib * 1024
    assert spec.slots == (cluster.workers * node.vcpus or book().nodes[cluster.driver].vcpus)


def test_machines_nobody_knows_are_missing() -> None:
    cluster = CloudSpec(cloud="aws", region="us-east-1", node_type="x9.huge", workers=2)
    found = rented(cluster, book())
    assert isinstance(found, Missing)
    assert "x9.huge" in found.reason


def test_a_missing_price_is_said() -> None:
    spec = spec_of(CloudSpec(cloud="aws", region="us-east-1", node_type="m5.xlarge", workers=2))
    empty = PriceBook(source="nothing", region="nowhere")
    for priced in (lambda: price(spec, 60.0, empty, "modelled"), lambda: dollars_per_second(spec, empty)):
        with pytest.raises(InputError, match=r"m5\.xlarge|Databricks|gp3"):
            priced()


def test_what_the_table_says_of_hardware_is_not_what_a_spec_is() -> None:
    spec = spec_of(CloudSpec(cloud="aws", region="us-east-1", node_type="m5.xlarge", workers=2))
    assert spec.cloud is not None
    amended = replace(spec.cloud, worker=replace(spec.cloud.worker, coremark=1.0), startup_seconds=9.0)
    assert replace(spec, cloud=amended) == spec


def test_a_run_is_charged_by_what_was_used() -> None:
    spec = spec_of(CloudSpec(cloud="aws", region="us-east-1", node_type="m5.xlarge", workers=4))
    began = datetime(2026, 1, 1, tzinfo=UTC)
    report = ClusterReport(spec, began, began + timedelta(hours=1), 0, None)
    assert spec.cloud is not None
    half = replace(report, usage=usage_of(spec.cloud.cluster, 1800))
    assert charge(half, book(), "list-estimated").dollars == pytest.approx(
        charge(report, book(), "list-estimated").dollars / 2
    )
