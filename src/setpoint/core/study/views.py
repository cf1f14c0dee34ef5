"""Two ways to look at the same runs: at all that they cost, and at Databricks units alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from setpoint.core.domain import Cost
from setpoint.core.study.front import knee, pareto_front
from setpoint.core.study.noise import Noise, noise_of
from setpoint.core.study.rows import StudyRow

__all__ = ["Place", "StudyView", "ViewKind", "view_of"]

ViewKind = Literal["total", "dbu"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a spec stands in a view."""

    row: StudyRow
    seconds: float
    dollars: float
    run_dollars: tuple[float, ...]
    """Of each run, ascending."""
    on_front: bool
    """Whether no other spec is as good in both time and dollars and better in one."""

    @property
    def label(self) -> str:
        """Name of the spec."""
        return self.row.label

    @property
    def runs(self) -> int:
        """So many did their work."""
        return len(self.row.samples.runs)


@dataclass(frozen=True, slots=True)
class StudyView:
    """The specs that have a price in this view, cheapest first."""

    kind: ViewKind
    places: tuple[Place, ...]
    knee: Place | None
    """Where the front bends: before it time is bought cheaply, beyond it dearly."""
    cost_noise: Noise | None
    """None where no spec was run twice."""

    @property
    def front(self) -> tuple[Place, ...]:
        """Fastest first."""
        return tuple(sorted((it for it in self.places if it.on_front), key=lambda it: (it.seconds, it.label)))

    @property
    def cheapest(self) -> Place:
        """The first; there is always one."""
        return self.places[0]

    @property
    def fastest(self) -> Place:
        """The cheapest of the fastest."""
        return min(self.places, key=lambda it: (it.seconds, it.dollars, it.label))


def view_of(kind: ViewKind, rows: Sequence[StudyRow]) -> StudyView | None:
    """The view; None where nothing has a price in it."""
    found = sorted(
        ((row, row.seconds, dollars) for row in rows if (dollars := _dollars(kind, row)) is not None and row.seconds),
        key=lambda each: (each[2], each[1], each[0].label),
    )
    if not found:
        return None
    front = set(pareto_front([(seconds, dollars) for _, seconds, dollars in found]))
    places = tuple(
        Place(row, seconds, dollars, row.run_dollars if kind == "total" else row.run_unit_dollars, position in front)
        for position, (row, seconds, dollars) in enumerate(found)
    )
    ends = sorted((it for it in places if it.on_front), key=lambda it: (it.seconds, it.label))
    bend = knee([(it.seconds, it.dollars) for it in ends])
    noise = noise_of(it.run_dollars for it in places)
    return StudyView(kind, places, None if bend is None else ends[bend], noise)


def _dollars(kind: ViewKind, row: StudyRow) -> float | None:
    cost = row.cost if kind == "total" else row.units
    return cost.dollars if isinstance(cost, Cost) else None
