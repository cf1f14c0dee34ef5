"""Has the plant changed? Compares a run with its regime: platform, code, input size, prices, and what was predicted.

Each kind has its own answer. Other code, another version of the platform and a shift that nothing explains begin a new
regime: earlier runs count as kin. More data and other prices are part of the model and begin none. A run that lost
machines, or one that is odd by itself, is noise: the plant is as it was.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import median

from setpoint.core.belief.prior import GROWTH_SPREAD, USUAL_GROWTH
from setpoint.core.domain import ClusterSpec, Prediction, Run
from setpoint.core.history import DisturbanceKind, History, expected_of
from setpoint.core.platform_change import other_platform, other_prices

__all__ = ["Drift", "cusum", "detect", "log_error", "repriced", "scale_of"]

INPUT_TOLERANCE = 0.2
"""Share by which the input may lie beyond all that a regime has read before it is worth telling."""
CUSUM_SLACK = 1.0
CUSUM_ALARM = 5.0
"""In standard deviations. With this slack and alarm one wild run (deviations are capped at 4) is never an alarm, two
in a row beyond 3.5 are, four at 2.3 are; in-control runs alarm about once in 10^5."""
SURPRISES = 2
"""Runs in a row that must be off to the same side: whatever went before, one run may have met anything."""
LEAST_SHIFT = 0.15
"""Mean error, in log, of the surprises in a row: what is less the model learns by itself, and loses nothing."""
LEAST_KNOWN = 3
"""Successful runs of a regime on which a prediction must rest to be held against a run: of two nobody can say which one
is odd."""
_LONE_DEVIATION = 2.0
"""To which a deviation is capped that no neighbour shares: one run of a hundred meets anything."""
_LEAST_SCATTER = 5
"""Errors from which their own scatter is known."""
_UNKNOWN_SCATTER = 0.08
"""Scale below which nothing is believed before that: how much a job varies from run to run only repeats tell."""
_OF_NORMAL = 1.4826
"""Standard deviation of a normal distribution over the median of absolute deviations from its middle."""
MOST_COMPARED = 30
"""Latest runs that a sum goes over: what was long ago has drained from it."""
_LARGEST_DEVIATION = 4.0
_DISTURBED: frozenset[str | None] = frozenset({"spot", "lost"})
"""How an executor goes that takes work with it."""


@dataclass(frozen=True, slots=True)
class Drift:
    """The plant changed, and how one can tell."""

    kind: DisturbanceKind
    detail: str


def detect(history: History, run: Run) -> Drift | None:
    """Whether a run that is about to be recorded belongs to a new regime.

    Failed runs are never compared: their logs end early. Without a log only the runtime tells.
    """
    peers = [peer for peer in history.runs_of(history.regime) if peer.succeeded]
    if not run.succeeded or not peers:
        return None
    # A log that lacks a part has fewer call sites and less input, and nobody changed anything.
    whole = [peer for peer in peers if _is_whole(peer)]
    changed = (
        _platform(whole[-1], run) or _code(whole[-1], run) or _input(whole, run) if whole and _is_whole(run) else None
    )
    return changed or _shift(history, peers, run)


def repriced(history: History, run: Run) -> Drift | None:
    """Whether other prices hold than at the run before. Told beside whatever else changed with the run."""
    if not history.runs or (said := other_prices(history.runs[-1], run)) is None:
        return None
    return Drift("price change", f"other prices hold: {said}; what ran before keeps its cost")


def _platform(before: Run, run: Run) -> Drift | None:
    if before.profile is None or run.profile is None:
        return None
    said = other_platform(before.profile, run.profile)
    return None if said is None else Drift("platform change", f"the platform changed: {said}")


def _is_whole(run: Run) -> bool:
    return run.profile is not None and run.profile.completeness.state == "complete"


def _code(before: Run, run: Run) -> Drift | None:
    if before.profile is None or run.profile is None or before.profile.code_signature == run.profile.code_signature:
        return None
    old, new = len(before.profile.stages), len(run.profile.stages)
    return Drift("code change", f"the plan of the application changed ({old} stages before, {new} now)")


def _input(peers: list[Run], run: Run) -> Drift | None:
    """More or less was read than ever in this regime: each step of growth is told once, and no weekend is."""
    read = [bytes_read for peer in peers if (bytes_read := _read(peer))]
    now = _read(run)
    if not read or not now:
        return None
    most, least = max(read), min(read)
    if least / (1 + INPUT_TOLERANCE) <= now <= most * (1 + INPUT_TOLERANCE):
        return None
    kind: DisturbanceKind = "data growth" if now > most else "data shrinkage"
    farthest = most if now > most else least
    said = f"{farthest / 1e6:,.1f} MB at {'most' if now > most else 'least'} before, {now / 1e6:,.1f} MB now"
    return Drift(kind, f"the input is {now / farthest:.2f} × what it was ({said})")


def _read(run: Run) -> int:
    return 0 if run.profile is None else run.profile.input_bytes


@dataclass(frozen=True, slots=True)
class _Graded:
    """How far off a prediction was."""

    error: float
    scale: float
    spec: ClusterSpec


def _shift(history: History, peers: list[Run], run: Run) -> Drift | None:
    expected_now = _expected_next(history, run)
    if expected_now is None or len(peers) < LEAST_KNOWN or _lost_machines(run):
        return None
    compared = peers[LEAST_KNOWN:][-MOST_COMPARED:]
    recent = [(peer, history.expected.get(peer.id)) for peer in compared if not _lost_machines(peer)]
    graded = [(peer, candidate.prediction) for peer, candidate in recent if candidate is not None]
    errors = _scattered([_graded(each, prediction) for each, prediction in [*graded, (run, expected_now)]])
    up, down = _alarms(errors, 1), _alarms(errors, -1)
    side = 1 if up > down else -1
    if max(up, down) < CUSUM_ALARM or not _are_surprises(errors[-SURPRISES:], side):
        return None
    direction = "longer" if up > down else "less"
    seconds, expected = run.seconds, expected_now.median_seconds
    detail = f"runs take {direction} than predicted ({seconds:.1f} s, expected {expected:.1f} s)"
    return Drift("unexplained shift", detail)


def _graded(run: Run, prediction: Prediction) -> _Graded:
    return _Graded(log_error(run, prediction), scale_of(run, prediction), run.spec)


def _alarms(errors: list[_Graded], side: int) -> float:
    return cusum((side * each.error, each.scale, each.spec) for each in _lone_ones_capped(errors, side))


def _scattered(errors: list[_Graded]) -> list[_Graded]:
    """With scales no smaller than the errors before the latest have scattered, whatever was stated."""
    before = errors[:-SURPRISES]
    is_known = len(before) >= _LEAST_SCATTER
    scatter = _OF_NORMAL * median(abs(each.error) for each in before) if is_known else _UNKNOWN_SCATTER
    return [replace(each, scale=max(each.scale, scatter)) for each in errors]


def _lone_ones_capped(errors: list[_Graded], side: int) -> list[_Graded]:
    far = [side * each.error > _LONE_DEVIATION * each.scale for each in errors]
    shared = [any(far[max(0, place - 1) : place] + far[place + 1 : place + 2]) for place in range(len(errors))]
    return [
        replace(each, error=side * _LONE_DEVIATION * each.scale) if is_far and not is_shared else each
        for each, is_far, is_shared in zip(errors, far, shared, strict=True)
    ]


def _are_surprises(errors: list[_Graded], side: int) -> bool:
    """Whether the last runs were all off to this side, and far enough together to matter."""
    if len(errors) < SURPRISES or any(side * each.error / each.scale <= CUSUM_SLACK for each in errors):
        return False
    return side * math.fsum(each.error for each in errors) >= LEAST_SHIFT * len(errors)


def _lost_machines(run: Run) -> bool:
    """Whether machines went away while it ran: it was disturbed, whatever it took."""
    return run.profile is not None and any(each.removal in _DISTURBED for each in run.profile.executors)


def _expected_next(history: History, run: Run) -> Prediction | None:
    candidate = expected_of(history.last_decided, run.spec)
    return None if candidate is None else candidate.prediction


def log_error(run: Run, prediction: Prediction) -> float:
    """Logarithm of actual over predicted runtime, but for what the input explains."""
    return math.log(max(run.seconds, 1e-3) / prediction.median_seconds) - USUAL_GROWTH * _unforeseen(run, prediction)


def scale_of(run: Run, prediction: Prediction) -> float:
    """Of that error."""
    return math.hypot(prediction.log_scale, GROWTH_SPREAD * _unforeseen(run, prediction))


def _unforeseen(run: Run, prediction: Prediction) -> float:
    """Logarithm of what was read over what was expected to be read."""
    read = _read(run)
    return math.log(read / prediction.input_bytes) if read and prediction.input_bytes else 0.0


def cusum(errors: Iterable[tuple[float, float, object]]) -> float:
    """One-sided cumulative sum of deviations above the slack (Page, Biometrika 1954), as it stands at the end.

    An error comes with the scale that was predicted for it and where it was measured. While the sum is above zero the
    scale from its beginning stays in force there: the first surprise widens all later predictions, and would hide what
    follows. What is measured elsewhere was doubted for itself before any surprise.

    >>> cusum([(0.3, 1.0, "here"), (-1.0, 1.0, "here"), (4.0, 1.0, "here")])
    3.0
    >>> cusum([(0.2, 0.05, "here"), (0.2, 0.2, "here")])
    6.0
    >>> cusum([(0.2, 0.05, "here"), (0.2, 0.2, "there")])
    3.0
    """
    total = 0.0
    in_force: dict[object, float] = {}
    for error, scale, place in errors:
        if total == 0:
            in_force = {}
        total = max(0.0, total + min(_LARGEST_DEVIATION, error / in_force.setdefault(place, scale)) - CUSUM_SLACK)
    return total
