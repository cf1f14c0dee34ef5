"""What happens on each day of a project: its input, code, prices and luck. Drawn beforehand, whoever decides."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

__all__ = [
    "MEMORY_JITTER",
    "USUAL_LUCK",
    "Attempt",
    "Day",
    "Ending",
    "Luck",
    "Weather",
    "attempts_on",
    "draw_weather",
    "risk_of_delay",
    "risk_of_want",
]

Ending = Literal["well", "killed", "code fault", "cloud fault"]
MOST_ATTEMPTS = 2
"""A failed run is repeated once."""
_OUTLIER_LEAST, _OUTLIER_MOST = 1.4, 3.0
"""Factors of the runs in the heavy tail."""
MEMORY_JITTER = 0.02
"""Standard deviation of the logarithm of the live objects, from run to run."""
_SECOND_FAILS = 0.5
"""Of attempts during an outage, those that fail again."""


@dataclass(frozen=True, slots=True)
class Luck:
    """How unlucky runs of a project are."""

    noise: float = 0.06
    """Standard deviation of the logarithm of a run's speed."""
    outliers: float = 0.01
    """Share of the runs in the heavy tail."""
    killed: float = 0.003
    """Share of the runs that lose their driver's machine (spot)."""
    outages: float = 0.004
    """Share of the days on which the code or its data fail, whatever the spec."""


USUAL_LUCK = Luck()


@dataclass(frozen=True, slots=True)
class Attempt:
    """What befalls one run, whatever spec it runs on."""

    factor: float
    """Of all its times."""
    ending: Ending
    share: float
    """How much of it was done where it did not end well."""
    jitter: float
    """Factor of its live objects."""


@dataclass(frozen=True, slots=True)
class Weather:
    """What befalls the whole fleet."""

    cloud_outages: frozenset[int]
    """Days on which runs fail in the cloud."""
    price_day: int
    """From this day on other prices hold."""
    core_factor: float
    memory_factor: float


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a project."""

    number: int
    scale: float
    """Of the input."""
    law: int
    """Which of the project's laws holds: its code."""
    attempts: tuple[Attempt, ...]


def draw_weather(chance: Random, days: int) -> Weather:
    """About one bad day of the cloud in two months, and one change of prices."""
    cloud = frozenset(day for day in range(10, days) if chance.random() < 1 / 60)
    return Weather(
        cloud,
        chance.randint(days // 3, max(days // 3, 2 * days // 3)),
        chance.uniform(0.8, 1.2),
        chance.uniform(0.7, 1.4),
    )


def attempts_on(chance: Random, luck: Luck, *, is_cloudy: bool) -> tuple[Attempt, ...]:
    """What befalls the attempts of one day."""
    ending = _ending(chance, luck, is_cloudy=is_cloudy)
    found = []
    for _ in range(MOST_ATTEMPTS):
        jitter = math.exp(chance.gauss(0.0, MEMORY_JITTER))
        found.append(Attempt(_factor(chance, luck), ending, chance.uniform(0.2, 0.9), jitter))
        if chance.random() >= _SECOND_FAILS or ending == "killed":
            ending = "well"
    return tuple(found)


def _ending(chance: Random, luck: Luck, *, is_cloudy: bool) -> Ending:
    drawn, hit = chance.random(), chance.random()
    if is_cloudy and hit < 0.3:
        return "cloud fault"
    if drawn < luck.killed:
        return "killed"
    return "code fault" if drawn < luck.killed + luck.outages else "well"


def _factor(chance: Random, luck: Luck) -> float:
    usual = math.exp(chance.gauss(0.0, luck.noise))
    tail = math.exp(chance.uniform(math.log(_OUTLIER_LEAST), math.log(_OUTLIER_MOST)))
    return usual * tail if chance.random() < luck.outliers else usual


def risk_of_delay(allowed: float, luck: Luck) -> float:
    """P(a run takes longer than `allowed` times its usual time).

    >>> [round(risk_of_delay(factor, Luck(noise=0.1)), 3) for factor in (0.5, 1.0, 1.2, 5.0)]
    [1.0, 0.505, 0.044, 0.0]
    """
    if allowed <= 0:
        return 1.0
    tail = sum(_above(allowed / factor, luck.noise) for factor in _tails()) / _TAIL_STEPS
    return (1 - luck.outliers) * _above(allowed, luck.noise) + luck.outliers * tail


def risk_of_want(needed_mib: float, usable_mib: float) -> float:
    """P(a run needs more memory than it can use).

    >>> [round(risk_of_want(needed, 1000.0), 3) for needed in (900.0, 1000.0, 1050.0)]
    [0.0, 0.5, 0.993]
    """
    return _above(usable_mib / needed_mib, MEMORY_JITTER)


_TAIL_STEPS = 12


def _tails() -> Iterator[float]:
    width = math.log(_OUTLIER_MOST / _OUTLIER_LEAST)
    return (_OUTLIER_LEAST * math.exp(width * (step + 0.5) / _TAIL_STEPS) for step in range(_TAIL_STEPS))


def _above(allowed: float, noise: float) -> float:
    return 0.5 * math.erfc(math.log(allowed) / (max(noise, 1e-9) * math.sqrt(2)))
