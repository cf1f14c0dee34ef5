"""When changes may be made: windows and freezes, as people write them.

    0 20 * * 1-5 for 4h in Europe/Berlin      from each start on, for so long; without a zone in UTC
    2026-12-20 to 2027-01-06                  from the one to the other, days whole, in UTC

Either may end with a reason: `2026-12-20 to 2027-01-06 because the year is closed`.

Times of day are those of the zone, so that a window stays where it is when clocks change.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from setpoint.core.restrictions import Restrictions

__all__ = ["Span", "Times", "closed", "times_of"]

_TIMES = re.compile(
    r"(?P<cron>.+?)\s+for\s+(?P<number>\d+)\s*(?P<unit>min|m|h|d)(?:\s+in\s+(?P<zone>\S+))?", re.IGNORECASE
)
_SPAN = re.compile(r"(?P<begins>\S+)\s+to\s+(?P<ends>\S+)", re.IGNORECASE)
_MINUTES = {"m": 1, "min": 1, "h": 60, "d": 1440}
LONGEST = timedelta(days=366)
"""A time that lasts longer is meant otherwise."""


@dataclass(frozen=True, slots=True)
class Times:
    """Again and again from each start on, for some time."""

    cron: str
    lasts: timedelta
    zone: str = "UTC"

    def holds(self, at: datetime) -> bool:
        """Whether a moment is within; the starts are, the ends are not."""
        from cronsim import CronSim

        there = at.astimezone(ZoneInfo(self.zone))
        # The moment itself may be a start: the one before a minute later is looked for.
        last = next(
            CronSim(self.cron, there.replace(second=0, microsecond=0) + timedelta(minutes=1), reverse=True), None
        )
        return last is not None and at - last < self.lasts


@dataclass(frozen=True, slots=True)
class Span:
    """Once, from the one moment to the other."""

    begins: datetime
    ends: datetime

    def holds(self, at: datetime) -> bool:
        """Whether a moment is within; the beginning is, the end is not."""
        return self.begins <= at < self.ends


def times_of(text: str) -> Times | Span:
    """What the text says. Raises ValueError, in words that say what is wrong with it.

    >>> times_of("0 20 * * 1-5 for 4h in Europe/Berlin")
    Times(cron='0 20 * * 1-5', lasts=datetime.timedelta(seconds=14400), zone='Europe/Berlin')
    >>> times_of("2026-12-20 to 2027-01-06").holds(datetime(2027, 1, 6, 23, 59, tzinfo=UTC))
    True
    """
    text = text.partition(" because ")[0]
    if match := _TIMES.fullmatch(text.strip()):
        lasts = timedelta(minutes=int(match["number"]) * _MINUTES[match["unit"].lower()])
        return _checked(Times(match["cron"], lasts, match["zone"] or "UTC"))
    if match := _SPAN.fullmatch(text.strip()):
        begins, ends = _moment(match["begins"]), _moment(match["ends"], is_end=True)
        if begins >= ends:
            raise ValueError(f"{match['ends']} is before {match['begins']}")
        return Span(begins, ends)
    raise ValueError("write for example '0 20 * * 1-5 for 4h in Europe/Berlin' or '2026-12-20 to 2027-01-06'")


def closed(restrictions: Restrictions, at: datetime, *, is_rescue: bool = False) -> str | None:
    """Why no change may be made at this moment; None where one may.

    A rescue passes by windows where the restrictions say so, and never by a freeze.
    """
    frozen = next((text for text in restrictions.freezes if times_of(text).holds(at)), None)
    if frozen is not None:
        return f"changes are frozen: {frozen}"
    if is_rescue and restrictions.rescues:
        return None
    if restrictions.windows and not any(times_of(text).holds(at) for text in restrictions.windows):
        return f"changes are made only at {' or '.join(restrictions.windows)}"
    return None


def _checked(times: Times) -> Times:
    from cronsim import CronSim, CronSimError

    if not timedelta(0) < times.lasts <= LONGEST:
        raise ValueError("it must last a minute at least and a year at most")
    try:
        CronSim(times.cron, datetime(2026, 1, 1, tzinfo=ZoneInfo(times.zone)))
    except CronSimError:
        raise ValueError(f"{times.cron} is no cron expression of five fields") from None
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{times.zone} is no time zone; write for example Europe/Berlin") from None
    return times


def _moment(text: str, *, is_end: bool = False) -> datetime:
    """A day, or a moment; the end of a day where it ends something. UTC where no zone is given."""
    found = datetime.fromisoformat(text)
    found = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return found + timedelta(days=1) if is_end and len(text) == len("2026-01-01") else found
