"""What recurs on a platform: jobs as its lists show them, before any of them is a project."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from setpoint.core.domain import ClusterSpec
from setpoint.core.starting_order import RunSeen

__all__ = ["CloserLook", "Keeper", "Listing", "Recurrences", "Recurring", "Taking", "distinct", "project_name"]

Told = Callable[[str, int], None]
"""Takes what was counted, and how far it is: ("runs", 2500)."""
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """A cluster of a recurring job."""

    key: str
    """Tells it from all others of its platform."""
    job_id: str
    """As people name it to us: the id of a job, or the name that its clusters have in common."""
    name: str
    project: str
    """What it is called once it is a project."""
    place: str = ""
    """Where in the job its cluster is, or in which application its runs are."""
    runs: tuple[RunSeen, ...] = ()
    newest_run: str = ""
    """Id of the newest one that ended well; empty where there is none."""
    tags: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""
    """Why it cannot be taken, in a sentence; empty where it can."""
    owner: str = ""
    """Who else writes its settings, so that it gets patches: bundle, terraform, airflow; empty: nobody."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What recurs, and how far back was looked."""

    jobs: tuple[Recurring, ...]
    days: float
    note: str = ""
    """What is not in it, and why."""


@dataclass(frozen=True, slots=True)
class CloserLook:
    """What one run tells that no list does; None where it does not."""

    headroom: float | None = None
    dollars: float | None = None
    """Of that run."""
    seconds: float = 0.0
    note: str = ""
    """Why something is not known."""


@dataclass(frozen=True, slots=True)
class Taking:
    """What a project begins with."""

    baseline: ClusterSpec
    seconds: float
    """Of its usual run; 0: it has not run yet."""


class Recurrences(Protocol):
    """The recurring jobs of one connection."""

    def listed(self, days: float, told: Told) -> Listing:
        """All of them with their runs of the last days, by lists and not job by job. Raises PlatformError."""
        ...

    def looked_at(self, job: Recurring) -> CloserLook:
        """The newest run of one of them, with its log. Raises PlatformError, EventLogError."""
        ...

    def taking(self, job: Recurring) -> Taking:
        """What it would begin with as a project. Raises PlatformError with the reason where it cannot be one."""
        ...


class Keeper(Protocol):
    """What a platform keeps of the projects that are its own."""

    def known(self) -> Mapping[str, str]:
        """Names of the projects of this connection, by the key of what recurs."""
        ...

    def keep(self, project: str, job: Recurring) -> None:
        """From now on this is a project: how its runs are known, and where its cluster is. Raises PlatformError."""
        ...


def project_name(name: str) -> str:
    """A name that a project may have, from one that people gave a job.

    >>> project_name("Nightly load (EU) / v2"), project_name("***")
    ('Nightly-load-EU-v2', 'job')
    """
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")
    return safe[:_LONGEST_NAME].rstrip("-._") or "job"


def distinct(jobs: Iterable[Recurring], taken: Iterable[str] = ()) -> tuple[Recurring, ...]:
    """The same, no two of which would be projects of one name: where two would, their job and place are added.

    Which of them comes first makes no difference, and what cannot be taken needs no name of its own.
    """
    found, before = list(jobs), set(taken)
    counted = Counter(job.project for job in found if not job.refusal)

    def is_alone(job: Recurring) -> bool:
        return bool(job.refusal) or (counted[job.project] == 1 and job.project not in before)

    return tuple(job if is_alone(job) else _longer(job) for job in found)


def _longer(job: Recurring) -> Recurring:
    more = project_name("-".join(part for part in (job.job_id, job.place.rpartition("/")[2]) if part))
    kept = job.project[: _LONGEST_NAME - len(more) - 1]
    return replace(job, project=project_name(f"{kept}-{more}" if more not in kept else f"{kept}-2"))
