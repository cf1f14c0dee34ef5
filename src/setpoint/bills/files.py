"""Rows of exported files: CSV, gzipped CSV and Parquet, from a folder or a bucket; column names in one spelling."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from setpoint.core.eventlog.codecs import BrokenStream
from setpoint.errors import InputError
from setpoint.sources.blobs import Blob, BlobFile

__all__ = ["DATA_ENDINGS", "Row", "column_name", "rows_of", "text_of"]

Row = Mapping[str, object]
"""By column name; text in CSV, values of their type in Parquet. Maps of tags are columns of their own."""
DATA_ENDINGS = (".csv", ".csv.gz", ".parquet")
_MOST_BYTES = 512 * 2**20
"""At once: larger files are read in pieces, which no table of contents is."""
_BUFFER_BYTES = 2**20
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHERS = re.compile(r"[^a-zA-Z0-9]+")


@cache
def column_name(name: str) -> str:
    """One spelling of what exports spell in several ways.

    >>> [column_name(it) for it in ("lineItem/UsageStartDate", "line_item_usage_start_date", "user:ClusterId")]
    ['line_item_usage_start_date', 'line_item_usage_start_date', 'user_cluster_id']
    """
    return _OTHERS.sub("_", _HUMPS.sub("_", name.strip())).strip("_").lower()


def rows_of(blob: Blob, wanted: Callable[[str], bool]) -> Iterator[Row]:
    """Rows of a file with the columns that are wanted. Raises InputError, which names the file."""
    read = _parquet if blob.place.name.endswith(".parquet") else _csv
    try:
        yield from read(blob, wanted)
    except (OSError, EOFError, BrokenStream, ValueError, OverflowError, csv.Error, zlib.error) as error:
        raise InputError(f"{blob.name} cannot be read: {str(error)[:200] or type(error).__name__}.") from error


def _csv(blob: Blob, wanted: Callable[[str], bool]) -> Iterator[Row]:
    stored = io.BufferedReader(_Chunks(blob), _BUFFER_BYTES)
    raw = gzip.GzipFile(fileobj=stored) if blob.place.name.endswith(".gz") else stored
    lines = csv.reader(io.TextIOWrapper(raw, encoding="utf-8-sig", newline=""), strict=True)
    names = [column_name(name) for name in next(lines, [])]
    kept = [(at, name) for at, name in enumerate(names) if wanted(name)]
    for cells in lines:
        if not cells:
            continue
        if len(cells) != len(names):
            raise InputError(f"{blob.name}, line {lines.line_num}: {len(cells)} fields instead of {len(names)}.")
        yield {name: cells[at] for at, name in kept}


class _Chunks(io.RawIOBase):
    """A stream over the chunks of a file, from its beginning to its end."""

    def __init__(self, blob: Blob) -> None:
        super().__init__()
        self._chunks, self._rest = iter(blob.read_from(0)), memoryview(b"")

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # any buffer will do
        """The next bytes; 0 at the end."""
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _parquet(blob: Blob, wanted: Callable[[str], bool]) -> Iterator[Row]:
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise InputError(f"{blob.name} is Parquet: install setpoint[parquet], or export CSV.") from None
    if blob.size_bytes is None:
        raise InputError(f"{blob.name} has no known size, so it cannot be read as Parquet.")
    file = BlobFile(blob.read_from, blob.size_bytes, _MOST_BYTES)
    try:
        opened = ParquetFile(file)
        columns = [name for name in opened.schema_arrow.names if wanted(column_name(name))]
        for batch in opened.iter_batches(columns=columns):
            for row in batch.to_pylist():
                yield {column_name(name): value for name, value in row.items()}
    except pa.ArrowException as error:
        raise InputError(f"{blob.name} is no Parquet file that can be read: {str(error)[:200]}.") from error


def text_of(blob: Blob) -> bytes:
    """All of a small file."""
    return b"".join(blob.read_from(0))
