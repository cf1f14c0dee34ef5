"""Energy and carbon of a run or a spec, from two sources that do not agree: a range, and how each end is known.

Cloud Carbon Footprint gives watts per vCPU when idle and when busy by kind of processor, and watts per GiB of memory
(https://www.cloudcarbonfootprint.org/docs/methodology). A table of measured EC2 types gives watts of the whole
instance at four loads. Both are multiplied by the power usage effectiveness of the data centre (PUE).
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from setpoint.core.diagnosis import diagnose
from setpoint.core.distributions import Interval
from setpoint.core.pricebook import Cloud, CorePower, Missing, NodeType
from setpoint.core.profile import Profile
from setpoint.core.usage import Disk, Usage

__all__ = [
    "USUAL_UTILISATION",
    "EnergyBook",
    "EnergyFigure",
    "Footprint",
    "PowerCurve",
    "busy_share",
    "core_power",
    "footprint",
]

USUAL_UTILISATION = 0.5
"""Busy share of the processors where nothing is known (the coefficients' own usual value)."""
_HARD_DISKS = re.compile(r"st1|sc1|standard|.*hdd", re.IGNORECASE)
_KILO = 1000.0


@dataclass(frozen=True, slots=True)
class PowerCurve:
    """Watts of a whole instance at four loads.

    >>> round(PowerCurve(8.8, 14.0, 28.2, 39.9).at(0.3), 1)
    21.1
    """

    idle: float
    tenth: float
    half: float
    full: float
    embodied_grams_per_hour: float | None = None
    """Share of what making the server emitted, spread over four years, in gCO2e."""

    def at(self, utilisation: float) -> float:
        """Watts at a load from 0 to 1, on straight lines between the known ones."""
        points = ((0.0, self.idle), (0.1, self.tenth), (0.5, self.half), (1.0, self.full))
        load = min(1.0, max(0.0, utilisation))
        low, high = next(pair for pair in pairwise(points) if load <= pair[1][0])
        return low[1] + (high[1] - low[1]) * (load - low[0]) / (high[0] - low[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyBook:
    """What energy takes and emits in one region of one cloud: data, not code."""

    source: str
    """In words, with its date."""
    cloud: Cloud
    region: str
    grams_per_kwh: float | None
    """Of CO2 equivalents, of the region's grid; None: not known."""
    grid_source: str = ""
    pue: float = 1.0
    """Power usage effectiveness: energy of the data centre per energy of its servers."""
    watts_per_vcpu: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Idle and busy, by kind of processor."""
    usual_watts_per_vcpu: tuple[float, float] = (0.0, 0.0)
    """The cloud's average, for processors that are not known."""
    power: Mapping[str, PowerCurve] = field(default_factory=dict)
    """By instance type; AWS only."""
    measured_over_coefficients: float = 1.0
    """How much more the table says than the coefficients where both know a type: the median at half load."""
    watts_per_gib: float = 0.0
    ssd_watts_per_tb: float = 0.0
    hdd_watts_per_tb: float = 0.0


@dataclass(frozen=True, slots=True)
class EnergyFigure:
    """What one source says."""

    source: str
    kwh: Interval
    is_estimated: bool
    """Whether it does not know all of the machines, and kin stand in for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Energy and carbon of a run or a spec."""

    kwh: Interval
    """At the data centre's meter; the ends are those of the sources."""
    gco2e: Interval | Missing
    """From the electricity used."""
    figures: tuple[EnergyFigure, ...]
    utilisation: float
    embodied_gco2e: float | None = None
    """From making the servers, the run's share of four years; not in `gco2e`. None where not known for all of them."""
    assumptions: tuple[str, ...] = ()

    @property
    def is_estimated(self) -> bool:
        """Whether a source had to be stood in for."""
        return any(figure.is_estimated for figure in self.figures)


@dataclass(frozen=True, slots=True)
class _Draw:
    """Watt-hours of some alike machines, disks included, before PUE."""

    coefficients: Interval
    measured: float
    is_kind_known: bool
    is_measured: bool
    embodied_grams: float | None


def footprint(
    usage: Usage, nodes: Mapping[str, NodeType], book: EnergyBook, utilisation: float | None = None
) -> Footprint | Missing:
    """Energy and carbon of what was used; Missing where nothing is known of a machine. `nodes` are those of prices."""
    load = USUAL_UTILISATION if utilisation is None else min(1.0, max(0.0, utilisation))
    draws = list(_draws(usage, nodes, book, load))
    missing = next((draw for draw in draws if isinstance(draw, Missing)), None)
    known = [draw for draw in draws if isinstance(draw, _Draw)]
    if missing is not None or not known:
        return missing or Missing("the report names no machines, and no serverless units")
    assumed = [] if utilisation is not None else [f"processors are taken to be {load:.0%} busy"]
    if any(nodes[use.instance_type].gpus for use in usage.machines if use.instance_type in nodes):
        assumed.append("GPUs are in the figure of the EC2 power table only")
    return _footprint(known, book, load, (*usage.assumptions, *assumed))


def core_power(book: EnergyBook) -> CorePower:
    """What a core and a GiB draw in this region: the middle of what the two sources say."""
    idle, busy = (_middle_watts(1.0, 0.0, book, load) for load in (0.0, 1.0))
    memory = _middle_watts(0.0, 1.0, book, 0.0)
    return CorePower(idle, busy, memory, book.grams_per_kwh, book.source)


def _middle_watts(vcpus: float, gib: float, book: EnergyBook, load: float) -> float:
    found = _footprint([_of_cores(vcpus, gib, None, book, load)], book, load, ())
    return (found.kwh.low + found.kwh.high) / 2 * _KILO


def busy_share(profile: Profile) -> float | None:
    """CPU time over slot time; None where the log has no CPU times or work was done where they do not count."""
    if profile.engine == "rapids" or profile.runs_python:
        return None
    found = diagnose(profile)
    whole = found.slots.total_seconds
    if not found.has_cpu_times or whole <= 0:
        return None
    return min(1.0, found.slots.tasks.cpu_seconds / whole)


def _draws(usage: Usage, nodes: Mapping[str, NodeType], book: EnergyBook, load: float) -> Iterator[_Draw | Missing]:
    for use in usage.machines:
        node = nodes.get(use.instance_type)
        if node is None:
            yield Missing(f"the processors and the memory of {use.instance_type} are not known")
            continue
        hours = use.count * max(0.0, use.ended - use.began) / 3600
        yield _draw(node, hours, sum(_disk_watts(disk, book) for disk in use.disks), book, load)
    if usage.serverless is not None:
        hours, gib_hours = usage.serverless.vcpu_hours, usage.serverless.gib_hours
        yield _of_cores(hours, gib_hours, None, book, load)


def _draw(node: NodeType, hours: float, disk_watts: float, book: EnergyBook, load: float) -> _Draw:
    local = node.local_disk_gb / _KILO * book.ssd_watts_per_tb
    plain = _of_cores(node.vcpus * hours, node.memory_gib * hours, node.microarch, book, load)
    disks, curve = disk_watts * hours, book.power.get(node.name)
    low, high = plain.coefficients.low + local * hours, plain.coefficients.high + local * hours
    measured = (low + high) / 2 * book.measured_over_coefficients if curve is None else curve.at(load) * hours
    embodied = None if curve is None or curve.embodied_grams_per_hour is None else curve.embodied_grams_per_hour * hours
    within = Interval(low + disks, high + disks)
    return _Draw(within, measured + disks, plain.is_kind_known, curve is not None, embodied)


def _of_cores(vcpu_hours: float, gib_hours: float, kind: str | None, book: EnergyBook, load: float) -> _Draw:
    memory = gib_hours * book.watts_per_gib
    known = book.watts_per_vcpu.get(kind or "")
    low, high = (known, known) if known else _spread(book, load)
    within = Interval(vcpu_hours * _watts(low, load) + memory, vcpu_hours * _watts(high, load) + memory)
    usual = known or book.usual_watts_per_vcpu
    measured = (vcpu_hours * _watts(usual, load) + memory) * book.measured_over_coefficients
    return _Draw(within, measured, known is not None, is_measured=False, embodied_grams=None)


def _spread(book: EnergyBook, load: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """The kinds of processor of a cloud that take least and most at a load."""
    kinds = sorted(book.watts_per_vcpu.values(), key=lambda kind: _watts(kind, load))
    return (kinds[0], kinds[-1]) if kinds else (book.usual_watts_per_vcpu, book.usual_watts_per_vcpu)


def _watts(kind: tuple[float, float], load: float) -> float:
    return kind[0] + load * (kind[1] - kind[0])


def _disk_watts(disk: Disk, book: EnergyBook) -> float:
    per_tb = book.hdd_watts_per_tb if _HARD_DISKS.fullmatch(disk.kind) else book.ssd_watts_per_tb
    return disk.gib * 2**30 / 1e12 * per_tb


def _footprint(draws: list[_Draw], book: EnergyBook, load: float, assumptions: tuple[str, ...]) -> Footprint:
    scale = book.pue / _KILO
    low = scale * math.fsum(draw.coefficients.low for draw in draws)
    high = scale * math.fsum(draw.coefficients.high for draw in draws)
    measured = scale * math.fsum(draw.measured for draw in draws)
    are_kinds_known, are_measured = all(d.is_kind_known for d in draws), all(d.is_measured for d in draws)
    figures = (
        EnergyFigure("Cloud Carbon Footprint coefficients", Interval(low, high), not are_kinds_known),
        EnergyFigure("EC2 power table", Interval(measured, measured), not are_measured),
    )
    kwh = Interval(min(low, measured), max(high, measured))
    embodied = [draw.embodied_grams for draw in draws]
    return Footprint(
        kwh=kwh,
        gco2e=_carbon(kwh, book),
        figures=figures,
        utilisation=load,
        embodied_gco2e=math.fsum(grams for grams in embodied if grams is not None) if None not in embodied else None,
        assumptions=assumptions,
    )


def _carbon(kwh: Interval, book: EnergyBook) -> Interval | Missing:
    if book.grams_per_kwh is None:
        return Missing(f"what a kWh emits in {book.cloud} {book.region or '(no region)'} is not known")
    return Interval(kwh.low * book.grams_per_kwh, kwh.high * book.grams_per_kwh)
