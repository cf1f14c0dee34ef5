"""The facts of EMR and the defects of earlier tools, numbered by section and item of their list."""

import bz2
import gzip
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.core.eventlog.test_codecs import lz4_block, snappy
from tests.platforms.emr.world import BOOK, FLEETS, GROUPS, World, apply, changed, left, needs_applications, sized

from setpoint.core.cost import charge
from setpoint.core.domain import Outcome
from setpoint.core.eventlog import read_profile
from setpoint.core.failure import classify
from setpoint.core.zstd import zstd
from setpoint.errors import EventLogError, InputError, PlatformError
from setpoint.platforms.emr.logs import CHUNK_BYTES
from setpoint.testing.emr import Application, Ordered, Ran
from setpoint.testing.platform_contract import PROJECT

Json = dict[str, Any]
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".zstd": zstd.compress,
    ".lz4": lz4_block,
    ".snappy": snappy,
}


def test_fact_3_01_groups_stay_groups_and_fleets_fleets(make: Callable[..., World]) -> None:
    assert "InstanceFleets" not in apply(make("groups"), 3)["Instances"]
    assert "InstanceGroups" not in apply(make("fleets"), 3)["Instances"]


def test_fact_3_01_task_nodes_go_before_core_nodes(make: Callable[..., World]) -> None:
    groups = [
        *GROUPS["Instances"]["InstanceGroups"],
        {"InstanceRole": "TASK", "InstanceType": "r5.xlarge", "InstanceCount": 6, "Market": "SPOT"},
    ]
    world = make("groups", changed(GROUPS, InstanceGroups=groups))
    for nodes, counts in ((7, [1, 4, 3]), (5, [1, 4, 1]), (3, [1, 3])):
        found = [each["InstanceCount"] for each in apply(world, nodes)["Instances"]["InstanceGroups"]]
        assert found == counts


def test_fact_3_01_limits_of_managed_scaling_are_limits_of_workers(make: Callable[..., World]) -> None:
    limits = {"UnitType": "Instances", "MinimumCapacityUnits": 2, "MaximumCapacityUnits": 8}
    limits |= {"MaximumCoreCapacityUnits": 8}
    world = make("groups", GROUPS | {"ManagedScalingPolicy": {"ComputeLimits": limits}})
    assert world.spec.cloud is not None
    assert (world.spec.cloud.cluster.least_workers, world.spec.cloud.cluster.workers) == (2, 8)
    before = world.spec
    run = world.run()
    assert world.platform.cluster_report(PROJECT, run).spec == before == world.spec
    wanted = apply(world, 4)["ManagedScalingPolicy"]["ComputeLimits"]
    assert wanted == limits | {
        "MinimumCapacityUnits": 1,
        "MaximumCapacityUnits": 4,
        "MaximumCoreCapacityUnits": 4,
    }


def test_fact_3_01_fleets_keep_units_alternatives_and_strategies(make: Callable[..., World]) -> None:
    master, core = FLEETS["Instances"]["InstanceFleets"]
    types = [
        {"InstanceType": "m5.2xlarge", "WeightedCapacity": 2},
        {"InstanceType": "m5a.2xlarge", "WeightedCapacity": 2},
    ]
    spot = {"AllocationStrategy": "capacity-optimized", "TimeoutAction": "TERMINATE_CLUSTER"}
    strategy = {"SpotSpecification": spot | {"TimeoutDurationMinutes": 10}}
    reserved = core | {"TargetOnDemandCapacity": 4, "TargetSpotCapacity": 0, "InstanceTypeConfigs": types}
    task = reserved | {"Name": "task", "InstanceFleetType": "TASK", "LaunchSpecifications": strategy}
    task |= {"TargetOnDemandCapacity": 0, "TargetSpotCapacity": 8}
    world = make("fleets", changed(FLEETS, InstanceFleets=[master, reserved, task]))
    written = {each["InstanceFleetType"]: each for each in apply(world, 5)["Instances"]["InstanceFleets"]}
    assert written["CORE"]["TargetOnDemandCapacity"] == 4
    assert written["TASK"]["TargetSpotCapacity"] == 6
    assert written["TASK"]["InstanceTypeConfigs"] == types
    assert written["TASK"]["LaunchSpecifications"] == strategy
    before = world.spec
    run = world.run()
    assert world.platform.cluster_report(PROJECT, run).spec == before


def test_fact_3_02_a_decision_is_whole_arguments_of_the_next_cluster(make: Callable[..., World]) -> None:
    world = make("fleets", template=None)
    first = world.run()
    arguments = apply(world, 3)
    assert {"Name", "ReleaseLabel", "Applications", "Steps", "BootstrapActions", "JobFlowRole"} <= arguments.keys()
    assert [step["Name"] for step in arguments["Steps"]] == [step["Name"] for step in FLEETS["Steps"]]
    second = world.run()
    specs = [world.platform.cluster_report(PROJECT, run).spec for run in (first, second)]
    assert [spec.cloud.cluster.workers for spec in specs if spec.cloud] == [8, 3]


def test_fact_3_02_a_launchers_file_gets_a_patch_and_is_left_alone(make: Callable[..., World], tmp_path: Path) -> None:
    world = make("groups")
    machine = {"StartAt": "Run", "States": {"Run": {"Type": "Task", "Parameters": world.asked, "End": True}}}
    template = Path(str(world.project.template))
    template.write_text(json.dumps(machine, indent=2) + "\n")
    before, text = world.spec, template.read_text()
    apply(world, 3)
    assert template.read_text() == text
    patch = world.platform.store.folder(PROJECT) / "cluster.patch"
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / template.name).write_text(text)
    subprocess.run(["git", "apply", str(patch)], cwd=folder, check=True)
    patched = json.loads((folder / template.name).read_text())["States"]["Run"]["Parameters"]
    assert patched == left(world)
    template.write_text((folder / template.name).read_text())
    assert world.spec == sized(before, 3)


def test_fact_3_02_a_cluster_that_is_kept_alive_is_refused(make: Callable[..., World]) -> None:
    kept = changed(GROUPS, KeepJobFlowAliveWhenNoSteps=True)
    world = make("groups", kept, template=None)
    world.asked = kept
    name = world.launch()
    world.cloud.clock.move(3600)
    assert not world.spec.is_local  # it may be one run's yet: launchers keep clusters alive until they end them
    world.cloud.client("emr").add_job_flow_steps(JobFlowId=name, Steps=GROUPS["Steps"])
    world.cloud.clock.move(3600)
    with pytest.raises(PlatformError, match="kept alive and shared"):
        world.platform.current_spec(PROJECT)
    world.cloud.client("emr").terminate_job_flows(JobFlowIds=[name])
    world.cloud.clock.move(3600)
    report = world.platform.cluster_report(PROJECT, name)
    assert (report.exit_code, report.stopped) == (0, False)


def test_fact_3_03_executors_are_sized_to_the_machines(make: Callable[..., World]) -> None:
    both = [
        *GROUPS["Configurations"],
        {"Classification": "spark", "Properties": {"maximizeResourceAllocation": "true"}},
    ]
    arguments = apply(make("groups", GROUPS | {"Configurations": both}), 3)
    properties = {each["Classification"]: each["Properties"] for each in arguments["Configurations"]}
    assert properties["spark-defaults"]["spark.executor.instances"] == "3"
    assert properties["spark-defaults"]["spark.dynamicAllocation.enabled"] == "false"
    node = int(properties["yarn-site"]["yarn.nodemanager.resource.memory-mb"])
    sizes = (properties["spark-defaults"][f"spark.executor.{key}"] for key in ("memory", "memoryOverhead"))
    assert sum(int(size.removesuffix("m")) for size in sizes) <= node
    assert "maximizeResourceAllocation" not in properties["spark"]


def test_fact_3_03_what_a_steps_command_says_of_sizes_wins(make: Callable[..., World]) -> None:
    words = [
        "spark-submit",
        "--executor-memory",
        "4g",
        "--conf",
        "spark.executor.cores=2",
        "--conf",
        "a=b",
        "s3://c/x.py",
    ]
    jar = {"Jar": "command-runner.jar", "Args": words}
    step = {"Name": "only", "ActionOnFailure": "TERMINATE_CLUSTER", "HadoopJarStep": jar}
    world = make("groups", GROUPS | {"Steps": [step]})
    assert (world.spec.worker_cores, world.spec.worker_memory_mib) == (2, 4096)
    wanted = apply(world, 3)["Steps"][0]["HadoopJarStep"]["Args"]
    assert wanted == ["spark-submit", "--conf", "a=b", "s3://c/x.py"]
    world.run()
    assert (world.spec.worker_cores, world.spec.worker_memory_mib) == (2, 4096)


def test_fact_3_03_other_classifications_stay(make: Callable[..., World]) -> None:
    other = {
        "Classification": "spark-env",
        "Properties": {},
        "Configurations": [{"Classification": "export", "Properties": {"PYSPARK_PYTHON": "/usr/bin/python3"}}],
    }
    world = make("groups", GROUPS | {"Configurations": [*GROUPS["Configurations"], other]})
    assert other in apply(world, 3)["Configurations"]
    run = world.run()
    assert other in world.platform.on_ec2.document(world.project, run)["Cluster"]["Configurations"]


@needs_applications
def test_fact_3_04_a_step_may_start_several_applications(make: Callable[..., World]) -> None:
    twice = {"Jar": "command-runner.jar", "Args": ["bash", "-c", "spark-submit a.py; spark-submit b.py"]}
    steps = [
        {"Name": "prepare", "ActionOnFailure": "CONTINUE", "HadoopJarStep": twice},
        *GROUPS["Steps"],
    ]
    world = make("groups", GROUPS | {"Steps": steps})
    run = world.run()
    applications = [name for step in world.cloud.emr.clusters[run].steps for name in step.applications]
    assert len(applications) == 3
    assert read_profile(world.platform.event_log(PROJECT, run)).application.id in applications
    named = make("groups", GROUPS | {"Steps": steps}, step=GROUPS["Steps"][0]["Name"])
    assert read_profile(named.platform.event_log(PROJECT, run)).application.id == applications[-1]


def test_fact_3_05_event_logs_on_the_cluster_itself_are_gone(make: Callable[..., World]) -> None:
    world = make("groups", GROUPS | {"Configurations": []})
    run = world.run()
    assert world.cloud.emr.clusters[run].on_hdfs
    with pytest.raises(EventLogError, match=r"spark\.eventLog\.dir"):
        world.platform.event_log(PROJECT, run)
    told = [{"Classification": "spark-defaults", "Properties": {"spark.eventLog.dir": "hdfs:///var/log/spark/apps"}}]
    world.cloud.put(
        f"s3://logs/{run}/sparklogs/{next(iter(world.cloud.emr.clusters[run].steps[0].files))}",
        b"x",
        world.cloud.clock(),
    )
    assert told
    assert list(world.platform.event_log(PROJECT, run))


@needs_applications
def test_fact_3_05_logs_of_hdfs_come_from_the_history_server_that_emr_keeps(make: Callable[..., World]) -> None:
    world = make("groups", GROUPS | {"Configurations": []}, history_server=True)
    run = world.run()
    profile = read_profile(world.platform.event_log(PROJECT, run))
    assert profile.application.id in world.cloud.emr.clusters[run].steps[0].applications


@pytest.mark.parametrize("codec", ["", ".gz", ".bz2", ".zstd", ".lz4", ".snappy"])
@pytest.mark.parametrize("rolled", [False, True])
def test_fact_3_06_logs_are_plain_packed_or_rolled(make: Callable[..., World], codec: str, *, rolled: bool) -> None:
    pack = PACKERS[codec]
    world = make("groups")
    world.runner.orders.append(Ordered(rolled=rolled))
    inner = world.runner

    class Packing:
        def run(self, application: Application) -> Ran:
            ran = inner.run(application)
            named = {f"{name}{codec if 'appstatus' not in name else ''}": pack(it) for name, it in ran.files.items()}
            return Ran(ran.seconds, ran.exit_code, ran.words, named)

    world.cloud.runner = Packing()
    try:
        name = world.launch()
        world.cloud.clock.move(86_400)
    finally:
        world.cloud.runner = inner
    profile = read_profile(world.platform.event_log(PROJECT, name))
    assert profile.completeness.state == "complete"


def test_fact_3_06_logs_are_read_as_they_come(make: Callable[..., World]) -> None:
    world = make("groups")
    run = world.run()
    (name,) = world.cloud.emr.clusters[run].steps[0].files
    large = b"x" * (2 * CHUNK_BYTES + 1)
    world.cloud.put(f"s3://logs/events/{name}", large, world.cloud.clock())
    (part,) = world.platform.event_log(PROJECT, run)
    lengths = [len(chunk) for chunk in part]
    assert max(lengths) <= CHUNK_BYTES
    assert sum(lengths) == len(large)


def test_fact_3_07_without_rates_of_ones_own_the_list_counts(make: Callable[..., World]) -> None:
    world = make("serverless")
    report = world.platform.cluster_report(PROJECT, world.run())
    assert report.usage is not None
    used = report.usage.serverless
    assert used is not None
    dollars = used.vcpu_hours * 0.052624 + used.gib_hours * 0.0057785
    billed = charge(report, BOOK, "list-estimated")
    assert sum(part.dollars or 0.0 for part in billed.parts[:2]) == pytest.approx(dollars)


def test_fact_3_07_a_job_run_costs_what_was_billed(make: Callable[..., World]) -> None:
    world = make("serverless")
    run = world.run()
    report = world.platform.cluster_report(PROJECT, run)
    billed = world.platform.on_serverless.document(world.project, run)["jobRun"]["billedResourceUtilization"]
    assert report.usage is not None
    assert report.usage.serverless is not None
    assert report.usage.serverless.vcpu_hours == billed["vCPUHour"]
    assert charge(report, BOOK, "list-estimated").dollars > 0
    assert read_profile(world.platform.event_log(PROJECT, run)).completeness.state == "complete"


def test_fact_3_07_job_runs_are_told_apart_by_name_or_tag(make: Callable[..., World]) -> None:
    world = make("serverless", tag="p-1", name=None, template=None)
    ours = world.run(changes={"tags": {"sync:project-id": "p-1"}})
    world.run(changes={"tags": {"sync:project-id": "p-2"}})
    world.run()
    assert world.platform.finished_runs(PROJECT) == (ours,)


def test_fact_3_07_a_capacity_that_is_too_small_is_refused(make: Callable[..., World]) -> None:
    world = make("serverless")
    before = world.spec
    with pytest.raises(InputError, match="room for"):
        world.platform.apply(PROJECT, sized(before, 500), expect=before)
    assert world.spec == before


def test_fact_3_08_machines_disks_and_fees_are_lines_of_their_own(make: Callable[..., World]) -> None:
    world = make("fleets")
    usage = world.platform.cluster_report(PROJECT, world.run()).usage
    assert usage is not None
    assert usage.has_emr_fee
    assert {use.market for use in usage.machines} == {"on_demand", "spot"}
    assert {disk.kind for use in usage.machines for disk in use.disks} == {"gp3"}


def test_fact_3_08_spot_machines_pay_the_same_fee(make: Callable[..., World]) -> None:
    world = make("fleets")
    cost = charge(world.platform.cluster_report(PROJECT, world.run()), BOOK, "list-estimated")

    def hours(*kinds: str) -> float:
        return sum(part.quantity or 0.0 for part in cost.parts if part.kind in kinds)

    assert hours("vm_spot") > 0
    assert hours("emr_fee") == pytest.approx(hours("vm_spot", "vm_on_demand"))


def test_fact_3_09_a_lack_of_machines_is_no_failure_of_the_job(make: Callable[..., World]) -> None:
    for kind, lacking in (("groups", "r5.xlarge"), ("fleets", "m5.2xlarge")):
        world = make(kind)
        world.cloud.lacking.add(lacking)
        run = world.run()
        world.cloud.lacking.clear()
        world.runner.orders.clear()
        report = world.platform.cluster_report(PROJECT, run)
        assert report.error is not None
        assert "CAPACITY" in report.error
        assert classify(report, None) == (Outcome.FAILED, "infrastructure")
        assert report.usage is not None
        assert report.usage.machines == ()
        assert charge(report, BOOK, "list-estimated").dollars == 0


def test_fact_3_07_a_decision_is_whole_arguments_of_the_next_job_run(make: Callable[..., World]) -> None:
    world = make("serverless", template=None)
    with pytest.raises(PlatformError, match="not known"):
        world.platform.current_spec(PROJECT)
    first = world.run()
    before = world.spec
    arguments = apply(world, 3)
    assert arguments["executionRoleArn"] == world.asked["executionRoleArn"]
    assert arguments["configurationOverrides"] == world.asked["configurationOverrides"]
    second = world.run()
    specs = [world.platform.cluster_report(PROJECT, run).spec for run in (first, second)]
    assert specs == [before, sized(before, 3)]
    with pytest.raises(PlatformError, match="no ended job run"):
        world.platform.cluster_report(PROJECT, "00none")
