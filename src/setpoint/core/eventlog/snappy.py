"""Snappy as snappy-java's SnappyOutputStream writes it, decoded without a library.

Format: https://github.com/google/snappy/blob/main/format_description.txt; the framing is snappy-java's own: an
8-byte magic, two 4-byte versions, then blocks, each after its length in 4 bytes, big-endian.
"""

from collections.abc import Callable, Iterator

MAGIC = b"\x82SNAPPY\x00"
_HEADER_BYTES = 16
_BLOCK_LIMIT_BYTES = 64 * 1024 * 1024


class SnappyError(ValueError):
    """The text completes "the Snappy stream …"."""


def read_frames(take: Callable[[int], bytes]) -> Iterator[bytes]:
    """Plain blocks of a stream, `take(n)` giving the next n bytes. A header may come again where files were joined."""
    while head := take(4):
        if head == MAGIC[:4]:
            _take_all(take, _HEADER_BYTES - 4)
            yield b""  # so that whoever reads can count headers without end
            continue
        length = int.from_bytes(head, "big")
        if len(head) < 4:  # noqa: PLR2004 - the length field has four bytes
            raise SnappyError("ends early")
        if length > _BLOCK_LIMIT_BYTES:
            raise SnappyError("is damaged (a block of impossible length)")
        yield decompress_block(_take_all(take, length))


def _take_all(take: Callable[[int], bytes], count: int) -> bytes:
    data = take(count)
    if len(data) < count:
        raise SnappyError("ends early")
    return data


def decompress_block(block: bytes) -> bytes:
    r"""Plain bytes of one raw Snappy block.

    >>> decompress_block(b"\x0a\x04ab\x1e\x02\x00")
    b'ababababab'
    """
    try:
        length, at = _read_length(block)
        if length > _BLOCK_LIMIT_BYTES:
            raise SnappyError("is damaged (a block of impossible length)")
        plain = _decode_elements(block, at, length)
    except IndexError as error:
        raise SnappyError("is damaged (a block ends inside an element)") from error
    if len(plain) != length:
        raise SnappyError("is damaged (a block has the wrong length)")
    return bytes(plain)


def _read_length(block: bytes) -> tuple[int, int]:
    length = shift = at = 0
    while True:
        byte = block[at]
        length |= (byte & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if byte < 0x80:  # noqa: PLR2004 - the top bit says that more follows
            return length, at


def _decode_elements(block: bytes, at: int, length: int) -> bytearray:
    plain = bytearray()
    while at < len(block) and len(plain) <= length:
        tag = block[at]
        kind = tag & 3
        if kind == 0:
            at = _append_literal(plain, block, at)
        elif kind == 1:
            _append_copy(plain, (tag >> 5) << 8 | block[at + 1], (tag >> 2 & 7) + 4)
            at += 2
        else:
            width = 2 * (kind - 1)
            _append_copy(plain, int.from_bytes(block[at + 1 : at + 1 + width], "little"), (tag >> 2) + 1)
            at += 1 + width
    return plain


def _append_literal(plain: bytearray, block: bytes, at: int) -> int:
    size = block[at] >> 2
    at += 1
    if size >= 60:  # noqa: PLR2004 - 60 to 63: the size stands in the next one to four bytes
        width = size - 59
        size = int.from_bytes(block[at : at + width], "little")
        at += width
    plain += block[at : at + size + 1]
    return at + size + 1


def _append_copy(plain: bytearray, offset: int, size: int) -> None:
    start = len(plain) - offset
    if offset == 0 or start < 0:
        raise SnappyError("is damaged (a copy from before the block)")
    if offset >= size:
        plain += plain[start : start + size]
    else:
        pattern = bytes(plain[start:])
        plain += (pattern * (size // offset + 1))[:size]
