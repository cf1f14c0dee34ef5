"""An event log told in another time: as if it had begun at another moment, and everything had taken so much longer.

>>> line = b'{"Event":"SparkListenerApplicationEnd","Timestamp":1000002500}'
>>> retold([line], since=1_000_000.0, began=2_000_000.0, factor=60.0)
[b'{"Event":"SparkListenerApplicationEnd","Timestamp":2000150000}']
"""

from collections.abc import Callable, Iterable

import msgspec

__all__ = ["retold"]

_MOMENTS = frozenset(
    {
        "Timestamp",
        "Submission Time",
        "Completion Time",
        "Launch Time",
        "Finish Time",
        "Getting Result Time",
        "time",
    }
)
"""Milliseconds since 1970; 0 where there was none."""
_LENGTHS = frozenset(
    {
        "Executor Deserialize Time",
        "Executor Deserialize CPU Time",
        "Executor Run Time",
        "Executor CPU Time",
        "JVM GC Time",
        "Result Serialization Time",
        "Fetch Wait Time",
        "Remote Requests Duration",
        "Shuffle Write Time",
        "MinorGCTime",
        "MajorGCTime",
        "TotalGCTime",
    }
)
"""Of tasks and executors, in milliseconds or nanoseconds."""
_METRICS = ("internal.metrics.executor", "internal.metrics.jvmGCTime", "internal.metrics.result")
_SUMMED = ("Value", "Update")


def retold(lines: Iterable[bytes], since: float, began: float, factor: float) -> list[bytes]:
    """The lines, with each time `t` as `began + factor * (t - since)` and each length `factor` times as long.

    What SQL operators say of their own times stays as it was measured. A line that is no JSON stays as it is.

    Args:
        lines: of the log, each without its end.
        since: Unix time that becomes `began`.
        began: Unix time.
        factor: seconds there for a second here.
    """
    shift = began - factor * since

    def told(value: object, key: str) -> object:
        match value:
            case dict():
                named = str(value.get("Name", ""))
                is_time = named.startswith(_METRICS) and named.endswith("Time")
                return {
                    name: _longer(each, factor) if is_time and name in _SUMMED else told(each, name)
                    for name, each in value.items()
                }
            case list():
                return [told(each, key) for each in value]
            case int() if key in _MOMENTS and value > 0:
                return round(factor * value + 1000 * shift)
            case int() if key in _LENGTHS:
                return round(factor * value)
            case _:
                return value

    return [_each(line, told) for line in lines]


def _each(line: bytes, told: Callable[[object, str], object]) -> bytes:
    try:
        return msgspec.json.encode(told(msgspec.json.decode(line), ""))
    except msgspec.DecodeError:
        return line


def _longer(value: object, factor: float) -> object:
    match value:
        case int():
            return round(factor * value)
        case str() if value.isdecimal():
            return str(round(factor * int(value)))
        case _:
            return value
