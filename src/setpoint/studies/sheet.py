"""A CSV or TOML file as lines of named cells, each knowing where it stands, so that an error can say so."""

import csv
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from setpoint.errors import InputError
from setpoint.files import read_most

__all__ = ["Sheet", "SheetLine", "read_sheet"]

MOST_BYTES = 16 * 1024 * 1024
MOST_LINES = 10_000
MOST_COLUMNS = 200
MOST_CELL = 4096
DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class SheetLine:
    """Cells of one line by the name of their column; empty ones left out."""

    number: int
    """As an editor counts lines, from 1."""
    cells: Mapping[str, str]

    def wrong(self, column: str, problem: str) -> InputError:
        """The error that says where."""
        return InputError(f"Line {self.number}, column {column}: {problem}.")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table that somebody wrote."""

    columns: tuple[str, ...]
    lines: tuple[SheetLine, ...]


def read_sheet(path: Path, aliases: Mapping[str, str], row_table: str = "") -> Sheet:
    """The table in a file; columns that `aliases` knows get the name it has for them.

    `row_table` is how a TOML file calls its rows; empty where only CSV is taken.
    """
    text = _text(path)
    if row_table and path.suffix.lower() == ".toml":
        return _from_toml(text, aliases, row_table, path)
    try:
        return _from_csv(text, aliases, path)
    except csv.Error as error:
        raise InputError(f"{path} is no CSV file that can be read: {error}.") from None


def _text(path: Path) -> str:
    try:
        content = read_most(path, MOST_BYTES)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}).") from None
    if len(content) > MOST_BYTES:
        raise InputError(f"{path} is larger than {MOST_BYTES // 2**20} MiB: that is no table of measurements.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}, line {line}: not UTF-8 text; save the table as UTF-8.") from None


def _from_csv(text: str, aliases: Mapping[str, str], path: Path) -> Sheet:
    header = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=header.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    columns: tuple[str, ...] = ()
    found: list[SheetLine] = []
    began = 1
    for cells in reader:
        number, began = began, reader.line_num + 1
        if not any(cell.strip() for cell in cells):
            continue
        if not columns:
            columns = _columns(cells, aliases, number)
        else:
            found.append(_line(number, cells, columns))
        if len(found) > MOST_LINES:
            raise InputError(f"{path} has more than {MOST_LINES:,} lines: give the runs of one study only.")
    if not found:
        raise InputError(f"{path} has no line below a line of column names: there is nothing to compare.")
    return Sheet(columns, tuple(found))


def _columns(cells: Sequence[str], aliases: Mapping[str, str], number: int) -> tuple[str, ...]:
    if len(cells) > MOST_COLUMNS:
        raise InputError(f"Line {number}: more than {MOST_COLUMNS} columns.")
    names = tuple(_named(cell, aliases) for cell in cells)
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise InputError(f"Line {number}: the column {twice[0]} is there twice.")
    return names


def _named(cell: str, aliases: Mapping[str, str]) -> str:
    name = "_".join(cell.strip().lower().replace("-", " ").split())
    return aliases.get(name, name)


def _line(number: int, cells: Sequence[str], columns: Sequence[str]) -> SheetLine:
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        raise InputError(f"Line {number}: {len(cells)} cells where there are {len(columns)} columns.")
    line = SheetLine(number, {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if cell.strip()})
    for name, cell in line.cells.items():
        if len(cell) > MOST_CELL:
            raise line.wrong(name, f"more than {MOST_CELL:,} characters")
    return line


def _from_toml(text: str, aliases: Mapping[str, str], row_table: str, path: Path) -> Sheet:
    try:
        tables = tomllib.loads(text).get(row_table)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{path} is no TOML file that can be read: {error}.") from None
    if not isinstance(tables, list) or not tables or not all(isinstance(each, dict) for each in tables):
        raise InputError(f"{path} has no [[{row_table}]] tables: write one for each spec.")
    begins = _beginnings(text, row_table)
    lines = []
    for position, each in enumerate(tables[: MOST_LINES + 1]):
        number = begins[position] if position < len(begins) else position + 1
        lines.append(SheetLine(number, {_named(str(name), aliases): str(value) for name, value in each.items()}))
    return Sheet(tuple(dict.fromkeys(name for line in lines for name in line.cells)), tuple(lines))


def _beginnings(text: str, row_table: str) -> list[int]:
    return [number for number, line in enumerate(text.splitlines(), 1) if line.strip().startswith(f"[[{row_table}]]")]
