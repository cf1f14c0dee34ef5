"""Where to start: recurring jobs in the order in which controlling them is worth most.

    worth = dollars per run × runs a month × (1 + spread) × headroom        in dollars a month

dollars per run   mean over all runs of the window, those that failed included: they are paid too
runs a month      runs of the window × 30 days ÷ days of the window
spread            standard deviation ÷ mean of the runtimes that ended well, at most 1: a job whose nights differ is
                  what a fixed cluster suits least. Few runs tell little of it, so it is drawn to a usual 0.2, which
                  counts as two runs.
headroom          share of the rented slots' time in which no task worked, as one event log has it; 0.5 where none was
                  read

It is an order and no forecast: nobody saves all that stands idle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from setpoint.core.profile import Profile

__all__ = ["JobSeen", "RunSeen", "StartingPlace", "headroom_of", "starting_order"]

MONTH_DAYS = 30.0
USUAL_HEADROOM = 0.5
USUAL_SPREAD, _USUAL_RUNS = 0.2, 2
MOST_SPREAD = 1.0


@dataclass(frozen=True, slots=True)
class RunSeen:
    """A run as a platform's list has it."""

    began: float
    """Seconds since 1970."""
    seconds: float
    """That its machines were paid."""
    dollars: float | None
    """None: not known from the list alone."""
    succeeded: bool = True


@dataclass(frozen=True, slots=True)
class JobSeen:
    """A recurring job and its runs in the window that was looked at."""

    key: str
    """Tells it from all others of its platform."""
    runs: tuple[RunSeen, ...]
    headroom: float | None = None
    """As one log has it; None: no log was read."""


@dataclass(frozen=True, slots=True)
class StartingPlace:
    """A job in the order, with what put it there."""

    key: str
    runs: int
    failed: int
    """Of them."""
    runs_a_month: float
    seconds: float
    """Median of the runs."""
    dollars_a_run: float | None
    dollars_a_month: float | None
    spread: float
    headroom: float
    is_headroom_read: bool
    worth: float
    """Dollars a month; where no price is known for it, at the usual dollars a second of the others."""


def headroom_of(profile: Profile) -> float | None:
    """Share of the slots' time in which no task worked; None where the log has no executors or no time.

    The wall time from the first executor on counts: what a cluster costs before Spark starts is not the job's.
    """
    steps, busy = profile.slot_steps(), profile.busy
    rented, slots, since = 0.0, 0, 0.0
    for at, change in steps:
        rented, slots, since = rented + slots * max(0.0, at - since), slots + change, at
    rented += slots * max(0.0, profile.wall_seconds - since)
    if rented <= 0:
        return None
    worked = busy.step_seconds * sum(busy.slots)
    return min(1.0, max(0.0, 1.0 - worked / rented))


def starting_order(jobs: Iterable[JobSeen], days: float) -> tuple[StartingPlace, ...]:
    """Jobs that ran in a window of so many days, the one that is worth most first; those without a run are left out.

    >>> nightly = JobSeen("nightly", tuple(RunSeen(86400.0 * n, 3600.0, 20.0) for n in range(30)), headroom=0.6)
    >>> hourly = JobSeen("hourly", tuple(RunSeen(3600.0 * n, 300.0, 0.4) for n in range(720)), headroom=0.6)
    >>> [(it.key, round(it.worth)) for it in starting_order([hourly, nightly], days=30)]
    [('nightly', 378), ('hourly', 175)]
    """
    found = [job for job in jobs if job.runs]
    rate = _usual_rate(found)
    places = (_place(job, days, rate) for job in found)
    return tuple(sorted(places, key=lambda place: (-place.worth, place.key)))


def _place(job: JobSeen, days: float, rate: float) -> StartingPlace:
    a_month = len(job.runs) * MONTH_DAYS / days
    dollars = _dollars(job.runs)
    assumed = rate * fmean(run.seconds for run in job.runs) if dollars is None else dollars
    spread = _spread([run.seconds for run in job.runs if run.succeeded])
    headroom = USUAL_HEADROOM if job.headroom is None else job.headroom
    return StartingPlace(
        key=job.key,
        runs=len(job.runs),
        failed=sum(1 for run in job.runs if not run.succeeded),
        runs_a_month=a_month,
        seconds=median(run.seconds for run in job.runs),
        dollars_a_run=dollars,
        dollars_a_month=None if dollars is None else dollars * a_month,
        spread=spread,
        headroom=headroom,
        is_headroom_read=job.headroom is not None,
        worth=assumed * a_month * (1 + spread) * headroom,
    )


def _dollars(runs: Sequence[RunSeen]) -> float | None:
    """Mean of a run; runs of unknown cost are taken to cost a second what the others do."""
    known = [(run.dollars, run.seconds) for run in runs if run.dollars is not None]
    if not known:
        return None
    seconds = sum(each for _, each in known)
    if seconds <= 0:
        return fmean(dollars for dollars, _ in known)
    return sum(dollars for dollars, _ in known) / seconds * fmean(run.seconds for run in runs)


def _usual_rate(jobs: Sequence[JobSeen]) -> float:
    """Dollars a second of the job in the middle; 1 where none is known, so that the time alone makes the order."""
    rates = []
    for job in jobs:
        dollars, seconds = _dollars(job.runs), fmean(run.seconds for run in job.runs)
        if dollars is not None and seconds > 0:
            rates.append(dollars / seconds)
    return median(rates) if rates else 1.0


def _spread(seconds: Sequence[float]) -> float:
    mean = fmean(seconds) if seconds else 0.0
    squares = sum((each / mean - 1) ** 2 for each in seconds) if mean > 0 else 0.0
    runs = max(0, len(seconds) - 1)
    shared = (_USUAL_RUNS * USUAL_SPREAD**2 + squares) / (_USUAL_RUNS + runs)
    return float(min(MOST_SPREAD, shared**0.5))
