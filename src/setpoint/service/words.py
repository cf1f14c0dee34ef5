"""Numbers as people say them."""

from datetime import UTC, datetime

from setpoint.core.domain import CostLabel, Outcome, Phase
from setpoint.core.goals import METRICS
from setpoint.service.rows import Band, RunRow

__all__ = ["between", "data_size", "dollars", "duration", "moment", "outcome", "percent", "phase", "priced", "sentence"]

_KIB = 1024
_TWO_DIGITS = 100

PHASES = {
    Phase.LEARNING: "Measuring. Too little is known yet to say what another spec would do.",
    Phase.OPTIMIZING: "Looking for a better spec, one safe step at a time.",
    Phase.MONITORING: "Settled. Trying more specs is not worth its price; it watches for disturbances.",
}

LABELS: dict[CostLabel, str] = {
    "billed": "what the invoice says",
    "list-estimated": "from measured use and list prices",
    "modelled": "from a model, not measured",
}


def dollars(amount: float) -> str:
    """Dollars, small ones too."""
    return METRICS["cost"].show(amount)


def duration(seconds: float) -> str:
    """A duration."""
    return METRICS["runtime"].show(seconds)


def between(band: Band, metric: str) -> str:
    """An interval of a metric.

    >>> between(Band(9.0, 12.5), "runtime")
    '9.0 s – 12.5 s'
    """
    show = METRICS[metric].show
    return f"{show(band.low)} – {show(band.high)}"


def data_size(size_bytes: int | None) -> str:
    """A size in binary units.

    >>> data_size(1536), data_size(3 * 1024**3), data_size(None)
    ('1.5 KiB', '3 GiB', 'unknown')
    """
    if size_bytes is None:
        return "unknown"
    amount, unit = float(size_bytes), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        if amount < _KIB:
            break
        amount, unit = amount / _KIB, larger
    return f"{round(amount, 0 if amount >= _TWO_DIGITS else 1):g} {unit}"


def percent(share: float) -> str:
    """A share of one, with small ones not rounded to nothing.

    >>> [percent(share).replace("\N{NO-BREAK SPACE}", " ") for share in (0.25, 0.004, 0.0)]
    ['25 %', '0.4 %', '0 %']
    """
    shown = f"{share * 100:.1g}" if 0 < share < 0.01 else f"{share * 100:.0f}"  # noqa: PLR2004 - one per cent
    return f"{shown}\N{NO-BREAK SPACE}%"


def moment(at: datetime) -> str:
    """A time, in UTC and saying so."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def outcome(run: RunRow) -> str:
    """How a run ended, and whose fault a failure was."""
    if run.outcome is Outcome.FAILED:
        return f"failed ({run.fault})" if run.fault else "failed"
    if run.outcome is Outcome.KILLED:
        return "stopped from outside"
    return run.outcome.value


def phase(now: Phase) -> str:
    """What a phase means."""
    return PHASES[now]


def priced(label: CostLabel) -> str:
    """What a cost label means."""
    return LABELS[label]


def sentence(text: str) -> str:
    """A reason as a sentence of its own.

    >>> sentence("the input grew")
    'The input grew.'
    """
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}" if text else ""
