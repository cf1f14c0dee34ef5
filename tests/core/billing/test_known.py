from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.billing.bills import MACHINES, MAY, entries, estimate, hours, line, reading, run

from setpoint.core.billing import BillLine, Reading, attribute, bills_of, compared, factors, known_cost, news
from setpoint.core.domain import Cost, CostPart
from setpoint.core.history import Billed, Entry, History, entry_key, fold
from setpoint.core.savings import account

RUN = run(0)
READ_AT = hours(100)


def folded(entries_: tuple[Entry, ...]) -> History:
    history = fold(entries_)
    assert history is not None
    return history


def after(written: tuple[Entry, ...], *lines: BillLine, day: int = 0, source: str = "databricks") -> tuple[Entry, ...]:
    """The ledger once these lines were read."""
    history = folded(written)
    told = attribute((("p", each) for each in history.runs), reading(*lines))
    return (*written, *news("p", history, told, source, READ_AT + timedelta(days=day)))


def of_cluster(number: int, dollars: float | None, **others: object) -> BillLine:
    return line(number, dollars, 0, cluster_id="cluster-0", **others)


FIRST = of_cluster(1, 1.5)


def test_a_bill_is_known_once_however_often_it_is_read() -> None:
    once = after(entries(RUN), FIRST)
    assert len(once) == len(entries(RUN)) + 1
    assert after(once, FIRST, day=1) == once


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=6))
def test_a_run_costs_the_sum_of_what_is_known_now_and_no_entry_is_ever_edited(corrections: list[float]) -> None:
    written, lines = entries(RUN), [FIRST]
    written = after(written, *lines)
    for day, dollars in enumerate(corrections, 1):
        lines.append(of_cluster(day + 1, dollars))
        before, written = written, after(written, *lines, day=day)
        assert written[: len(before)] == before
    (bill,) = bills_of(folded(written), "0")
    assert bill.cost.dollars == pytest.approx(1.5 + sum(corrections), abs=1e-5)
    assert len({entry_key(entry) for entry in written}) == len(written)


def test_of_two_readings_that_raced_the_later_one_stands() -> None:
    early = Billed("0", "aws", Cost((CostPart("disk", "d", 1, "", 1.0),), "billed"), READ_AT)
    late = replace(early, cost=Cost((CostPart("disk", "d", 1, "", 2.0),), "billed"), at=READ_AT + timedelta(days=1))
    for order in ((early, late), (late, early)):
        (bill,) = bills_of(folded((*entries(RUN), *order)), "0")
        assert bill == late


def test_what_a_bill_took_back_whole_is_estimated_again() -> None:
    written = after(after(entries(RUN), FIRST), day=1)
    assert isinstance(written[-1], Billed)
    assert written[-1].cost.parts == ()
    assert bills_of(folded(written), "0") == ()
    assert after(written, day=2) == written


def test_a_reading_that_does_not_cover_a_run_takes_nothing_down() -> None:
    written = after(entries(RUN), FIRST)
    history = folded(written)
    for spans in ((), ((MAY[0], RUN.report.finished_at),)):
        told = attribute([("p", RUN)], Reading("databricks", spans, ()))
        assert news("p", history, told, "databricks", READ_AT) == ()


def test_a_run_without_a_price_is_left_as_it_was() -> None:
    written = after(entries(RUN), FIRST)
    assert after(written, of_cluster(1, 9.0), of_cluster(2, None), day=1) == written


def test_a_bill_says_nothing_of_other_projects() -> None:
    told = attribute([("p", RUN), ("q", RUN)], reading(FIRST))
    assert {each.run_id for each in news("p", folded(entries(RUN)), told, "databricks", READ_AT)} == {"0"}
    assert news("z", folded(entries(RUN)), told, "databricks", READ_AT) == ()


def test_bills_of_several_sources_add_up_and_make_the_cost_billed() -> None:
    written = after(entries(RUN), FIRST)
    units_only = known_cost(RUN, bills_of(folded(written), "0"))
    assert (units_only.label, units_only.dollars) == ("list-estimated", 4.5)
    assert "so estimated: machines" in " ".join(units_only.assumptions)
    written = after(written, of_cluster(1, 2.5, sku=MACHINES), source="aws")
    whole = known_cost(RUN, bills_of(folded(written), "0"))
    assert (whole.label, whole.dollars) == ("billed", 4.0)


def test_units_at_list_prices_never_make_a_cost_billed() -> None:
    lines = [of_cluster(1, 1.0, is_paid=False), of_cluster(2, 2.0, sku=MACHINES)]
    known = known_cost(RUN, bills_of(folded(after(entries(RUN), *lines)), "0"))
    assert known.label == "list-estimated"


def test_a_run_without_a_bill_costs_what_was_estimated() -> None:
    assert known_cost(RUN, ()) == estimate()


def test_decisions_and_their_evidence_are_left_alone() -> None:
    before, later = folded(entries(RUN)), folded(after(entries(RUN), FIRST))
    assert replace(later, bills={}) == before


def test_savings_take_the_newest_bill_and_its_label() -> None:
    written = after(entries(RUN), of_cluster(1, 1.5), of_cluster(2, 2.5, sku=MACHINES))
    written = after(written, of_cluster(1, 1.0), of_cluster(2, 2.5, sku=MACHINES), day=1)
    (row,) = account("p", written).runs
    assert (row.actual_dollars, row.actual_label) == (3.5, "billed")


def test_each_run_is_shown_beside_its_bills_and_calibrates_later_estimates() -> None:
    runs = [run(number) for number in range(12)]
    lines = [line(number, 1.6, 3 * number, cluster_id=f"cluster-{number}") for number in range(10)]
    rows = compared("p", folded(after(entries(*runs), *lines)))
    assert [row.ratio for row in rows] == [*[pytest.approx(0.8)] * 10, None, None]
    found = factors(rows).of("p")
    assert found.runs == 10
    assert 0.75 < found.low <= found.factor <= found.high < 0.95


def test_what_is_at_list_prices_calibrates_nothing() -> None:
    rows = compared("p", folded(after(entries(RUN), of_cluster(1, 1.0, is_paid=False))))
    assert factors(rows).over_all.runs == 0
