"""The sensor: bytes of one Spark event log in, a Profile out, in one streaming pass."""

from collections.abc import Iterable

from setpoint.core.eventlog.codecs import BrokenStream, MissingPart, decompress
from setpoint.core.eventlog.fold import Fold
from setpoint.core.eventlog.lines import split_lines
from setpoint.core.profile import Profile

__all__ = ["read_profile"]


def read_profile(parts: Iterable[Iterable[bytes]]) -> Profile:
    """Fold the event log of one application.

    Args:
        parts: the files of the application in order, each as chunks of raw, maybe compressed bytes.

    Returns:
        What happened. What could not be read is counted in its `completeness`.

    Raises:
        EventLogError: nothing in it is of use: no application start and no task, or a format that is not read.

    >>> start = b'{"Event":"SparkListenerApplicationStart","App Name":"nightly","Timestamp":1700000000000}'
    >>> end = b'{"Event":"SparkListenerApplicationEnd","Timestamp":1700000042000}'
    >>> profile = read_profile([[start], [end]])
    >>> profile.application.name, profile.wall_seconds, profile.completeness.state
    ('nightly', 42.0, 'complete')
    """
    fold = Fold()
    for number, part in enumerate(parts, start=1):
        try:
            for line in split_lines(decompress(part)):
                fold.feed(line)
        except MissingPart as missing:
            fold.lose_part(str(missing))
        except BrokenStream as broken:
            fold.lose_part(f"part {number}: {broken}")
    return fold.profile()
