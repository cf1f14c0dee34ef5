"""Databricks' own price tables, through a SQL warehouse or from a CSV export of them.

https://docs.databricks.com/admin/system-tables/pricing.html
"""

import csv
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from setpoint.core.places import region_of
from setpoint.core.pricebook import Cloud, Method
from setpoint.errors import InputError, PlatformError
from setpoint.prices import Tell
from setpoint.prices.refreshed import Refresh
from setpoint.prices.units import PRICE_COLUMNS, Row, unit_quotes
from setpoint.prices.web import Connect, PrivateConnection, ask

__all__ = ["TABLES", "DatabricksPrices", "Table"]

Table = Literal["list_prices", "account_prices"]
TABLES: tuple[Table, ...] = ("list_prices", "account_prices")

LARGEST_FILE_BYTES = 64 * 1024 * 1024
MOST_ROWS = 500_000
MOST_CHUNKS = 200
PATH = "/api/2.0/sql/statements"
_CHUNK = re.compile(r"/api/2\.0/sql/statements/[\w-]+/result/chunks/\d+(\?[\w=&-]*)?")
_ID = re.compile(r"[\w-]{1,128}")
_SECONDS_BETWEEN, _MOST_POLLS = 2.0, 300
_SKUS_SAID = 5
_T = TypeVar("_T")
_NEEDED = ("sku_name", "cloud")


class Status(msgspec.Struct, frozen=True):
    """How a statement fares."""

    state: str
    error: dict[str, object] | None = None


class Column(msgspec.Struct, frozen=True):
    """Of the result."""

    name: str


class Schema(msgspec.Struct, frozen=True):
    """Of the result."""

    columns: list[Column] = []


class Manifest(msgspec.Struct, frozen=True):
    """What the result looks like."""

    result_schema: Schema = msgspec.field(name="schema", default=Schema())


class Chunk(msgspec.Struct, frozen=True):
    """Some rows, and where the next are."""

    data_array: list[list[str | None]] = []
    next_chunk_internal_link: str | None = None


class Statement(msgspec.Struct, frozen=True):
    """The answer to a statement."""

    statement_id: str
    status: Status
    manifest: Manifest = Manifest()
    result: Chunk = Chunk()


class DatabricksPrices:
    """Prices of Databricks units: the list, or what the user's account pays."""

    def __init__(  # noqa: PLR0913, PLR0917 - one for each thing that the user says
        self,
        today: str,
        table: Table = "list_prices",
        file: Path | None = None,
        host: str = "",
        warehouse: str = "",
        token: str = "",
        connect: Connect = PrivateConnection,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._today = today
        self._table: Table = table
        self._file = file
        self._host = host.strip().removeprefix("https://").rstrip("/")
        self._warehouse = warehouse.strip()
        self._token = token.strip()
        self._connect = connect
        self._sleep = sleep

    def refresh(self, cloud: Cloud, region: str, tell: Tell) -> Refresh:
        """From the export where there is one, else from the warehouse."""
        name = region_of(cloud, region)
        rows = _rows_of_file(self._file) if self._file else self._rows_of_warehouse(tell)
        skipped: set[str] = set()
        quotes = unit_quotes(rows, cloud, name, self._today, skipped.add)
        where = str(self._file) if self._file else f"system.billing.{self._table}"
        if not quotes:
            raise InputError(f"{where} has no price of a Databricks unit for {cloud} {name}.")
        tell(f"Databricks {cloud} {name}: {len(quotes)} prices")
        if skipped:
            some = ", ".join(sku[:100] for sku in sorted(skipped)[:_SKUS_SAID])
            more = ", …" if len(skipped) > _SKUS_SAID else ""
            tell(f"{len(skipped)} SKUs skipped, as their compute or their region is not known here: {some}{more}")
        method: Method = "own" if self._table == "account_prices" else "listed"
        words = f"Databricks {self._table}" + (f", from {self._file.name[:100]}" if self._file else "")
        return Refresh(
            source="databricks",
            cloud=cloud,
            region=name,
            as_of=self._today,
            words=words,
            quotes=quotes,
            method=method,
        )

    def _rows_of_warehouse(self, tell: Tell) -> Iterator[Row]:
        self._check()
        tell(f"Databricks: asking {self._host} for system.billing.{self._table}")
        statement = self._finished(self._send())
        names = [column.name for column in statement.manifest.result_schema.columns]
        chunk, line = statement.result, 0
        for _ in range(MOST_CHUNKS):
            for fields in chunk.data_array:
                line += 1
                if line > MOST_ROWS:
                    raise PlatformError(f"{self._host} gives more than {MOST_ROWS:,} prices, so it was stopped.")
                yield line, {name: self._hidden(field or "") for name, field in zip(names, fields, strict=False)}
            link = chunk.next_chunk_internal_link
            if not link:
                return
            if not _CHUNK.fullmatch(link):
                raise PlatformError(f"{self._host} names a next page that is none of its own, so it is not read.")
            chunk = self._decoded(self._ask(link), Chunk)
        raise PlatformError(f"{self._host} gives more than {MOST_CHUNKS} pages of prices, so it was stopped.")

    def _check(self) -> None:
        missing = {
            "the workspace (setting databricks_host or DATABRICKS_HOST)": self._host,
            "the SQL warehouse (--warehouse, setting databricks_warehouse or DATABRICKS_WAREHOUSE_ID)": self._warehouse,
            "a token (DATABRICKS_TOKEN)": self._token,
        }
        words = [name for name, value in missing.items() if not value]
        if words:
            raise InputError(
                f"Databricks' prices need {', '.join(words)}; or export the table as CSV and give it with --from."
            )
        if not re.fullmatch(r"[A-Za-z0-9.-]+(:\d{1,5})?", self._host):
            raise InputError(f"“{self._host[:100]}” is no name of a workspace, such as adb-1234.5.azuredatabricks.net.")
        if not _ID.fullmatch(self._warehouse):
            raise InputError(f"“{self._warehouse[:100]}” is no id of a SQL warehouse.")

    def _send(self) -> Statement:
        columns = "sku_name, cloud, currency_code, usage_unit, price_start_time, price_end_time"
        # The table is one of two words, and nothing of the user's goes into the statement.
        text = f"SELECT {columns}, CAST(pricing.default AS STRING) AS price FROM system.billing.{self._table}"  # noqa: S608
        body = {
            "warehouse_id": self._warehouse,
            "statement": f"{text} WHERE price_end_time IS NULL OR price_end_time > current_timestamp()",
            "wait_timeout": "50s",
            "on_wait_timeout": "CONTINUE",
            "disposition": "INLINE",
            "format": "JSON_ARRAY",
        }
        return self._decoded(self._ask(PATH, msgspec.json.encode(body)), Statement)

    def _finished(self, statement: Statement) -> Statement:
        for _ in range(_MOST_POLLS):
            state = statement.status.state
            if state == "SUCCEEDED":
                return statement
            if state not in ("PENDING", "RUNNING") or not _ID.fullmatch(statement.statement_id):
                said = self._hidden(str((statement.status.error or {}).get("message", "no reason given")))
                state = self._hidden(state).lower()
                raise PlatformError(f"{self._host} did not give its prices ({state[:40]}): {said[:300]}")
            self._sleep(_SECONDS_BETWEEN)
            statement = self._decoded(self._ask(f"{PATH}/{statement.statement_id}"), Statement)
        raise PlatformError(
            f"{self._host} has not given its prices after {_MOST_POLLS * _SECONDS_BETWEEN / 60:.0f} min."
        )

    def _ask(self, path: str, body: bytes | None = None) -> bytes:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        return ask(f"https://{self._host}{path}", self._connect, headers=headers, body=body, timeout_seconds=90.0)

    def _decoded(self, content: bytes, kind: type[_T]) -> _T:
        try:
            return msgspec.json.decode(content, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            said = self._hidden(str(error))
            raise PlatformError(f"{self._host} answers with something that cannot be read: {said}.") from None

    def _hidden(self, text: str) -> str:
        """What the server says, without the token: it knows it, and may say it back."""
        return text.replace(self._token, "…") if self._token else text


def _rows_of_file(path: Path) -> Iterator[Row]:
    try:
        # It may be a pipe or a device, whose size nobody knows before.
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
        if len(content) > LARGEST_FILE_BYTES:
            raise InputError(
                f"{path} is larger than {LARGEST_FILE_BYTES // 1024**2} MiB: export only what is in force."
            )
        yield from _rows(StringIO(content.decode("utf-8-sig"), newline=""), path)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is no text in UTF-8.") from None


def _rows(file: Iterable[str], path: Path) -> Iterator[Row]:
    reader = csv.reader(file, strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        _check_columns(names, path)
        for number, fields in enumerate(reader, 1):
            if number > MOST_ROWS:
                raise InputError(f"{path} has more than {MOST_ROWS:,} rows: export only what is in force.")
            if not fields:
                continue
            if len(fields) != len(names):
                raise InputError(f"{path}, line {reader.line_num}: {len(fields)} fields instead of {len(names)}.")
            yield reader.line_num, dict(zip(names, fields, strict=True))
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: {error}.") from None


def _check_columns(names: Sequence[str], path: Path) -> None:
    lacking = [name for name in _NEEDED if name not in names]
    if not set(PRICE_COLUMNS) & set(names):
        lacking.append("pricing")
    if lacking:
        raise InputError(f"{path}, line 1: the column {lacking[0]} of the price table is missing.")
