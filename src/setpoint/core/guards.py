"""Reasons not to act: rules that take specs out of the search, and vetoes on the change that was found.

Each guard is one small function in a list; each refusal is a sentence for the owner of the job.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from setpoint.core.domain import ClusterSpec
from setpoint.core.optimisers import Pick
from setpoint.core.restrictions import NO_RESTRICTIONS, Restrictions, forbidden
from setpoint.core.rollout import Rollout

__all__ = ["VETOES", "Situation", "exclusion", "is_within_step", "veto", "veto_trying"]

DEAD_BAND = 0.05
"""A change that only saves must be worth this share of the goal's loss (Karpenter and VPA users ask for 10 %; at 5 %
noise a 5 % gain needs about three runs to be confirmed, which is what a trial takes)."""
TRYING_BAND = 0.1
"""What is tried for what it may tell costs more at once, so it must promise more."""
MOST_RETURNS = 3
"""To specs that the project had left, in its recent runs: fewer may be tries that did not pay."""
UNREPEATABLE_RISK = 0.01
"""Share of runs that may fail on a spec where the job may not be run twice; else five times as many."""
SHRINK_FACTOR = 2
"""No axis falls below the current value divided by this in one change: down slowly, up at once."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What guards look at."""

    rollout: Rollout
    is_missing: bool
    """Whether the current spec misses the goal, so that a change is a rescue."""
    restrictions: Restrictions = NO_RESTRICTIONS
    now: datetime | None = None
    """When the last run ended; None before one did."""
    is_idempotent: bool | None = None
    """Whether the job may be run twice; None where nobody knows."""


def _failed_before(spec: ClusterSpec, rollout: Rollout, failed_memory_mib: int) -> str | None:
    if spec in rollout.failed:
        return "a run failed on it"
    if spec in rollout.taken_back:
        return "somebody took it back; it stays out until the goal or the code is another"
    if aside := rollout.runs_aside(spec):
        return f"it was tried and rolled back; after {aside} more run(s) it may be tried again"
    if spec.task_memory_mib <= failed_memory_mib:
        return f"a run failed for want of memory with {failed_memory_mib / 1024:g} GiB"
    return None


def _one_direction(spec: ClusterSpec, now: ClusterSpec) -> str | None:
    axes = [(spec.slots, now.slots), (spec.task_memory_mib, now.task_memory_mib)]
    if any(new > old for new, old in axes) and any(new < old for new, old in axes):
        return "it takes from one axis while it adds to another, so that a bad run could not be explained"
    return None


def exclusion(
    spec: ClusterSpec,
    now: ClusterSpec,
    rollout: Rollout,
    failed_memory_mib: int,
    restrictions: Restrictions = NO_RESTRICTIONS,
) -> str | None:
    """Why this spec may not be chosen now; None where it may.

    `failed_memory_mib` is the largest heap per task process under which a run failed for memory; 0 where none did.
    """
    if (said := forbidden(restrictions, spec)) is not None:
        return said
    # What is forbidden must be left, even where one axis falls while another rises.
    is_free = forbidden(restrictions, now) is None
    return _failed_before(spec, rollout, failed_memory_mib) or (_one_direction(spec, now) if is_free else None)


def is_within_step(spec: ClusterSpec, now: ClusterSpec) -> bool:
    """Whether one change may lead from `now` to `spec`.

    >>> is_within_step(ClusterSpec.local(4, 2048), ClusterSpec.local(8, 4096))
    True
    >>> is_within_step(ClusterSpec.local(3, 2048), ClusterSpec.local(8, 4096))
    False
    """
    return spec.slots * SHRINK_FACTOR >= now.slots and spec.task_memory_mib * SHRINK_FACTOR >= now.task_memory_mib


def _on_trial(found: Pick, situation: Situation) -> str | None:  # noqa: ARG001 - a guard's verb
    trial = situation.rollout.trial
    if trial is None:
        return None
    return f"the change to {trial.spec} is still on trial after {len(trial.runs)} run(s)"


def _pause(found: Pick, situation: Situation) -> str | None:  # noqa: ARG001 - a guard's verb
    left = situation.rollout.pause_left
    return f"the last change was rolled back; the next one waits for {left} more run(s)" if left else None


def _flapping(found: Pick, situation: Situation) -> str | None:
    rollout = situation.rollout
    if rollout.returns < MOST_RETURNS or found.candidate.spec not in rollout.recent:
        return None
    return (
        f"in the last {len(rollout.recent)} runs the project came back {rollout.returns} times to a spec it had left; "
        "it goes to none of them again before that is over"
    )


def _dead_band(found: Pick, situation: Situation) -> str | None:  # noqa: ARG001 - a guard's verb
    least = DEAD_BAND if found.trying is None else TRYING_BAND
    if found.gain >= least:
        return None
    return f"it would gain {found.gain:.1%}, less than the {least:.0%} for which a job is changed"


def _until(found: Pick, situation: Situation) -> str | None:
    until = situation.restrictions.explore_until
    if found.trying is None or until is None or situation.now is None or situation.now < until:
        return None
    return f"nothing is tried any more for what it may tell, since {until:%Y-%m-%d}"


def _exploration_cap(found: Pick, situation: Situation) -> str | None:
    cap = situation.restrictions.exploration_dollars_per_month
    if found.trying is None or cap is None or situation.now is None:
        return None
    spent = situation.rollout.explored_in(situation.now)
    if spent + found.candidate.cost.dollars <= cap:
        return None
    return f"trying has cost {spent:.2f} $ this month, and this run may use up what is left of {cap:.2f} $"


def _repeatable(found: Pick, situation: Situation) -> str | None:
    """A run that fails costs its time where it may be repeated, and who knows what where it may not."""
    if situation.is_idempotent is not False:
        return None
    if found.trying is not None:
        return "it would be tried for what it may tell, and this job may not be run twice"
    risk = found.candidate.prediction.failure_risk
    if risk <= UNREPEATABLE_RISK:
        return None
    return f"it may fail in {risk:.1%} of the runs, and this job may not be run twice"


Veto = Callable[[Pick, Situation], str | None]
TRYING: tuple[Veto, ...] = (_until, _exploration_cap, _repeatable)
"""What forbids trying a spec for what its run may tell: another one may then be better at once."""
VETOES: tuple[Veto, ...] = (_on_trial, _pause, _flapping, *TRYING, _dead_band)


def veto_trying(found: Pick, situation: Situation) -> str | None:
    """Why what was found may not be tried for what it may tell; None where it may, or would pay at once."""
    if situation.is_missing or found.trying is None:
        return None
    return next((reason for guard in TRYING if (reason := guard(found, situation))), None)


def veto(found: Pick, situation: Situation) -> str | None:
    """Why the change that was found has to wait; None where it need not. A rescue never waits."""
    if situation.is_missing:
        return None
    return next((reason for guard in VETOES if (reason := guard(found, situation))), None)
