"""Watching the projects of a ledger: a look at times, and a tick of the loop for each whose run has ended.

Of each place, one list for all of its projects. What fails is put off by itself and holds nothing else up.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Literal, Protocol, runtime_checkable

from setpoint.core.autonomy.ladder import highest_mode
from setpoint.core.domain import Decision
from setpoint.core.history import History
from setpoint.errors import InputError, PlatformError, SetpointError
from setpoint.loop import Loop, spec_to_apply
from setpoint.pace import pause_seconds

__all__ = ["Looked", "Placed", "Watched", "Watching"]


@runtime_checkable
class Placed(Protocol):
    """A platform whose projects run in several places, of which each may be down by itself."""

    def place_of(self, project: str) -> str:
        """A name of the place. Raises UnknownProject."""
        ...


@dataclass(frozen=True, slots=True)
class Watched:
    """A project, where it runs, and the loop that it is under."""

    project: str
    place: str
    """Projects of one place are refused together, and put off together."""
    loop: Loop


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at a project came to; nothing is told where nothing was new."""

    project: str
    outcome: Literal["recorded", "changed", "failed"]
    """Runs were recorded; a change that waited was made; neither could be done."""
    runs: tuple[str, ...] = ()
    """Ids of the runs that are new."""
    decision: Decision | None = None
    reason: str = ""
    """Why it failed."""


@dataclass(frozen=True, slots=True)
class _PutOff:
    failures: int
    until: datetime
    reason: str


@dataclass
class Watching:
    """Looks at all of them, once for each call of `look`."""

    projects: Callable[[], Sequence[Watched]]
    interval_seconds: float
    clock: Callable[[], datetime]
    chance: Random = field(default_factory=Random)
    _put_off: dict[str, _PutOff] = field(default_factory=dict)

    def pause_seconds(self) -> float:
        """Seconds until the next look."""
        return pause_seconds(self.interval_seconds, 0, 0.0, self.chance)

    def look(self) -> Iterator[Looked]:
        """Look at each project whose time has come."""
        for each in self.projects():
            place, own = _place(each), f"{each.place}: {each.project}"
            if self._is_put_off(place) or self._is_put_off(own):
                continue
            try:
                ended = each.loop.platform.finished_runs(each.project)
            except SetpointError as error:
                # Only the list is asked of the place for all; what else fails is the project's.
                yield from self._failed(place if isinstance(error, PlatformError) else own, each, error)
                continue
            self._put_off.pop(place, None)
            yield from self._tick(own, each, ended)

    def _tick(self, own: str, each: Watched, ended: Sequence[str]) -> Iterator[Looked]:
        try:
            before = each.loop.state(each.project).history
            known = {run.id for run in before.runs}
            new = [run for run in ended if run not in known]
            if not new and not _is_to_be_done(each, before):
                self._put_off.pop(own, None)
                return
            decision = each.loop.tick(each.project)
        except SetpointError as error:
            yield from self._failed(own, each, error)
            return
        self._put_off.pop(own, None)
        after = {run.id for run in each.loop.state(each.project).history.runs}
        recorded = tuple(run for run in new if run in after)
        yield Looked(each.project, "recorded" if recorded else "changed", recorded, decision)

    def _failed(self, what: str, each: Watched, error: SetpointError) -> Iterator[Looked]:
        """Put off, later and later; said once as long as the reason stays."""
        before = self._put_off.get(what)
        failures = 1 if before is None else before.failures + 1
        after = float(getattr(error, "retry_after", 0.0) or 0.0)
        # A log that cannot be read is no more readable in a minute.
        weight = failures + 3 if isinstance(error, InputError) else failures
        pause = pause_seconds(self.interval_seconds, weight, after, self.chance)
        self._put_off[what] = _PutOff(failures, self.clock() + timedelta(seconds=pause), str(error))
        if before is None or before.reason != str(error):
            yield Looked(each.project, "failed", reason=str(error))

    def _is_put_off(self, what: str) -> bool:
        found = self._put_off.get(what)
        return found is not None and self.clock() < found.until


def _place(each: Watched) -> str:
    """Where it runs, as exactly as its platform says: one that spans several workspaces says in which."""
    platform = each.loop.platform
    if isinstance(platform, Placed):
        with suppress(SetpointError):
            return f"{each.place} {platform.place_of(each.project)}"
    return each.place


def _is_to_be_done(each: Watched, history: History) -> bool:
    """Whether nothing was decided on what is wanted now, or nothing holds it back any more: a window has opened."""
    decided = history.last_decided
    if not history.is_decided:
        return bool(history.runs) and history.goal is not None and highest_mode(history) != "observe"
    if decided is None or decided.id in history.applied or spec_to_apply(decided) is None:
        return False
    return each.loop.waits(each.project) is None
