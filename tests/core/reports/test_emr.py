"""EMR clusters by fleets and groups, EMR Serverless, and our own format."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.reports.made import book, iso, life, priced, report

from setpoint.core.pricebook import Market
from setpoint.core.reports import ReportedRun, Terms, read_report, write_report
from setpoint.core.usage import Disk, MachineUse, ServerlessUse, UnitUse, Usage
from setpoint.errors import InputError


def timeline(began: float, ended: float | None = None, ready: float | None = None) -> dict[str, object]:
    times = {"CreationDateTime": began, "ReadyDateTime": ready, "EndDateTime": ended}
    return {"Status": {"Timeline": {key: iso(at) for key, at in times.items() if at is not None}}}


def one(key: str, began: float, ended: float | None, group: str, **more: object) -> dict[str, object]:
    times = timeline(began, ended, began + 200)
    head = {"Id": key, "Ec2InstanceId": f"i-{key}", "InstanceType": "m5.xlarge", "InstanceFleetId": group}
    return {**head, **times, **more}


def devices(*sizes: int) -> list[dict[str, object]]:
    return [{"VolumeSpecification": {"VolumeType": "gp2", "SizeInGB": size}} for size in sizes]


def emr(instances: list[dict[str, object]] | None, **changes: object) -> bytes:
    fleet = {
        "Id": "if-core",
        "InstanceFleetType": "CORE",
        "TargetSpotCapacity": 2,
        "InstanceTypeSpecifications": [{"InstanceType": "m5.xlarge", "EbsBlockDevices": devices(64)}],
        **timeline(0, 3600),
    }
    main = {**fleet, "Id": "if-main", "InstanceFleetType": "MASTER", "TargetOnDemandCapacity": 1}
    cluster = {"Id": "j-1", "Name": "nightly", "EbsRootVolumeSize": 20, "ReleaseLabel": "emr-6.2.0"}
    groups = {"InstanceFleets": [fleet, main], **timeline(0, 3600)}
    whole = {"Cluster": {**cluster, **groups, **changes}, "Instances": instances, "Steps": [], "Region": "us-east-1"}
    return json.dumps(whole).encode()


def test_a_replaced_spot_instance_is_paid_as_long_as_it_lived() -> None:
    instances = [
        one("a", 20, 3600, "if-main", Market="ON_DEMAND", EbsVolumes=[{"VolumeId": "v"}]),
        one("b", 30, 1000, "if-core", Market="SPOT", EbsVolumes=[{"VolumeId": "w"}]),
        one("c", 1100, 3600, "if-core", Market="SPOT"),
        one("d", 30, 40, "if-core", Market="SPOT", EbsVolumes=[]),
    ]
    cost = priced(emr(instances))
    spot = 970 + 2500 + 60
    assert cost.of("vm_on_demand") == pytest.approx(3580 / 3600 * 0.20)
    assert cost.of("vm_spot") == pytest.approx(spot / 3600 * 0.08)
    assert cost.of("emr_fee") == pytest.approx((3580 + spot) / 3600 * 0.05)
    gib_hours = ((3580 + 970 + 2500) * 84 + 60 * 20) / 3600
    assert cost.of("disk") == pytest.approx(gib_hours * 0.1 / 730)
    assert [it.began for it in read_report(emr(instances)).usage.machines if it.is_driver] == pytest.approx(
        [1_760_000_020]
    )


def test_instance_groups_give_what_their_instances_do_not_say() -> None:
    group = {
        "Id": "ig-1",
        "InstanceGroupType": "TASK",
        "InstanceType": "m5.xlarge",
        "Market": "SPOT",
        "EbsBlockDevices": devices(32, 32),
        "RequestedInstanceCount": 3,
        **timeline(0, 1800),
    }
    bare = {**one("a", 0, 1800, ""), "InstanceFleetId": None, "InstanceGroupId": "ig-1", "InstanceType": None}
    cost = priced(emr([bare], InstanceFleets=None, InstanceGroups=[group]))
    assert cost.of("vm_spot") == pytest.approx(0.5 * 0.08)
    assert cost.of("disk") == pytest.approx(0.5 * 84 * 0.1 / 730)
    unlisted = priced(emr(None, InstanceFleets=None, InstanceGroups=[group]))
    assert unlisted.of("vm_spot") == pytest.approx(3 * 0.5 * 0.08)
    assert any("lists no instances" in note for note in unlisted.assumptions)


def test_what_never_came_is_not_paid_and_what_has_no_end_ends_with_its_cluster() -> None:
    waiting = {"Id": "w", "Market": "SPOT", "InstanceType": "m5.xlarge", **timeline(50, 3600)}
    run = read_report(emr([one("a", 0, None, "if-main", Market="ON_DEMAND"), waiting]))
    assert [(it.began, it.ended) for it in run.usage.machines] == [(1_760_000_000, 1_760_003_600)]
    assert any("never came" in note for note in run.usage.assumptions)
    assert any("without an end" in note for note in run.usage.assumptions)


def test_the_order_of_instances_does_not_matter_and_pages_may_overlap() -> None:
    instances = [one(key, at, 3600, "if-core", Market="SPOT") for at, key in enumerate("abcd")]
    again = [*reversed(instances), instances[0]]
    assert read_report(emr(again)).usage == read_report(emr(instances)).usage


def test_times_that_run_backwards_are_named() -> None:
    with pytest.raises(InputError, match=r"EndDateTime lies before CreationDateTime"):
        read_report(emr([one("a", 100, 50, "if-core")]))


def serverless(**changes: object) -> bytes:
    billed = {"vCPUHour": 2.5, "memoryGBHour": 10.0, "storageGBHour": 5.0}
    run = {
        "applicationId": "app",
        "jobRunId": "run-1",
        "name": "nightly",
        "arn": "arn:aws:emr-serverless:eu-west-1:123456789012:/applications/app/jobruns/run-1",
        "createdAt": iso(0),
        "updatedAt": iso(600),
        "billedResourceUtilization": billed,
        **changes,
    }
    return json.dumps({"jobRun": run}).encode()


def test_serverless_says_itself_what_is_billed() -> None:
    run = read_report(serverless())
    assert (run.usage.region, run.ended - run.began, run.run_ids) == ("eu-west-1", 600, ("run-1",))
    cost = priced(serverless())
    assert cost.dollars == pytest.approx(2.5 * 0.05 + 10 * 0.005 + 5 * 0.0001)
    used = serverless(billedResourceUtilization=None, totalResourceUtilization={"vCPUHour": 1, "memoryGBHour": 4})
    assert any("what was used is taken" in note for note in priced(used).assumptions)
    with pytest.raises(InputError, match="billedResourceUtilization is missing"):
        read_report(serverless(billedResourceUtilization=None))


moments = st.floats(1, 1e9).map(lambda at: round(at, 3))
spans = st.tuples(moments, moments).map(lambda pair: (min(pair), max(pair)))
disks = st.lists(st.builds(Disk, st.sampled_from(["gp3", "gp2"]), st.floats(0, 1e4)), max_size=2).map(tuple)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """Whatever a usage may be."""
    markets: list[Market] = ["on_demand", "spot"]
    machines = []
    for began, ended in draw(st.lists(spans, min_size=1, max_size=4)):
        count, is_driver = draw(st.floats(0, 100)), draw(st.booleans())
        market = draw(st.sampled_from(markets))
        machines.append(MachineUse("m5.xlarge", market, began, ended, count, draw(disks), is_driver=is_driver))
    units = tuple(UnitUse("m5.xlarge", *span, draw(st.floats(0, 99))) for span in draw(st.lists(spans, max_size=3)))
    return Usage(
        cloud="aws",
        region="us-east-1",
        machines=tuple(machines),
        units=units,
        plan="premium" if units else None,
        compute="jobs" if units else None,
        photon=draw(st.booleans()),
        has_emr_fee=draw(st.booleans()),
        serverless=draw(st.none() | st.builds(ServerlessUse, st.floats(0, 1e3), st.floats(0, 1e3))),
        assumptions=tuple(draw(st.lists(st.sampled_from(["one", "two"]), max_size=2))),
    )


@given(usages())
def test_our_own_format_keeps_everything(usage: Usage) -> None:
    run = ReportedRun(usage, "Setpoint usage", "c", "n", 5.0, 9.0, (), ("r",))
    assert read_report(write_report(run)) == run


def test_our_own_format_is_what_the_docs_show() -> None:
    document = {
        "setpoint_usage": 1,
        "cloud": "aws",
        "region": "us-east-1",
        "machines": [{"instance_type": "m5.xlarge", "market": "spot", "began": 0, "ended": 3600, "count": 4}],
        "units": [{"instance_type": "m5.xlarge", "began": 300, "ended": 3600, "count": 4}],
        "plan": "Premium",
        "compute": "jobs",
    }
    cost = priced(json.dumps(document).encode())
    assert cost.dollars == pytest.approx(4 * 0.08 + 4 * 3300 / 3600 * 0.15)
    for name, wrong in (("cloud", "mars"), ("plan", "gold"), ("setpoint_usage", 2), ("machines", [])):
        with pytest.raises(InputError, match=name):
            read_report(json.dumps({**document, "units": [], name: wrong}).encode())


def test_what_a_databricks_report_says_can_be_written_in_our_format() -> None:
    run = read_report(report(life(3)))
    assert read_report(write_report(run)).usage == run.usage
    told = read_report(write_report(run), Terms(region="eu-west-1", plan="enterprise"))
    assert (told.usage.region, told.usage.plan) == ("eu-west-1", "enterprise")
    assert priced(write_report(run), book()).dollars == priced(report(life(3))).dollars


def test_a_cluster_that_still_runs_and_an_instance_without_times() -> None:
    instances = [one("a", 0, None, "if-main", Market="ON_DEMAND"), one("b", 100, 900, "if-core")]
    open_end = {"Status": {"Timeline": {"CreationDateTime": iso(0)}}}
    run = read_report(emr(instances, **open_end))
    assert [it.ended for it in run.usage.machines] == [1_760_000_900, 1_760_000_900]
    assert any("had not ended" in note for note in run.usage.assumptions)
    timeless = {**one("a", 0, 1, "if-main"), "Status": {}}
    with pytest.raises(InputError, match=r"Instances\[0\].Status.Timeline.CreationDateTime is missing"):
        read_report(emr([timeless], Status={}))


def test_what_cannot_be_known_of_emr_is_said_or_refused() -> None:
    stray = {**one("a", 0, 3600, "if-none"), "EbsVolumes": [{"VolumeId": "v"}]}
    run = read_report(emr([stray], EbsRootVolumeSize=None, ReleaseLabel="emr-7.1.0"))
    assert any("without a market" in note for note in run.usage.assumptions)
    assert any("1 volumes of a m5.xlarge" in note for note in run.usage.assumptions)
    assert run.usage.machines[0].disks == (Disk("gp3", 15.0),)
    with pytest.raises(InputError, match=r"InstanceType is missing"):
        read_report(emr([{**stray, "InstanceType": None}]))
    with pytest.raises(InputError, match="a list of instances that ran"):
        read_report(emr([], InstanceFleets=[]))
    waiting = {"Id": "w", "InstanceType": "m5.xlarge", **timeline(50, 3600)}
    with pytest.raises(InputError, match="a list of instances that ran"):
        read_report(emr([waiting]))
    nowhere = {"Id": "if-1", "InstanceFleetType": "CORE", "InstanceTypeSpecifications": []}
    with pytest.raises(InputError, match="a list of instances that ran"):
        read_report(emr([], InstanceFleets=[nowhere]))


def test_fleets_without_instances_and_devices_without_a_size() -> None:
    run = read_report(emr([]))
    assert [(it.market, it.count) for it in run.usage.machines] == [("spot", 2), ("on_demand", 3)]
    empty = [{"Device": "/dev/sdb"}]
    fleet = {
        "Id": "if-core",
        "InstanceFleetType": "CORE",
        "InstanceTypeSpecifications": [{"InstanceType": "m5.xlarge", "EbsBlockDevices": empty}],
    }
    found = read_report(emr([one("a", 0, 60, "if-core", Market="SPOT")], InstanceFleets=[fleet]))
    assert found.usage.machines[0].disks == (Disk("gp2", 20.0),)
    arn = {"ClusterArn": "arn:aws:elasticmapreduce:eu-west-1:1:cluster/j-1"}
    document = json.loads(emr([one("a", 0, 60, "if-core", Market="SPOT")], **arn))
    assert read_report(json.dumps({**document, "Region": None}).encode()).usage.region == "eu-west-1"


def test_answers_of_the_command_line_hold_their_lists_under_the_same_name() -> None:
    listed = json.loads(emr([one("a", 20, 3600, "if-main"), one("b", 30, 1000, "if-core")]))
    listed["Steps"] = [{"Id": "s-1", "Name": "load", **timeline(200, 900)}]
    answers = {**listed, "Instances": {"Instances": listed["Instances"]}, "Steps": {"Steps": listed["Steps"]}}
    assert read_report(json.dumps(answers).encode()) == read_report(json.dumps(listed).encode())
