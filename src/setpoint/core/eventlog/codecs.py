"""Compressed chunks to plain chunks, by the magic bytes at the start of a stream and never by a file's name."""

import zlib
from bz2 import BZ2Decompressor
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from setpoint.core.eventlog import snappy

_OUTPUT_BYTES = 64 * 1024
"""At most so much comes out at a time, however well it was packed; it stays in the processor's nearest caches."""
_LZ4_BLOCK_LIMIT_BYTES = 64 * 1024 * 1024
"""Java's LZ4BlockOutputStream makes blocks of 32 MiB at most."""
_FREE_PIECES = 20_000
_LEAST_BYTES_PER_PIECE = 64
"""An event is longer, and no writer begins a member for less; each costs the time of a KiB at least."""


class BrokenStream(Exception):  # noqa: N818 - reads as a statement
    """A compressed stream is cut off or damaged; its text says which."""


class MissingPart(BrokenStream):
    """A part of the log is not there at all; its text says which."""


class _Decoder(Protocol):
    """What zlib, bz2, lz4.frame and zstd decoders share."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes | None: ...


_D = TypeVar("_D", bound=_Decoder)


def decompress(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Plain bytes of a stream that is plain or compressed with gzip, bzip2, zstd, LZ4 or Snappy.

    Raises:
        BrokenStream: the stream is cut off or damaged; all that could be read was given before.
    """
    source = iter(chunks)
    head = b""
    for chunk in source:
        head += chunk
        if len(head) >= _LONGEST_MAGIC:
            break
    reader = next((reader for magic, reader in _READERS.items() if head.startswith(magic)), None)
    rest = _chain(head, source)
    return rest if reader is None else _substantial(reader(rest))


def is_compressed(head: bytes) -> bool:
    """Whether a stream that begins so is compressed in a way that `decompress` reads."""
    return head.startswith(tuple(_READERS))


def _chain(head: bytes, source: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from source


def _substantial(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pieces that hold something; a stream of members with next to nothing in them would cost hours for a MB."""
    size = 0
    for count, piece in enumerate(pieces, 1):
        size += len(piece)
        if count > _FREE_PIECES and size < count * _LEAST_BYTES_PER_PIECE:
            raise BrokenStream("the compressed stream is damaged (it goes on with next to nothing in it)")
        if piece:
            yield piece


def _gzip(chunks: Iterator[bytes]) -> Iterator[bytes]:
    def feed(decoder: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
        while data and not decoder.eof:
            yield decoder.decompress(data, _OUTPUT_BYTES)
            data = decoder.unconsumed_tail

    return _members("gzip", chunks, lambda: zlib.decompressobj(31), feed, (zlib.error,))


def _bzip2(chunks: Iterator[bytes]) -> Iterator[bytes]:
    return _members("bzip2", chunks, BZ2Decompressor, _feed_bounded, (OSError, ValueError))


def _lz4_frame(chunks: Iterator[bytes]) -> Iterator[bytes]:
    from lz4.frame import LZ4FrameDecompressor

    return _members("LZ4 frame", chunks, LZ4FrameDecompressor, _feed_bounded, (RuntimeError, ValueError))


def _zstd(chunks: Iterator[bytes]) -> Iterator[bytes]:
    from setpoint.core.zstd import zstd

    return _members("zstd", chunks, zstd.ZstdDecompressor, _feed_bounded, (zstd.ZstdError,))


class _BoundedDecoder(_Decoder, Protocol):
    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def _feed_bounded(decoder: _BoundedDecoder, data: bytes) -> Iterator[bytes]:
    yield decoder.decompress(data, _OUTPUT_BYTES)
    while not decoder.eof and not decoder.needs_input:
        yield decoder.decompress(b"", _OUTPUT_BYTES)


def _members(
    name: str,
    chunks: Iterator[bytes],
    new_decoder: Callable[[], _D],
    feed: Callable[[_D, bytes], Iterator[bytes]],
    errors: tuple[type[Exception], ...],
) -> Iterator[bytes]:
    """Members (gzip), streams (bzip2) or frames (zstd, LZ4) one after the other, as `cat` makes them."""
    decoder: _D | None = None
    try:
        for chunk in chunks:
            data = chunk
            # Zeros between them are padding: tapes and some stores fill their blocks.
            while data := data if decoder else data.lstrip(b"\0"):
                decoder = decoder or new_decoder()
                yield from feed(decoder, data)
                data = b""
                if decoder.eof:
                    data, decoder = decoder.unused_data or b"", None
    except errors as error:
        raise BrokenStream(f"the {name} stream is damaged ({error})") from error
    if decoder is not None:
        raise BrokenStream(f"the {name} stream ends early")


class _Bytes:
    """A stream of chunks read by count."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = bytearray()

    def take(self, count: int) -> bytes:
        """The next `count` bytes, fewer where the stream ends."""
        while len(self._held) < count and (chunk := next(self._chunks, None)) is not None:
            self._held += chunk
        taken = bytes(self._held[:count])
        del self._held[:count]
        return taken


def _lz4_block(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Framing of lz4-java's LZ4BlockOutputStream: magic, token, compressed, plain length, checksum, block."""
    from lz4.block import LZ4BlockError, decompress

    source = _Bytes(chunks)
    while header := source.take(21):
        if len(header) < 21:  # noqa: PLR2004 - the length of the header, see above
            raise BrokenStream("the LZ4Block stream ends early")
        stored, plain = (int.from_bytes(header[i : i + 4], "little") for i in (9, 13))
        if header[:8] != b"LZ4Block" or max(stored, plain) > _LZ4_BLOCK_LIMIT_BYTES:
            raise BrokenStream("the LZ4Block stream is damaged (no block header where one must be)")
        block = source.take(stored)
        if len(block) < stored:
            raise BrokenStream("the LZ4Block stream ends early")
        is_raw = header[8] & 0xF0 == 0x10  # noqa: PLR2004 - COMPRESSION_METHOD_RAW of lz4-java
        try:
            yield block if is_raw or not stored else decompress(block, uncompressed_size=plain)
        except (LZ4BlockError, ValueError) as error:
            raise BrokenStream(f"the LZ4Block stream is damaged ({error})") from error


def _snappy(chunks: Iterator[bytes]) -> Iterator[bytes]:
    source = _Bytes(chunks)
    try:
        yield from snappy.read_frames(source.take)
    except snappy.SnappyError as error:
        raise BrokenStream(f"the Snappy stream {error}") from error


_READERS: dict[bytes, Callable[[Iterator[bytes]], Iterator[bytes]]] = {
    b"\x1f\x8b": _gzip,
    b"BZh": _bzip2,
    b"\x28\xb5\x2f\xfd": _zstd,
    b"\x04\x22\x4d\x18": _lz4_frame,
    b"LZ4Block": _lz4_block,
    snappy.MAGIC: _snappy,
}
_LONGEST_MAGIC = max(map(len, _READERS))
