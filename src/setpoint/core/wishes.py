"""What the owner of a project pinned or asked for: the prediction parameters of existing clients, read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from setpoint.errors import InputError

__all__ = ["NO_WISHES", "SLOWDOWN_ALLOWED", "Wishes", "goal_text", "read_wishes"]

_LONGEST_MINUTES = 525_600.0
SLOWDOWN_ALLOWED = 1.25
"""Without a longest runtime, saving may cost this factor of the first run's."""
_NUMBER = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")
_FLAGS = ("force_ondemand_workers", "fix_worker_family", "fix_driver_type", "fix_scaling_type")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What holds for every cluster that is recommended to a project."""

    sla_minutes: float | None = None
    """Longest runtime; None: none was named."""
    force_ondemand_workers: bool = False
    fix_worker_family: bool = False
    fix_driver_type: bool = False
    fix_scaling_type: bool = False
    """Whether a cluster that scales by itself goes on doing so."""
    optimize_instance_size: bool = True
    """Otherwise only the number of workers may change."""
    allow_arm: bool = False
    """Whether processors of another architecture may be taken than the job is known to run on."""


NO_WISHES = Wishes()


def read_wishes(params: Mapping[str, object] | None, *, optimize_instance_size: bool = True) -> Wishes:
    """The wishes in `prediction_params`; what is missing or null keeps its default, what is not known is left alone.

    Raises InputError, which names the field. No minutes, or 0 of them, is no limit.

    >>> read_wishes({"sla_minutes": 60, "fix_driver_type": True}).sla_minutes
    60.0
    """
    given = {name: value for name, value in (params or {}).items() if value is not None}
    flags = {name: _flag(name, given[name]) for name in _FLAGS if name in given}
    minutes = _minutes(given.get("sla_minutes", 0))
    return Wishes(sla_minutes=minutes or None, optimize_instance_size=optimize_instance_size, **flags)


def goal_text(wishes: Wishes, first_seconds: float) -> str:
    """The goal of a project, in the language of goals, from what was wished and how long its first run took.

    >>> goal_text(read_wishes({"sla_minutes": 90}), 1200.0), goal_text(NO_WISHES, 1200.0)
    ('minimise cost; runtime <= 5400s', 'minimise cost; runtime <= 1500s')
    """
    most = SLOWDOWN_ALLOWED * first_seconds if wishes.sla_minutes is None else 60 * wishes.sla_minutes
    return f"minimise cost; runtime <= {round(max(0.1, most), 1):.10g}s"


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"prediction_params.{name} is {value!r:.40}, where true or false is needed.")
    return value


def _minutes(value: object) -> float:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # What is not a number is in no range; integers of JSON may be too large to be made a float.
    if not is_number or not 0 <= value <= _LONGEST_MINUTES:  # type: ignore[operator]  # checked first
        raise InputError(f"prediction_params.sla_minutes is {value!r:.40}, where a number of minutes is needed.")
    return float(value)  # type: ignore[arg-type]  # checked above
