"""Databricks reports: dollars checked by hand, whatever shape and order the report has."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.reports.made import (
    T0,
    book,
    cluster,
    counts,
    event,
    instance,
    life,
    priced,
    quantities,
    report,
    seen,
)

from setpoint.core.cost import meter
from setpoint.core.domain import Unpriceable
from setpoint.core.reports import ReportedRun, Terms, read_report
from setpoint.errors import InputError

SPOT = {"aws_attributes": {"availability": "SPOT_WITH_FALLBACK", "first_on_demand": 1, "zone_id": "us-east-1a"}}


def hours(run: ReportedRun, market: str) -> float:
    return sum(it.count * (it.ended - it.began) for it in run.usage.machines if it.market == market) / 3600


def units(run: ReportedRun) -> float:
    return sum(it.count * (it.ended - it.began) for it in run.usage.units) / 3600


def test_a_plain_cluster() -> None:
    cost = priced(report(life(2)))
    # Three machines for 65 minutes, of which Databricks counts 60; 180 GiB each at 0.0001 dollars a GiB-hour.
    assert cost.of("vm_on_demand") == pytest.approx(3 * 65 / 60 * 0.20)
    assert cost.of("dbu") == pytest.approx(3 * 0.15)
    assert cost.of("disk") == pytest.approx(3 * 65 / 60 * 180 * 0.0001)
    assert cost.label == "list-estimated"


def test_first_on_demand_counts_the_driver() -> None:
    for first, on_demand in ((0, 0), (1, 1), (2, 2), (9, 3)):
        attributes = {**SPOT["aws_attributes"], "first_on_demand": first}
        run = read_report(report(life(2), {"aws_attributes": attributes}))
        assert hours(run, "on_demand") == pytest.approx(on_demand * 65 / 60)
        assert hours(run, "spot") == pytest.approx((3 - on_demand) * 65 / 60)
        assert any("fall-back" in note for note in run.usage.assumptions) == (on_demand < 3)


def test_two_resizings() -> None:
    events = [
        event(0, "CREATING", cluster_size={"autoscale": {"min_workers": 2, "max_workers": 8}}),
        counts(300, "RUNNING", 2, 2),
        counts(1000, "RESIZING", 2, 6),
        counts(1200, "UPSIZE_COMPLETED", 6, 6),
        counts(2000, "RESIZING", 6, 3),
        counts(2100, "RUNNING", 3, 3),
        event(3000, "TERMINATING"),
    ]
    changes = {"autoscale": {"min_workers": 2, "max_workers": 8}, "num_workers": None}
    run = read_report(report(events, changes))
    current = 2 * (1200 - 300) + 6 * (2100 - 1200) + 3 * (3000 - 2100)
    target = 2 * 1000 + 6 * (2000 - 1000) + 3 * (3000 - 2000)
    assert units(run) == pytest.approx((current + 2700) / 3600)
    assert hours(run, "on_demand") == pytest.approx((target + 3000) / 3600)


def test_lost_nodes_stop_counting_and_their_replacements_are_machines() -> None:
    events = [*life(8, 300, 3900), counts(1000, "NODES_LOST", 5, 8), counts(1600, "UPSIZE_COMPLETED", 8, 8)]
    run = read_report(report(events, {"num_workers": 8}))
    assert units(run) == pytest.approx((9 * 3600 - 3 * 600) / 3600)
    assert hours(run, "on_demand") == pytest.approx(9 * 3900 / 3600)


def test_init_scripts_count_and_start_up_does_not() -> None:
    run = read_report(report([*life(2), event(200, "INIT_SCRIPTS_STARTED"), event(290, "INIT_SCRIPTS_FINISHED")]))
    assert units(run) == pytest.approx(3 * 3700 / 3600)


def test_disk_events_change_nothing() -> None:
    plain = read_report(report(life(2)))
    noisy = [event(at, kind) for at, kind in ((500, "DID_NOT_EXPAND_DISK"), (600, "EXPANDED_DISK"), (4000, "PINNED"))]
    assert read_report(report([*life(2), *noisy])).usage == plain.usage


@given(st.randoms(use_true_random=False), st.integers(0, 3))
def test_the_order_of_events_does_not_matter(chance: random.Random, again: int) -> None:
    events = [*life(8, 300, 3900), counts(1000, "NODES_LOST", 5, 8), counts(1600, "UPSIZE_COMPLETED", 8, 8)]
    machines = [instance(f"i-{number}", launched=20, spot=number > 0) for number in range(9)]
    times = [seen(f"i-{number}", 250, 3890 - 200 * number) for number in range(9)]
    known = read_report(report(events, {"num_workers": 8}, instances=machines, instance_timelines=times))
    shuffled = events + events[:again]
    for each in (shuffled, machines, times):
        chance.shuffle(each)
    found = read_report(report(shuffled, {"num_workers": 8}, instances=machines, instance_timelines=times))
    assert found.usage == known.usage


def test_pages_of_events() -> None:
    events = life(2)
    pages = [{"events": events[:2]}, {"events": events[1:]}]
    plain = read_report(report(events))
    assert read_report(report([], cluster_events=pages)).usage == plain.usage
    assert read_report(report([], cluster_events=events)).usage == plain.usage


def test_restarted_within_the_report() -> None:
    later = [
        event(5000, "STARTING", cluster_size={"num_workers": 2}),
        counts(5200, "RUNNING", 2, 2),
        event(6000, "TERMINATING"),
    ]
    run = read_report(report([*life(2), *later]))
    assert hours(run, "on_demand") == pytest.approx(3 * (3900 + 1000) / 3600)
    assert units(run) == pytest.approx(3 * (3600 + 800) / 3600)
    assert any("2 times" in note for note in run.usage.assumptions)


def test_a_second_start_without_an_end_between() -> None:
    again = [event(2000, "CREATING", cluster_size={"num_workers": 2}), counts(2300, "RUNNING", 2, 2)]
    run = read_report(report([*life(2), *again]))
    assert hours(run, "on_demand") == pytest.approx(3 * 3900 / 3600)
    assert units(run) == pytest.approx(3 * (3600 - 300) / 3600)


def test_a_cluster_that_never_came_up_uses_no_units() -> None:
    run = read_report(report([event(0, "CREATING", cluster_size={"num_workers": 2}), event(600, "TERMINATING")]))
    assert (hours(run, "on_demand"), units(run)) == pytest.approx((0.5, 0))


def test_still_running_is_counted_to_the_last_time_known() -> None:
    events = life(2)[:2]
    tasks = [{"task_key": "a", "run_id": 7, "start_time": (T0 + 320) * 1000, "end_time": (T0 + 2000) * 1000}]
    run = read_report(report(events, tasks=tasks))
    assert hours(run, "on_demand") == pytest.approx(3 * 2000 / 3600)
    assert any("had not ended" in note for note in run.usage.assumptions)
    assert (run.began, run.ended, run.run_ids) == (T0 + 320, T0 + 2000, ("77", "7"))
    ended = read_report(report(events, {"terminated_time": (T0 + 2500) * 1000}, tasks=tasks))
    assert hours(ended, "on_demand") == pytest.approx(3 * 2500 / 3600)


def test_instances_tell_their_market_type_and_times() -> None:
    machines = [
        instance("i-0", launched=10),
        instance("i-1", launched=20, spot=True),
        instance("i-2", launched=-9999, spot=True, kind="i3.xlarge"),
        instance("i-3", launched=2000, kind="m5.xlarge"),
    ]
    times = [seen("i-0", 280, 3890), seen("i-1", 280, 1900), seen("i-2", 280, 3890), seen("i-3", 2100, 3880)]
    run = read_report(report(life(2), SPOT, instances=machines, instance_timelines=times))
    # One seen until 1900 may have lived 90 s longer: whoever looked did not see the rest.
    assert hours(run, "spot") == pytest.approx((1970 + 3900) / 3600)
    assert hours(run, "on_demand") == pytest.approx((3890 + 1900) / 3600)
    assert units(run) == pytest.approx(3.0)
    by_type = {it.instance_type for it in run.usage.units}
    assert by_type == {"m5.xlarge", "i3.xlarge"}
    assert any("reused" in note for note in run.usage.assumptions)
    assert not any("fall-back" in note for note in run.usage.assumptions)


def test_old_reports_nest_their_instances_or_have_none() -> None:
    machines = [instance("i-0"), instance("i-1", spot=True), instance("i-2", spot=True)]
    flat = read_report(report(life(2), SPOT, instances=machines))
    nested = {"Reservations": [{"Instances": machines[:1]}, {"Instances": machines[1:]}]}
    assert read_report(report(life(2), SPOT, instances=nested)).usage == flat.usage
    none = read_report(report(life(2), SPOT, instances=None))
    assert hours(none, "spot") == hours(flat, "spot")


def test_workers_that_are_not_among_the_instances_are_taken_from_the_events() -> None:
    run = read_report(report(life(4), SPOT | {"num_workers": 4}, instances=[instance("i-0"), instance("i-1")]))
    assert hours(run, "on_demand") == pytest.approx(2 * 65 / 60)
    assert hours(run, "spot") == pytest.approx(3 * 65 / 60)
    assert any("3 of 4 workers" in note for note in run.usage.assumptions)


def test_two_machines_may_bear_one_id() -> None:
    machines = [instance("i-0", kind="i3.xlarge"), instance("i-0")]
    run = read_report(report(life(1), {"driver_node_type_id": "i3.xlarge"}, instances=machines))
    assert sorted(it.instance_type for it in run.usage.machines) == ["i3.xlarge", "m5.xlarge"]
    assert [it.instance_type for it in run.usage.machines if it.is_driver] == ["i3.xlarge"]


def test_volumes_replace_the_assumed_disks_where_they_are_attached() -> None:
    volume = {"Size": 500, "VolumeType": "gp3", "Iops": 6000, "Attachments": [{"InstanceId": "i-0"}]}
    machines = [instance(f"i-{number}") for number in range(3)]
    cost = priced(report(life(2), instances=machines, volumes=[volume]))
    extra_iops = 3000 * 0.005 / 730
    assert cost.of("disk") == pytest.approx(65 / 60 * (500 * 0.0001 + extra_iops + 2 * 180 * 0.0001))


def test_asked_for_disks_come_on_top() -> None:
    asked = {"ebs_volume_count": 2, "ebs_volume_size": 100, "ebs_volume_type": "GENERAL_PURPOSE_SSD"}
    cost = priced(report(life(2), {"aws_attributes": {"availability": "ON_DEMAND", "zone_id": "us-east-1a", **asked}}))
    assert cost.of("disk") == pytest.approx(3 * 65 / 60 * 380 * 0.0001)


@pytest.mark.parametrize(
    "changes",
    [
        {"num_workers": 0},
        {"num_workers": None, "is_single_node": True, "kind": "CLASSIC_PREVIEW"},
        {"num_workers": 0, "spark_conf": {"spark.databricks.cluster.profile": "singleNode"}},
    ],
)
def test_a_single_node(changes: dict[str, object]) -> None:
    run = read_report(report([event(0, "CREATING"), event(300, "RUNNING"), event(3900, "TERMINATING")], changes))
    assert quantities(run)["vm_on_demand"] == pytest.approx(65 / 60)
    assert quantities(run)["dbu"] == pytest.approx(1)


def test_a_pool() -> None:
    changes = {"node_type_id": None, "instance_pool_id": "pool-9", "aws_attributes": {"zone_id": "us-east-1a"}}
    machines = [instance(f"i-{number}", launched=-5000, spot=True) for number in range(3)]
    run = read_report(report(life(2), changes, instances=machines))
    assert hours(run, "spot") == pytest.approx(3 * 65 / 60)
    assert quantities(run)["dbu"] == pytest.approx(3)
    assert any("pool" in note for note in run.usage.assumptions)
    typed = read_report(report(life(2), {**changes, "instance_source": {"node_type_id": "m5.xlarge"}}))
    assert quantities(typed)["dbu"] == pytest.approx(3)
    unknown = meter(read_report(report(life(2), changes)).usage, book(), "list-estimated")
    assert isinstance(unknown, Unpriceable)
    assert any("pool-9" in reason for reason in unknown.reasons)


def test_a_type_missing_in_the_book_is_said_and_the_rest_priced() -> None:
    found = meter(read_report(report(life(2), {"driver_node_type_id": "m9.mega"})).usage, book(), "list-estimated")
    assert isinstance(found, Unpriceable)
    assert all("m9.mega" in reason for reason in found.reasons)
    assert {part.kind for part in found.parts} == {"vm_on_demand", "dbu", "disk"}


@pytest.mark.parametrize(
    "changes", [{"runtime_engine": "PHOTON"}, {"effective_spark_version": "12.2.x-photon-scala2.12"}]
)
def test_photon(changes: dict[str, object]) -> None:
    assert priced(report(life(2), changes)).of("dbu") == pytest.approx(2.9 * 3 * 0.15)


def test_plan_and_compute() -> None:
    light = read_report(report(life(2), plan_type="enterprise", compute_type="All Purpose Compute"))
    assert (light.usage.plan, light.usage.compute) == ("enterprise", "all_purpose")
    told = read_report(report(life(2)), Terms(region="eu-west-1", plan="enterprise", compute="jobs_light"))
    assert (told.usage.region, told.usage.plan, told.usage.compute) == ("eu-west-1", "enterprise", "jobs_light")
    with pytest.raises(InputError, match="plan_type is 'Gold'"):
        read_report(report(life(2), plan_type="Gold"))


def test_the_cluster_alone_is_priced_and_its_assumptions_said() -> None:
    bare = cluster(start_time=T0 * 1000, terminated_time=(T0 + 3900) * 1000, last_restarted_time=(T0 + 300) * 1000)
    run = read_report(json.dumps(bare).encode())
    assert quantities(run)["dbu"] == pytest.approx(3)
    assert any("Premium is assumed" in note for note in run.usage.assumptions)
    assert any("constant" in note for note in run.usage.assumptions)
    scaling = {**bare, "num_workers": None, "autoscale": {"min_workers": 1, "max_workers": 9}}
    least = read_report(json.dumps(scaling).encode())
    assert quantities(least)["dbu"] == pytest.approx(2)
    assert any("least number" in note for note in least.usage.assumptions)


@pytest.mark.parametrize("envelope", ["cluster_report", "configs", "result"])
def test_envelopes(envelope: str) -> None:
    inner = json.loads(report(life(2)))
    wrapped = {"product_code": "aws-databricks", envelope: inner}
    assert read_report(json.dumps(wrapped).encode()) == read_report(report(life(2)))
    twice = {"result": wrapped}
    assert read_report(json.dumps(twice).encode()) == read_report(report(life(2)))


AZURE = {
    "aws_attributes": None,
    "azure_attributes": {"availability": "SPOT_WITH_FALLBACK_AZURE", "first_on_demand": 1},
    "node_type_id": "Standard_E8ds_v4",
}


def azure_machine(name: str, priority: str, size: str = "Standard_E8ds_v4") -> dict[str, object]:
    return {"name": name, "location": "East US", "priority": priority, "hardware_profile": {"vm_size": size}}


def test_azure_with_autoscale() -> None:
    events = [
        event(0, "CREATING", cluster_size={"autoscale": {"min_workers": 1, "max_workers": 3}}),
        counts(300, "RUNNING", 1, 1),
        counts(1000, "RESIZING", 1, 2),
        counts(1500, "UPSIZE_COMPLETED", 2, 2),
        event(3900, "TERMINATING"),
    ]
    changes = {**AZURE, "num_workers": None, "autoscale": {"min_workers": 1, "max_workers": 3}}
    machines = [azure_machine("a", "Regular"), azure_machine("b", "Spot"), azure_machine("c", "Regular")]
    times = [seen("a", 290, 3890), seen("b", 290, 3890), seen("c", 1400, 3890)]
    run = read_report(report(events, changes, instances=machines, instance_timelines=times))
    assert (run.usage.cloud, run.usage.region) == ("azure", "eastus")
    assert hours(run, "on_demand") == pytest.approx((3900 + 2500) / 3600)
    assert hours(run, "spot") == pytest.approx(3900 / 3600)
    assert units(run) == pytest.approx((3600 + 1200 + 2 * 2400) / 3600)
    assert any("Disks that the cloud bills" in note for note in run.usage.assumptions)
    prices = book("azure", "eastus", ["Standard_E8ds_v4"])
    dollars = 6400 / 3600 * 0.20 + 3900 / 3600 * 0.08 + 9600 / 3600 * 0.15
    found = meter(run.usage, prices, "list-estimated")
    assert sum(part.dollars for part in found.parts) == pytest.approx(dollars)


def test_gcp_has_its_events_only() -> None:
    changes = {
        "aws_attributes": None,
        "gcp_attributes": {"availability": "PREEMPTIBLE_WITH_FALLBACK_GCP", "zone_id": "us-central1-a"},
        "node_type_id": "n2-standard-4",
    }
    run = read_report(report(life(2), changes))
    assert (run.usage.cloud, run.usage.region) == ("gcp", "us-central1")
    assert (hours(run, "on_demand"), hours(run, "spot")) == pytest.approx((65 / 60, 2 * 65 / 60))


@given(st.integers(1, 30), st.integers(0, 30), st.integers(1, 5000))
def test_more_workers_and_more_time_are_never_cheaper(workers: int, more: int, seconds: int) -> None:
    def dollars(count: int, end: float) -> float:
        return priced(report(life(count, 300, end), SPOT | {"num_workers": count})).dollars

    assert dollars(workers + more, 400) >= dollars(workers, 400)
    assert dollars(workers, 400 + seconds) >= dollars(workers, 400)


@given(st.integers(310, 3890))
def test_what_is_used_adds_up_over_intervals(cut: int) -> None:
    """A count that is told once more, unchanged, adds nothing."""
    again = counts(cut, "RESIZING", 2, 2)
    assert priced(report([*life(2), again])).dollars == pytest.approx(priced(report(life(2))).dollars)


def test_what_is_assumed_of_the_market_is_said_where_a_machine_has_it() -> None:
    alone = {"num_workers": 0, "aws_attributes": {"availability": "SPOT_WITH_FALLBACK", "first_on_demand": 1}}
    assert not any("spot" in note for note in read_report(report(life(0), alone)).usage.assumptions)
    several = {**alone, "num_workers": 2}
    assert any("spot" in note for note in read_report(report(life(2), several)).usage.assumptions)
    unsaid = {"aws_attributes": {"availability": "SPOT"}, "num_workers": 0}
    assert any("driver is taken" in note for note in read_report(report(life(0), unsaid)).usage.assumptions)
