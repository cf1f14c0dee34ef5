"""The sensor: bytes of Spark event logs in, Profiles out, in one streaming pass."""

from collections.abc import Iterable

from setpoint.core.eventlog.codecs import MissingPart
from setpoint.core.eventlog.fold import LogFold
from setpoint.core.profile import Profile
from setpoint.errors import EventLogError

__all__ = ["LogFold", "MissingPart", "fold_parts", "read_profile"]


def fold_parts(parts: Iterable[Iterable[bytes]]) -> LogFold:
    """Fold the files of one event log.

    Args:
        parts: the files in order, each as chunks of raw, maybe compressed bytes.
    """
    fold = LogFold()
    for number, part in enumerate(parts, start=1):
        fold.read(part, f"part {number}")
    return fold


def read_profile(parts: Iterable[Iterable[bytes]]) -> Profile:
    r"""Fold the event log of one application.

    Args:
        parts: the files of the application in order, each as chunks of raw, maybe compressed bytes.

    Returns:
        What happened. What could not be read is counted in its `completeness`.

    Raises:
        EventLogError: nothing in it is of use: no application start and no task; or it holds several applications.

    >>> start = b'{"Event":"SparkListenerApplicationStart","App Name":"nightly","Timestamp":1700000000000}\n'
    >>> end = b'{"Event":"SparkListenerApplicationEnd","Timestamp":1700000042000}\n'
    >>> profile = read_profile([[start], [end]])
    >>> profile.application.name, profile.wall_seconds, profile.completeness.state
    ('nightly', 42.0, 'complete')
    """
    fold = fold_parts(parts)
    profiles = fold.profiles()
    if not profiles:
        raise EventLogError(f"There is no Spark application in this event log: {fold.describe()}.")
    if len(profiles) > 1:
        named = ", ".join(profile.application.id for profile in profiles[:5])
        raise EventLogError(f"There are {len(profiles)} applications in this event log ({named}); give one of them.")
    return profiles[0]
