"""Statements through a SQL warehouse: sent once, waited for with growing pauses, read chunk by chunk.

Source: Databricks REST API, SQL statement execution 2.0 (`/api/2.0/sql/statements`). Values are parameters, never text.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from setpoint.errors import PlatformError

__all__ = ["Asks", "Statements"]

Json = Mapping[str, Any]
PATH = "/api/2.0/sql/statements"
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 1.0, 30.0
PATIENCE_SECONDS = 1800.0
"""A warehouse that stood still takes minutes to start."""
MOST_CHUNKS = 10_000
_UNDER_WAY = ("PENDING", "RUNNING")


class Asks(Protocol):
    """Calls of a workspace, repeated where they fail in passing."""

    def read(self, path: str, query: Json | None = None, *, body: Json | None = None) -> Any:  # noqa: ANN401 - JSON
        """Ask; with a body by POST."""
        ...

    def write(self, path: str, body: Json) -> Any:  # noqa: ANN401 - JSON
        """Say, once."""
        ...


@dataclass(frozen=True, slots=True)
class Statements:
    """Asks a SQL warehouse."""

    asks: Asks
    warehouse: str
    sleep: Callable[[float], None] = time.sleep

    def rows(self, text: str, parameters: Mapping[str, tuple[str, str]]) -> Iterator[dict[str, str | None]]:
        """The rows of a statement by column; parameters are name → (type, value).

        Raises PlatformError where the statement fails, takes too long, or its result is not all there.
        """
        body = {
            "warehouse_id": self.warehouse,
            "statement": text,
            "parameters": [{"name": it, "type": kind, "value": value} for it, (kind, value) in parameters.items()],
            "wait_timeout": "30s",
            "on_wait_timeout": "CONTINUE",
            "disposition": "INLINE",
            "format": "JSON_ARRAY",
        }
        answer = self._finished(self.asks.read(PATH, body=body))
        manifest = answer.get("manifest") or {}
        if manifest.get("truncated"):
            raise PlatformError("The SQL warehouse cut its answer off; read fewer days at once.")
        names = [column["name"] for column in (manifest.get("schema") or {}).get("columns") or ()]
        count = 0
        for chunk in self._chunks(answer):
            for row in chunk.get("data_array") or ():
                count += 1
                yield dict(zip(names, row, strict=True))
        if count != manifest.get("total_row_count", count):
            raise PlatformError(f"The SQL warehouse announced {manifest['total_row_count']} rows and sent {count}.")

    def _finished(self, answer: Json) -> Json:
        waited, wait = 0.0, _FIRST_WAIT_SECONDS
        statement = str(answer.get("statement_id", ""))
        while (state := _state(answer)) in _UNDER_WAY:
            if waited >= PATIENCE_SECONDS:
                self.asks.write(f"{PATH}/{statement}/cancel", {})
                raise PlatformError(
                    f"The SQL warehouse has not answered after {waited / 60:.0f} min; it was told to stop."
                )
            self.sleep(wait)
            waited, wait = waited + wait, min(2 * wait, _LONGEST_WAIT_SECONDS)
            answer = self.asks.read(f"{PATH}/{statement}")
        if state != "SUCCEEDED":
            error = (answer.get("status") or {}).get("error") or {}
            said = str(error.get("message") or "no reason given")[:300]
            raise PlatformError(f"The SQL warehouse did not answer ({state.lower() or 'no state'}): {said}")
        return answer

    def _chunks(self, answer: Json) -> Iterator[Json]:
        chunk = answer.get("result") or {}
        for _ in range(MOST_CHUNKS):
            yield chunk
            following = chunk.get("next_chunk_index")
            if following is None:
                return
            chunk = self.asks.read(f"{PATH}/{answer['statement_id']}/result/chunks/{int(following)}")
        raise PlatformError(f"The answer of the SQL warehouse has more than {MOST_CHUNKS} parts.")


def _state(answer: Json) -> str:
    return str((answer.get("status") or {}).get("state") or "")
