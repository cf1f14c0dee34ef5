"""From the logs in a source to Profiles, one per application attempt; one bad file does not lose the others."""

from collections.abc import Callable, Iterator
from pathlib import Path

from setpoint.core.profile import UNKNOWN_APPLICATION, Profile
from setpoint.errors import EventLogError
from setpoint.sources.finding import find_logs
from setpoint.sources.limits import LIMITS, Limits
from setpoint.sources.logs import Log, SourceProblem
from setpoint.sources.parallel import fold_log, process_count
from setpoint.sources.schemes import redacted

Progress = Callable[[int, int | None], None]
Key = tuple[str, str, int]
"""Application id, attempt, start in milliseconds."""


def read_profiles(
    source: str | Path,
    progress: Progress | None = None,
    *,
    tell: Callable[[SourceProblem], None] = lambda _: None,
    limits: Limits = LIMITS,
    processes: int | None = None,
) -> Iterator[Profile]:
    """One Profile per application attempt in a source, as soon as it is read.

    Args:
        source: a path, pattern or URL.
        progress: is told now and then how many bytes were read, and how many there are if that is known.
        tell: is told what was not read, and what was there twice.
        limits: how far to go.
        processes: how many at most read one large log on disk, this one among them; by default as many as there are
            cores to run on. More than one are used only where that is faster; 1 starts no other process.

    Raises:
        EventLogError: nothing usable is in it.
    """
    problems: list[SourceProblem] = []

    def note(problem: SourceProblem) -> None:
        problems.append(problem)
        tell(problem)

    logs = find_logs(source, limits=limits, tell=note)
    reader = _Reader(processes, note, _Count(logs, progress).add)
    found = False
    for same in _by_identity(logs):
        for profile in reader.read(same):
            found = True
            yield profile
    if not found:
        raise EventLogError(_why_nothing(source, logs, problems))


def _why_nothing(source: str | Path, logs: list[Log], problems: list[SourceProblem]) -> str:
    if len(logs) == 1:
        return problems[-1].reason
    return f"None of the {len(logs)} logs in {redacted(str(source))} is usable; the last: {problems[-1].reason}"


def _by_identity(logs: list[Log]) -> list[list[Log]]:
    """Logs that begin as the same application attempt, together."""
    groups: dict[object, list[Log]] = {}
    for log in logs:
        groups.setdefault(log.identity or id(log), []).append(log)
    return list(groups.values())


class _Reader:
    def __init__(
        self, processes: int | None, tell: Callable[[SourceProblem], None], tally: Callable[[int], None]
    ) -> None:
        self._processes = processes
        self._tell = tell
        self._tally = tally
        self._given: dict[Key, str] = {}

    def read(self, logs: list[Log]) -> Iterator[Profile]:
        """The applications in logs of the same identity; of each attempt the fullest."""
        best: dict[Key | int, tuple[Profile, str]] = {}
        for log in logs:
            for number, profile in enumerate(self._fold(log)):
                key = _key(profile) or number
                if key not in best:
                    best[key] = profile, log.name
                    continue
                kept = best[key]
                better, worse = (kept, (profile, log.name))
                if _fullness(profile) > _fullness(kept[0]):
                    better, worse = worse, better
                best[key] = better
                self._tell(_twice(profile, worse[1], better[1]))
        for key, (profile, name) in best.items():
            if isinstance(key, tuple) and key in self._given:
                self._tell(_twice(profile, name, self._given[key]))
                continue
            if isinstance(key, tuple):
                self._given[key] = name
            yield profile

    def _fold(self, log: Log) -> tuple[Profile, ...]:
        try:
            fold = fold_log(log, self._tally, process_count(log, self._processes))
            profiles = fold.profiles()
        except EventLogError as error:
            self._tell(SourceProblem(log.name, f"{log.name}: {error}"))
            return ()
        if not profiles:
            self._tell(SourceProblem(log.name, f"{log.name} holds no usable event log: {fold.describe()}."))
        return profiles


class _Count:
    """Adds up what was read."""

    def __init__(self, logs: list[Log], progress: Progress | None) -> None:
        sizes = [log.size_bytes for log in logs]
        self._all = None if None in sizes else sum(size or 0 for size in sizes)
        self._read = 0
        self._progress = progress

    def add(self, count: int) -> None:
        self._read += count
        if self._progress is not None:
            self._progress(self._read, self._all)


def _key(profile: Profile) -> Key | None:
    application = profile.application
    if application.id == UNKNOWN_APPLICATION:
        return None
    return application.id, application.attempt or "", round(application.started_epoch_seconds * 1000)


def _fullness(profile: Profile) -> tuple[int, int, bool, int]:
    completeness = profile.completeness
    return profile.counts.tasks, profile.counts.jobs, completeness.state == "complete", -completeness.lines_skipped


def _twice(profile: Profile, passed_over: str, kept: str) -> SourceProblem:
    which = f"{profile.application.id}" + (
        f" attempt {profile.application.attempt}" if profile.application.attempt else ""
    )
    return SourceProblem(passed_over, f"{passed_over} is {which} once more; {kept} is at least as full and was taken.")
