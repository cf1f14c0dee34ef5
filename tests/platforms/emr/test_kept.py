"""A cluster that is kept alive and may be resized: steps as runs, and machines that become more or fewer."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.platforms.emr.world import FLEETS, GROUPS, World, changed, sized

from setpoint.core.eventlog import read_profile
from setpoint.errors import Conflict, InputError, PlatformError
from setpoint.testing.emr import Ordered
from setpoint.testing.platform_contract import PROJECT

Json = dict[str, Any]


def kept(make: Callable[..., World], kind: str, **more: object) -> tuple[World, str]:
    asked = changed({"groups": GROUPS, "fleets": FLEETS}[kind], KeepJobFlowAliveWhenNoSteps=True) | {"Steps": []} | more
    world = make(kind, template=None, resize=True)
    name = str(world.cloud.client("emr").run_job_flow(**asked)["JobFlowId"])
    world.cloud.clock.move(600)
    return world, name


def step(world: World, name: str, exit_code: int = 0) -> str:
    world.runner.orders.append(Ordered(exit_code=exit_code))
    wanted = [GROUPS["Steps"][0] | {"ActionOnFailure": "CONTINUE"}]
    (step_id,) = world.cloud.client("emr").add_job_flow_steps(JobFlowId=name, Steps=wanted)["StepIds"]
    world.cloud.clock.move(3600)
    return f"{name}/{step_id}"


@pytest.mark.parametrize("kind", ["groups", "fleets"])
def test_each_step_is_a_run_with_the_machines_it_had(make: Callable[..., World], kind: str) -> None:
    world, name = kept(make, kind)
    before = world.spec
    first = step(world, name)
    world.platform.apply(PROJECT, sized(before, 3), expect=before)
    assert world.spec == sized(before, 3)
    world.cloud.clock.move(600)
    second = step(world, name, exit_code=3)
    third = step(world, name)
    assert world.platform.finished_runs(PROJECT) == (first, second, third)
    reports = [world.platform.cluster_report(PROJECT, run) for run in (first, second, third)]
    assert [each.spec for each in reports] == [before, sized(before, 3), sized(before, 3)]
    assert [each.exit_code for each in reports] == [0, 3, 0]
    assert [each.retry for each in reports] == [False, False, True]
    assert all(each.usage is not None and each.seconds < 600 for each in reports)
    logs = [read_profile(world.platform.event_log(PROJECT, run)).application.id for run in (first, second, third)]
    assert len(set(logs)) == 3


def test_other_machines_are_refused(make: Callable[..., World]) -> None:
    world, name = kept(make, "groups")
    before = world.spec
    master, core = GROUPS["Instances"]["InstanceGroups"]
    groups = [master, core | {"InstanceType": "m5.2xlarge"}]
    other = world.platform.on_ec2.spec_in(world.project, changed(GROUPS, InstanceGroups=groups))
    with pytest.raises(InputError, match=r"cannot get m5\.2xlarge"):
        world.platform.apply(PROJECT, other, expect=before)
    with pytest.raises(Conflict):
        world.platform.apply(PROJECT, sized(before, 2), expect=sized(before, 9))
    assert world.spec == before
    world.cloud.client("emr").terminate_job_flows(JobFlowIds=[name])
    world.cloud.clock.move(600)
    with pytest.raises(PlatformError, match="none to resize"):
        world.platform.current_spec(PROJECT)


def test_limits_of_managed_scaling_are_moved(make: Callable[..., World]) -> None:
    limits = {"UnitType": "Instances", "MinimumCapacityUnits": 2, "MaximumCapacityUnits": 8}
    world, name = kept(make, "groups", ManagedScalingPolicy={"ComputeLimits": limits})
    before = world.spec
    world.platform.apply(PROJECT, sized(before, 4), expect=before)
    policy = world.cloud.client("emr").get_managed_scaling_policy(ClusterId=name)["ManagedScalingPolicy"]
    assert policy["ComputeLimits"] == limits | {"MinimumCapacityUnits": 1, "MaximumCapacityUnits": 4}
    assert world.spec == sized(before, 4)
