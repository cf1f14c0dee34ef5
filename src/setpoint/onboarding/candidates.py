"""Where to start in an account: what recurs there, in the order in which controlling it is worth most."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from setpoint.core.starting_order import JobSeen, StartingPlace, starting_order
from setpoint.errors import EventLogError, PlatformError
from setpoint.platforms.recurring import CloserLook, Recurrences, Recurring

__all__ = ["Candidates", "candidates"]

Told = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Jobs that could be projects, and those that cannot."""

    places: tuple[StartingPlace, ...]
    """Of those that can and ran, the one that is worth most first."""
    jobs: Mapping[str, Recurring]
    """All that were listed, by their keys."""
    refused: tuple[Recurring, ...]
    """The reason is in each."""
    days: float
    """That were looked at."""
    notes: tuple[str, ...] = ()
    """What is not known, and why."""


def candidates(recurrences: Recurrences, days: float, logs: int, told: Told = lambda *_: None) -> Candidates:
    """List what recurs, look at the newest run of the first so many, and put all in order again.

    Raises PlatformError where the lists cannot be had; a log that cannot be read is noted.
    """
    listing = recurrences.listed(days, told)
    jobs = {job.key: job for job in listing.jobs}
    seen = {job.key: JobSeen(job.key, job.runs) for job in listing.jobs if not job.refusal}
    notes = [listing.note] if listing.note else []
    first = starting_order(seen.values(), listing.days)[:logs]
    for number, place in enumerate(first, 1):
        look = _looked(recurrences, jobs[place.key])
        if look.note:
            notes.append(f"{jobs[place.key].name}: {look.note}")
        seen[place.key] = _with_look(seen[place.key], look)
        told("logs", number)
    refused = tuple(job for job in listing.jobs if job.refusal)
    return Candidates(starting_order(seen.values(), listing.days), jobs, refused, listing.days, tuple(notes))


def _looked(recurrences: Recurrences, job: Recurring) -> CloserLook:
    try:
        return recurrences.looked_at(job)
    except (PlatformError, EventLogError) as error:
        return CloserLook(note=str(error))


def _with_look(job: JobSeen, look: CloserLook) -> JobSeen:
    """The job with what its newest run told: that one's cost is known, and so is what a second of the others costs."""
    runs = job.runs
    if look.dollars is not None and look.seconds > 0:
        rate = look.dollars / look.seconds
        runs = tuple(replace(run, dollars=rate * run.seconds) for run in runs)
    return replace(job, runs=runs, headroom=look.headroom)
