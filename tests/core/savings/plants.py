"""Seeded plants of known physics: the entries of a project, and what it would truly have cost without a change."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from tests.core.made import GOAL_TEXT, PRICES, START, WIDE, applied, change, recorded, registered, run, waiting_profile

from setpoint.core.cost import price
from setpoint.core.domain import ClusterSpec
from setpoint.core.history import Entry, GoalSet

CHEAPER = {10: ClusterSpec.local(4, 8192), 25: ClusterSpec.local(4, 4096)}


@dataclass(frozen=True)
class Told:
    entries: list[Entry]
    truly_saved: float


def plant(
    seed: int, runs: int = 60, changes: Mapping[int, ClusterSpec] = CHEAPER, noise: float = 0.08, growth: float = 0.0
) -> Told:
    """A serial part and work over slots, lognormal noise of its own for the run that was and for the one without us."""
    chance = random.Random(seed)
    serial, work = chance.uniform(2, 8), chance.uniform(30, 120)
    entries: list[Entry] = [registered(WIDE), GoalSet(GOAL_TEXT, "auto", START)]
    spec, saved = WIDE, 0.0
    for number in range(runs):
        if number in changes:
            spec = changes[number]
            entries += applied(change(spec), f"d{number}")
        grown = (1 + growth) ** number
        seconds, without = (
            grown * (serial + work / each.slots) * chance.lognormvariate(0, noise) for each in (spec, WIDE)
        )
        made = waiting_profile(spec.slots, input_bytes=int(1e9 * grown), factor=grown * serial / 4)
        entries += recorded(run(number, spec, seconds, made=made))
        if spec != WIDE:
            saved += price(WIDE, without, PRICES, "modelled").dollars - price(spec, seconds, PRICES, "modelled").dollars
    return Told(entries, saved)
