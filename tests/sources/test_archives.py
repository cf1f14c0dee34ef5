"""Archives are read without unpacking them, however they are nested, and cannot do harm."""

import bz2
import gzip
import random
import resource
import struct
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sources.made_logs import FIRST, SECOND, TEXT, log_of, tar_of, write, zip_of

from setpoint.core.eventlog.codecs import BrokenStream
from setpoint.core.zstd import zstd
from setpoint.errors import EventLogError
from setpoint.sources import LimitReached, Limits, Log, find_logs
from setpoint.sources.content import unpacked

Pack = Callable[[dict[str, bytes]], bytes]
PACKERS: dict[str, Pack] = {
    "zip": zip_of,
    "tar": tar_of,
    "tar.gz": lambda entries: gzip.compress(tar_of(entries)),
    "tar.bz2": lambda entries: bz2.compress(tar_of(entries)),
    "tar.zst": lambda entries: zstd.compress(tar_of(entries)),
    "zip.gz": lambda entries: gzip.compress(zip_of(entries)),
}


def text_of(log: Log) -> bytes:
    return b"".join(chunk for part in log.parts for chunk in part.open())


@pytest.mark.parametrize("outer", PACKERS)
@pytest.mark.parametrize("inner", PACKERS)
def test_rolled_parts_are_found_in_archives_within_archives(tmp_path: Path, outer: str, inner: str) -> None:
    rolled = {"events_2_a.zstd": zstd.compress(SECOND), "events_1_a": FIRST, "appstatus_a": b"", "x.csv": b"1,2"}
    deep = PACKERS[inner]({f"eventlog_v2_a/{name}": data for name, data in rolled.items()} | {"__MACOSX/b": TEXT})
    source = write(
        tmp_path / "mailed", PACKERS[outer]({"inner": deep, "notes.txt": b"hello", "app-2": log_of("app-2")})
    )

    assert sorted(map(text_of, find_logs(source))) == sorted([log_of("app-2"), TEXT])


def test_a_part_that_was_zipped_keeps_its_place(tmp_path: Path) -> None:
    packed = gzip.compress(zip_of({"eventlog-2026-01-14--09-00": FIRST}))
    parts = {"eventlog-2026-01-14--09-00.zip.gz": packed, "eventlog": SECOND}
    (log,) = find_logs(write(tmp_path / "x.zip", zip_of({f"cluster/{name}": data for name, data in parts.items()})))

    assert text_of(log) == TEXT


@pytest.mark.parametrize("pack", PACKERS)
def test_no_path_leaves_an_archive(tmp_path: Path, pack: str) -> None:
    source = write(tmp_path / "in" / "x", PACKERS[pack]({"../../out": TEXT, "/etc/log": TEXT}))

    assert {str(part.place) for log in find_logs(source) for part in log.files} == {
        f"{source}/out",
        f"{source}/etc/log",
    }
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "x"]


def test_links_and_devices_in_a_tar_are_passed_over_and_told(tmp_path: Path) -> None:
    link, device = tarfile.TarInfo("app-2"), tarfile.TarInfo("disk")
    link.type, link.linkname, device.type = tarfile.SYMTYPE, "/etc/passwd", tarfile.BLKTYPE
    told: list[str] = []
    (log,) = find_logs(
        write(tmp_path / "x.tar", tar_of({"app-1": TEXT}, link, device)), tell=lambda problem: told.append(str(problem))
    )

    assert text_of(log) == TEXT
    assert told == [f"2 links or devices in the tar archive {tmp_path / 'x.tar'} are passed over."]


def read_into(read: bytearray, log: Log) -> None:
    for chunk in log.files[0].open():
        read += chunk


def encrypted(archive: bytes) -> bytes:
    """Marks every entry as encrypted, in its own header and in the table of contents."""
    data = bytearray(archive)
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + at] |= 1
    return bytes(data)


def bomb(count: int) -> bytes:
    """A log that begins well and goes on with so many MiB of nothing."""
    return TEXT + bytes(count * 1024 * 1024)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (encrypted(zip_of({"app-1": TEXT})), "is encrypted: unpack it with its password first"),
        (zip_of({"app-1": TEXT})[:-30], "is damaged or cut off"),
        (zip_of({"app-1": TEXT}).replace(b"PK\x01\x02", b"PK\x01\x09"), "is damaged or cut off"),
        (zip_of({str(number): b"" for number in range(101)}), "holds 101 files, more than 100"),
        (tar_of({str(number): b"" for number in range(101)}), "holds more than 100 files"),
        (zip_of({"a": zip_of({"b": zip_of({"c": TEXT})})}), "lies in 2 archives within each other"),
        (
            gzip.compress(zip_of({"a": b"1" * 10, "b": random.Random(7).randbytes(20_000)})),
            "MiB of temporary space: unpack it first",
        ),
        (zip_of({}), "There is no Spark event log in"),
    ],
    ids=["encrypted", "cut off", "broken directory", "crowded", "crowded tar", "deep", "no room", "empty"],
)
def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path: Path, data: bytes, words: str) -> None:
    limits = Limits(entries=100, archive_depth=2, spool_bytes=10_000)

    with pytest.raises(EventLogError, match=words) as raised:
        find_logs(write(tmp_path / "x", data), limits=limits)
    assert "\n" not in str(raised.value)


def test_overlapping_entries_are_refused(tmp_path: Path) -> None:
    data = bytearray(zip_of({"a": TEXT, "b": TEXT}))
    second = data.rindex(b"PK\x01\x02")
    data[second + 20 : second + 24] = struct.pack("<I", len(data))

    with pytest.raises(EventLogError, match="its entries overlap"):
        find_logs(write(tmp_path / "x.zip", bytes(data)))


@pytest.mark.parametrize("pack", ["gz", "bz2", "zst", "zip", "zip.gz", "tar.gz", "tar.zst"])
def test_a_bomb_is_stopped_and_what_came_before_is_kept(tmp_path: Path, pack: str) -> None:
    single: dict[str, Callable[[bytes], bytes]] = {
        "gz": gzip.compress,
        "bz2": bz2.compress,
        "zst": zstd.compress,
    }
    data = single[pack](bomb(200)) if pack in single else PACKERS[pack]({"app-1": bomb(200)})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    limits = Limits(unsuspicious_bytes=4 * 1024 * 1024)
    given_bytes = bytearray()
    try:
        (log,) = find_logs(write(tmp_path / "x", data), limits=limits)
        with pytest.raises(LimitReached, match="as no event log does, so it was stopped"):
            read_into(given_bytes, log)
        assert given_bytes.startswith(TEXT)
    except EventLogError as error:
        assert "as no event log does" in str(error)  # noqa: PT017 - where it had to be spooled, it is refused at once
    assert len(given_bytes) < 20 * 1024 * 1024
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


@pytest.mark.parametrize("inner", [zstd.compress, gzip.compress])
@pytest.mark.parametrize("data", [b"", b"{", bytes(2000)], ids=["empty", "tiny", "nothing"])
def test_a_bomb_between_the_layers_is_stopped(data: bytes, inner: Callable[[bytes], bytes]) -> None:
    packer, members = zstd.ZstdCompressor(), inner(data) * 10_000
    stored = (packer.compress(members) + packer.flush(packer.FLUSH_BLOCK) for _ in range(1000))

    with pytest.raises(BrokenStream, match=r"as no event log does|next to nothing in it"):
        all(unpacked(stored, Limits(unsuspicious_bytes=4 * 1024 * 1024)))
    assert len(list(stored)) > 900


def test_each_layer_is_measured_by_what_is_stored() -> None:
    limits = Limits(ratio=10, unsuspicious_bytes=1000)
    text = b'{"Event":1}' + random.Random(7).randbytes(1000)
    once = gzip.compress(text * 8)

    assert b"".join(unpacked([gzip.compress(once)], limits)) == text * 8
    with pytest.raises(LimitReached, match="as no event log does"):
        all(unpacked([gzip.compress(gzip.compress(b"") * 5000 + once)], limits))


def test_damage_within_an_entry_is_told_after_what_can_be_read(tmp_path: Path) -> None:
    data = bytearray(zip_of({"app-1": TEXT}))
    data[data.index(b"PK\x01\x02") + 16] ^= 1  # the checksum
    (log,) = find_logs(write(tmp_path / "x.zip", bytes(data)))
    chunks = log.files[0].open()

    assert b"".join(next(chunks) for _ in range(1)) == TEXT
    with pytest.raises(BrokenStream, match="wrong checksum"):
        next(chunks)


@given(st.data())
def test_mutated_archives_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    pack = data.draw(st.sampled_from(sorted(PACKERS)))
    packed = bytearray(PACKERS[pack]({"events_1_a": FIRST[:3000], "app-2": zlib.compress(TEXT[:500])}))
    for place in data.draw(st.lists(st.integers(0, len(packed) - 1), max_size=4)):
        packed[place] = data.draw(st.integers(0, 255))
    del packed[data.draw(st.integers(0, len(packed))) :]
    file = write(tmp_path_factory.mktemp("mutated") / "x", bytes(packed))
    try:
        for log in find_logs(file):
            text_of(log)
    except (EventLogError, BrokenStream) as error:
        assert str(error)  # noqa: PT017 - either is right
