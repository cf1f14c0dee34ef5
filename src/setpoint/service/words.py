"""What only the dashboard says: intervals, outcomes, phases."""

from setpoint.core.domain import Outcome, Phase
from setpoint.core.goals import METRICS
from setpoint.core.history import Mode
from setpoint.service.rows import Band, RunRow

__all__ = ["between", "mode_meaning", "outcome", "phase"]

PHASES = {
    Phase.LEARNING: "Measuring. Too little is known yet to say what another spec would do.",
    Phase.OPTIMIZING: "Looking for a better spec, one safe step at a time.",
    Phase.MONITORING: "Settled. Trying more specs is not worth its price; it watches for disturbances.",
}

MODES: dict[Mode, str] = {
    "observe": "it is measured, nothing is decided",
    "shadow": "decisions are taken and graded, nothing is changed",
    "propose": "decisions are shown, nothing is changed",
    "approve": "changes wait for a person",
    "auto": "changes are made without asking",
}


def between(band: Band, metric: str) -> str:
    """An interval of a metric.

    >>> between(Band(9.0, 12.5), "runtime")
    '9.0 s – 12.5 s'
    """
    show = METRICS[metric].show
    return f"{show(band.low)} – {show(band.high)}"


def outcome(run: RunRow) -> str:
    """How a run ended, and whose fault a failure was."""
    if run.outcome is Outcome.FAILED:
        return f"failed ({run.fault})" if run.fault else "failed"
    if run.outcome is Outcome.KILLED:
        return "stopped from outside"
    return run.outcome.value


def mode_meaning(mode: Mode) -> str:
    """What a mode means."""
    return MODES[mode]


def phase(now: Phase) -> str:
    """What a phase means."""
    return PHASES[now]
