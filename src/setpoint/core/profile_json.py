"""Profile → plain data for JSON: small, with nothing left out that clients count on."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
from functools import cache
from typing import Any

from setpoint.core.profile import Profile

__all__ = ["Plain", "as_data", "every_field"]

Plain = str | int | float | bool | None | Sequence["Plain"] | Mapping[str, "Plain"]
"""What JSON has words for."""

_DECIMALS = 3
"""Milliseconds, as Spark's own clock."""

_WHOLE = frozenset({"Profile", "Application", "Counts"})
"""Written with all their fields; of the others those at their default are left out."""
_KEPT = {"Completeness": frozenset({"state", "lines_skipped", "reasons"})}
_PAIRS = frozenset({"properties", "locality", "metrics"})
"""Fields of pairs of a name and a value: objects in JSON."""


def as_data(profile: Profile) -> dict[str, Plain]:
    """The profile as plain data: its own fields, application and counts always, below them what is not at its default.

    Floats are rounded to thousandths; what is no number in JSON becomes None.
    """
    return _of_dataclass(profile, _DECIMALS)


def every_field(value: Any, decimals: int) -> dict[str, Plain]:  # noqa: ANN401 - any of our dataclasses
    """A dataclass as plain data with all its fields; of dataclasses below it those not at their default."""
    return {each.name: _plain(getattr(value, each.name), decimals) for each in fields(value)}


def _of_dataclass(value: Any, decimals: int) -> dict[str, Plain]:  # noqa: ANN401 - any of our dataclasses
    kind: type = type(value)
    kept = _KEPT.get(kind.__name__, frozenset())
    data: dict[str, Plain] = {}
    for name, default in _defaults(kind):
        content = getattr(value, name)
        if kind.__name__ in _WHOLE or name in kept or content != default:
            data[name] = _pairs(content, decimals) if name in _PAIRS else _plain(content, decimals)
    return data


@cache
def _defaults(kind: type) -> tuple[tuple[str, object], ...]:
    """Each field with its default; a field without one has a default that nothing equals."""
    return tuple((each.name, _default(each)) for each in fields(kind))


def _default(of: Field[Any]) -> object:
    return of.default if of.default_factory is MISSING else of.default_factory()


def _pairs(content: tuple[tuple[str, Any], ...], decimals: int) -> dict[str, Plain]:
    return {name: _plain(value, decimals) for name, value in content}


def _plain(value: Any, decimals: int) -> Plain:  # noqa: ANN401 - any field of our dataclasses
    match value:
        case float():
            return round(value, decimals) if math.isfinite(value) else None
        case str() | bool() | int() | None:
            return value
        case tuple():
            return [_plain(each, decimals) for each in value]
        case _:
            return _of_dataclass(value, decimals)
