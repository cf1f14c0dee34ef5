"""What was there before the first event that gives numbers, and instances whose ends are known in part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.reports.made import counts, event, instance, iso, life, priced, quantities, report, seen

from setpoint.core.reports import ReportedRun, read_report

SPOT = {"aws_attributes": {"availability": "SPOT_WITH_FALLBACK", "first_on_demand": 1, "zone_id": "us-east-1a"}}
GROWN = [counts(1200, "RESIZING", 2, 4), counts(1500, "UPSIZE_COMPLETED", 4, 4), counts(2400, "RESIZING", 4, 3)]
END = event(3900, "TERMINATING")
SILENT = [event(0, "CREATING"), event(300, "RUNNING")]
GONE = {"State": {"Name": "terminated"}}


def says(run: ReportedRun, words: str) -> bool:
    return any(words in note for note in run.usage.assumptions)


def ended(key: str, second: float, *, launched: float = 0, spot: bool = True) -> dict[str, object]:
    reason = f"User initiated ({iso(second)[:19].replace('T', ' ')} GMT)"
    return {**instance(key, launched=launched, spot=spot), **GONE, "StateTransitionReason": reason}


@pytest.mark.parametrize(
    "first",
    [
        SILENT,
        [SILENT[0], event(300, "RUNNING", current_num_workers=2)],
        [SILENT[0], event(300, "RUNNING", target_num_workers=2)],
        life(2)[:2],
    ],
)
@pytest.mark.parametrize("asked", [2, None, 7])
def test_a_resizing_leaves_what_was_before_it(first: list[dict[str, object]], asked: int | None) -> None:
    run = read_report(report([*first, *GROWN, END], {"num_workers": asked}))
    sums = quantities(run)
    assert sums["vm_on_demand"] == pytest.approx((3 * 1200 + 5 * 1200 + 4 * 1500) / 3600)
    assert sums["dbu"] == pytest.approx((3 * 1200 + 5 * 2400) / 3600)
    assert says(run, "the cluster began with: 2 are taken") == (first[0] is SILENT[0] and "target" not in str(first[1]))


def test_a_truncated_page_begins_with_a_resizing() -> None:
    run = read_report(report([*GROWN, END], {"start_time": 1_760_000_000_000}))
    assert quantities(run)["vm_on_demand"] == pytest.approx((3 * 1200 + 5 * 1200 + 4 * 1500) / 3600)


def test_a_resizing_that_gives_the_target_only() -> None:
    grown = [*SILENT, event(1200, "RESIZING", target_num_workers=4), END]
    known = read_report(report(grown))
    assert quantities(known)["vm_on_demand"] == pytest.approx((3 * 1200 + 5 * 2700) / 3600)
    unknown = read_report(report(grown, {"num_workers": None}))
    assert quantities(unknown)["vm_on_demand"] == pytest.approx(5 * 3900 / 3600)
    assert says(unknown, "the cluster began with: 4 are taken")


def test_before_a_loss_there_were_as_many_as_wanted() -> None:
    lost = [*SILENT, counts(1200, "NODES_LOST", 3, 4), counts(1500, "UPSIZE_COMPLETED", 4, 4), END]
    assert quantities(read_report(report(lost, {"num_workers": 4})))["dbu"] == pytest.approx((5 * 3600 - 300) / 3600)
    bare = [*SILENT, event(1200, "NODES_LOST", current_num_workers=3), END]
    assert quantities(read_report(report(bare, {"num_workers": 4})))["dbu"] == pytest.approx(
        (5 * 900 + 4 * 2700) / 3600
    )


def test_a_scale_down_that_nothing_follows_is_said() -> None:
    assert says(read_report(report([*life(2)[:2], *GROWN, END])), "workers of the last scale-down were gone")
    told = [*life(2)[:2], *GROWN, counts(2500, "DOWNSIZE_COMPLETED", 3, 3), END]
    assert not says(read_report(report(told)), "last scale-down")


def test_a_lost_node_and_its_replacement_keep_their_markets() -> None:
    lost = event(1500, "NODES_LOST", current_num_workers=1, target_num_workers=2, instance_id="i-3")
    events = [*life(2)[:2], lost, counts(1800, "UPSIZE_COMPLETED", 2, 2), END]
    machines = [instance("i-1"), *(instance(key, spot=True) for key in ("i-2", "i-3"))]
    machines.append(instance("i-4", launched=1600))
    for order in (machines, machines[::-1], [*machines, *machines]):
        run = read_report(report(events, SPOT, instances={"Reservations": [{"Instances": order}]}))
        sums = quantities(run)
        assert sums["vm_on_demand"] == pytest.approx((3900 + 2300) / 3600)
        assert sums["vm_spot"] == pytest.approx((3900 + 1500) / 3600)
        assert not says(run, "when each instance ended")


def test_instances_beyond_what_was_wanted_are_counted_out_loud() -> None:
    machines = [instance(f"i-{number}", launched=0 if number < 3 else 1000, spot=number > 0) for number in range(6)]
    run = read_report(report(life(2), SPOT, instances=machines))
    assert quantities(run)["vm_spot"] == pytest.approx(2 * 3900 / 3600)
    assert says(run, "3 instances are more than the events have workers for")


def test_what_is_known_of_some_instances_is_used_where_others_end_nobody_knows_when() -> None:
    events = [*life(3)[:2], counts(2000, "RESIZING", 3, 1), counts(2100, "DOWNSIZE_COMPLETED", 1, 1), END]
    machines = [instance("i-0"), ended("i-1", 2030), *(instance(key, spot=True) for key in ("i-2", "i-3"))]
    run = read_report(report(events, SPOT, instances=machines))
    # Two places are left beside the one that stopped at 2030; while it overstays, the last one waits for its place.
    assert quantities(run)["vm_spot"] == pytest.approx((2030 + 2000 + 2000 + 1870) / 3600)
    assert says(run, "when each instance ended")


@given(st.integers(500, 3900), st.integers(0, 300), st.integers(0, 300), st.lists(st.integers(300, 3800), max_size=4))
def test_a_later_end_is_never_cheaper(end: int, more: int, last: int, changes: list[int]) -> None:
    """Whatever is known of the instances: seen until shortly before the end, stopped, or nothing."""
    machines = [instance("i-0"), instance("i-1", spot=True), ended("i-2", 700), instance("i-3", launched=900)]
    machines.append(instance("i-4", launched=400, spot=True))
    times = [seen(key, 290, max(300, end - last)) for key in ("i-0", "i-1")]
    scaled = [counts(at, "RESIZING", 2, 1 + number % 3) for number, at in enumerate(changes) if at < end]

    def dollars(until: int) -> float:
        events = [*life(2, 300, until), *scaled]
        return priced(report(events, SPOT, instances=machines, instance_timelines=times)).dollars

    assert dollars(end + more) >= dollars(end) - 1e-9
