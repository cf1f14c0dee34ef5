"""Projects of a simulated fleet: jobs drawn at random, each on the generous cluster that its owner gave it."""

import math
from dataclasses import dataclass, replace
from random import Random
from typing import Literal, get_args

from setpoint.core.domain import ClusterSpec, SearchSpace
from setpoint.testing.fleet.days import USUAL_LUCK, Day, Luck, Weather, attempts_on, draw_weather
from setpoint.testing.fleet.physics import USABLE_HEAP, JobLaw, StageLaw

__all__ = ["PROFILES", "FleetProject", "Profile", "draw_project"]

Profile = Literal["mixed", "noisy", "stationary", "growth", "cliff", "code-change"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
_WORKERS = (1, 2, 3, 4, 6, 8, 12, 16)
_MEMORY_MIB = (1024, 2048, 3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 49152, 65536)
_MOST_WORKERS, _MOST_MEMORY, _LEAST_VALUES = 8, 6, 4
_MARGIN = (1.05, 1.4)
"""Deadline over the p95 of the runtime on the needed cluster on a busy day."""
_SURE = 2.33
"""Standard deviations within which the owner's cluster keeps its deadline, whatever grows."""
_MOST_GROWN = 6.0
"""No input grows beyond this, or nothing on the market could carry it."""
_MEMORY_ROOM = 1.15
"""Heap that a careful owner would still call enough, over the least."""


@dataclass(frozen=True, slots=True)
class FleetProject:
    """One job, what befalls it day by day, and what its owner set."""

    name: str
    number: int
    """In its fleet."""
    baseline: ClusterSpec
    space: SearchSpace
    laws: tuple[JobLaw, ...]
    days: tuple[Day, ...]
    luck: Luck
    deadline_seconds: float
    weather: Weather
    change_day: int | None = None
    """On which its code changes."""

    def law_on(self, day: Day) -> JobLaw:
        """The law of that day."""
        return self.laws[day.law]


@dataclass(frozen=True, slots=True)
class _Course:
    """How a project's days go."""

    noise: tuple[float, float]
    growth: tuple[float, float]
    """Share by which the input grows in a day."""
    season: float
    """Most by which weekends are quieter."""
    changes: float
    """Share of the projects whose code changes."""
    heavier: tuple[float, float] = (0.6, 1.8)
    """Work of the new code over the old one's."""
    luck: Luck = USUAL_LUCK
    hungry: bool = False
    """Whether most of the memory goes with the input."""


_QUIET = Luck(killed=0.0, outages=0.0)
_COURSES: dict[Profile, _Course] = {
    "mixed": _Course((0.03, 0.12), (-0.001, 0.006), 0.4, 0.25),
    "noisy": _Course((0.10, 0.20), (0.0, 0.002), 0.2, 0.1, luck=Luck(outliers=0.02)),
    "stationary": _Course((0.15, 0.15), (0.0, 0.0), 0.0, 0.0, luck=_QUIET),
    "growth": _Course((0.03, 0.10), (1.1 ** (1 / 7) - 1,) * 2, 0.0, 0.0, luck=_QUIET),
    "cliff": _Course((0.03, 0.08), (0.008, 0.02), 0.0, 0.0, luck=_QUIET, hungry=True),
    "code-change": _Course((0.03, 0.10), (0.0, 0.001), 0.0, 1.0, heavier=(2.0, 2.0), luck=_QUIET),
}


def draw_project(profile: Profile, seed: int, number: int, days: int) -> FleetProject:
    """Project `number` of the fleet of this seed: the same whoever draws it, and in whatever order."""
    chance = Random(f"{seed}/{profile}/{number}")
    course = _COURSES[profile]
    weather = draw_weather(Random(f"{seed}/weather"), days)
    luck = replace(course.luck, noise=chance.uniform(*course.noise))
    cores, needed = chance.choice((2, 4, 4, 8)), chance.choice((1, 1, 2, 2, 3, 4))
    law = _draw_law(chance, cores * needed, hungry=course.hungry)
    changes = chance.random() < course.changes
    change_day = chance.randint(days // 3, max(days // 3, 2 * days // 3)) if changes else None
    laws = (law,) if change_day is None else (law, _next_version(law, chance.uniform(*course.heavier)))
    drawn = _draw_days(chance, course, luck, weather, days, change_day)
    owned = _owned(chance, laws, drawn, luck, (cores, needed))
    return FleetProject(
        name=f"{profile}-{number:04d}",
        number=number,
        baseline=owned.baseline,
        space=_space(owned.baseline),
        laws=laws,
        days=drawn,
        luck=luck,
        deadline_seconds=owned.deadline_seconds,
        weather=weather,
        change_day=change_day,
    )


def _draw_law(chance: Random, slots: int, *, hungry: bool) -> JobLaw:
    work = chance.uniform(120, 900) * slots
    count = chance.choice((1, 2, 2, 3))
    shares = [chance.uniform(0.5, 1.5) for _ in range(count)]
    stages = tuple(
        _draw_stage(chance, work * share / sum(shares), slots, number) for number, share in enumerate(shares)
    )
    memory = chance.uniform(1500, 8000)
    growing = chance.uniform(0.7, 0.9) if hungry else chance.uniform(0.2, 0.8)
    return JobLaw(
        launch_seconds=chance.uniform(5, 60),
        startup_seconds=chance.uniform(3, 20),
        startup_per_worker=chance.uniform(0.0, 0.6),
        serial_seconds=chance.uniform(0.02, 0.5) * work / slots,
        serial_growing=chance.uniform(0.0, 0.8),
        stages=stages,
        fixed_mib=memory * (1 - growing),
        growing_mib=memory * growing,
        collecting=chance.uniform(0.005, 0.03),
        garbage=chance.uniform(0.2, 0.6),
        logs_memory=chance.random() < 0.85,
    )


def _draw_stage(chance: Random, work: float, slots: int, number: int) -> StageLaw:
    """So many tasks that twice the slots it needs still have work."""
    tasks = min(64, max(6, round(slots * chance.uniform(1.5, 4.0))))
    lengths = [math.exp(chance.gauss(0.0, 0.25)) for _ in range(tasks)]
    if chance.random() < 0.3:
        lengths[chance.randrange(tasks)] *= chance.uniform(1.5, 4.0)
    mean = sum(lengths) / tasks
    is_fed = chance.random() < 0.2
    read = work * chance.uniform(5e6, 50e6)
    return StageLaw(
        shares=tuple(length / mean for length in lengths),
        mean_seconds=work / tasks,
        cpu_share=chance.uniform(0.1, 0.4) if is_fed else chance.uniform(0.5, 0.95),
        source_slots=round(slots * chance.uniform(1.5, 3.0)) if is_fed else 100_000,
        traffic=chance.uniform(0.0, 0.015),
        wanted_mib=chance.choice((20.0, 60.0, 150.0, 400.0)),
        input_bytes=round(read) if number == 0 else 0,
        shuffle_bytes=round(read * chance.uniform(0.05, 0.5)),
    )


def _next_version(law: JobLaw, heavier: float) -> JobLaw:
    stages = tuple(replace(stage, mean_seconds=stage.mean_seconds * heavier) for stage in law.stages)
    memory = heavier**0.3
    return replace(
        law,
        stages=stages,
        serial_seconds=law.serial_seconds * heavier,
        fixed_mib=law.fixed_mib * memory,
        growing_mib=law.growing_mib * memory,
        version=law.version + 1,
    )


def _draw_days(
    chance: Random, course: _Course, luck: Luck, weather: Weather, days: int, change_day: int | None
) -> tuple[Day, ...]:
    growth = chance.uniform(*course.growth)
    quiet = 1 - chance.uniform(0.0, course.season)
    found = []
    for number in range(days):
        season = quiet if number % 7 in (5, 6) else 1.0
        scale = min(_MOST_GROWN, (1 + growth) ** number) * season * math.exp(chance.gauss(0.0, 0.02))
        law = int(change_day is not None and number >= change_day)
        found.append(Day(number, scale, law, attempts_on(chance, luck, is_cloudy=number in weather.cloud_outages)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Owned:
    baseline: ClusterSpec
    deadline_seconds: float


def _owned(
    chance: Random, laws: tuple[JobLaw, ...], days: tuple[Day, ...], luck: Luck, sizes: tuple[int, int]
) -> _Owned:
    """What its owner gave it: two to four times what it needs in the beginning, and a deadline that this keeps."""
    cores, needed = sizes
    most = max(laws[day.law].needed_mib(day.scale) for day in days)
    busy = max(days[:7], key=lambda day: day.scale)
    least = _memory_for(laws[0].needed_mib(busy.scale))
    generous = chance.uniform(2.0, 4.0)
    workers = _nearest(_WORKERS, needed * generous)
    memory = max(_nearest(_MEMORY_MIB, least * generous), _memory_for(most))
    baseline = ClusterSpec(workers, cores, memory, 2, 4096)
    tight = laws[0].seconds(ClusterSpec(needed, cores, memory, 2, 4096), busy.scale)
    sure = max(laws[day.law].seconds(baseline, day.scale) for day in days)
    deadline = max(
        tight * math.exp(1.64 * luck.noise) * chance.uniform(*_MARGIN), sure * math.exp(_SURE * luck.noise) * 1.1
    )
    return _Owned(baseline, round(deadline, 1))


def _memory_for(needed_mib: float) -> int:
    """The smallest heap on the market that a careful owner would take."""
    wanted = needed_mib * _MEMORY_ROOM / USABLE_HEAP
    return next((mib for mib in _MEMORY_MIB if mib >= wanted), _MEMORY_MIB[-1])


def _nearest(values: tuple[int, ...], wanted: float) -> int:
    return min(values, key=lambda value: abs(math.log(value / wanted)))


def _space(baseline: ClusterSpec) -> SearchSpace:
    """Up to one step above what the owner had, on both axes."""
    workers = _around(_WORKERS, baseline.workers, _MOST_WORKERS)
    memory = _around(_MEMORY_MIB, baseline.worker_memory_mib, _MOST_MEMORY)
    return SearchSpace(tuple(count * baseline.worker_cores for count in workers), memory)


def _around(values: tuple[int, ...], now: int, most: int) -> tuple[int, ...]:
    last = values.index(now) + 2
    found = values[max(0, last - most) : last]
    return found if len(found) >= _LEAST_VALUES else values[:_LEAST_VALUES]
