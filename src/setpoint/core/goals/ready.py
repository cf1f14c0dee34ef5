"""The metric `ready`: the time of day at which a run has done its work; a limit is a deadline by the clock."""

import math
import re
from dataclasses import dataclass
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from setpoint.core.domain import ClusterSpec, Run
from setpoint.core.goals.conditions import NOTHING_SEEN, Conditions, next_deadline
from setpoint.core.goals.metric import Metric, Role
from setpoint.core.pricebook import PriceBook

__all__ = ["ReadyMetric", "zone_of"]

_CLOCK = re.compile(r"(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?:\s+(?P<zone>\S+))?")
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class ReadyMetric(Metric):
    """Seconds after midnight, in a zone. The next such time after a run starts is its deadline."""

    zone: str = "UTC"

    name: ClassVar[str] = "ready"
    about: ClassVar[str] = "time of day by which the work is done, in UTC or a zone; from when runs really start"
    bound_example: ClassVar[str] = "06:00 Europe/Berlin"
    unit: ClassVar[str] = "time of day"
    needs: ClassVar[str] = "one run, which tells when the project starts"
    role: ClassVar[Role] = "limit"

    def parse_bound(self, text: str) -> float | None:
        """Seconds after midnight, which is itself the end of a day; None where the text is no time, or has no zone."""
        match = _CLOCK.fullmatch(text)
        if match is None or zone_of(text) is None:
            return None
        clock = int(match["hour"]) * 3600.0 + int(match["minute"]) * 60.0
        return None if clock > _DAY else clock or _DAY

    def written(self, amount: float) -> str:
        """As in `06:00 Europe/Berlin`."""
        zone = "" if self.zone == "UTC" else f" {self.zone}"
        return f"{_clock(amount)}{zone}"

    def show(self, amount: float) -> str:
        """The amount in words."""
        days, clock = divmod(round(amount / 60) * 60, int(_DAY))
        later = f" {days} day{'s' if days > 1 else ''} later" if days and clock else ""
        return f"{_clock(clock)}{later} {self.zone}"

    def of_run(self, run: Run) -> float:
        """On the clock at its start, and its seconds on top: beyond midnight it goes on counting."""
        there = run.report.started_at.astimezone(ZoneInfo(self.zone))
        return there.hour * 3600 + there.minute * 60 + there.second + run.seconds

    def kept_by(self, run: Run, bound: float) -> bool:
        """Whether it was ready at the first such time after its start."""
        return run.report.finished_at <= next_deadline(run.report.started_at, bound, self.zone)

    def untold(self, prices: PriceBook, seen: Conditions) -> str | None:
        """Before any run."""
        return None if seen.starts else "ready: no run tells when it starts; wait for one"

    def at(
        self,
        spec: ClusterSpec,
        seconds: float,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """From the clock at the latest start."""
        if not seen.starts:
            return seconds
        there = seen.starts[-1].astimezone(ZoneInfo(self.zone))
        return there.hour * 3600 + there.minute * 60 + there.second + seconds

    def seconds_within(
        self,
        bound: float,
        spec: ClusterSpec,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """From the usual start to that time."""
        found = seen.until(bound, self.zone)
        return math.inf if found is None else found[0]


def zone_of(text: str) -> str | None:
    """The zone of a time of day, UTC where none is named; None where there is no such zone."""
    _, _, zone = text.strip().partition(" ")
    name = zone.strip() or "UTC"
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    return name


def _clock(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60) % 1440, 60)
    return f"{hours:02d}:{minutes:02d}"
