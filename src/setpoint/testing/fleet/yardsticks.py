"""What the loop is held against: the owner's cluster left alone, and an oracle that knows the physics."""

from collections.abc import Iterable
from dataclasses import dataclass

from setpoint.core.cost import dollars_per_second
from setpoint.core.domain import ClusterSpec
from setpoint.core.pricebook import PriceBook
from setpoint.core.space import specs
from setpoint.testing.fleet.days import Day, risk_of_delay, risk_of_want
from setpoint.testing.fleet.physics import USABLE_HEAP
from setpoint.testing.fleet.plant import happens
from setpoint.testing.fleet.projects import FleetProject

__all__ = ["DayOutcome", "Oracle", "Terms", "book_on", "memory_risk", "miss_risk", "outcome_on"]

CORE_HOUR_DOLLARS, GIB_HOUR_DOLLARS = 0.05, 0.0055
_MEMORY_RISK = 0.001
"""P(out of memory) that the oracle takes: a deadline is at stake in every run, memory in all to come."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run may take, and how often it may take longer."""

    deadline_seconds: float
    risk: float


def book_on(project: FleetProject, day: int) -> PriceBook:
    """The prices of a day."""
    weather = project.weather
    if day < weather.price_day:
        return PriceBook.of_cores(CORE_HOUR_DOLLARS, GIB_HOUR_DOLLARS, "simulated")
    core, memory = CORE_HOUR_DOLLARS * weather.core_factor, GIB_HOUR_DOLLARS * weather.memory_factor
    return PriceBook.of_cores(core, memory, "simulated, later")


@dataclass(frozen=True, slots=True)
class DayOutcome:
    """One day on one spec."""

    dollars: float
    seconds: float
    """Of all its runs together: until the work is done, or given up."""
    is_done: bool

    def misses(self, terms: Terms) -> bool:
        """Whether the work came too late, or never."""
        return not self.is_done or self.seconds > terms.deadline_seconds


def outcome_on(project: FleetProject, spec: ClusterSpec, day: Day, book: PriceBook) -> DayOutcome:
    """What the laws say of a day on a spec that nobody changes."""
    law, rate, seconds = project.law_on(day), dollars_per_second(spec, book), 0.0
    for attempt in day.attempts:
        happened = happens(law, spec, day.scale, attempt)
        seconds += happened.seconds
        if happened.is_well:
            return DayOutcome(rate * seconds, seconds, is_done=True)
    return DayOutcome(rate * seconds, seconds, is_done=False)


def miss_risk(project: FleetProject, spec: ClusterSpec, day: Day, deadline_seconds: float) -> float:
    """P(a run on the spec is late or runs out of memory) on that day, by the laws; outages left out."""
    late = risk_of_delay(deadline_seconds / project.law_on(day).seconds(spec, day.scale), project.luck)
    return 1 - (1 - late) * (1 - memory_risk(project, spec, day))


def memory_risk(project: FleetProject, spec: ClusterSpec, day: Day) -> float:
    """P(a run on the spec runs out of memory) on that day."""
    return risk_of_want(project.law_on(day).needed_mib(day.scale), USABLE_HEAP * spec.task_memory_mib)


class Oracle:
    """Knows laws, input and prices of every day, but not its luck."""

    def __init__(self, project: FleetProject, terms: Terms) -> None:
        self._project, self._terms = project, terms
        self._specs = tuple(specs(project.space, project.baseline))

    def spec_on(self, day: Day, book: PriceBook) -> ClusterSpec:
        """The cheapest spec that keeps the deadline with the stated risk; the likeliest to where none does."""
        law = self._project.law_on(day)
        priced = sorted(
            (dollars_per_second(spec, book) * law.seconds(spec, day.scale), place)
            for place, spec in enumerate(self._specs)
        )
        in_order: Iterable[ClusterSpec] = (self._specs[place] for _, place in priced)
        least, best = 2.0, self._project.baseline
        for spec in in_order:
            if memory_risk(self._project, spec, day) > _MEMORY_RISK:
                continue
            risk = miss_risk(self._project, spec, day, self._terms.deadline_seconds)
            if risk <= self._terms.risk:
                return spec
            if risk < least:
                least, best = risk, spec
        return best
