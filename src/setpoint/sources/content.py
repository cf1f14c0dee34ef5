"""What a file is, told from its first bytes and never from its name."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from setpoint.core.eventlog.codecs import BrokenStream, decompress, is_compressed
from setpoint.errors import EventLogError
from setpoint.sources.blobs import Blob
from setpoint.sources.limits import LIMITS, Limits, Meter

Kind = Literal["log", "zip", "tar", "refused", "other"]

_FEW_BYTES = 64 * 1024
LOOKED_AT_BYTES = 1024 * 1024
"""No more than these first bytes tell what a file is.

Before the application start lies the environment: 80 KB as a rule, 330 KB on Databricks.
"""
_LAYERS = 3
_MAGIC_BYTES = 16
_TAR_BLOCK_BYTES = 512
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
_REFUSED = {
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"\xfd7zXZ\x00": "compressed with xz",
    b"Rar!\x1a\x07": "a RAR archive",
}
# Spaces are few: unbounded, a megabyte of them would be gone through once for every line.
_EVENT_LINE = re.compile(
    rb'^(?:\xef\xbb\xbf)?[ \t]{0,16}\{[ \t]{0,16}"Event"[ \t]{0,16}:'
    rb'|"Event"[ \t]{0,16}:[ \t]{0,16}"(?:SparkListener|org\.apache\.spark\.|DBC)',
    re.MULTILINE,
)
_APPLICATION_ID = re.compile(rb'"(?:App ID|spark\.app\.id)"\s*:\s*"([^"\\]{1,200})"')
_START = re.compile(rb'"Event"\s*:\s*"SparkListenerApplicationStart"[^\n]*')


@dataclass(frozen=True, slots=True)
class Head:
    """What the beginning of a file tells."""

    kind: Kind
    is_packed: bool = False
    """Whether it must be decompressed to see that."""
    refusal: str = ""
    has_start: bool = False
    """Whether the application starts here."""
    identity: tuple[str, str, str] | None = None
    """Application id, attempt, and start in milliseconds; None where the beginning does not say."""
    application_id: str | None = None
    """Of the start, or as a property in any event says."""
    first_epoch_ms: int | None = None
    """The first time that an event names."""
    rollover: int | None = None
    """Number of the part, counted from 0, where Databricks has written it."""


def unpacked(stored: Iterable[bytes], limits: Limits = LIMITS) -> Iterator[bytes]:
    """Plain bytes, from under several layers of compression if need be.

    Raises:
        BrokenStream: damaged, cut off, or beyond the limits; all that could be read was given before.
    """
    meter = Meter(limits)
    chunks = meter.stored(stored)
    for _ in range(_LAYERS):
        chunks, head = _begin(chunks)
        if not is_compressed(head):
            break
        chunks = meter.given(decompress(chunks))
    return chunks


def _begin(chunks: Iterator[bytes]) -> tuple[Iterator[bytes], bytes]:
    """All of a stream, and as much of its beginning as tells how it is compressed."""
    head = b""
    while len(head) < _MAGIC_BYTES and (chunk := next(chunks, None)) is not None:
        head += chunk
    return chain((head,), chunks), head


def look(blob: Blob) -> Head:
    """What a file is; what cannot be read is of no kind."""
    try:
        stored, first = _begin(blob.read_from(0))
    except (BrokenStream, EventLogError) as error:
        reason = str(error).rstrip(".")
        return Head(
            "refused", refusal=f"{reason}." if blob.name in reason else f"{blob.name} cannot be read: {reason}."
        )
    for magic, what in _REFUSED.items():
        if first.startswith(magic):
            return Head(
                "refused", refusal=f"{blob.name} is {what}, which is not read: unpack it and give what is inside."
            )
    try:
        return _look_inside(unpacked(stored), is_packed=is_compressed(first))
    except (BrokenStream, EventLogError):
        return Head("other", is_packed=is_compressed(first))


def _look_inside(chunks: Iterator[bytes], *, is_packed: bool) -> Head:
    head = _grow(bytearray(), chunks, _FEW_BYTES)
    if head.startswith(_ZIPS):
        return Head("zip", is_packed)
    if _is_tar(bytes(head[:_TAR_BLOCK_BYTES])):
        return Head("tar", is_packed)
    if not _EVENT_LINE.search(head, 0, _FEW_BYTES):
        return Head("other", is_packed)
    size = len(head)
    while not _has_whole_start(head) and size < LOOKED_AT_BYTES:
        _grow(head, chunks, 2 * size)
        if len(head) == size:
            break
        size = len(head)
    start = _start_line(head)
    return Head(
        "log",
        is_packed,
        has_start=start is not None,
        identity=None if start is None else _identity(start),
        application_id=_first_id(head),
        first_epoch_ms=_first_time(head),
        rollover=_number(rb"Rollover Number", head),
    )


def _grow(head: bytearray, chunks: Iterator[bytes], size: int) -> bytearray:
    try:
        while len(head) < size and (chunk := next(chunks, None)) is not None:
            head += chunk
    except BrokenStream:
        pass
    return head


def _is_tar(block: bytes) -> bool:
    # Its fields are padded with zeros, which a log does not have: `tarfile` need not be loaded for that.
    if len(block) < _TAR_BLOCK_BYTES or not block[0] or 0 not in block:
        return False
    import tarfile

    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _has_whole_start(head: bytearray) -> bool:
    found = _START.search(head)
    return found is not None and found.end() < len(head)


def _start_line(head: bytes | bytearray) -> bytes | None:
    found = _START.search(head)
    return found[0] if found else None


def _identity(line: bytes) -> tuple[str, str, str] | None:
    id_ = re.search(rb'"App ID"\s*:\s*"([^"\\]{1,200})"', line)
    attempt = re.search(rb'"App Attempt ID"\s*:\s*"([^"\\]{1,200})"', line)
    if id_ is None:
        return None
    started = _number(rb"Timestamp", line)
    return id_[1].decode(errors="replace"), attempt[1].decode(errors="replace") if attempt else "", str(started)


def _first_id(head: bytes | bytearray) -> str | None:
    found = _APPLICATION_ID.search(head)
    return found[1].decode(errors="replace") if found else None


def _first_time(head: bytes | bytearray) -> int | None:
    found = re.search(rb'"(?:Timestamp|[A-Z][a-z]+ Time|time)"\s*:\s*(\d{12,14})\b', head)
    return int(found[1]) if found else None


def _number(name: bytes, text: bytes | bytearray) -> int | None:
    found = re.search(rb'"%s"\s*:\s*(\d{1,15})\b' % name, text)
    return int(found[1]) if found else None
