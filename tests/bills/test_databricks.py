from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from tests.bills.warehouse import Warehouse
from tests.core.billing.bills import START, entries, hours, run

from setpoint.bills.databricks import PriceTable, UsageTables
from setpoint.bills.nodes import NodeTimeline
from setpoint.bills.statements import Statements
from setpoint.bookkeeping import book
from setpoint.core.billing import NodeUse, Reading, bills_of
from setpoint.core.history import fold
from setpoint.errors import PlatformError
from setpoint.ledger.memory import MemoryLedger

COLUMNS = ("run_id", "cluster_id", "sku", "cloud", "unit", "price", "day", "quantity", "began", "ended")
NOW = START + timedelta(days=6)
SINCE = START - timedelta(days=1)


def row(number: int, quantity: float, price: str | None = "0.15", *, hour: float | None = None) -> list[str | None]:
    at = hours(3 * number if hour is None else hour).timestamp()
    sku = "PREMIUM_JOBS_COMPUTE"
    began, ended = str(int(at)), str(int(at) + 3600)
    return [str(number), f"cluster-{number}", sku, "AWS", "DBU", price, "2026-05-01", str(quantity), began, ended]


def read(*rows: list[str | None], table: PriceTable = "list_prices", now: datetime = NOW) -> Reading:
    warehouse = Warehouse(COLUMNS, [list(rows)])
    return UsageTables(Statements(warehouse, "w"), lambda: now, table).read(SINCE, NOW)


def test_one_statement_reads_all_jobs_of_a_week() -> None:
    warehouse = Warehouse(COLUMNS, [[row(number, 1.0) for number in range(500)], [], []], chunk_rows=100)
    tables = UsageTables(Statements(warehouse, "w"), lambda: START + timedelta(days=99))
    found = tables.read(START, START + timedelta(days=20))
    assert (len(found.lines), len(warehouse.asked), warehouse.reads) == (500, 3, 7)
    spans = [{it["name"]: it["value"] for it in asked["parameters"]} for asked in warehouse.asked]
    assert [it["since"] for it in spans[1:]] == [it["until"] for it in spans[:-1]]
    assert (spans[0]["since"], spans[-1]["until"]) == ("2026-05-01T00:00:00.000000Z", "2026-05-21T00:00:00.000000Z")


def test_dollars_are_units_times_the_price_of_their_time() -> None:
    (line,) = read(row(1, 4.0)).lines
    assert line.dollars == pytest.approx(0.6)
    assert (line.quantity, line.is_paid) == (4.0, False)
    assert (line.run_id, line.cluster_id, line.began) == ("1", "cluster-1", hours(3))


@pytest.mark.parametrize("table", get_args(PriceTable))
def test_only_prices_of_the_account_are_what_is_paid(table: PriceTable) -> None:
    (line,) = read(row(1, 4.0), table=table).lines
    assert line.is_paid is (table == "account_prices")


def test_a_contract_makes_of_the_list_what_is_paid() -> None:
    def paid(cloud: str, sku: str, listed: float) -> tuple[float, str, bool]:
        assert (cloud, sku) == ("aws", "PREMIUM_JOBS_COMPUTE")
        return listed * 0.5, "contract", True

    tables = UsageTables(Statements(Warehouse(COLUMNS, [[row(1, 4.0)]]), "w"), lambda: NOW, paid=paid)
    (line,) = tables.read(SINCE, NOW).lines
    assert line.dollars == pytest.approx(0.3)
    assert (line.price_origin, line.is_paid) == ("contract", True)


def test_what_nobody_prices_has_no_dollars() -> None:
    (line,) = read(row(1, 4.0, None)).lines
    assert line.dollars is None


def test_the_last_day_is_not_read_since_records_come_late() -> None:
    found = read(now=NOW)
    assert found.spans == ((SINCE, NOW - timedelta(days=1)),)
    assert read(now=SINCE).spans == ()


def test_what_is_no_number_is_refused() -> None:
    bad = row(1, 1.0)
    bad[7] = "many"
    with pytest.raises(PlatformError, match=r"'many' for quantity"):
        read(bad)


def test_a_run_is_billed_and_corrected_later_by_entries_of_their_own() -> None:
    ledger = MemoryLedger()
    ledger.append("p", *entries(run(0), run(1), run(50)))
    first = book(ledger, ["p"], read(row(0, 4.0), row(7, 9.0)), datetime(2026, 5, 7, tzinfo=UTC))
    assert (first.first, first.corrected, first.same, first.absent, first.waiting) == (1, 0, 0, 1, 1)
    assert (first.lines, first.other_lines) == (2, 1)
    assert first.other_dollars == pytest.approx(1.35)
    length = len(ledger.read("p"))
    again = book(ledger, ["p"], read(row(0, 4.0)), datetime(2026, 5, 8, tzinfo=UTC))
    assert (again.first, again.corrected, again.same, len(ledger.read("p"))) == (0, 0, 1, length)
    # A retraction and what replaces it: the table's sum is less.
    late = book(ledger, ["p"], read(row(0, 3.0)), datetime(2026, 5, 9, tzinfo=UTC))
    assert (late.first, late.corrected, late.same, len(ledger.read("p"))) == (0, 1, 0, length + 1)
    history = fold(ledger.read("p"))
    assert history is not None
    (bill,) = bills_of(history, "0")
    assert bill.cost.dollars == pytest.approx(0.45)
    assert book(ledger, [], read(row(0, 1.0)), datetime(2026, 5, 10, tzinfo=UTC)).corrected == 0


def test_a_run_with_units_that_have_no_price_is_told_and_left() -> None:
    ledger = MemoryLedger()
    ledger.append("p", *entries(run(0)))
    found = book(ledger, ["p"], read(row(0, 4.0, None)), NOW)
    assert (found.unpriced, found.first) == (("PREMIUM_JOBS_COMPUTE",), 0)


def test_machines_are_read_in_one_statement_a_week_for_all_clusters() -> None:
    columns = ("cluster_id", "driver", "seconds", "cpu", "memory", "peak_memory")
    rows: list[list[str | None]] = [
        ["cluster-0", "true", "60.0", "10.5", "20", "30"],
        ["c", "false", "1", "2", "3", "4"],
    ]
    warehouse = Warehouse(columns, [rows, []])
    found = list(NodeTimeline(Statements(warehouse, "w")).read(START, START + timedelta(days=8)))
    assert found[0] == NodeUse(
        "cluster-0", is_driver=True, seconds=60, cpu_percent=10.5, memory_percent=20, peak_memory_percent=30
    )
    assert [use.is_driver for use in found] == [True, False]
    assert len(warehouse.asked) == 2
