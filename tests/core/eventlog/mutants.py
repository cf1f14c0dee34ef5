"""Event logs and what may befall them: for properties that hold whatever the log."""

import json
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

from setpoint.core.eventlog.codecs import decompress
from setpoint.testing.eventlog_builder import ApplicationPlan, build, draw_application
from setpoint.testing.eventlog_bulk import BulkPlan, bulk_lines

CORPUS = Path(__file__).parents[4] / "shared" / "eventlogs"
_REAL = (
    "local_formats/plain_metrics/*",
    "local_formats/killed_plain/*",
    "local_formats/spark4_defaults/*/events*",
    "local_formats/standalone_speculation/*",
    "local_formats/streaming/*",
    "logs/NVIDIA_spark-rapids-tools/test_id_0005_photon",
    "logs/NVIDIA_spark-rapids-tools/gds_ucx_eventlog.zstd",
    "logs/palantir_spark/application_1553914137147_0018",
    "logs/palantir_spark/local-1430917381534",
)
_LONGEST_REAL_LINE_BYTES = 20_000
Json = dict[str, object]


def built(random: Random) -> list[bytes]:
    """A small made-up application, whole."""
    return [line + b"\n" for line in build(_renamed(random, draw_application(random)))]


def bulk(random: Random) -> list[bytes]:
    """A small log in the full shape of Spark 4, with SQL, retries and a lost executor."""
    plan = BulkPlan(random.randint(1, 4), random.randint(1, 8), random.randint(1, 3), 2, random.randint(0, 99), 0.1, 1)
    named = b'"App ID":"app-%d"' % random.randint(1, 3)
    return [line.replace(b'"App ID":"app-20260921000000-0001"', named) for line in bulk_lines(plan)]


def several(random: Random) -> list[bytes]:
    """Logs one after the other, some with the same id, some without their beginning or end."""
    lines: list[bytes] = []
    for _ in range(random.randint(2, 3)):
        one = random.choice((built, bulk))(random)
        first = random.choice((0, 0, 1, 2, 5))
        last = random.choice((0, 0, 1, 5))
        lines += one[first : len(one) - last]
    return lines


def real(random: Random) -> list[bytes]:
    """Lines of a recorded log of the corpus, in their order, as many as are quick to read; [] where it is absent."""
    found = _real_logs()
    if not found:
        return []
    chosen = random.choice(found)
    count = random.randint(5, 150)
    first = random.choice((0, random.randrange(len(chosen))))
    return chosen[first : first + count]


@cache
def _real_logs() -> list[list[bytes]]:
    files = [file for pattern in _REAL for file in sorted(CORPUS.glob(pattern))[:1]]
    logs = [b"".join(decompress([file.read_bytes()])).splitlines(keepends=True) for file in files]
    return [[line for line in log if len(line) < _LONGEST_REAL_LINE_BYTES] for log in logs]


def _renamed(random: Random, plan: ApplicationPlan) -> ApplicationPlan:
    return replace(plan, id=f"app-{random.randint(1, 3)}", ends=random.random() < 0.8)


_LOGS: tuple[Callable[[Random], list[bytes]], ...] = (built, bulk, several, real)


def whole_log(seed: int) -> list[bytes]:
    """Lines of an undamaged log with their line feeds."""
    random = Random(seed)
    return random.choice(_LOGS)(random) or built(random)


def damaged_log(seed: int) -> list[bytes]:
    """A log of which some lines were lost, repeated, moved or changed."""
    random = Random(seed)
    return _damaged(random.choice(_LOGS)(random) or built(random), random)


def any_log(seed: int) -> list[bytes]:
    """Two times of three a damaged one."""
    return damaged_log(seed) if seed % 3 else whole_log(seed)


def _damaged(lines: list[bytes], random: Random) -> list[bytes]:
    lines = list(lines)
    for _ in range(random.randint(1, 8)):
        if not lines:
            break
        at, to = random.randrange(len(lines)), random.randrange(len(lines))
        match random.choice(("drop", "drop", "double", "move", "mutate", "mutate", "mutate", "blank")):
            case "drop":
                del lines[at : at + random.choice((1, 1, 5))]
            case "double":
                lines.insert(to, lines[at])
            case "move":
                lines.insert(to, lines.pop(at))
            case "blank":
                lines.insert(at, random.choice((b"\n", b"   \n", b"\r\n", b"\x00\n")))
            case _:
                lines[at] = mutant(random, lines[at])
    return lines


def mutant(random: Random, line: bytes) -> bytes:
    """A line that something happened to; it still ends with its line feed."""
    return random.choice(_MUTATIONS)(random, line.removesuffix(b"\n")).replace(b"\n", b" ") + b"\n"


def cut(random: Random, line: bytes) -> bytes:
    """Without its end: never JSON."""
    return line[: random.randrange(max(1, len(line)))]


def _flipped(random: Random, line: bytes) -> bytes:
    changed = bytearray(line)
    for _ in range(random.randint(1, 3)):
        if changed:
            changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def _swapped_piece(random: Random, line: bytes) -> bytes:
    at, size = random.randrange(len(line) + 1), random.randint(0, 200)
    piece = line[random.randrange(len(line) + 1) :][: random.randint(0, 200)]
    return line[:at] + piece + line[at + size :]


def _not_text(random: Random, line: bytes) -> bytes:
    at = line.find(b'":"', random.randrange(max(1, len(line))))
    return (
        line[: at + 3] + random.choice((b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", b"\x00", b"\\u0000")) + line[at + 3 :]
    )


def _deep(random: Random, line: bytes) -> bytes:
    depth = random.choice((50, 1_000, 100_000))
    inner = random.choice((b"[" * depth, b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth))
    at = line.find(b'":', random.randrange(max(1, len(line)))) + 2
    end = line.find(b",", at)
    return line[:at] + inner + (line[end:] if end > 0 else b"}")


_FILLERS = (b"x", b" ", b"\\n", b"\xc3\xa9", b"a at ", b"//a", b"(1", b"[1 paths](", b"node ", b"x.", b"7", b"Scan ")
"""What regular expressions and limits stumble over when there is much of it."""


def _long(random: Random, line: bytes) -> bytes:
    at = line.find(b'":"', random.randrange(max(1, len(line)))) + 3
    return line[:at] + random.choice(_FILLERS) * random.choice((2_000, 40_000)) + line[at:]


def _respaced(random: Random, line: bytes) -> bytes:
    def change(event: Json) -> Json:
        return event

    return _as_json(line, change, random.choice(((", ", ": "), (" ,", " : "))))


def _reordered(random: Random, line: bytes) -> bytes:
    def change(event: Json) -> Json:
        for branch in [event, *_branches(event)]:
            items = list(branch.items())
            random.shuffle(items)
            branch.clear()
            branch.update(items)
        return event

    return _as_json(line, change)


def _without_field(random: Random, line: bytes) -> bytes:
    def change(event: Json) -> Json:
        branch = random.choice([event, *_branches(event)])
        if branch:
            del branch[random.choice(list(branch))]
        return event

    return _as_json(line, change)


_VALUES: tuple[object, ...] = (
    None, True, False, -1, 0, 1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 2**63, 10**40, 1.5, -0.0, 1e308, -1e-308, "",
    "x", "17", "-1", "1e3", [], {}, [None], [[]], [1, "a"], {"a": 1}, {"Name": None}, "Success", "\ud800", "é" * 300,
    "9" * 5000,
)  # fmt: skip


def _other_value(random: Random, line: bytes) -> bytes:
    def change(event: Json) -> Json:
        for _ in range(random.randint(1, 3)):
            branch = random.choice([event, *_branches(event)])
            keys = [key for key in branch if key != "Event" or random.random() < 0.2]
            if keys:
                branch[random.choice(keys)] = deepcopy(random.choice(_VALUES))
        return event

    return _as_json(line, change)


def _other_number(random: Random, line: bytes) -> bytes:
    at = line.find(b":1", random.randrange(max(1, len(line)))) + 1
    end = at
    while end < len(line) and line[end : end + 1].isdigit():
        end += 1
    number = random.choice((b"-5", b"1e400", b"9" * 30, b"9" * 5000, b"0.1", b"NaN", b"Infinity", b"007", b"1E2", b"-"))
    return line[:at] + number + line[end:] if at else line


_MUTATIONS: tuple[Callable[[Random, bytes], bytes], ...] = (
    cut, _flipped, _swapped_piece, _not_text, _deep, _long, _respaced, _reordered, _without_field, _other_value,
    _other_value, _other_value, _other_number,
)  # fmt: skip


def _as_json(line: bytes, change: Callable[[Json], Json], separators: tuple[str, str] = (",", ":")) -> bytes:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return line
    if not isinstance(event, dict):
        return line
    return json.dumps(change(event), separators=separators).encode("utf-8", "surrogatepass")


def _branches(value: object) -> Iterator[Json]:
    """Objects within, at any depth."""
    inner: Iterable[object] = ()
    if isinstance(value, dict):
        inner = value.values()
    elif isinstance(value, list):
        inner = value[:20]
    for one in inner:
        if isinstance(one, dict):
            yield one
        yield from _branches(one)
