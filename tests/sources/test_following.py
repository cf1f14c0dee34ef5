"""However a log grows and however often it is looked at, in the end there is the same as after reading it once."""

import gzip
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.made_logs import FIRST, LINES, SECOND, TEXT, log_of, write, zip_of

from setpoint.core.eventlog import lines
from setpoint.core.zstd import zstd
from setpoint.errors import EventLogError
from setpoint.sources import Follower, blobs, read_profiles

DAMAGED = b"".join([*LINES[:4], b"\x1f\x8bnot a line\n", *LINES[4:9], b'{"Event":"Spark\n', *LINES[9:]])
TEXTS = {
    "whole": TEXT,
    "damaged": DAMAGED,
    "two applications": TEXT + log_of("app-2", "1"),
    "cut off": TEXT[:-40],
    "empty lines": b"\n\n" + TEXT,
}


def pieces(text: bytes, cuts: list[int]) -> Iterator[bytes]:
    borders = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    for start, end in pairwise(borders):
        yield text[start:end]


def append(file: Path, data: bytes) -> None:
    with file.open("ab") as stream:
        stream.write(data)


CUTS = st.lists(st.integers(0, 10**7), max_size=12)


@given(kind=st.sampled_from(sorted(TEXTS)), cuts=CUTS)
def test_any_growth_of_one_file_gives_the_whole(
    tmp_path_factory: pytest.TempPathFactory, kind: str, cuts: list[int]
) -> None:
    text = TEXTS[kind]
    file = write(tmp_path_factory.mktemp("grows") / "app-1", b"")
    follower = Follower(file)
    for piece in pieces(text, cuts):
        append(file, piece)
        follower.advance()
        assert all(it.completeness.lines_skipped <= 2 * (kind == "damaged") for it in follower.profiles())
        assert not follower.advance()
    follower.finish()

    assert follower.profiles() == tuple(read_profiles(file))
    assert not follower.advance()


@settings(deadline=None, max_examples=30)
@given(cuts=CUTS, borders=st.lists(st.integers(1, len(LINES) - 1), min_size=1, max_size=4), second=st.integers(2, 3))
@pytest.mark.parametrize("suffix", ["", ".zstd", ".gz"])
def test_any_growth_of_rolled_parts_gives_the_whole(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, cuts: list[int], borders: list[int], second: int
) -> None:
    folder = tmp_path_factory.mktemp("eventlog_v2_app-1")
    packers: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".zstd": zstd.compress, ".gz": gzip.compress}
    pack = packers[suffix]
    edges = [0, *sorted(borders), len(LINES)]
    follower: Follower | None = None
    for number, (start, end) in enumerate(pairwise(edges), start=1):
        file = write(folder / f"events_{number if number == 1 else number + second - 2}_app-1{suffix}", b"")
        # The line feed that ends a part may be missing.
        for piece in pieces(pack(b"".join(LINES[start:end])[: -1 if number % 2 else None]), cuts):
            append(file, piece)
            follower = follower or Follower(folder)
            follower.advance()
    assert follower is not None
    follower.finish()

    assert follower.profiles() == tuple(read_profiles(folder))


def test_an_unfinished_line_is_no_damage_while_the_log_grows(tmp_path: Path) -> None:
    file = write(tmp_path / "app-1", TEXT[:-30])
    follower = Follower(file)
    assert follower.advance()
    (growing,) = follower.profiles()
    follower.finish()
    (final,) = follower.profiles()

    assert (growing.completeness.lines_skipped, final.completeness.lines_skipped) == (0, 1)


def test_a_line_that_grows_too_long_is_skipped_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines.line_blocks, "__defaults__", (5000,))
    monkeypatch.setattr(blobs, "LOCAL_CHUNK_BYTES", 500)
    long = b'{"Event":"x","y":"' + b"y" * 9000 + b'"}\n'
    file = write(tmp_path / "app-1", FIRST)
    follower = Follower(file)
    for piece in (long[:4000], long[4000:6000], long[6000:8000], long[8000:], SECOND):
        append(file, piece)
        assert follower.advance()
    follower.finish()

    assert follower.profiles() == tuple(read_profiles(file))
    assert follower.profiles()[0].completeness.lines_skipped == 1


def test_the_end_of_the_application_is_seen_and_its_new_name_found(tmp_path: Path) -> None:
    file = write(tmp_path / "app-1.inprogress", FIRST)
    follower = Follower(file)
    ended = []
    for more in (SECOND, b""):
        follower.advance()
        ended.append(follower.has_ended)
        append(file, more)
        file = file.rename(tmp_path / "app-1")

    assert ended == [False, True]
    assert follower.profiles() == tuple(read_profiles(tmp_path / "app-1"))


def test_what_changed_instead_of_growing_is_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "eventlog_v2_app-1"
    write(folder / "events_1_app-1", FIRST)
    last = write(folder / "events_2_app-1", SECOND)
    follower = Follower(folder)
    follower.advance()
    write(folder / "events_2_app-1.compact", TEXT)
    last.unlink()
    assert follower.advance()
    assert follower.profiles() == tuple(read_profiles(folder))

    write(folder / "events_2_app-1.compact", log_of("app-9")[:3000])
    follower.advance()
    follower.finish()
    assert [profile.application.id for profile in follower.profiles()] == ["app-9"]


def test_a_compressed_part_is_known_while_it_is_written(tmp_path: Path) -> None:
    file = write(tmp_path / "app-1.zstd", zstd.compress(FIRST) + zstd.compress(SECOND)[:-20])
    follower = Follower(file)
    follower.advance()
    (profile,) = follower.profiles()

    assert profile.counts.tasks > 0
    assert profile.completeness.state == "cut_off"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("https://host/log", "is not on this machine"),
        ("x.zip", "lies in an archive, so it cannot be followed"),
        ("several", "give one of them"),
        ("nowhere", "There is no file or folder"),
    ],
)
def test_what_cannot_be_followed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "x.zip", zip_of({"app-1": TEXT}))
    write(tmp_path / "several" / "a", log_of("app-1"))
    write(tmp_path / "several" / "b", log_of("app-2"))

    with pytest.raises(EventLogError, match=words):
        Follower(source).advance()


def test_a_log_that_is_gone_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "eventlog_v2_app-1"
    write(folder / "events_1_app-1", FIRST)
    follower = Follower(folder)
    follower.advance()
    (folder / "events_1_app-1").unlink()

    with pytest.raises(EventLogError, match="There is no Spark event log in"):
        follower.advance()
    assert follower.profiles()
