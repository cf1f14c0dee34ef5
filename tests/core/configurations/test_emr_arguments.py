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
MASTER, CORE = EMR_FLEETS["Instances"]["InstanceFleets"]
DIVERSE_TYPES = [
    {"InstanceType": "m5.2xlarge", "WeightedCapacity": 2, "BidPriceAsPercentageOfOnDemandPrice": 60},
    {"InstanceType": "m5a.2xlarge", "WeightedCapacity": 2},
    {
        "InstanceType": "m5.4xlarge",
        "WeightedCapacity": 4,
        "EbsConfiguration": {
            "EbsBlockDeviceConfigs": [
                {"VolumeSpecification": {"VolumeType": "gp3", "SizeInGB": 128}, "VolumesPerInstance": 1}
            ]
        },
    },
]
STRATEGIES = {
    "OnDemandSpecification": {"AllocationStrategy": "prioritized"},
    "SpotSpecification": {
        "AllocationStrategy": "capacity-optimized",
        "TimeoutAction": "SWITCH_TO_ON_DEMAND",
        "TimeoutDurationMinutes": 10,
    },
}
TASK = {
    "Name": "task",
    "InstanceFleetType": "TASK",
    "TargetOnDemandCapacity": 4,
    "TargetSpotCapacity": 12,
    "InstanceTypeConfigs": DIVERSE_TYPES,
    "LaunchSpecifications": STRATEGIES,
}
RESERVED = CORE | {"TargetOnDemandCapacity": 3, "TargetSpotCapacity": 0}
DIVERSE = EMR_FLEETS | {"Instances": EMR_FLEETS["Instances"] | {"InstanceFleets": [MASTER, RESERVED, TASK]}}
EVERY: dict[str, dict[str, Any]] = {
    "groups": EMR_GROUPS,
    "fleets": EMR_FLEETS,
    "scaled": SCALED,
    "short": SHORT,
    "diverse": DIVERSE,
}


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
    assert limits_of(written)["MaximumCapacityUnits"] == 40
    assert limits_of(written)["MaximumOnDemandCapacityUnits"] == 8
    other = replace(before.cloud, cluster=replace(before.cloud.cluster, node_type="r5.2xlarge"))
    assert limits_of(cluster_of(own, replace(before, cloud=other), "us-east-1"))["MaximumCapacityUnits"] == 10
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


def fleets_of(nodes: int) -> dict[str, dict[str, Any]]:
    before = spec_of(DIVERSE)
    assert before.cloud is not None
    wanted = before.with_size(nodes * before.slots // before.cloud.cluster.workers, 1)
    written: dict[str, Any] = cluster_of(DIVERSE, wanted, "us-east-1")
    return {fleet["InstanceFleetType"]: fleet for fleet in written["Instances"]["InstanceFleets"]}


def test_alternatives_weights_and_strategies_of_a_fleet_stay() -> None:
    fleets = fleets_of(9)
    assert fleets["TASK"]["InstanceTypeConfigs"] == DIVERSE_TYPES
    assert fleets["TASK"]["LaunchSpecifications"] == STRATEGIES


@given(nodes=st.integers(1, 40))
def test_task_nodes_are_the_first_to_go_and_the_first_to_come(nodes: int) -> None:
    fleets = fleets_of(nodes)
    assert fleets["CORE"]["TargetSpotCapacity"] == 0 or nodes < 3
    core = fleets["CORE"]["TargetOnDemandCapacity"] + fleets["CORE"]["TargetSpotCapacity"]
    task = fleets.get("TASK", {"TargetOnDemandCapacity": 0, "TargetSpotCapacity": 0})
    units = task["TargetOnDemandCapacity"] + task["TargetSpotCapacity"]
    assert (core, units) == (min(3, nodes), 2 * max(0, nodes - 3))


def test_another_type_has_no_alternatives() -> None:
    before = spec_of(DIVERSE)
    assert before.cloud is not None
    other = replace(before.cloud, cluster=replace(before.cloud.cluster, node_type="r5.2xlarge"))
    written: dict[str, Any] = cluster_of(DIVERSE, replace(before, cloud=other), "us-east-1")
    types = [each["InstanceTypeConfigs"] for each in written["Instances"]["InstanceFleets"][1:]]
    assert [[each["InstanceType"] for each in configs] for configs in types] == [["r5.2xlarge"], ["r5.2xlarge"]]
    assert {each["WeightedCapacity"] for configs in types for each in configs} == {1}
