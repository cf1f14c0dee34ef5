"""account(project, entries) → every run beside what it would have cost without us. Everything is from the ledger."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from setpoint.core.billing import as_known, bills_of
from setpoint.core.domain import ClusterSpec, Run
from setpoint.core.history import Applied, Disturbed, Entry, History, Registered, RunRecorded, fold
from setpoint.core.prediction import NOTHING_KNOWN, Lessons
from setpoint.core.rollout import Followed
from setpoint.core.savings.counterfactual import Ratio, Ratios, ratios
from setpoint.core.savings.rates import cost_ratio
from setpoint.core.savings.rows import Account, RunSaving

__all__ = ["account"]


@dataclass(frozen=True, slots=True)
class _Circumstances:
    """What was in force when a run was recorded."""

    run: Run
    owner_spec: ClusterSpec
    known_good: ClusterSpec
    decision_id: str
    is_trial: bool
    billed_dollars: float = 0.0


def account(project: str, entries: Sequence[Entry], lessons: Lessons = NOTHING_KNOWN) -> Account:
    """The savings of a project, run by run: one fit for each regime that ran on other specs than its owner's."""
    history = fold(entries)
    if history is None:
        return Account(project, "", (), "", ())
    ran = tuple(_as_billed(each, history) for each in _circumstances(entries))
    found = {regime: _ratios(history, regime, ran, lessons) for regime in sorted(set(history.regimes.values()))}
    rows = tuple(_row(project, each, history.regimes[each.run.id], found) for each in ran)
    described, goal = history.described, history.goal
    return Account(
        project,
        described.owner if described else "",
        described.tags if described else (),
        goal.origin if goal else "",
        rows,
    )


def _as_billed(ran: _Circumstances, history: History) -> _Circumstances:
    """With what is known of its cost now."""
    billed = math.fsum(bill.cost.dollars for bill in bills_of(history, ran.run.id))
    return replace(ran, run=as_known(ran.run, history), billed_dollars=billed)


def _circumstances(entries: Sequence[Entry]) -> Iterator[_Circumstances]:
    """Of every run, in order."""
    followed = Followed()
    owner_spec: ClusterSpec | None = None
    applied: Applied | None = None
    for entry in entries:
        followed = followed.after((entry,))
        match entry:
            case Registered(baseline=baseline) if owner_spec is None:
                owner_spec = baseline
            case Disturbed(spec=ClusterSpec() as spec):
                owner_spec, applied = spec, None
            case Applied():
                applied = entry
            case RunRecorded(run=run) if owner_spec is not None and followed.rollout is not None:
                rollout = followed.rollout
                is_ours = applied is not None and applied.spec == run.spec
                is_trial = rollout.trial is not None and rollout.trial.spec == run.spec
                decision_id = applied.decision_id if applied is not None and is_ours else ""
                yield _Circumstances(run, owner_spec, rollout.known_good, decision_id, is_trial)
            case _:
                pass


def _ratios(history: History, regime: int, ran: Sequence[_Circumstances], lessons: Lessons) -> Ratios:
    here = [each for each in ran if history.regimes[each.run.id] == regime]
    pairs = [(spec, each.run.spec) for each in here for spec in (each.owner_spec, each.known_good)]
    return ratios(history, regime, pairs, lessons)


def _row(project: str, ran: _Circumstances, regime: int, found: dict[int, Ratios]) -> RunSaving:
    run = ran.run
    own = ran.owner_spec == run.spec
    is_our_failure = _is_our_failure(ran)
    factor = Ratio(0.0, 0.0, 0.0) if is_our_failure else found[regime].of(ran.owner_spec, run.spec)
    dollars = run.cost.dollars
    rate = dollars * cost_ratio(ran.owner_spec, run)
    without = None if factor is None else dollars if own else rate * factor.mid
    return RunSaving(
        project=project,
        run_id=run.id,
        at=run.report.started_at,
        regime=regime,
        spec=str(run.spec),
        owner_spec=str(ran.owner_spec),
        decision_id=ran.decision_id,
        outcome=run.outcome,
        retry=run.report.retry,
        actual_dollars=dollars,
        actual_label=run.cost.label,
        counterfactual_dollars=without,
        counterfactual_label=run.cost.label if own else "modelled",
        common_low_dollars=0.0 if factor is None or own else rate * (factor.mid - factor.low),
        common_high_dollars=0.0 if factor is None or own else rate * (factor.high - factor.mid),
        own_dollars=0.0 if without is None or own else without * found[regime].own,
        exploration_dollars=_exploration(ran, found[regime]),
        is_our_failure=is_our_failure,
        billed_dollars=ran.billed_dollars,
    )


def _is_our_failure(ran: _Circumstances) -> bool:
    """Whether the owner's spec has memory that the run failed for want of. Otherwise it would have failed there too."""
    run, theirs = ran.run, ran.owner_spec
    if run.fault != "memory" or run.spec == theirs:
        return False
    return theirs.task_memory_mib > run.spec.task_memory_mib or _slots_sharing(theirs) < _slots_sharing(run.spec)


def _slots_sharing(spec: ClusterSpec) -> int:
    """How many tasks share one heap."""
    return spec.slots if spec.is_local else spec.worker_cores


def _exploration(ran: _Circumstances, found: Ratios) -> float:
    """What a run on trial cost more than the known-good spec would have; all of it where it failed."""
    if not ran.is_trial or ran.known_good == ran.run.spec:
        return 0.0
    dollars = ran.run.cost.dollars
    if not ran.run.succeeded:
        return dollars
    ratio = found.of(ran.known_good, ran.run.spec)
    return 0.0 if ratio is None else max(0.0, dollars - dollars * cost_ratio(ran.known_good, ran.run) * ratio.mid)
