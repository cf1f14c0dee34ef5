"""A log split at any lines, folded in parts and merged in any grouping, gives the profiles of the whole."""

import pickle
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.eventlog.mutants import any_log, built, bulk, several, whole_log

from setpoint.core.eventlog import LogFold
from setpoint.core.profile import Profile

SEEDS = st.integers(0, 10**9)
Answer = tuple[tuple[Profile, ...], str, int, int]


def fold(lines: list[bytes]) -> LogFold:
    folded = LogFold()
    for line in lines:
        folded.feed(line)
    return folded


def answer(folded: LogFold) -> Answer:
    return folded.profiles(), folded.describe(), folded.lines, folded.bytes


def merged(parts: list[LogFold]) -> LogFold:
    first, *rest = parts
    for part in rest:
        first.merge(part)
    return first


def grouped(parts: list[LogFold], random: Random) -> LogFold:
    """Merged two neighbours at a time, in any order."""
    while len(parts) > 1:
        at = random.randrange(len(parts) - 1)
        parts[at].merge(parts.pop(at + 1))
    return parts[0]


def split(lines: list[bytes], random: Random, count: int) -> list[list[bytes]]:
    borders = sorted(random.randint(0, len(lines)) for _ in range(count - 1))
    return [lines[i:j] for i, j in zip([0, *borders], [*borders, len(lines)], strict=True)]


@settings(max_examples=150)
@given(SEEDS, st.integers(2, 8))
def test_parts_merged_in_any_grouping_equal_the_whole(seed: int, count: int) -> None:
    lines, random = any_log(seed), Random(seed)
    whole = answer(fold(lines))
    parts = split(lines, random, count)
    assert answer(merged([fold(part) for part in parts])) == whole
    assert answer(grouped([fold(part) for part in parts], random)) == whole


@pytest.mark.parametrize("make", [built, bulk, several])
@pytest.mark.parametrize("seed", range(3))
def test_every_place_to_split(make: Callable[[Random], list[bytes]], seed: int) -> None:
    lines = make(Random(seed))[:400]
    whole = answer(fold(lines))
    for place in range(0, len(lines) + 1, max(1, len(lines) // 60)):
        parts = [fold(lines[:place]), fold(lines[place:])]
        assert answer(merged(parts)) == whole


@settings(max_examples=60)
@given(SEEDS)
def test_parts_come_back_from_other_processes(seed: int) -> None:
    lines, random = any_log(seed), Random(seed)
    parts = [pickle.loads(pickle.dumps(fold(part))) for part in split(lines, random, 3)]  # noqa: S301 - our own
    assert answer(merged(parts)) == answer(fold(lines))


@settings(max_examples=60)
@given(SEEDS)
def test_asking_in_between_changes_nothing(seed: int) -> None:
    lines, random = any_log(seed), Random(seed)
    folded = LogFold()
    for part in split(lines, random, 4):
        for line in part:
            folded.feed(line)
        folded.profiles()
        assert folded.profiles() == folded.profiles()
    assert answer(folded) == answer(fold(lines))


@settings(max_examples=40)
@given(SEEDS, st.integers(100, 100_000))
def test_lines_and_chunks_are_read_alike(seed: int, size: int) -> None:
    lines = any_log(seed)
    data = b"".join(lines)
    chunked = LogFold()
    chunked.read(data[i : i + size] for i in range(0, len(data), size))
    assert answer(chunked) == answer(fold(lines))


@settings(max_examples=40)
@given(SEEDS)
def test_lost_parts_are_remembered_where_they_were(seed: int) -> None:
    lines, random = whole_log(seed), Random(seed)
    first, second, third = split(lines, random, 3)
    whole = fold(first)
    whole.lose_part("part 2: gone")
    for line in [*second, *third]:
        whole.feed(line)
    early = fold(first)
    early.lose_part("part 2: gone")
    assert answer(merged([early, fold(second), fold(third)])) == answer(whole)
