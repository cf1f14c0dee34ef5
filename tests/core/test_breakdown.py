"""A cost in words: every part, its label, and never a zero for what has no price."""

from dataclasses import replace
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.breakdown import LABELS, about_costs, breakdown, cost_as_data, labelled, text_lines
from setpoint.core.domain import Cost, CostKind, CostLabel, CostPart, Unpriceable

KINDS: tuple[CostKind, ...] = get_args(CostKind)
words = st.text("abcdefg .", min_size=1, max_size=12).map(str.strip).filter(bool)
parts = st.lists(
    st.builds(
        CostPart,
        st.sampled_from(KINDS),
        words,
        st.none() | st.floats(0, 1e6),
        words,
        st.floats(0, 1e6),
        st.just("") | words,
        st.booleans(),
    ),
    max_size=6,
).map(tuple)
costs = st.builds(Cost, parts, st.sampled_from(get_args(CostLabel)), st.lists(words, max_size=3).map(tuple))
unpriceable = st.builds(Unpriceable, st.lists(words, min_size=1, max_size=3).map(tuple), parts)


def origin(part: CostPart) -> str:
    if part.is_estimated:
        return f"estimated: {part.price_origin}" if part.price_origin else "estimated"
    return part.price_origin


@given(costs | unpriceable)
def test_every_part_is_one_line_the_dearest_first(cost: Cost | Unpriceable) -> None:
    lines = breakdown(cost).lines
    assert len(lines) == len(cost.parts)
    assert sorted(line.origin for line in lines) == sorted(origin(part) for part in cost.parts)
    assert sum(line.is_estimated for line in lines) == sum(part.is_estimated for part in cost.parts)
    assert sum(not line.quantity for line in lines) == sum(part.quantity is None for part in cost.parts)
    amounts = [float(line.dollars[1:].replace(",", "")) for line in lines]
    assert amounts == sorted(amounts, reverse=True)


@given(costs)
def test_dollars_never_go_without_their_label(cost: Cost) -> None:
    told = breakdown(cost)
    assert labelled(cost) == f"{told.total} ({cost.label})"
    assert (told.label, told.meaning, told.missing) == (cost.label, LABELS[cost.label], ())
    assert f"{cost.label}: {told.meaning}. " in about_costs([cost])
    assert list(text_lines(cost))[len(cost.parts) :] == [f"assumed: {each}" for each in cost.assumptions]
    assert cost_as_data(cost)["total_dollars"] == cost.dollars


@given(unpriceable)
def test_what_has_no_price_says_why_and_is_neither_a_zero_nor_a_dash(cost: Unpriceable) -> None:
    told = breakdown(cost)
    assert (told.total, told.label, told.missing) == ("not priced", "", cost.reasons)
    assert labelled(cost) == f"not priced: {'; '.join(cost.reasons)}"
    assert list(text_lines(cost))[len(cost.parts) :] == [f"missing: {each}" for each in cost.reasons]
    assert cost_as_data(cost) == {
        "total_dollars": None,
        "label": None,
        "parts": cost.parts,
        "unpriceable": cost.reasons,
    }
    assert about_costs([cost]).startswith("Not counted: ")


def test_disks_are_left_out_only_where_none_is_paid_for() -> None:
    cores = CostPart("vcpu", "vCPU", 1.0, "vCPU-hours", 0.05)
    disk = CostPart("disk", "gp3", 180.0, "GiB-hours", 0.02)
    assert "disks" in breakdown(Cost((cores,), "modelled")).left_out
    assert "disks" not in breakdown(Cost((cores, disk), "modelled")).left_out
    assert about_costs([Cost((disk,), "billed")]) == (
        "billed: what the invoice says. Not counted: what the invoice counts elsewhere."
    )
    assert about_costs([]) == ""


def test_parts_stand_in_columns_with_what_is_known_of_them() -> None:
    spot = CostPart(
        "vm_spot",
        "m5.xlarge",
        8.6667,
        "instance-hours",
        0.606,
        "estimated from kin, a list, 2026-10",
        is_estimated=True,
    )
    units = CostPart("dbu", "premium jobs", 6.21, "DBU", 0.9315, "listed, a list, 2026-10")
    old = CostPart("memory", "memory", None, "GiB-hours", 0.192)
    assert list(text_lines(Cost((spot, units, old), "list-estimated"))) == [
        "Databricks units: premium jobs  6.21 DBU at $0.150              $0.931  listed, a list, 2026-10",
        "spot instances: m5.xlarge       8.67 instance-hours at $0.0699  $0.606  estimated from kin, a list, 2026-10",
        "memory                                                          $0.192",
    ]
    assert breakdown(Cost((replace(old, quantity=0.0),), "billed")).lines[0].quantity == "0 GiB-hours"
