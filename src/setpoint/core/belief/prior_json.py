"""Prior ↔ JSON. What is read may be from anybody: its size, counts and numbers are checked before they are used.

What cannot be is an error that names the field; noise and scale that can be, but should not be trusted, are brought to
their bounds.
"""

import math
from dataclasses import replace
from typing import Annotated, Final, Literal

import msgspec

from setpoint.core.belief.calibration import bounded
from setpoint.core.belief.known import KnownWorkload
from setpoint.core.belief.points import Place
from setpoint.core.belief.prior import MOST_KNOWN, Prior, Representative, believable_noise
from setpoint.errors import InputError

__all__ = ["BEGINS", "FORMAT", "LARGEST_BYTES", "decode", "encode"]

FORMAT: Final = 1
BEGINS = b'{\n "setpoint_prior"'
"""What every such file begins with."""
LARGEST_BYTES = 5_000_000
MOST_POINTS = 64
"""Specs of a curve: it says no more with more of them, and every decision has to look at all."""
MOST_PLACES = MOST_KNOWN * MOST_POINTS
MOST_SHARES = 1 + 1e-6
LAST = 10**9
"""Larger counts are of no real installation."""

Count = Annotated[int, msgspec.Meta(ge=0, le=LAST)]
Size = Annotated[float, msgspec.Meta(ge=1e-4, le=1e6)]
Kind = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^[\w .:+-]*$")]
Axis = Annotated[float, msgspec.Meta(ge=-100, le=100)]


class PlaceShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One spec."""

    nodes: Size
    cores: Size
    memory_gib: Size | None = None
    kinds: Annotated[tuple[Kind, ...], msgspec.Meta(max_length=8)] = ()
    axes: Annotated[tuple[Axis, ...], msgspec.Meta(max_length=8)] = ()


class PointShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A curve on one spec."""

    place: Annotated[int, msgspec.Meta(ge=0, lt=MOST_PLACES)]
    """Number of the place."""
    log: Annotated[float, msgspec.Meta(ge=-20, le=20)]
    """Log runtime, up to the curve's level."""
    failed: bool = False


class CurveShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One curve."""

    share: Annotated[float, msgspec.Meta(ge=0, le=1)]
    points: Annotated[tuple[PointShape, ...], msgspec.Meta(min_length=1, max_length=MOST_POINTS)]


class PriorShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    setpoint_prior: Literal[1]
    """Version of the format."""
    workloads: Count
    runs: Count
    noise: Annotated[float, msgspec.Meta(gt=0, le=2)]
    repeats: Count
    growth: Annotated[float, msgspec.Meta(ge=-5, le=5)]
    steps: Count
    scale: Annotated[float, msgspec.Meta(ge=0.1, le=10)]
    graded: Count
    places: Annotated[tuple[PlaceShape, ...], msgspec.Meta(max_length=MOST_PLACES)]
    curves: Annotated[tuple[CurveShape, ...], msgspec.Meta(max_length=MOST_KNOWN)]


class _VersionShape(msgspec.Struct):
    setpoint_prior: int | None = None


def encode(prior: Prior) -> bytes:
    """The prior as JSON, people may read it. Of a curve over more than MOST_POINTS specs a sample, evenly by size."""
    known = [replace(each, workload=_thinned(each.workload)) for each in prior.known]
    places = list(dict.fromkeys(place for each in known for place in each.workload.places))
    numbers = {place: number for number, place in enumerate(places)}
    shape = PriorShape(
        setpoint_prior=FORMAT,
        workloads=prior.workloads,
        runs=prior.runs,
        noise=prior.noise,
        repeats=prior.repeats,
        growth=prior.growth,
        steps=prior.steps,
        scale=prior.scale,
        graded=prior.graded,
        places=tuple(_place_shape(place) for place in places),
        curves=tuple(_curve_shape(each, numbers) for each in known),
    )
    return msgspec.json.format(msgspec.json.encode(shape), indent=1) + b"\n"


def decode(content: bytes, origin: str = "the prior") -> Prior:
    """The prior in a file. Raises InputError that names the field which cannot be."""
    if len(content) > LARGEST_BYTES:
        raise InputError(f"{origin} is no prior: it has more than {LARGEST_BYTES // 1_000_000} MB.")
    try:
        version = msgspec.json.decode(content, type=_VersionShape).setpoint_prior
        if version is None:
            raise InputError(f"{origin} is no prior: write one with `setpoint prior export FILE`.")
        if version > FORMAT:
            newer = version if version <= LAST else "of the far future"
            raise InputError(f"{origin} has format {newer}, this Setpoint reads up to {FORMAT}: use a newer one.")
        shape = msgspec.json.decode(content, type=PriorShape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{origin} is no prior that can be used: {error}.") from None
    _judge(shape, origin)
    return _prior(shape, origin)


def _judge(shape: PriorShape, origin: str) -> None:
    if shape.curves and not shape.workloads:
        raise InputError(f"{origin}: $.workloads is 0, and there are curves: of whom?")
    shares = math.fsum(curve.share for curve in shape.curves)
    if shares > MOST_SHARES:
        raise InputError(f"{origin}: the shares in $.curves sum up to {shares:.3g}, more than 1.")


def _thinned(workload: KnownWorkload) -> KnownWorkload:
    count = len(workload.places)
    if count <= MOST_POINTS:
        return workload
    by_size = sorted(range(count), key=lambda row: (workload.places[row].nodes * workload.places[row].cores, row))
    rows = [by_size[int((number + 0.5) * count / MOST_POINTS)] for number in range(MOST_POINTS)]
    mean = math.fsum(workload.log_seconds[row] for row in rows) / MOST_POINTS
    return replace(
        workload,
        places=tuple(workload.places[row] for row in rows),
        log_seconds=tuple(workload.log_seconds[row] - mean for row in rows),
        failed=tuple(workload.failed[row] for row in rows),
    )


def _place_shape(place: Place) -> PlaceShape:
    memory = None if math.isnan(place.memory_gib) else place.memory_gib
    return PlaceShape(place.nodes, place.cores, memory, place.kinds, place.axes)


def _curve_shape(each: Representative, numbers: dict[Place, int]) -> CurveShape:
    of = each.workload
    points = zip(of.places, of.log_seconds, of.failed, strict=True)
    return CurveShape(each.share, tuple(PointShape(numbers[place], log, failed) for place, log, failed in points))


def _prior(shape: PriorShape, origin: str) -> Prior:
    places = [
        Place(each.nodes, each.cores, math.nan if each.memory_gib is None else each.memory_gib, each.kinds, each.axes)
        for each in shape.places
    ]
    return Prior(
        known=tuple(_representative(curve, places, f"{origin}: $.curves[{n}]") for n, curve in enumerate(shape.curves)),
        workloads=shape.workloads,
        runs=shape.runs,
        noise=believable_noise(shape.noise),
        repeats=shape.repeats,
        growth=shape.growth,
        steps=shape.steps,
        scale=bounded(shape.scale),
        graded=shape.graded,
    )


def _representative(curve: CurveShape, places: list[Place], where: str) -> Representative:
    rows = [point.place for point in curve.points]
    missing = next((row for row in rows if row >= len(places)), None)
    if missing is not None:
        raise InputError(f"{where} names place {missing}, there are {len(places)}.")
    here = [places[row] for row in rows]
    if len(set(rows)) < len(rows) or len(set(here)) < len(here):
        raise InputError(f"{where} has two points on one place.")
    if len({(len(place.kinds), len(place.axes)) for place in here}) > 1:
        raise InputError(f"{where} has places with different numbers of kinds or axes.")
    logs, failed = tuple(point.log for point in curve.points), tuple(point.failed for point in curve.points)
    return Representative(KnownWorkload(tuple(here), logs, failed), curve.share)
