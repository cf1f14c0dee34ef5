"""The rules by name, and what they find. Each is described in docs/profile.md."""

from collections.abc import Callable
from dataclasses import replace

from setpoint.core.diagnosis.case import Case, Finding
from setpoint.core.diagnosis.rules import balance, losses, memory, sql, streaming, waiting

__all__ = ["RULES", "findings"]

RULES: dict[str, Callable[[Case], Finding | None]] = {
    "failures": losses.failures,
    "lost-executors": losses.lost_executors,
    "failed-tasks": losses.failed_tasks,
    "slow-start": waiting.slow_start,
    "driver-bound": waiting.driver_bound,
    "driver-gap": waiting.driver_gap,
    "waiting-for-slots": waiting.waiting_for_slots,
    "idle-slots": balance.idle_slots,
    "skew": balance.skew,
    "few-partitions": balance.few_partitions,
    "many-tiny-tasks": balance.many_tiny_tasks,
    "speculation": balance.speculation,
    "waiting-on-source": waiting.waiting_on_source,
    "fetch-wait": waiting.fetch_wait,
    "poor-locality": waiting.poor_locality,
    "small-files": waiting.small_files,
    "gc-pressure": memory.gc_pressure,
    "spill": memory.spill,
    "python-memory": memory.python_memory,
    "adaptive-off": sql.adaptive_off,
    "engine-fallback": sql.engine_fallback,
    "slow-batches": streaming.slow_batches,
    "incomplete-log": losses.incomplete_log,
}
"""The rules by name."""

_WORTH_NAMING = 0.02
"""A finding that would gain less than this share of the run is not worth a line."""
_ALWAYS_NAMED = frozenset(
    {"failures", "failed-tasks", "lost-executors", "spill", "python-memory", "slow-batches", "incomplete-log"}
)
"""Signs of a limit that is near or of something broken, whatever they cost today."""


def findings(case: Case) -> tuple[Finding, ...]:
    """What the rules find, largest gain first; equal ones in the order of the rules."""
    wall = case.wall_seconds
    found = [finding for rule in RULES.values() if (finding := rule(case)) is not None]
    bounded = [replace(finding, gain_seconds=min(max(0.0, finding.gain_seconds), wall)) for finding in found]
    kept = [f for f in bounded if f.rule in _ALWAYS_NAMED or f.gain_seconds > _WORTH_NAMING * wall]
    return tuple(sorted(kept, key=lambda finding: -finding.gain_seconds))
