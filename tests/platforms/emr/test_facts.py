"""The facts of EMR and the defects of earlier tools, numbered by section and item of their list."""

import bz2
import gzip
import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.platforms.emr.world import BOOK, FLEETS, GROUPS, World, sized, world_of

from setpoint.core.configurations import ask_for
from setpoint.core.cost import charge
from setpoint.core.domain import Outcome
from setpoint.core.eventlog import read_profile
from setpoint.core.failure import classify
from setpoint.core.zstd import zstd
from setpoint.errors import Conflict, EventLogError, InputError, PlatformError
from setpoint.platforms.emr.hardware import Ec2Hardware
from setpoint.testing.emr import Application, EmrEmulator, Ordered, Ran
from setpoint.testing.platform_contract import PROJECT

Json = dict[str, Any]


@pytest.fixture(scope="module")
def serving() -> Iterator[EmrEmulator]:
    with EmrEmulator(BOOK) as cloud:
        yield cloud


@pytest.fixture
def make(serving: EmrEmulator, tmp_path: Path) -> Callable[..., World]:
    serving.forget()
    serving.emr.page_size = 50

    def made(kind: str = "groups", asked: Json | None = None, **more: object) -> World:
        world = world_of(kind, serving, tmp_path / kind, **more)
        if asked is not None:
            world.asked = asked
            Path(str(world.project.template)).write_text(json.dumps(asked))
        return world

    return made


def left(world: World) -> Json:
    found = world.platform.fetched(PROJECT)
    assert found is not None
    return found


def apply(world: World, nodes: int) -> Json:
    before = world.spec
    world.platform.apply(PROJECT, sized(before, nodes), expect=before)
    return left(world)


def changed(arguments: Json, **instances: object) -> Json:
    return arguments | {"Instances": arguments["Instances"] | instances}


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
        assert world.spec
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


@pytest.mark.parametrize("codec", ["", ".gz", ".bz2", ".zstd"])
@pytest.mark.parametrize("rolled", [False, True])
def test_fact_3_06_logs_are_plain_packed_or_rolled(make: Callable[..., World], codec: str, *, rolled: bool) -> None:
    pack: Callable[[bytes], bytes] = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".zstd": zstd.compress}[
        codec
    ]
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


def test_defect_4_01_lists_do_not_grow(make: Callable[..., World]) -> None:
    world = make("groups")
    lengths = []
    for nodes in (3, 5, 3, 8):
        arguments = apply(world, nodes)
        lengths.append([len(arguments[key]) for key in ("BootstrapActions", "Tags", "Steps", "Configurations")])
        world.run()
    assert lengths == [lengths[0]] * 4


def test_defect_4_02_a_property_can_go(make: Callable[..., World]) -> None:
    own = {"spark.dynamicAllocation.maxExecutors": "99", "spark.eventLog.dir": "s3://logs/events/"}
    world = make("groups", GROUPS | {"Configurations": [{"Classification": "spark-defaults", "Properties": own}]})
    (defaults, _) = apply(world, 3)["Configurations"]
    assert "spark.dynamicAllocation.maxExecutors" not in defaults["Properties"]


def test_defect_4_03_what_was_left_before_is_kept_and_compared(make: Callable[..., World]) -> None:
    world = make("groups")
    first = world.spec
    apply(world, 3)
    apply(world, 5)
    found = world.platform.store.left(PROJECT)
    assert found is not None
    assert found.before[0] == sized(first, 3)
    with pytest.raises(Conflict):
        world.platform.apply(PROJECT, sized(first, 7), expect=first)
    template = Path(str(world.project.template))
    template.write_text(json.dumps(changed(GROUPS, InstanceGroups=GROUPS["Instances"]["InstanceGroups"][:1])))
    assert world.spec.cloud is not None
    assert world.spec.cloud.cluster.workers == 0  # a person's change is the one that counts
    assert world.platform.fetched(PROJECT) is None


def test_defect_4_04_all_clusters_of_a_project_are_runs(make: Callable[..., World]) -> None:
    world = make("groups", tag="p-1", name=None)
    tagged = {"Tags": [{"Key": "setpoint:project", "Value": "p-1"}]}
    names = [world.launch(tagged | {"Name": name}) for name in ("a", "b 2026-01-01", "c")]
    world.launch({"Tags": []})
    world.cloud.clock.move(86_400)
    assert world.platform.finished_runs(PROJECT) == tuple(names)


def test_defect_4_05_reports_hold_no_passwords(make: Callable[..., World]) -> None:
    world = make("groups")
    run = world.run(changes={"KerberosAttributes": {"Realm": "X", "KdcAdminPassword": "secret"}})
    assert "secret" not in json.dumps(world.platform.on_ec2.document(world.project, run))


def test_defect_4_07_many_parts_and_other_applications_do_not_mix(make: Callable[..., World]) -> None:
    world = make("groups")
    other = world.run()
    run = world.run()
    (log,) = world.cloud.emr.clusters[run].steps[0].files
    at = world.cloud.clock()
    for number in range(1, 1205):
        world.cloud.put(f"s3://logs/events/eventlog_v2_{log}_9/events_{number}_{log}_9", b"{}\n", at)
    found = list(world.platform.event_log(PROJECT, run))
    assert len(found) in (1, 1204)
    assert read_profile(world.platform.event_log(PROJECT, other)).application.id != log


def test_defect_4_08_failed_runs_are_learned_from(make: Callable[..., World]) -> None:
    world = make("groups")
    failed = world.run(exit_code=137)
    assert world.platform.finished_runs(PROJECT) == (failed,)
    report = world.platform.cluster_report(PROJECT, failed)
    assert (report.exit_code, classify(report, None)[1]) == (137, "memory")
    assert read_profile(world.platform.event_log(PROJECT, failed)).application.id


def test_lists_are_read_to_the_last_page(make: Callable[..., World]) -> None:
    world = make("groups")
    world.cloud.emr.page_size = 2
    runs = [world.run() for _ in range(5)]
    assert world.platform.finished_runs(PROJECT) == tuple(runs) == world.open().finished_runs(PROJECT)
    usage = world.platform.cluster_report(PROJECT, runs[0]).usage
    assert usage is not None
    assert sum(use.count for use in usage.machines) == 5


def test_a_hundred_projects_ask_once_for_the_clusters_of_a_region(make: Callable[..., World]) -> None:
    world = make("groups")
    run = world.run()
    world.platform.finished_runs(PROJECT)
    before = len(world.cloud.faults.calls)
    for number in range(100):
        world.platform.register(f"other-{number}", world.project)
        assert world.platform.finished_runs(f"other-{number}") == (run,)
    assert len(world.cloud.faults.calls) == before
    world.cloud.clock.move(timedelta(minutes=5).total_seconds())
    world.platform.finished_runs(PROJECT)
    assert world.cloud.faults.calls[before:] == ["emr:ListClusters"]


def test_ec2_knows_the_hardware(make: Callable[..., World]) -> None:
    world = make("groups")
    book = Ec2Hardware(world.platform.calls)("us-east-1", frozenset({"m5.xlarge", "m7g.2xlarge", "no.such"}))
    assert book.nodes.keys() == {"m5.xlarge", "m7g.2xlarge"}
    for name, node in book.nodes.items():
        ours = BOOK.nodes[name]
        assert (node.vcpus, node.memory_gib, node.arch) == (ours.vcpus, ours.memory_gib, ours.arch)


def test_what_a_client_would_be_told_is_what_is_left(make: Callable[..., World]) -> None:
    world = make("fleets", template=None)
    run = world.run()
    before = world.spec
    arguments = apply(world, 3)
    assert arguments == ask_for(sized(before, 3), world.platform.on_ec2.document(world.project, run), "aws-emr")
