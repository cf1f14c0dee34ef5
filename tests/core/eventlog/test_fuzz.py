"""Whatever stands in a log: no crash, no hang, no more memory than is needed, and one bad line costs one line."""

import json
import math
import tracemalloc
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.eventlog.mutants import CORPUS, cut, damaged_log, mutant, real, whole_log
from tests.core.eventlog.test_codecs import CODECS, COMPRESSED

from setpoint.core.eventlog import LogFold
from setpoint.core.eventlog.lines import MAX_LINE_BYTES
from setpoint.core.profile import Completeness, Profile
from setpoint.testing.eventlog_bulk import BulkPlan, bulk_lines

SEEDS = st.integers(0, 10**9)
LARGEST_PROFILE_BYTES = 200_000
MIB = 1024 * 1024
GARBAGE = (b"\x00\xff\xfe garbage", b"null", b"[]", b'"text"', b"{", b'{"Event":', b'{"Event":7}', b"<html>", b"\xff{}")
HARD = ("x", " ", "\n", "é", "a at ", "//a", "(1", "[1 paths](", "node ", "x.", "7", "Scan ", "\t1")
"""What regular expressions stumble over when there is much of it."""


def read(data: bytes, chunk_bytes: int = MIB) -> LogFold:
    folded = LogFold()
    folded.read(data[i : i + chunk_bytes] for i in range(0, len(data), chunk_bytes))
    return folded


def check(folded: LogFold) -> tuple[Profile, ...]:
    """What holds for the profiles of any log at all."""
    profiles = folded.profiles()
    assert folded.describe()
    for profile in profiles:
        assert len(msgspec.json.encode(profile)) <= LARGEST_PROFILE_BYTES
        assert all(math.isfinite(number) for number in numbers(profile))
        assert profile.wall_seconds >= 0
        assert min(getattr(profile.counts, name.name) for name in fields(profile.counts)) >= 0
        assert all(stage.submitted <= stage.completed for stage in profile.stages)
        assert all(job.started <= job.ended for job in profile.jobs)
    return profiles


def numbers(value: object) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from numbers(one)
    elif is_dataclass(value):
        for one in fields(value):
            yield from numbers(getattr(value, one.name))


@settings(max_examples=300)
@given(SEEDS)
def test_any_damage_gives_profiles_or_none(seed: int) -> None:
    check(read(b"".join(damaged_log(seed))))


@pytest.mark.skipif(not CORPUS.exists(), reason="no corpus of event logs beside the repository")
@settings(max_examples=150)
@given(SEEDS)
def test_any_change_to_recorded_lines(seed: int) -> None:
    random = Random(seed)
    check(read(b"".join(mutant(random, line) if random.random() < 0.2 else line for line in real(random))))


@settings(max_examples=150)
@given(SEEDS, st.sampled_from(GARBAGE) | st.none())
def test_one_bad_line_costs_one_line(seed: int, garbage: bytes | None) -> None:
    lines, random = whole_log(seed), Random(seed)
    at = random.randrange(len(lines))
    bad = cut(random, lines[at].rstrip(b"\n")) if garbage is None else garbage
    if bad.isspace() or not bad:
        return
    before, after = lines[:at], lines[at + 1 :]
    without, damaged = check(read(b"".join([*before, *after]))), check(read(b"".join([*before, bad + b"\n", *after])))
    assert [known(profile) for profile in damaged] == [known(profile) for profile in without]
    assert skipped(damaged) == skipped(without) + bool(damaged)
    if skipped(damaged) == 1:
        told = next(profile.completeness for profile in damaged if profile.completeness.lines_skipped)
        assert (told.first_skipped_line, told.first_skipped_offset) == (at + 1, len(b"".join(before)))


def skipped(profiles: tuple[Profile, ...]) -> int:
    return sum(profile.completeness.lines_skipped for profile in profiles)


def known(profile: Profile) -> Profile:
    return replace(profile, completeness=Completeness("complete"))


@pytest.mark.parametrize("codec", COMPRESSED)
@settings(max_examples=40)
@given(seed=SEEDS, chunk_bytes=st.integers(1, 100_000))
def test_damaged_streams(codec: str, seed: int, chunk_bytes: int) -> None:
    random = Random(seed)
    packed = bytearray(CODECS[codec](b"".join(list(bulk_lines(BulkPlan(1, 3, 1, seed=seed % 5)))[3:])))
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(packed))
        match random.choice(("cut", "flip", "drop", "double")):
            case "cut":
                del packed[max(1, at) :]
            case "flip":
                packed[at] ^= 1 << random.randrange(8)
            case "drop":
                del packed[at : at + random.randint(1, 50)]
            case _:
                packed[at:at] = packed[at : at + random.randint(1, 2000)]
    check(read(bytes(packed), chunk_bytes))


@pytest.mark.parametrize("text", HARD)
def test_long_texts_take_no_long_time_and_are_not_kept_whole(text: str) -> None:
    lines = {line[:80].partition(b",")[0]: line for line in bulk_lines(BulkPlan(3, 2, 1, lost_executors=1))}
    check(read(b"".join(everywhere(list(lines.values()), text * (60_000 // len(text))))))


def everywhere(lines: list[bytes], text: str) -> Iterator[bytes]:
    """Every line once for each of its texts, with the long text in its place."""
    for line in lines:
        event = json.loads(line)
        for branch, key in list(texts(event))[:40]:
            branch[key], kept = text, branch[key]
            yield msgspec.json.encode(event) + b"\n"
            branch[key] = kept


def texts(value: object) -> Iterator[tuple[dict[str, object], str]]:
    if isinstance(value, list):
        for one in value[:3]:
            yield from texts(one)
    if isinstance(value, dict):
        for key, one in value.items():
            if isinstance(one, str) and key != "Event":
                yield value, key
            yield from texts(one)


def test_a_profile_stays_small_whatever_there_is_much_of() -> None:
    stages = [line for number in range(3) for line in bulk_lines(BulkPlan(600, 1, 400, 1, number))]
    (profile,) = check(read(b"".join(stages)))
    assert profile.counts.tasks - profile.counts.failed_tasks == 600 * 3


def test_lines_without_end_take_bounded_memory() -> None:
    tracemalloc.start()
    folded = LogFold()
    chunk = b"x" * MIB
    folded.read(chunk for _ in range(2 * MAX_LINE_BYTES // MIB))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert not check(folded)
    assert peak < 2.2 * MAX_LINE_BYTES


def test_more_tasks_take_no_more_memory() -> None:
    *most, end = bulk_lines(BulkPlan(3, 300, 4))
    chunk = b"".join(line for line in most if b"SparkListenerTaskEnd" in line[:40])
    peaks = []
    for times in (12, 48):
        tracemalloc.start()
        folded = LogFold()
        folded.read([*most, *([chunk] * times), end])
        check(folded)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.15
