"""A SQL warehouse of the emulated workspace: it answers statements with the rows that a provider of tables gives.

Source: Databricks REST API, "Statement Execution" 2.0. No SQL is understood: the provider sees text and parameters.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from setpoint.testing.databricks.answers import Json, Refused, missing

__all__ = ["Answered", "Rows", "Tables", "Warehouse", "statements_way"]

CHUNK_ROWS = 1000
_STATEMENT = re.compile(r"sql/statements/([^/]+)(?:/(cancel)|/result/chunks/(\d+))?")


@dataclass(frozen=True, slots=True)
class Rows:
    """What a table gives: values are text, as the API has them, or None."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str | None]]


Tables = Callable[[str, Mapping[str, str | None]], Rows | None]
"""Takes a statement and its parameters; None where there is no such table."""


@dataclass(slots=True)
class Answered:
    """A statement, and what came of it."""

    id: str
    found: Rows | None
    looks: int
    """So often it is still running when somebody looks."""
    is_cancelled: bool = False


@dataclass(slots=True)
class Warehouse:
    """State of a warehouse."""

    tables: Tables = lambda _text, _given: None
    looks: int = 1
    """Looks until a statement is over."""
    chunk_rows: int = CHUNK_ROWS
    asked: tuple[Answered, ...] = ()

    def execute(self, asked: Json) -> Json:
        """`POST sql/statements`."""
        if not asked.get("warehouse_id"):
            raise Refused(400, "INVALID_PARAMETER_VALUE", "warehouse_id is required.")
        given = {each["name"]: each.get("value") for each in asked.get("parameters", [])}
        found = self.tables(str(asked.get("statement", "")), given)
        made = Answered(f"statement-{len(self.asked) + 1}", found, self.looks)
        self.asked = (*self.asked, made)
        return self.told(made)

    def told(self, statement: Answered) -> Json:
        """`GET sql/statements/{id}`: each look brings it nearer to its end."""
        told: Json = {"statement_id": statement.id, "status": {"state": "SUCCEEDED"}}
        if statement.is_cancelled:
            return told | {"status": {"state": "CANCELED"}}
        if statement.looks > 0:
            statement.looks -= 1
            return told | {"status": {"state": "RUNNING"}}
        if statement.found is None:
            why = {"error_code": "BAD_REQUEST", "message": "[TABLE_OR_VIEW_NOT_FOUND] The table cannot be found."}
            return told | {"status": {"state": "FAILED", "error": why}}
        columns = [{"name": name, "position": place} for place, name in enumerate(statement.found.columns)]
        count = len(statement.found.rows)
        manifest = {
            "format": "JSON_ARRAY",
            "schema": {"columns": columns},
            "total_row_count": count,
            "truncated": False,
        }
        return told | {"manifest": manifest, "result": self.chunk(statement, 0)}

    def chunk(self, statement: Answered, number: int) -> Json:
        """`GET sql/statements/{id}/result/chunks/{n}`."""
        rows = () if statement.found is None else statement.found.rows
        first = number * self.chunk_rows
        if first and first >= len(rows):
            raise missing(f"Chunk {number} does not exist.")
        told: Json = {"chunk_index": number, "row_offset": first}
        told["data_array"] = [list(row) for row in rows[first : first + self.chunk_rows]]
        return told | ({"next_chunk_index": number + 1} if first + self.chunk_rows < len(rows) else {})

    def statement(self, name: str) -> Answered:
        """One that was asked."""
        found = next((each for each in self.asked if each.id == name), None)
        if found is None:
            raise missing(f"The statement {name} was not found.")
        return found


def statements_way(method: str, name: str) -> Callable[[Warehouse, Json], Json] | None:
    """How a statement is executed, looked at, read on or cancelled; None where the path is another."""
    if (method, name) in _LISTS:
        return lambda _warehouse, _asked: _LISTS[method, name]
    if (method, name) == ("POST", "sql/statements"):
        return Warehouse.execute
    found = _STATEMENT.fullmatch(name)
    if found is None or method != ("POST" if found[2] else "GET"):
        return None

    def answer(warehouse: Warehouse, _asked: Json) -> Json:
        statement = warehouse.statement(found[1])
        if found[2]:
            statement.is_cancelled = True
            return {}
        return warehouse.told(statement) if found[3] is None else warehouse.chunk(statement, int(found[3]))

    return answer


_LISTS: Mapping[tuple[str, str], Json] = MappingProxyType(
    {("GET", "sql/warehouses"): {"warehouses": [{"id": "w-1", "name": "Starter", "state": "RUNNING"}]}}
)
