"""A log cut into units of work that can be folded apart: stretches of plain files, and whole compressed ones."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from setpoint.core.eventlog import LogFold
from setpoint.core.eventlog.codecs import BrokenStream
from setpoint.core.eventlog.lines import line_blocks
from setpoint.sources.blobs import LOCAL_CHUNK_BYTES
from setpoint.sources.logs import Gap, Log, Part, Tally

_PACKED_FACTOR = 12
"""What a compressed byte counts for: logs shrink to a tenth or less."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a log, or a stretch of it that begins with a line and ends with one."""

    part: Part
    is_one_of_many: bool
    start: int = 0
    end: int | None = None
    """None is the end of the part, wherever that will be."""


Unit = tuple[Piece | Gap, ...]
"""Pieces that follow each other."""


def work_bytes(log: Log) -> int:
    """About how many plain bytes there are to fold, so far as that can be shared; 0 where nothing can."""
    shareable = all(part.local_path is not None for part in log.files)
    return sum(map(_work_of, log.files)) if shareable else 0


def _work_of(part: Part) -> int:
    return (part.size_bytes or 0) * (1 if part.is_plain else _PACKED_FACTOR)


def whole(log: Log) -> Unit:
    """All of a log."""
    return tuple(part if isinstance(part, Gap) else Piece(part, len(log.parts) > 1) for part in log.parts)


def cut(log: Log, unit_bytes: int) -> list[Unit]:
    """Units of about this much work, in the order of the log."""
    units: list[Unit] = []
    gathered: list[Piece | Gap] = []
    gathered_bytes = 0
    for piece, piece_bytes in _pieces(log, unit_bytes):
        if gathered_bytes and gathered_bytes + piece_bytes > unit_bytes:
            units.append(tuple(gathered))
            gathered, gathered_bytes = [], 0
        gathered.append(piece)
        gathered_bytes += piece_bytes
    return [*units, tuple(gathered)] if gathered else units


def _pieces(log: Log, most_bytes: int) -> Iterator[tuple[Piece | Gap, int]]:
    is_one_of_many = len(log.parts) > 1
    for part in log.parts:
        if isinstance(part, Gap):
            yield part, 0
            continue
        borders = [0, *_line_starts(part, most_bytes)]
        for start, end in zip(borders, [*borders[1:], None], strict=True):
            work = _work_of(part) if len(borders) == 1 else (end or part.size_bytes or start) - start
            yield Piece(part, is_one_of_many, start, end), work


def _line_starts(part: Part, distance_bytes: int) -> list[int]:
    """Where lines begin, about this far from each other; none where the part cannot be cut."""
    if part.local_path is None or not part.is_plain or part.size_bytes is None:
        return []
    starts = []
    try:
        with part.local_path.open("rb", buffering=LOCAL_CHUNK_BYTES) as stream:
            wanted = distance_bytes
            while wanted < part.size_bytes:
                # From one byte before, which may be the line feed.
                stream.seek(wanted - 1)
                while not (line := stream.readline(LOCAL_CHUNK_BYTES)).endswith(b"\n") and line:
                    pass
                if stream.tell() >= part.size_bytes:
                    break
                starts.append(stream.tell())
                wanted = starts[-1] + distance_bytes
    except OSError:
        return []  # whoever reads it will say so
    return starts


def fold_unit(fold: LogFold, unit: Unit, tally: Tally | None = None) -> None:
    """Take in a unit that follows what was folded before. What is lost is noted."""
    for piece in unit:
        if isinstance(piece, Gap):
            fold.read(piece.open())
            continue
        name = piece.part.place.name if piece.is_one_of_many else ""
        if (piece.start, piece.end) == (0, None):
            fold.read(piece.part.open(tally=tally), name)
        else:
            feed_lines(fold, partial(_stretch, piece, tally), name)


def feed_lines(fold: LogFold, chunks: Callable[[], Iterator[bytes]], name: str) -> None:
    """Take in plain lines as they stand: in the middle of a log nothing is a sign of compression."""
    try:
        for block in line_blocks(chunks()):
            fold.feed(block.read())
    except BrokenStream as broken:
        fold.lose_part(f"{name}: {broken}" if name else str(broken))


def _stretch(piece: Piece, tally: Tally | None) -> Iterator[bytes]:
    left = sys.maxsize if piece.end is None else piece.end - piece.start
    for chunk in piece.part.blob.read_from(piece.start):
        wanted = chunk[:left]
        left -= len(wanted)
        if tally is not None:
            tally(len(wanted))
        yield wanted
        if not left:
            return
