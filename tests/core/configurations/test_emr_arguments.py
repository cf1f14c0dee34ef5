"""Arguments of `run_job_flow` as specs, and other clusters put into them."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.rented import EMR_FLEETS, EMR_GROUPS, book

from setpoint.core.configurations.emr_arguments import are_alike, cluster_of, spec_of_arguments
from setpoint.core.domain import ClusterSpec
from setpoint.errors import InputError

BOOK = book("aws", "us-east-1")
SCALED = EMR_GROUPS | {
    "ManagedScalingPolicy": {
        "ScalingStrategy": "DEFAULT",
        "ComputeLimits": {"UnitType": "Instances", "MinimumCapacityUnits": 2, "MaximumCapacityUnits": 8},
    }
}
SHORT = EMR_GROUPS | {
    "Instances": {
        "MasterInstanceType": "m5.xlarge",
        "SlaveInstanceType": "r5.xlarge",
        "InstanceCount": 5,
        "KeepJobFlowAliveWhenNoSteps": True,
        "Ec2SubnetId": "subnet-1",
    }
}
EVERY: dict[str, dict[str, Any]] = {"groups": EMR_GROUPS, "fleets": EMR_FLEETS, "scaled": SCALED, "short": SHORT}


def spec_of(arguments: dict[str, Any]) -> ClusterSpec:
    found = spec_of_arguments(arguments, BOOK)
    assert isinstance(found, ClusterSpec)
    return found


@pytest.mark.parametrize("name", sorted(EVERY))
@given(nodes=st.integers(1, 40))
def test_what_is_put_in_is_read_again(name: str, nodes: int) -> None:
    before = spec_of(EVERY[name])
    assert before.cloud is not None
    wanted = before.with_size(nodes * before.slots // before.cloud.cluster.workers, 1)
    written = cluster_of(EVERY[name], wanted, "us-east-1")
    assert are_alike(spec_of(written), wanted)
    assert cluster_of(written, spec_of(written), "us-east-1") == written


@pytest.mark.parametrize("name", sorted(EVERY))
def test_all_else_stays_as_it_is(name: str) -> None:
    own = EVERY[name]
    written: dict[str, Any] = cluster_of(own, spec_of(own), "us-east-1")
    changed = {"Instances", "Configurations", "ManagedScalingPolicy"}
    assert {key: value for key, value in written.items() if key not in changed} == {
        key: value for key, value in own.items() if key not in changed
    }
    for key in ("KeepJobFlowAliveWhenNoSteps", "Ec2SubnetId"):
        assert written["Instances"].get(key) == own["Instances"].get(key)


def test_a_range_is_written_as_limits_and_begins_with_its_least() -> None:
    before = spec_of(SCALED)
    assert before.cloud is not None
    assert (before.cloud.cluster.least_workers, before.cloud.cluster.workers) == (2, 8)
    written: dict[str, Any] = cluster_of(SCALED, before.with_size(before.slots * 2, 1), "us-east-1")
    assert written["ManagedScalingPolicy"]["ComputeLimits"] == {
        "UnitType": "Instances",
        "MinimumCapacityUnits": 4,
        "MaximumCapacityUnits": 16,
    }
    assert written["ManagedScalingPolicy"]["ScalingStrategy"] == "DEFAULT"
    assert [each["InstanceCount"] for each in written["Instances"]["InstanceGroups"]] == [1, 4]
    properties = written["Configurations"][0]["Properties"]
    assert properties["spark.dynamicAllocation.enabled"] == "true"
    assert properties["spark.dynamicAllocation.maxExecutors"] == str(before.slots * 2 // before.worker_cores)


def test_what_are_no_arguments_is_said() -> None:
    with pytest.raises(InputError, match="Instances"):
        spec_of_arguments({"Name": "nightly"}, BOOK)
    with pytest.raises(InputError):
        spec_of_arguments({"Instances": {"InstanceGroups": 7}}, BOOK)


def scaled_by(own: dict[str, Any], kind: str, least: int, most: int) -> dict[str, Any]:
    limits = {"UnitType": kind, "MinimumCapacityUnits": least, "MaximumCapacityUnits": most}
    return own | {"ManagedScalingPolicy": {"ComputeLimits": limits | {"MaximumOnDemandCapacityUnits": most}}}


def limits_of(arguments: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = arguments["ManagedScalingPolicy"]["ComputeLimits"]
    return found


def test_limits_may_be_vcpus() -> None:
    own = scaled_by(EMR_GROUPS, "VCPU", 8, 32)
    before = spec_of(own)
    assert before.cloud is not None
    assert (before.cloud.cluster.least_workers, before.cloud.cluster.workers) == (2, 8)
    written = limits_of(cluster_of(own, before.with_size(before.slots // 2, 1), "us-east-1"))
    assert (written["MinimumCapacityUnits"], written["MaximumCapacityUnits"]) == (4, 16)
    assert written["MaximumOnDemandCapacityUnits"] == 16


def test_limits_may_be_units_of_a_fleet() -> None:
    master, core = EMR_FLEETS["Instances"]["InstanceFleets"]
    heavy = core | {
        "TargetOnDemandCapacity": 8,
        "TargetSpotCapacity": 24,
        "InstanceTypeConfigs": [core["InstanceTypeConfigs"][0] | {"WeightedCapacity": 4}],
    }
    instances = EMR_FLEETS["Instances"] | {"InstanceFleets": [master, heavy]}
    own = scaled_by(EMR_FLEETS | {"Instances": instances}, "InstanceFleetUnits", 8, 40)
    before = spec_of(own)
    assert before.cloud is not None
    assert (before.cloud.cluster.least_workers, before.cloud.cluster.workers) == (2, 10)
    assert before.cloud.cluster.first_on_demand == 3
    written: dict[str, Any] = cluster_of(own, before, "us-east-1")
    assert limits_of(written)["MaximumCapacityUnits"] == 10
    assert limits_of(written)["MaximumOnDemandCapacityUnits"] == 2
    assert are_alike(spec_of(written), before)
    without = scaled_by(EMR_GROUPS, "InstanceFleetUnits", 2, 4)
    found = spec_of(without).cloud
    assert found is not None
    assert found.cluster.workers == 4


def test_a_range_that_nobody_asked_for_gets_a_policy() -> None:
    before = spec_of(EMR_FLEETS)
    assert before.cloud is not None
    ranged = replace(before, cloud=replace(before.cloud, cluster=replace(before.cloud.cluster, least_workers=2)))
    written = limits_of(cluster_of(EMR_FLEETS, ranged, "us-east-1"))
    assert written["UnitType"] == "InstanceFleetUnits"
    assert (written["MinimumCapacityUnits"], written["MaximumCapacityUnits"]) == (2, 8)


def test_arguments_that_are_no_json_are_said() -> None:
    with pytest.raises(InputError, match="no arguments"):
        spec_of_arguments({"Instances": {"InstanceGroups": [object()]}}, BOOK)
