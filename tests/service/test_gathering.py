"""Figures of all projects: none of an older version, none missing for good, and nobody waits long."""

import time
from collections.abc import Sequence

from tests.service.story import whole_story

from setpoint.core.history import Entry
from setpoint.service.gathering import Gathering


class Streams:
    def __init__(self) -> None:
        self.reads = 0

    def read(self, stream: str) -> Sequence[Entry]:
        self.reads += 1
        return whole_story()[: int(stream)]


def counted(name: str, entries: Sequence[Entry]) -> tuple[str, int]:
    return name, len(entries)


def gathering(streams: Streams, patience: float = 60.0) -> "Gathering[tuple[str, int]]":
    return Gathering(streams.read, counted, patience_seconds=patience)


def test_only_what_grew_is_made_again_and_nothing_old_is_told() -> None:
    streams = Streams()
    kept = gathering(streams)
    assert kept.of({"a": ("1", 1), "b": ("2", 1)}).made == [("a", 1), ("b", 2)]
    assert streams.reads == 2
    assert kept.of({"a": ("1", 1), "b": ("3", 2)}).made == [("a", 1), ("b", 3)]
    assert streams.reads == 3


def test_what_is_no_longer_there_or_has_another_name_is_not_told() -> None:
    kept = gathering(Streams())
    kept.of({"a": ("1", 1), "b": ("2", 1)})
    assert kept.of({"a": ("1", 1)}).made == [("a", 1)]
    assert kept.of({"c": ("1", 1)}).made == [("c", 1)]


def test_who_does_not_wait_is_told_how_many_are_missing_and_has_them_later() -> None:
    kept, places = gathering(Streams(), patience=0.0), {str(number): (str(number), 1) for number in range(1, 9)}
    first = kept.of(places)
    assert len(first.made) + first.pending == 8
    until = time.monotonic() + 20
    while kept.of(places).pending and time.monotonic() < until:
        time.sleep(0.01)
    assert [made for _, made in kept.of(places).made] == list(range(1, 9))
