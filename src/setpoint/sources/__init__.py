"""Where event logs lie: files, folders, patterns, archives, buckets and URLs; content tells what is a log."""

from setpoint.sources.finding import find_files, find_logs, open_source
from setpoint.sources.following import Follower
from setpoint.sources.limits import LIMITS, LimitReached, Limits
from setpoint.sources.logs import Gap, Log, Part, SourceProblem
from setpoint.sources.reading import read_profiles

__all__ = [
    "LIMITS",
    "Follower",
    "Gap",
    "LimitReached",
    "Limits",
    "Log",
    "Part",
    "SourceProblem",
    "find_files",
    "find_logs",
    "open_source",
    "read_profiles",
]
