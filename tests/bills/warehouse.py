"""A SQL warehouse that answers with given rows: slowly, in chunks, and only if it is asked as Databricks wants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from setpoint.bills.statements import PATH


@dataclass
class Warehouse:
    """Calls of a workspace with one warehouse; rows are one list for each statement to come."""

    columns: Sequence[str]
    answers: list[list[list[str | None]]]
    chunk_rows: int = 2
    polls: int = 0
    state: str = "SUCCEEDED"
    announced: int | None = None
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    reads: int = 0
    _rows: list[list[str | None]] = field(default_factory=list)
    _waits: int = 0

    def read(
        self, path: str, query: Mapping[str, Any] | None = None, *, body: Mapping[str, Any] | None = None
    ) -> object:
        self.reads += 1
        assert not query
        if body is not None:
            assert path == PATH
            self.asked.append(body)
            self._rows, self._waits = self.answers.pop(0), self.polls
            return self._answer()
        if path == f"{PATH}/s-1":
            self._waits -= 1
            return self._answer()
        prefix = f"{PATH}/s-1/result/chunks/"
        assert path.startswith(prefix)
        return self._chunk(int(path.removeprefix(prefix)))

    def write(self, path: str, body: Mapping[str, Any]) -> object:
        assert body == {}
        self.said.append(path)
        return {}

    def _answer(self) -> dict[str, Any]:
        if self._waits > 0:
            return {"statement_id": "s-1", "status": {"state": "RUNNING"}}
        if self.state != "SUCCEEDED":
            return {"statement_id": "s-1", "status": {"state": self.state, "error": {"message": "no such table"}}}
        count = len(self._rows) if self.announced is None else self.announced
        schema = {"columns": [{"name": name, "position": at} for at, name in enumerate(self.columns)]}
        manifest = {"schema": schema, "total_row_count": count, "truncated": False}
        return {"statement_id": "s-1", "status": {"state": "SUCCEEDED"}, "manifest": manifest, "result": self._chunk(0)}

    def _chunk(self, index: int) -> dict[str, Any]:
        first = index * self.chunk_rows
        chunk: dict[str, Any] = {"chunk_index": index, "data_array": self._rows[first : first + self.chunk_rows]}
        if first + self.chunk_rows < len(self._rows):
            chunk["next_chunk_index"] = index + 1
        return chunk
