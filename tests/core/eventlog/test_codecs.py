"""Every compression gives back what was put in, whole or in pieces, and says when it is cut off."""

import bz2
import gzip
from collections.abc import Callable
from contextlib import suppress

import lz4.block
import lz4.frame
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setpoint.core.eventlog import read_profile
from setpoint.core.eventlog.codecs import BrokenStream, decompress, is_compressed
from setpoint.core.eventlog.snappy import SnappyError, decompress_block
from setpoint.core.zstd import zstd
from setpoint.errors import EventLogError
from setpoint.testing.eventlog_builder import ApplicationPlan, JobPlan, StagePlan, build, local

LOG = b"\n".join(build(ApplicationPlan((JobPlan((StagePlan((1.0,) * 40),)),), local(2))))


def lz4_block(data: bytes) -> bytes:
    """As lz4-java's LZ4BlockOutputStream writes it, with the empty block at the end."""
    stream = b""
    for i in range(0, len(data), 1 << 16):
        plain = data[i : i + (1 << 16)]
        packed = lz4.block.compress(plain, store_size=False)
        method, stored = (0x20, packed) if len(packed) < len(plain) else (0x10, plain)
        sizes = len(stored).to_bytes(4, "little") + len(plain).to_bytes(4, "little")
        stream += b"LZ4Block" + bytes([method | 6]) + sizes + b"\0\0\0\0" + stored
    return stream + b"LZ4Block" + bytes([0x16]) + b"\0" * 12


def snappy(data: bytes) -> bytes:
    """As snappy-java's SnappyOutputStream writes it."""
    stream = b"\x82SNAPPY\x00" + (1).to_bytes(4, "big") * 2
    for i in range(0, len(data), 1 << 15):
        block = snappy_block(data[i : i + (1 << 15)])
        stream += len(block).to_bytes(4, "big") + block
    return stream


def snappy_block(data: bytes) -> bytes:
    """A plain greedy Snappy compressor: literals, and copies of all three kinds of offset."""
    length, out = len(data), bytearray()
    while length >= 0x80:
        out.append(length & 0x7F | 0x80)
        length >>= 7
    out.append(length)
    seen: dict[bytes, int] = {}
    at = begun = 0
    while at < len(data):
        key = data[at : at + 4]
        before, seen[key] = seen.get(key), at
        if before is None or len(key) < 4:
            at += 1
            continue
        size = 4
        while at + size < len(data) and size < 60 and data[before + size] == data[at + size]:
            size += 1
        out += literal(data[begun:at]) + copy(at - before, size)
        at += size
        begun = at
    return bytes(out + literal(data[begun:]))


def literal(data: bytes) -> bytes:
    if not data:
        return b""
    size = len(data) - 1
    return (bytes([size << 2]) if size < 60 else bytes([61 << 2]) + size.to_bytes(2, "little")) + data


def copy(offset: int, size: int) -> bytes:
    if size < 12 and offset < 2048:
        return bytes([(offset >> 8) << 5 | (size - 4) << 2 | 1, offset & 0xFF])
    if size % 2:
        return bytes([(size - 1) << 2 | 2]) + offset.to_bytes(2, "little")
    return bytes([(size - 1) << 2 | 3]) + offset.to_bytes(4, "little")


def zstd_stream(data: bytes) -> bytes:
    """As Spark writes it: the length was not known at the start."""
    packer = zstd.ZstdCompressor()
    return packer.compress(data) + packer.flush()


CODECS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "zstd": zstd.compress,
    "zstd without content size": zstd_stream,
    "lz4 frame": lz4.frame.compress,
    "lz4 block": lz4_block,
    "snappy": snappy,
}
COMPRESSED = [name for name in CODECS if name != "plain"]


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


@pytest.mark.parametrize("codec", CODECS)
@given(data=st.binary(max_size=2000), size=st.integers(1, 500))
def test_round_trip(codec: str, data: bytes, size: int) -> None:
    text = b'{"Event":' + data
    assert b"".join(decompress(pieces(CODECS[codec](text), size))) == text


@pytest.mark.parametrize("codec", CODECS)
def test_the_profile_does_not_depend_on_the_codec(codec: str) -> None:
    assert read_profile([pieces(CODECS[codec](LOG), 10_000)]) == read_profile([[LOG]])


@pytest.mark.parametrize("codec", COMPRESSED)
def test_streams_one_after_the_other_are_one(codec: str) -> None:
    pack = CODECS[codec]
    assert b"".join(decompress([pack(LOG) + pack(LOG)])) == LOG + LOG


@pytest.mark.parametrize("codec", COMPRESSED)
def test_a_stream_that_ends_early_gives_what_it_has_and_says_so(codec: str) -> None:
    packed = CODECS[codec](LOG * 20)
    profile = read_profile([pieces(packed[: len(packed) * 3 // 4], 1000)])

    assert profile.completeness.state in {"cut_off", "partial"}
    assert any("part 1: the" in reason and "ends early" in reason for reason in profile.completeness.reasons)


@pytest.mark.parametrize("codec", COMPRESSED)
@settings(max_examples=60)
@given(at=st.floats(0, 1), byte=st.integers(0, 255))
def test_a_damaged_stream_never_raises_anything_else(codec: str, at: float, byte: int) -> None:
    packed = bytearray(CODECS[codec](LOG))
    packed[int(at * (len(packed) - 1))] = byte
    with suppress(EventLogError):
        read_profile([[bytes(packed)]])


@given(st.binary(max_size=3000))
def test_snappy_blocks_round_trip(data: bytes) -> None:
    assert decompress_block(snappy_block(data * 3)) == data * 3


@given(st.binary(max_size=100))
def test_snappy_garbage_is_refused_or_read(garbage: bytes) -> None:
    with suppress(SnappyError):
        decompress_block(garbage)


def test_an_archive_is_no_log_here() -> None:
    with pytest.raises(EventLogError, match="no application start and no task"):
        read_profile([[b"PK\x03\x04rest"]])


@pytest.mark.parametrize("codec", CODECS)
def test_compression_is_told_by_its_first_bytes(codec: str) -> None:
    assert is_compressed(CODECS[codec](LOG)[:16]) == (codec != "plain")


def test_an_lz4_block_without_a_header_is_damaged() -> None:
    with pytest.raises(BrokenStream, match="no block header"):
        list(decompress([lz4_block(b"abc")[:-21] + b"x" * 30]))


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (lz4_block(b"abc")[:-30], "LZ4Block stream ends early"),
        (lz4_block(b"abc")[:-10], "LZ4Block stream ends early"),
        (lz4_block(b"a" * 900).replace(b"LZ4Block\x26", b"LZ4Block\x26\xff\xff\xff\x7f", 1), "no block header"),
        (snappy(b"abc") + b"\0\0", "Snappy stream ends early"),
        (snappy(b"abc") + b"\x7f\xff\xff\xff", "block of impossible length"),
        (snappy(b"abc") + b"\0\0\0\x01\x05", "block has the wrong length"),
        (snappy(b"abc") + b"\0\0\0\x06\xff\xff\xff\xff\x7f\0", "block of impossible length"),
    ],
)
def test_damage_is_named(stream: bytes, reason: str) -> None:
    with pytest.raises(BrokenStream, match=reason):
        list(decompress([stream]))


@pytest.mark.parametrize("codec", [name for name in COMPRESSED if name not in {"lz4 block", "snappy"}])
@pytest.mark.parametrize("size", [1, 300])
def test_zeros_after_a_member_are_padding(codec: str, size: int) -> None:
    padded = CODECS[codec](LOG) + bytes(1000)

    assert b"".join(decompress(pieces(padded + padded, size))) == LOG + LOG


@pytest.mark.parametrize("codec", COMPRESSED)
def test_nothing_empty_comes_out(codec: str) -> None:
    pack = CODECS[codec]

    assert list(decompress(pieces(pack(b"") * 50 + pack(b"abc"), 7)))[:1] != [b""]
    assert all(decompress(pieces(pack(b"") * 50 + pack(b"abc") + pack(b"") * 50, 7)))


@pytest.mark.parametrize(("codec", "data"), [(codec, b"x") for codec in COMPRESSED] + [("zstd", b""), ("gzip", b"")])
def test_members_with_next_to_nothing_in_them_end_early(codec: str, data: bytes) -> None:
    thousands = iter([CODECS[codec](data) * 1000] * 1000)

    with pytest.raises(BrokenStream, match="next to nothing in it"):
        all(decompress(thousands))
    assert len(list(thousands)) > 900


@pytest.mark.parametrize("codec", CODECS)
def test_much_comes_out_in_bounded_chunks(codec: str) -> None:
    text = b'{"Event":"' + b"x" * 5_000_000
    chunks = list(decompress([CODECS[codec](text)]))

    assert b"".join(chunks) == text
    assert codec == "plain" or max(map(len, chunks)) <= 64 * 1024
