"""Chunks of text to lines, with bounded memory and at the speed of the C library."""

from collections.abc import Iterable, Iterator
from io import BytesIO

from setpoint.core.eventlog.codecs import BrokenStream

MAX_LINE_BYTES = 64 * 1024 * 1024
"""The longest lines known hold SQL plans of some MB; what is longer than this is not an event."""

OVERLONG_LINE = b"<line too long>"
"""Stands for a line above the limit; it does not decode, so it is counted as skipped."""


def line_blocks(chunks: Iterable[bytes], max_line_bytes: int = MAX_LINE_BYTES) -> Iterator[BytesIO]:
    r"""Lines with their line feed, many at a time; the last one may lack it.

    A block stands where its first line begins, which need not be its start: iterating a BytesIO is the fastest way to
    lines that there is, as long as nothing is copied into it.

    Where the stream breaks, what came before is given first.

    >>> [list(block) for block in line_blocks([b"one\ntw", b"o\nthree\n", b"four"])]
    [[b'one\n'], [b'two\n'], [b'three\n'], [b'four']]
    """
    held: list[bytes] = []
    held_bytes = 0
    broken: BrokenStream | None = None
    source = iter(chunks)
    while True:
        try:
            chunk = next(source, None)
        except BrokenStream as error:
            broken, chunk = error, None
        if chunk is None:
            break
        first = chunk.find(b"\n") + 1
        held_bytes += first or len(chunk)
        if held_bytes <= max_line_bytes:
            held.append(chunk[:first] if first else chunk)
        else:
            held = [OVERLONG_LINE, b"\n" if first else b""]
        if first:
            yield BytesIO(b"".join(held))
            last = chunk.rfind(b"\n") + 1
            if last > first:
                block = BytesIO(chunk)
                block.truncate(last)
                block.seek(first)
                yield block
            held, held_bytes = [chunk[last:]], len(chunk) - last
    if held_bytes:
        yield BytesIO(b"".join(held))
    if broken is not None:
        raise broken
