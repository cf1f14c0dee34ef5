"""Recurring jobs become projects: which ones, under which names, and what is said of those that cannot."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from setpoint.core.cloud_space import cloud_space
from setpoint.core.domain import ClusterSpec, SearchSpace
from setpoint.core.history import Mode
from setpoint.core.pricebook import PriceBook
from setpoint.core.wishes import NO_WISHES, goal_text
from setpoint.errors import InputError, SetpointError
from setpoint.loop import Loop
from setpoint.onboarding.candidates import Candidates
from setpoint.platforms.recurring import Keeper, Recurrences, Recurring, Taking, distinct

__all__ = ["Imported", "Importing", "Wanted", "chosen"]

Outcome = Literal["new", "known", "would be new", "refused"]
_SHARES_OF_SLOTS = (0.25, 0.5, 1.0, 2.0)
_ANY_GOAL = "minimise cost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which jobs are to become projects; what any of these names."""

    jobs: tuple[str, ...] = ()
    """By their ids, their names or patterns of names."""
    top: int = 0
    """So many of those that are worth most and are no projects yet."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Those that have all of these."""
    every: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a job."""

    project: str
    job: Recurring
    outcome: Outcome
    detail: str
    """Its cluster and goal, or why it cannot be one."""


def chosen(found: Candidates, wanted: Wanted, known: Mapping[str, str]) -> tuple[Recurring, ...]:
    """The jobs that are meant, those that are worth most first. Raises InputError where a job is not there."""
    order = [place.key for place in found.places]
    keys = [*order, *(key for key in found.jobs if key not in set(order))]
    every = [found.jobs[key] for key in keys]
    for name in wanted.jobs:
        if not any(_is(job, name) for job in every):
            raise InputError(
                f"There is no job {name!r} among the {len(every)} that were listed; see `setpoint connect`."
            )
    if wanted.tags and every and not any(job.tags for job in every):
        raise InputError("No job that was listed has a tag (lists of EMR tell none): name jobs with --job or --top.")
    fresh = [key for key in order if key not in known]
    top = set(fresh[: wanted.top])
    return tuple(
        job
        for job in every
        if wanted.every
        or job.key in top
        or any(_is(job, name) for name in wanted.jobs)
        or (wanted.tags and wanted.tags.items() <= job.tags.items())
    )


@dataclass(frozen=True, slots=True)
class Importing:
    """Makes projects in one ledger out of jobs of one connection. May be repeated: what is a project stays as it is."""

    loop: Loop
    recurrences: Recurrences
    keeper: Keeper
    book: PriceBook
    platform: str
    goal: str = ""
    """Of all that are made; empty: the cheapest cluster on which a run does not take much longer than now."""
    mode: Mode = "propose"

    def run(self, jobs: Sequence[Recurring], *, is_dry: bool = False) -> Iterator[Imported]:
        """Take one job after the other; one that cannot be taken holds up no other."""
        known = dict(self.keeper.known())
        taken = set(self.loop.ledger.projects())
        fresh = [job for job in jobs if job.key not in known]
        named = {job.key: job for job in distinct(fresh, taken)}
        for job in jobs:
            yield self._one(named.get(job.key, job), known.get(job.key, ""), is_dry=is_dry)

    def _one(self, job: Recurring, project: str, *, is_dry: bool) -> Imported:
        name = project or job.project
        if name in self.loop.ledger.projects():
            if project:
                return Imported(project, job, "known", "it is a project already, and stays as it is")
            return Imported(name, job, "refused", f"there is another project {name!r}; give the job another name")
        try:
            taking = self.recurrences.taking(job)
            # The platform first: a project of the ledger that no platform knows would fail with every tick.
            if not is_dry:
                self.keeper.keep(name, job)
        except SetpointError as error:
            return Imported(name, job, "refused", str(error))
        goal = self.goal or _goal(taking)
        detail = f"{taking.baseline}; {goal}"
        if is_dry:
            return Imported(name, job, "would be new", detail)
        self.loop.register(name, self.platform, taking.baseline, _space(taking.baseline, self.book))
        self.loop.set_goal(name, goal, self.mode)
        return Imported(name, job, "new", detail)


def _is(job: Recurring, name: str) -> bool:
    return name in (job.job_id, job.key, job.name, job.project) or fnmatchcase(job.name, name)


def _goal(taking: Taking) -> str:
    return goal_text(NO_WISHES, taking.seconds) if taking.seconds > 0 else _ANY_GOAL


def _space(baseline: ClusterSpec, book: PriceBook) -> SearchSpace:
    """What may be chosen instead of a cluster; of workers without machines, fewer and more of them."""
    if baseline.cloud is not None:
        return cloud_space(baseline, book)
    per_worker = max(1, baseline.worker_cores)
    counts = {max(1, round(baseline.slots * share / per_worker)) for share in _SHARES_OF_SLOTS}
    return SearchSpace(slots=tuple(sorted(count * per_worker for count in counts)))
