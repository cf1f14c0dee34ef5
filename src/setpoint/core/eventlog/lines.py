"""Chunks of text to lines, with bounded memory."""

from collections.abc import Iterable, Iterator

from setpoint.core.eventlog.codecs import BrokenStream

MAX_LINE_BYTES = 64 * 1024 * 1024
"""The longest lines known hold SQL plans of some MB; what is longer than this is not an event."""

OVERLONG_LINE = b"<line too long>"
"""Stands for a line above the limit; it does not decode, so it is counted as skipped."""


def split_lines(chunks: Iterable[bytes], max_line_bytes: int = MAX_LINE_BYTES) -> Iterator[bytes]:
    r"""Lines without their line feed; the last one may lack it.

    Where the stream breaks, what came before is given first.

    >>> list(split_lines([b"one\ntw", b"o\n", b"three"]))
    [b'one', b'two', b'three']
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
        first, *rest = chunk.split(b"\n")
        held_bytes += len(first)
        if held_bytes <= max_line_bytes:
            held.append(first)
        else:
            held = [OVERLONG_LINE]
        if rest:
            yield b"".join(held)
            last = rest.pop()
            yield from rest
            held, held_bytes = [last], len(last)
    if held_bytes:
        yield b"".join(held)
    if broken is not None:
        raise broken
