import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bills.warehouse import Warehouse

from setpoint.bills.statements import Statements
from setpoint.errors import PlatformError

GIVEN = {"since": ("TIMESTAMP", "2026-05-01T00:00:00Z"), "workspace": ("STRING", "'; DROP TABLE x")}


@given(st.lists(st.tuples(st.text(max_size=3), st.none() | st.text(max_size=3)), max_size=9), st.integers(1, 4))
def test_all_rows_come_in_order_whatever_the_chunks(rows: list[tuple[str, str | None]], chunk_rows: int) -> None:
    warehouse = Warehouse(("a", "b"), [[list(row) for row in rows]], chunk_rows=chunk_rows)
    found = list(Statements(warehouse, "w").rows("SELECT", GIVEN))
    assert [tuple(row.values()) for row in found] == rows


def test_values_go_as_parameters_and_never_into_the_text() -> None:
    warehouse = Warehouse(("a",), [[]])
    assert list(Statements(warehouse, "w").rows("SELECT :since", GIVEN)) == []
    (asked,) = warehouse.asked
    assert (asked["warehouse_id"], asked["statement"]) == ("w", "SELECT :since")
    assert {it["name"]: (it["type"], it["value"]) for it in asked["parameters"]} == GIVEN


def test_a_slow_warehouse_is_waited_for_with_growing_pauses() -> None:
    slept: list[float] = []
    warehouse = Warehouse(("a",), [[["1"]]], polls=8)
    assert len(list(Statements(warehouse, "w", slept.append).rows("SELECT", GIVEN))) == 1
    assert slept == [1, 2, 4, 8, 16, 30, 30, 30]


def test_a_warehouse_that_never_answers_is_told_to_stop() -> None:
    warehouse = Warehouse(("a",), [[]], polls=10**6)
    with pytest.raises(PlatformError, match="told to stop"):
        list(Statements(warehouse, "w", lambda _: None).rows("SELECT", GIVEN))
    assert warehouse.said == ["/api/2.0/sql/statements/s-1/cancel"]


def test_what_failed_is_said() -> None:
    with pytest.raises(PlatformError, match=r"failed\): no such table"):
        list(Statements(Warehouse(("a",), [[]], state="FAILED"), "w").rows("SELECT", GIVEN))


def test_half_an_answer_is_refused() -> None:
    with pytest.raises(PlatformError, match="announced 3 rows and sent 1"):
        list(Statements(Warehouse(("a",), [[["1"]]], announced=3), "w").rows("SELECT", GIVEN))
