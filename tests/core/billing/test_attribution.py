from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.billing.bills import MACHINES, hours, line, reading, run

from setpoint.core.billing import BillLine, Told, attribute, merged

CLUSTERS = ("cluster-0", "cluster-1", "cluster-2", "nobody's")
LINES = st.lists(
    st.tuples(
        st.sampled_from(CLUSTERS),
        st.floats(-5, 5).map(lambda dollars: round(dollars, 2)),
        st.integers(0, 8),
        st.sampled_from((MACHINES, "PREMIUM_JOBS_COMPUTE", "EBS:VolumeUsage.gp3")),
    ),
    max_size=20,
)
RUNS = [("p", run(number)) for number in range(3)]


def made(drawn: list[tuple[str, float, int, str]]) -> list[BillLine]:
    return [
        line(number, dollars, at, cluster_id=cluster, sku=sku)
        for number, (cluster, dollars, at, sku) in enumerate(drawn)
    ]


def dollars(told: Told) -> dict[tuple[str, str], float]:
    return {key: cost.dollars for key, cost in told.costs.items()}


@given(LINES, st.integers())
def test_order_and_duplication_of_lines_change_nothing(drawn: list[tuple[str, float, int, str]], seed: int) -> None:
    lines = made(drawn)
    mixed = lines + lines[::2]
    Random(seed).shuffle(mixed)
    assert attribute(RUNS, reading(*mixed)) == attribute(RUNS, reading(*lines))


@given(LINES, st.floats(0.1, 0.9))
def test_splitting_lines_changes_nothing(drawn: list[tuple[str, float, int, str]], share: float) -> None:
    lines = made(drawn)
    halves = [
        replace(each, id=f"{each.id} {half}", dollars=(each.dollars or 0) * part, quantity=each.quantity * part)
        for each in lines
        for half, part in enumerate((share, 1 - share))
    ]
    whole, split = attribute(RUNS, reading(*lines)), attribute(RUNS, reading(*halves))
    assert dollars(split) == pytest.approx(dollars(whole), abs=1e-9)
    assert split.other_dollars == pytest.approx(whole.other_dollars, abs=1e-9)


@given(LINES)
def test_no_dollar_is_lost_or_made(drawn: list[tuple[str, float, int, str]]) -> None:
    lines = made(drawn)
    told = attribute([*RUNS, ("q", run(9, 0.0, 4.0, "cluster-1"))], reading(*lines))
    found = sum(dollars(told).values()) + told.other_dollars
    assert found == pytest.approx(sum(each.dollars or 0 for each in lines), abs=1e-9)


@given(LINES, LINES)
def test_corrections_add_up(drawn: list[tuple[str, float, int, str]], later: list[tuple[str, float, int, str]]) -> None:
    first = made(drawn)
    second = [replace(each, id=f"{each.id} later") for each in made(later)]
    one, other = dollars(attribute(RUNS, reading(*first))), dollars(attribute(RUNS, reading(*second)))
    both = dollars(attribute(RUNS, reading(*first, *second)))
    assert both == pytest.approx({key: one.get(key, 0) + other.get(key, 0) for key in {*one, *other}}, abs=1e-9)


def test_a_retraction_and_its_restatement_leave_what_was_restated() -> None:
    lines = [
        line(1, 4.0, 0, cluster_id="cluster-0"),
        line(2, -4.0, 0, cluster_id="cluster-0"),
        line(3, 3.0, 0, cluster_id="cluster-0"),
    ]
    assert dollars(attribute(RUNS, reading(*lines))) == {("p", "0"): 3.0}


def test_a_run_has_no_line_of_another_cluster_of_the_same_job_run() -> None:
    lines = [line(1, 1.0, 0, cluster_id="cluster-0", run_id="0"), line(2, 5.0, 0, cluster_id="elsewhere", run_id="0")]
    told = attribute(RUNS, reading(*lines))
    assert dollars(told) == {("p", "0"): 1.0}
    assert (told.other_lines, told.other_dollars) == (1, 5.0)


def test_a_run_whose_cluster_is_not_known_has_all_lines_of_its_id() -> None:
    old = replace(run(0), report=replace(run(0).report, billed_as=()))
    told = attribute([("p", old)], reading(line(1, 1.0, 0, cluster_id="cluster-0", run_id="0")))
    assert dollars(told) == {("p", "0"): 1.0}


def test_lines_of_other_hours_are_not_a_runs_though_it_bears_the_name() -> None:
    told = attribute(RUNS, reading(line(1, 1.0, 90, cluster_id="cluster-0")))
    assert (dollars(told), told.other_dollars) == ({}, 1.0)


def test_what_several_runs_share_is_divided_by_their_time_and_said() -> None:
    two = [("p", run(1, 0.0, 0.25, "kept")), ("p", run(2, 0.25, 0.75, "kept"))]
    told = attribute(two, reading(line(1, 4.0, 0, cluster_id="kept", sku=MACHINES)))
    assert dollars(told) == {("p", "1"): 1.0, ("p", "2"): 3.0}
    assert all("is a share" in cost.assumptions[0] for cost in told.costs.values())


def test_idle_hours_between_two_runs_of_a_kept_cluster_are_nobodys() -> None:
    two = [("p", run(1, 0.0, 0.5, "kept")), ("p", run(2, 2.5, 0.5, "kept"))]
    told = attribute(two, reading(line(1, 4.0, 1.2, cluster_id="kept")))
    assert (dollars(told), told.other_dollars) == ({}, 4.0)


def test_a_machine_is_known_by_its_id() -> None:
    told = attribute([("p", run(1, 0.0, 1.0, "j-1", "i-7"))], reading(line(1, 4.0, 0, resource_id="i-7")))
    assert dollars(told) == {("p", "1"): 4.0}


def test_what_is_not_paid_is_not_billed() -> None:
    told = attribute(RUNS, reading(line(1, 4.0, 0, cluster_id="cluster-0", is_paid=False)))
    cost = told.costs["p", "0"]
    assert cost.label == "list-estimated"
    assert "at list prices" in cost.assumptions[0]


def test_a_run_with_a_unit_without_a_price_has_no_bill_unless_the_units_were_taken_back() -> None:
    lines = [line(1, None, 0, cluster_id="cluster-0"), line(2, 3.0, 0, cluster_id="cluster-0")]
    told = attribute(RUNS, reading(*lines))
    assert (told.costs, told.unpriced) == ({}, {("p", "0"): ("PREMIUM_JOBS_COMPUTE",)})
    lines.append(line(3, None, 0, cluster_id="cluster-0", quantity=-1.0))
    assert dollars(attribute(RUNS, reading(*lines))) == {("p", "0"): 3.0}


def test_a_reading_tells_everything_only_of_runs_within_it() -> None:
    late = run(9, 31.98 * 24)
    assert attribute([*RUNS, ("p", late)], reading()).covered == {("p", "0"), ("p", "1"), ("p", "2")}


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), max_size=9))
def test_merged_spans_hold_the_same_hours_and_lie_apart(drawn: list[tuple[int, int]]) -> None:
    spans = merged((hours(began), hours(began + lasting)) for began, lasting in drawn)
    inside = {at for began, lasting in drawn for at in range(began, began + lasting)}
    assert {at for at in range(60) if any(first <= hours(at) < last for first, last in spans)} == inside
    assert all(one[1] < other[0] for one, other in pairwise(spans))
