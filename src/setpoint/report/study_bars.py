"""Rows of a study → bars beside names: those of one instance type stand together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from setpoint.core.cloud import CloudSpec
from setpoint.core.study import Study, StudyRow
from setpoint.core.study.rows import PARTS
from setpoint.core.study.samples import spec_words
from setpoint.core.words import dollars, duration

__all__ = ["BarGroup", "StudyBar", "cost_bars", "runtime_bars", "unit_bars"]

MOST_BARS = 60
"""More are not looked at one by one; the table has all."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar."""

    key: str
    """Tells its colour."""
    words: str
    share: float
    """Of the longest bar."""


@dataclass(frozen=True, slots=True)
class StudyBar:
    """One spec."""

    label: str
    value: str
    segments: tuple[Segment, ...]
    least_share: float | None = None
    """Where the repeats begin and end; None where there are none."""
    most_share: float | None = None


@dataclass(frozen=True, slots=True)
class BarGroup:
    """The bars of one instance type, or of what else the specs are called by."""

    name: str
    bars: tuple[StudyBar, ...]


def runtime_bars(study: Study) -> tuple[BarGroup, ...]:
    """How long each spec took, those without a price too."""
    rows = [row for row in study.rows if row.seconds is not None]
    longest = max((row.samples.run_seconds[-1] for row in rows), default=0.0)

    def bar(row: StudyRow) -> StudyBar:
        times, seconds = row.samples.run_seconds, row.seconds or 0.0
        words = duration(seconds)
        return _with_range(_plain(row, seconds, longest, words), times, longest)

    return _grouped(rows, lambda row: row.seconds or 0.0, bar)


def unit_bars(study: Study) -> tuple[BarGroup, ...]:
    """Dollars for Databricks units alone."""
    places = {} if study.dbu is None else {place.label: place for place in study.dbu.places}
    rows = [row for row in study.rows if row.label in places]
    longest = max((place.dollars for place in places.values()), default=0.0)

    def bar(row: StudyRow) -> StudyBar:
        amount = places[row.label].dollars
        return _plain(row, amount, longest, dollars(amount))

    return _grouped(rows, lambda row: places[row.label].dollars, bar)


def cost_bars(study: Study) -> tuple[BarGroup, ...]:
    """All dollars, part by part."""
    rows = [row for row in study.rows if row.dollars is not None]
    longest = max((row.dollars or 0.0 for row in rows), default=0.0)

    def bar(row: StudyRow) -> StudyBar:
        parts = [(key, name, row.part(key)) for key, (name, _) in PARTS.items()]
        segments = tuple(
            Segment(f"cost-{key}", f"{name} {dollars(amount)}", _share(amount, longest))
            for key, name, amount in parts
            if amount
        )
        return StudyBar(row.label, dollars(row.dollars or 0.0), segments)

    return _grouped(rows, lambda row: row.dollars or 0.0, bar)


def _plain(row: StudyRow, value: float, longest: float, words: str) -> StudyBar:
    segment = Segment(f"group-{row.group.key}", f"{row.group.name}, {words}", _share(value, longest))
    return StudyBar(row.label, words, (segment,))


def _with_range(bar: StudyBar, runs: Sequence[float], longest: float) -> StudyBar:
    if len(runs) < 2:  # noqa: PLR2004 - one run has no range
        return bar
    return replace(bar, least_share=_share(runs[0], longest), most_share=_share(runs[-1], longest))


def _share(value: float, longest: float) -> float:
    return value / longest if longest > 0 else 0.0


def _grouped(
    rows: Sequence[StudyRow], value: Callable[[StudyRow], float], bar: Callable[[StudyRow], StudyBar]
) -> tuple[BarGroup, ...]:
    """Best group first, best bar of each first."""
    shown = sorted(rows, key=lambda row: (value(row), row.label))[:MOST_BARS]
    name_of = _naming(shown)
    groups: dict[str, list[StudyRow]] = {}
    for row in shown:
        groups.setdefault(name_of(row), []).append(row)
    return tuple(BarGroup(name, tuple(map(bar, group))) for name, group in groups.items())


def _naming(rows: Sequence[StudyRow]) -> Callable[[StudyRow], str]:
    """The shortest way to call hardware under which no two bars of one group of specs fall together."""
    ways: tuple[Callable[[StudyRow], str], ...] = (_node_type, _hardware, _hardware_and_service)
    for way in ways:
        if len({(way(row), row.group) for row in rows}) == len(rows):
            return way
    return lambda row: row.label


def _node_type(row: StudyRow) -> str:
    return row.spec.node_type if isinstance(row.spec, CloudSpec) else str(row.spec)


def _hardware(row: StudyRow) -> str:
    return str(replace(row.spec, photon=False)) if isinstance(row.spec, CloudSpec) else str(row.spec)


def _hardware_and_service(row: StudyRow) -> str:
    return spec_words(replace(row.spec, photon=False)) if isinstance(row.spec, CloudSpec) else str(row.spec)
