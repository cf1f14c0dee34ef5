"""What is told of all projects at once: made project by project, and behind the page where that takes long."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Generic, TypeVar

from setpoint.core.history import Entry
from setpoint.errors import SetpointError

__all__ = ["PATIENCE_SECONDS", "Gathered", "Gathering"]

LOGGER = logging.getLogger(__name__)
PATIENCE_SECONDS = 0.5
"""What somebody who asks waits for projects that are not known yet; the rest is made meanwhile."""

_Made = TypeVar("_Made")
_Places = Mapping[str, tuple[str, int]]
"""Name → stream and version."""


@dataclass(frozen=True, slots=True)
class Gathered(Generic[_Made]):
    """What is known of the projects as they are now."""

    made: Sequence[_Made]
    pending: int
    """Projects that are not among them yet."""


@dataclass(slots=True)
class Gathering(Generic[_Made]):
    """One figure of every project of an account. Nothing of an older version of a project is told."""

    read: Callable[[str], Sequence[Entry]]
    """Entries of a stream."""
    make: Callable[[str, Sequence[Entry]], _Made]
    """Of a project by its name, from its entries."""
    patience_seconds: float = PATIENCE_SECONDS
    _kept: dict[str, tuple[tuple[str, int], _Made]] = field(default_factory=dict)
    _working: bool = False
    _lock: Lock = field(default_factory=Lock)

    def of(self, places: _Places) -> Gathered[_Made]:
        """What is known of these; what is not known is made in time, or begun."""
        until = time.monotonic() + self.patience_seconds
        for name in self._missing(places):
            if time.monotonic() >= until:
                self._begin(places)
                break
            self._add(name, places[name])
        found = [self._kept.get(name) for name in places]
        made = [each[1] for each, place in zip(found, places.values(), strict=True) if each and each[0] == place]
        return Gathered(made, len(places) - len(made))

    def _missing(self, places: _Places) -> Iterator[str]:
        return (name for name, place in places.items() if self._kept.get(name, (None,))[0] != place)

    def _add(self, name: str, place: tuple[str, int]) -> None:
        # The version was asked for before: what is written meanwhile makes this too old, and it is made again.
        self._kept[name] = (place, self.make(name, self.read(place[0])))

    def _begin(self, places: _Places) -> None:
        with self._lock:
            if self._working:
                return
            self._working = True
        Thread(target=self._work, args=(places,), name="setpoint-gathering", daemon=True).start()

    def _work(self, places: _Places) -> None:
        try:
            for name in list(self._missing(places)):
                self._add(name, places[name])
            # Requests add to it meanwhile: it is not walked through.
            for name in self._kept.keys() - places.keys():
                self._kept.pop(name, None)
        except SetpointError as error:
            LOGGER.warning("not all projects could be counted: %s", error)
        finally:
            self._working = False
