"""Lines do not depend on how a text comes in pieces, and none takes more memory than is allowed."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.eventlog.codecs import BrokenStream
from setpoint.core.eventlog.lines import OVERLONG_LINE, line_blocks

texts = st.lists(st.binary(max_size=12) | st.just(b"\n") | st.just(b"line\n"), max_size=20).map(b"".join)
cuts = st.lists(st.floats(0, 1), max_size=8)


def pieces(text: bytes, cuts: list[float]) -> list[bytes]:
    borders = [0, *sorted(int(cut * len(text)) for cut in cuts), len(text)]
    return [text[first:last] for first, last in pairwise(borders)]


def lines(chunks: Iterator[bytes] | list[bytes], limit: int = 10**6) -> list[bytes]:
    return [line for block in line_blocks(chunks, limit) for line in block]


def wanted(text: bytes, limit: int) -> list[bytes]:
    """Lines with their line feeds, those above the limit replaced."""
    whole = [line + b"\n" for line in text.split(b"\n")]
    whole[-1] = whole[-1][:-1]
    ends = (b"\n" if line.endswith(b"\n") else b"" for line in whole)
    return [OVERLONG_LINE + end if len(line) > limit else line for line, end in zip(whole, ends, strict=True) if line]


@given(texts, cuts)
def test_any_chunks_give_the_lines_of_the_text(text: bytes, cuts: list[float]) -> None:
    assert lines(pieces(text, cuts)) == wanted(text, 10**6)


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 200_000])
def test_chunks_that_are_longer_than_a_piece(size: int) -> None:
    text = b"x" * size + b"\nshort\n" + b"y" * size
    assert lines([text]) == wanted(text, 10**6)


def test_lines_above_the_limit_are_dropped_without_being_held() -> None:
    assert lines([b"a\n" + b"x" * 6, b"x" * 6, b"x\nb\n"], 10) == [b"a\n", OVERLONG_LINE + b"\n", b"b\n"]
    assert lines([b"x" * 6, b"x" * 6, b"x" * 6], 10) == [OVERLONG_LINE]


@given(st.integers(1, 30), st.integers(1, 7), st.integers(0, 5))
def test_a_long_line_in_small_chunks_is_one_line_too_long(extra: int, size: int, before: int) -> None:
    text = b"ok\n" * before + b"x" * (10 + extra) + b"\nok\n"
    chunks = [text[i : i + size] for i in range(0, len(text), size)]
    assert lines(chunks, 10) == [*[b"ok\n"] * before, OVERLONG_LINE + b"\n", b"ok\n"]


@given(texts, cuts)
def test_what_came_before_a_break_is_given(text: bytes, cuts: list[float]) -> None:
    def broken() -> Iterator[bytes]:
        yield from pieces(text, cuts)
        raise BrokenStream("here")

    found: list[bytes] = []

    def gather() -> None:
        for block in line_blocks(broken()):
            found.extend(block)

    with pytest.raises(BrokenStream, match="here"):
        gather()
    assert found == wanted(text, 10**6)
