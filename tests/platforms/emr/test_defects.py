"""Defects of earlier tools that are not repeated, numbered as in their list; and bounds on what is asked of AWS."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.platforms.emr.world import BOOK, GROUPS, World, apply, changed, needs_applications, sized

from setpoint.core.configurations import ask_for
from setpoint.core.eventlog import read_profile
from setpoint.core.failure import classify
from setpoint.errors import Conflict, EventLogError
from setpoint.platforms.emr.hardware import Ec2Hardware
from setpoint.testing.emr import Ordered
from setpoint.testing.platform_contract import PROJECT

Json = dict[str, Any]


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


@needs_applications
def test_defect_4_06_late_logs_are_waited_for(make: Callable[..., World]) -> None:
    world = make("groups", GROUPS | {"Configurations": []}, history_server=True)
    world.runner.orders.append(Ordered(rolled=True))
    run = world.launch()
    while not world.cloud.emr.clusters[run].is_over:
        world.cloud.clock.move(20)
    assert world.platform.finished_runs(PROJECT) == ()
    world.cloud.clock.move(600)
    assert world.platform.finished_runs(PROJECT) == (run,)
    profiles = [read_profile(world.platform.event_log(PROJECT, run)) for _ in range(2)]
    assert profiles[0] == profiles[1]
    assert profiles[0].completeness.state == "complete"
    world.cloud.emr.clusters[run].on_hdfs.clear()
    with pytest.raises(EventLogError, match=run):
        world.platform.event_log(PROJECT, run)
