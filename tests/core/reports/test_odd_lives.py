"""Databricks reports with gaps: what is missing is filled in, by hand-checked rules, and said."""

import json

import pytest
from tests.core.reports.made import T0, book, cluster, counts, event, instance, iso, life, quantities, report, seen

from setpoint.core.reports import ReportedRun, read_report
from setpoint.core.reports.databricks_spec import cloud_of
from setpoint.core.reports.field import Field
from setpoint.errors import InputError

ASKED = {"start_time": T0 * 1000}


def machine_hours(run: ReportedRun) -> float:
    return sum(it.count * (it.ended - it.began) for it in run.usage.machines) / 3600


def unit_hours(run: ReportedRun) -> float:
    return sum(it.count * (it.ended - it.began) for it in run.usage.units) / 3600


def says(run: ReportedRun, words: str) -> bool:
    return any(words in note for note in run.usage.assumptions)


def test_events_that_begin_in_the_middle() -> None:
    running = read_report(report(life(2)[1:], ASKED))
    assert machine_hours(running) == pytest.approx(3 * 65 / 60)
    assert unit_hours(running) == pytest.approx(3)
    assert says(running, "do not show how the cluster started")
    ended = read_report(report(life(2)[2:], {**ASKED, "last_restarted_time": (T0 + 300) * 1000}))
    assert (machine_hours(ended), unit_hours(ended)) == pytest.approx((3 * 65 / 60, 3))
    no_start = read_report(report(life(2)[1:]))
    assert (machine_hours(no_start), unit_hours(no_start)) == pytest.approx((3, 3))


def test_running_again_after_its_end_is_another_life() -> None:
    run = read_report(report([*life(2), counts(5000, "RUNNING", 2, 2), event(5600, "TERMINATING")]))
    assert machine_hours(run) == pytest.approx(3 * (3900 + 600) / 3600)
    assert read_report(report([*life(2), event(5000, "EXPANDED_DISK")])).usage == read_report(report(life(2))).usage


def test_a_restart_keeps_its_machines_and_pauses_its_units() -> None:
    restart = [event(2000, "RESTARTING"), counts(2300, "RUNNING", 2, 2)]
    run = read_report(report([*life(2), *restart]))
    assert (machine_hours(run), unit_hours(run)) == pytest.approx((3 * 65 / 60, 3 * 3300 / 3600))


def test_two_starts_before_it_runs_are_one() -> None:
    run = read_report(report([event(60, "STARTING"), *life(2)]))
    assert machine_hours(run) == pytest.approx(3 * 65 / 60)


def test_events_without_numbers() -> None:
    bare = [event(0, "CREATING"), event(300, "RUNNING"), event(900, "UPSIZE_COMPLETED"), event(3900, "TERMINATING")]
    run = read_report(report(bare))
    assert (machine_hours(run), unit_hours(run)) == pytest.approx((3 * 65 / 60, 3))
    grown = [*bare[:2], event(600, "RESIZING", target_num_workers=4), *bare[2:]]
    more = read_report(report(grown))
    # Two were asked for as it was made; the resizing to four came at 600, and was done at 900.
    assert (machine_hours(more), unit_hours(more)) == pytest.approx(
        ((3 * 600 + 5 * 3300) / 3600, (3 * 600 + 5 * 3000) / 3600)
    )
    told = [*bare[:2], event(600, "UPSIZE_COMPLETED", current_num_workers=2), bare[3]]
    assert unit_hours(read_report(report(told, {"num_workers": None}))) == pytest.approx(3)


def test_events_that_tell_only_one_of_the_numbers() -> None:
    grown = [life(2)[0] | {"details": {}}, event(300, "RUNNING", current_num_workers=2)]
    grown += [event(1000, "RESIZING", current_num_workers=5), event(3900, "TERMINATING")]
    run = read_report(report(grown))
    assert unit_hours(run) == pytest.approx((3 * 700 + 6 * 2900) / 3600)
    assert machine_hours(run) == pytest.approx((3 * 1000 + 6 * 2900) / 3600)
    unwanted = read_report(report([*life(0)[:1], counts(300, "RUNNING", 2, 0), life(0)[2]]))
    assert (machine_hours(unwanted), unit_hours(unwanted)) == pytest.approx((65 / 60, 3))


def test_the_first_task_tells_when_the_cluster_was_ready() -> None:
    task = {"task_key": "a", "run_id": 1, "start_time": T0 * 1000, "setup_duration": 300_000, "end_time": None}
    run = read_report(report([], {**ASKED, "terminated_time": (T0 + 3900) * 1000}, tasks=[task]))
    assert (machine_hours(run), unit_hours(run)) == pytest.approx((3 * 65 / 60, 3))
    assert says(run, "start of its first task")


def test_without_any_start_the_first_sight_is_taken() -> None:
    machines, times = [instance("i-0")], [seen("i-0", 10, 3610)]
    run = read_report(report([], {"num_workers": 0}, instances=machines, instance_timelines=times))
    assert machine_hours(run) == pytest.approx(1)
    assert says(run, "had not ended")


def test_machines_that_stopped_and_machines_that_were_lost() -> None:
    gone = {"State": {"Name": "terminated"}, "StateTransitionReason": f"Server.SpotInstanceTermination ({when(1000)})"}
    machines = [instance("i-0"), {**instance("i-1", spot=True), **gone}, instance("i-2", spot=True)]
    machines.append(instance("i-3", launched=1500, spot=True))
    events = [*life(2), event(1400, "NODES_LOST", current_num_workers=1, target_num_workers=2, instance_id="i-2")]
    times = [seen("i-0", 280, 3890), seen("i-3", 1600, 3890)]
    run = read_report(report(events, instances=machines, instance_timelines=times))
    assert machine_hours(run) == pytest.approx((3900 + 1000 + 1400 + 2400) / 3600)
    assert unit_hours(run) == pytest.approx((3600 + 2 * 1100 + 1 * 2500) / 3600)


def when(second: float) -> str:
    return iso(second)[:19].replace("T", " ") + " GMT"


def test_scaling_without_the_times_of_each_machine() -> None:
    events = [*life(1), counts(1000, "RESIZING", 1, 3), counts(1200, "UPSIZE_COMPLETED", 3, 3)]
    events += [counts(2000, "RESIZING", 3, 1), counts(2100, "RUNNING", 1, 1)]
    machines = [instance(f"i-{number}", launched=0 if number < 2 else 1010, spot=number > 0) for number in range(4)]
    run = read_report(report(events, {"num_workers": 1}, instances=machines))
    assert machine_hours(run) == pytest.approx((2 * 3900 + 2 * 1000) / 3600)
    assert says(run, "when each instance ended")
    assert quantities(run, book())["vm_spot"] == pytest.approx((3900 + 2000) / 3600)


def test_machines_of_two_lives() -> None:
    later = [event(5000, "STARTING", cluster_size={"num_workers": 1}), counts(5200, "RUNNING", 1, 1)]
    events = [*life(1), *later, event(6000, "TERMINATING")]
    first = [{**instance(f"i-{number}"), "State": {"Name": "terminated"}} for number in range(2)]
    first = [{**each, "StateTransitionReason": f"User initiated ({when(3900)})"} for each in first]
    second = [instance(f"i-{number}", launched=5010) for number in (2, 3)]
    run = read_report(report(events, {"num_workers": 1}, instances=[*first, *second]))
    assert machine_hours(run) == pytest.approx((2 * 3900 + 2 * 990) / 3600)


def test_workers_counted_by_their_machines_where_nothing_else_tells() -> None:
    events = [event(0, "CREATING"), event(300, "RUNNING"), event(3900, "TERMINATING")]
    machines = [instance(f"i-{number}", launched=30 if number else 0) for number in range(3)]
    run = read_report(report(events, {"num_workers": None}, instances=machines))
    assert machine_hours(run) == pytest.approx((3900 + 2 * 3870) / 3600)
    assert unit_hours(run) == pytest.approx(3)


def test_the_driver_is_told_by_its_id_or_its_name() -> None:
    machines = [instance(f"i-{number}") for number in range(3)]
    by_id = read_report(report(life(2), {"driver": {"instance_id": "i-2"}}, instances=machines, instance_timelines=[]))
    assert machine_hours(by_id) == pytest.approx(3 * 65 / 60)
    named = {**instance("i-9", spot=True), "Tags": [{"Key": "Name", "Value": "workerenv-1-driver"}]}
    run = read_report(report(life(2), instances=[*machines[:2], named]))
    assert [it.market for it in run.usage.machines if it.is_driver] == ["spot"]


@pytest.mark.parametrize(
    ("changes", "instances", "cloud"),
    [
        ({"node_type_id": "Standard_E8ds_v4"}, None, "azure"),
        ({"node_type_id": None}, [{"name": "a", "hardware_profile": {"vm_size": "Standard_E8ds_v4"}}], "azure"),
        ({"node_type_id": "n2-standard-4"}, None, "gcp"),
        ({"node_type_id": "m5.xlarge"}, None, "aws"),
        ({"node_type_id": None}, None, "aws"),
    ],
)
def test_the_cloud_by_its_types(
    changes: dict[str, object], instances: list[dict[str, object]] | None, cloud: str
) -> None:
    root = Field("", {"cluster": cluster(**{"aws_attributes": None, **changes}), "instances": instances})
    assert cloud_of(root, root["cluster"]) == cloud


def test_preemptible_executors() -> None:
    attributes = {"use_preemptible_executors": True}
    changes = {"aws_attributes": None, "gcp_attributes": attributes, "node_type_id": "n2-standard-4"}
    run = read_report(report(life(2), changes))
    assert [(it.market, it.count) for it in run.usage.machines] == [("on_demand", 1), ("spot", 2)]
    assert says(run, "The driver is taken as on-demand")


def test_a_cluster_without_a_type_is_named_as_such() -> None:
    bare = {"cluster_id": "c", "spark_version": "15.4", "num_workers": 0, **ASKED, "terminated_time": (T0 + 60) * 1000}
    run = read_report(json.dumps(bare).encode())
    assert [it.instance_type for it in run.usage.machines] == ["a type that the report does not name"]


def test_an_end_before_the_start_is_named() -> None:
    with pytest.raises(InputError, match=r"terminated_time lies before cluster.start_time"):
        read_report(report([], {**ASKED, "terminated_time": (T0 - 60) * 1000}))


def test_workers_that_come_and_go_beyond_measure_are_refused_at_once() -> None:
    events = [counts(300 + number, "RESIZING", 100_000 * (number % 2), 3) for number in range(60)]
    with pytest.raises(InputError, match="add more than 1000000 workers"):
        read_report(report([*life(2), *events]))
