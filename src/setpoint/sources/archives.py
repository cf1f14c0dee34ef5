"""What lies in zip and tar archives, as blobs. Nothing is ever written under a name that an archive gives."""

import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import PurePosixPath

from setpoint.core.eventlog.codecs import BrokenStream
from setpoint.errors import EventLogError
from setpoint.sources.blobs import Blob, BlobFile, ReadFrom, take, window
from setpoint.sources.content import unpacked
from setpoint.sources.limits import LimitReached, Limits, Meter
from setpoint.sources.spool import Spool

_LOCAL_HEADER_BYTES = 30
_STORED_NAME_AT = 26
_OUTPUT_BYTES = 1024 * 1024
_ENCRYPTED = 0x1
_PATCHED = 0x20
_SHOWN_CHARACTERS = 120


def zip_entries(archive: Blob, limits: Limits, spool: Callable[[], Spool], *, is_packed: bool) -> list[Blob]:
    """The files in a zip.

    Raises:
        EventLogError: it is damaged, encrypted or beyond the limits.
    """
    try:
        read_from, size_bytes = _seekable(archive, limits, spool, is_packed=is_packed)
        with zipfile.ZipFile(BlobFile(read_from, size_bytes, limits.archive_index_bytes)) as opened:
            entries = [entry for entry in opened.infolist() if not entry.is_dir()]
    except LimitReached as reached:
        raise EventLogError(f"The zip archive {archive.name} was not read: {reached}.") from reached
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, BrokenStream, OverflowError) as error:
        raise EventLogError(
            f"The zip archive {archive.name} is damaged or cut off ({error}): copy it again."
        ) from error
    _refuse_traps(archive, entries, size_bytes, limits)
    return [_zip_blob(archive, read_from, entry, limits) for entry in entries]


def _seekable(archive: Blob, limits: Limits, spool: Callable[[], Spool], *, is_packed: bool) -> tuple[ReadFrom, int]:
    if archive.is_seekable and archive.size_bytes is not None and not is_packed:
        return archive.read_from, archive.size_bytes
    return spool().keep(unpacked(archive.read_from(0), limits))


def _refuse_traps(archive: Blob, entries: list[zipfile.ZipInfo], size_bytes: int, limits: Limits) -> None:
    if len(entries) > limits.entries:
        raise EventLogError(
            f"The zip archive {archive.name} holds {len(entries)} files, more than {limits.entries}: unpack it."
        )
    if sum(entry.compress_size for entry in entries) > size_bytes:
        raise EventLogError(f"The zip archive {archive.name} was not read: its entries overlap, as in a zip bomb.")
    if entries and all(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise EventLogError(f"The zip archive {archive.name} is encrypted: unpack it with its password first.")


def _zip_blob(archive: Blob, read_from: ReadFrom, entry: zipfile.ZipInfo, limits: Limits) -> Blob:
    return Blob(
        name=f"{archive.name}/{shown(entry.filename)}",
        place=inner_place(archive, entry.filename),
        read_from=partial(_read_entry, read_from, entry, limits),
        size_bytes=entry.file_size,
        is_seekable=False,
    )


def _read_entry(read_from: ReadFrom, entry: zipfile.ZipInfo, limits: Limits, offset_bytes: int) -> Iterator[bytes]:
    """Contents of an entry. By our own hand: zipfile would want an open file for every archive."""
    if entry.flag_bits & (_ENCRYPTED | _PATCHED):
        raise BrokenStream("it is encrypted in its zip archive: unpack it with its password first")
    header = take(read_from(entry.header_offset), _LOCAL_HEADER_BYTES)
    if len(header) < _LOCAL_HEADER_BYTES or not header.startswith(b"PK\x03\x04"):
        raise BrokenStream("the zip archive is damaged: there is no entry where one must be")
    names = (int.from_bytes(header[at : at + 2], "little") for at in (_STORED_NAME_AT, _STORED_NAME_AT + 2))
    start = entry.header_offset + _LOCAL_HEADER_BYTES + sum(names)
    stored = window(read_from, start, entry.compress_size)(0)
    if entry.compress_type == zipfile.ZIP_STORED:
        chunks = stored
    elif entry.compress_type == zipfile.ZIP_DEFLATED:
        meter = Meter(limits)
        chunks = meter.given(_inflate(meter.stored(stored)))
    else:
        raise BrokenStream(f"its zip archive uses method {entry.compress_type}, which is not read: unpack it first")
    yield from _skip(_check(chunks, entry.CRC), offset_bytes)


def _inflate(chunks: Iterator[bytes]) -> Iterator[bytes]:
    decoder = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for chunk in chunks:
            data = chunk
            while data and not decoder.eof:
                yield decoder.decompress(data, _OUTPUT_BYTES)
                data = decoder.unconsumed_tail
    except zlib.error as error:
        raise BrokenStream(f"the zip archive is damaged ({error})") from error
    while not decoder.eof and (rest := decoder.decompress(b"", _OUTPUT_BYTES)):
        yield rest
    if not decoder.eof:
        raise BrokenStream("the zip archive ends early")


def _check(chunks: Iterator[bytes], checksum: int) -> Iterator[bytes]:
    seen = 0
    for chunk in chunks:
        seen = zlib.crc32(chunk, seen)
        yield chunk
    if seen != checksum:
        raise BrokenStream("the zip archive is damaged (wrong checksum)")


def _skip(chunks: Iterator[bytes], count: int) -> Iterator[bytes]:
    for chunk in chunks:
        if chunk[count:]:
            yield chunk[count:]
        count = max(0, count - len(chunk))


def inner_place(archive: Blob, name: str) -> PurePosixPath:
    """Where an entry lies: below its archive, whatever it calls itself."""
    return archive.place / PurePosixPath(
        *(part for part in name.replace("\\", "/").split("/") if part not in {"", ".", ".."})
    )


def shown(name: str) -> str:
    """A name that an archive gives, fit for a terminal."""
    printable = "".join(letter if letter.isprintable() else "�" for letter in name)
    return printable if len(printable) <= _SHOWN_CHARACTERS else "…" + printable[-_SHOWN_CHARACTERS:]
