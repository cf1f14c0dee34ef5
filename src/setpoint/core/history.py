"""What the ledger holds of one project, and the state that is a fold of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, assert_never

from setpoint.core.domain import Candidate, ClusterSpec, Cost, Decision, Run, SearchSpace
from setpoint.core.restrictions import NO_RESTRICTIONS, Restrictions

Mode = Literal["observe", "shadow", "propose", "approve", "auto"]
"""What we may do by ourselves, from the lowest rung: measure; decide and be graded; say it; do it when told; do it."""
DisturbanceKind = Literal[
    "foreign change",
    "code change",
    "platform change",
    "price change",
    "data growth",
    "data shrinkage",
    "unexplained shift",
]


@dataclass(frozen=True, slots=True)
class Registered:
    """The project came under control."""

    platform: str
    baseline: ClusterSpec
    """What its owner ran it on before us: the spec savings are measured against."""
    space: SearchSpace
    at: datetime


@dataclass(frozen=True, slots=True)
class GoalSet:
    """The owner set the goal, as text in the language of `setpoint goals`, and what we may do about it."""

    goal: str
    mode: Mode
    at: datetime
    space: SearchSpace | None = None
    """What we may choose from; None leaves what was allowed before."""
    origin: str = ""
    """Names of the policies it is from; empty where the owner set it."""


@dataclass(frozen=True, slots=True)
class RunRecorded:
    """A run was read and priced."""

    run: Run
    at: datetime


@dataclass(frozen=True, slots=True)
class Disturbed:
    """Somebody else changed the job, the code, the platform, its prices or the data; seen at a run, or between two."""

    kind: DisturbanceKind
    detail: str
    run_id: str | None
    at: datetime
    spec: ClusterSpec | None = None
    """The spec that somebody else put in place, for a foreign change."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided on this evidence. `id` names the evidence: the same evidence is decided on once."""

    id: str
    after_run: str
    goal: str
    based_on: ClusterSpec
    """The spec in place when it was decided: what `apply` expects to find."""
    decision: Decision
    at: datetime
    waits: str = ""
    """Why it was not put in place at once; empty where it was, or where there was nothing to put in place."""
    on_trial: bool = False
    """Whether a change is on trial after it, before anything is put in place."""
    basis: str = ""
    """Fingerprint of what it rests on apart from these entries: prices, and what other projects taught."""


@dataclass(frozen=True, slots=True)
class Applied:
    """The spec of a decision was put in place."""

    decision_id: str
    spec: ClusterSpec
    at: datetime
    on_trial: bool = False
    """Whether it is a change, which its runs are to judge; False where a known-good spec was restored."""


@dataclass(frozen=True, slots=True)
class Approved:
    """A person said that a decision may be put in place."""

    decision_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RollbackAsked:
    """A person had a spec put back in place at once, and the one that was there left the search."""

    by: str
    reason: str
    at: datetime
    spec: ClusterSpec
    """What is in place since."""
    left: ClusterSpec
    """What was in place before."""


@dataclass(frozen=True, slots=True)
class Described:
    """Somebody said whose the project is, and what it is like."""

    owner: str
    tags: tuple[tuple[str, str], ...]
    """Names and values, such as `team` and `sales`."""
    at: datetime
    is_idempotent: bool | None = None
    """Whether running it twice does no harm; None where nobody said."""


@dataclass(frozen=True, slots=True)
class Restricted:
    """What may not be done to the project was set."""

    restrictions: Restrictions
    at: datetime
    origin: str = ""
    """Names of the policies it is from; empty where the owner set it."""


@dataclass(frozen=True, slots=True)
class PoliciesApplied:
    """Policies were put in force over the fleet. Stands in a stream of its own, `FLEET`, that no project is."""

    digest: str
    """Of the plan that was carried out."""
    documents: tuple[tuple[str, str], ...]
    """All policies that are in force since, as files: name and text."""
    changed: tuple[str, ...]
    """Projects whose settings this changed."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Billed:
    """What a bill says of a run, as far as it is known at a time; what it says later is an entry of its own."""

    run_id: str
    source: str
    """Whose bill: `databricks`, `aws`, `azure`. A run may be on several."""
    cost: Cost
    """Without parts where the bill has taken back all that it once said."""
    at: datetime


FLEET = "@fleet"
"""The stream of what concerns no single project."""


def is_reserved(name: str) -> bool:
    """Whether a name is kept for streams of the ledger that are no projects."""
    return name.startswith("@")


Entry = (
    Registered
    | GoalSet
    | RunRecorded
    | Disturbed
    | Decided
    | Applied
    | Approved
    | RollbackAsked
    | Described
    | Restricted
    | PoliciesApplied
    | Billed
)


_BY_TIME: dict[type[Entry], str] = {
    GoalSet: "goal",
    Described: "described",
    Restricted: "restricted",
    PoliciesApplied: "policies",
    RollbackAsked: "rollback-asked",
}


def entry_key(entry: Entry) -> str:
    """Identity of an entry within its project: two entries with the same key are the same fact."""
    match entry:
        case Registered():
            return "registered"
        case GoalSet() | Described() | Restricted() | PoliciesApplied() | RollbackAsked():
            return f"{_BY_TIME[type(entry)]}:{entry.at.isoformat()}"
        case RunRecorded(run=run):
            return f"run:{run.id}"
        case Disturbed(kind=kind, run_id=run_id, at=at):
            return f"disturbed:{kind}:{run_id or at.isoformat()}"
        case Billed(run_id=run_id, source=source, at=at):
            return f"billed:{source}:{at.isoformat()}:{run_id}"
        case Decided(id=decision_id) | Applied(decision_id=decision_id) | Approved(decision_id=decision_id):
            return f"{type(entry).__name__.lower()}:{decision_id}"
        case _:
            assert_never(entry)


@dataclass(frozen=True, slots=True)
class History:
    """State of a project: the fold of its entries."""

    registered: Registered
    goal: GoalSet | None
    space: SearchSpace
    runs: tuple[Run, ...]
    """In the order they were recorded."""
    regimes: Mapping[str, int]
    """Run id → number of the regime it ran in: code and data of one regime are comparable, across regimes not."""
    expected: Mapping[str, Candidate]
    """Run id → what was predicted for it before it ran; runs nobody predicted are missing."""
    disturbances: tuple[Disturbed, ...]
    last_decided: Decided | None
    applied: Mapping[str, Applied]
    """Decision id → when its spec was put in place."""
    spec: ClusterSpec
    """The spec that ought to be in place: what was applied last, unless somebody else changed it since."""
    evidence: int
    """Facts a decision can rest on, counted; a decision is due when it has grown."""
    described: Described | None = None
    restrictions: Restrictions = NO_RESTRICTIONS
    restricted_by: str = ""
    """Names of the policies they are from; empty where the owner set them."""
    approved: Mapping[str, Approved] = field(default_factory=dict)
    """Decision id → who said that it may be put in place."""
    bills: Mapping[str, Mapping[str, Billed]] = field(default_factory=dict)
    """Run id → whose bill → what that said last. Nothing is decided by it: predictions are graded on estimates."""

    @property
    def regime(self) -> int:
        """The regime the project is in now."""
        return self.regimes[self.runs[-1].id] if self.runs else 0

    def runs_of(self, regime: int) -> tuple[Run, ...]:
        """Runs of one regime, oldest first."""
        return tuple(run for run in self.runs if self.regimes[run.id] == regime)

    @property
    def decision_id(self) -> str:
        """Identity of the decision that this evidence calls for."""
        return f"{self.evidence:06d}"

    @property
    def is_decided(self) -> bool:
        """Whether this evidence has been decided on."""
        return self.last_decided is not None and self.last_decided.id == self.decision_id


_NEW_REGIME = frozenset({"code change", "platform change", "unexplained shift"})
"""Other inputs are no other job: how runtimes grow with the input is part of the model. Nor are other prices: what runs
take stays, and what they cost is reckoned anew from the present prices."""


def fold(entries: Iterable[Entry], begun: History | None = None) -> History | None:
    """State after these entries; None before the project is registered. `begun`: the state before them, if any."""
    history = begun
    regime = 0 if begun is None else sum(each.kind in _NEW_REGIME for each in begun.disturbances)
    for entry in entries:
        if history is None:
            history = _begin(entry) if isinstance(entry, Registered) else None
            continue
        match entry:
            case GoalSet() | Described() | Restricted():
                history = _with_word(history, entry)
            case RunRecorded(run=run):
                history = _with_run(history, run, regime)
            case Disturbed():
                if entry.kind in _NEW_REGIME:
                    regime += 1
                history = _with_disturbance(history, entry, regime)
            case Decided() if is_newer(entry, history.last_decided):
                history = replace(history, last_decided=entry)
            case Applied() | Approved() | RollbackAsked():
                history = _with_act(history, entry)
            case Billed():
                history = _with_bill(history, entry)
            case _:
                pass
    return history


def is_newer(decided: Decided, last: Decided | None) -> bool:
    """Whether a decision rests on no less evidence than the last one.

    Of two ticks that race, the one which has seen less may write later; what it wrote is passed over.
    """
    return last is None or (len(decided.id), decided.id) >= (len(last.id), last.id)


def _begin(entry: Registered) -> History:
    return History(
        registered=entry,
        goal=None,
        space=entry.space,
        runs=(),
        regimes={},
        expected={},
        disturbances=(),
        last_decided=None,
        applied={},
        spec=entry.baseline,
        evidence=0,
    )


def _with_word(history: History, entry: GoalSet | Described | Restricted) -> History:
    """What the owner, or a policy, said last stands."""
    if isinstance(entry, Described):
        return replace(history, described=entry)
    evidence = history.evidence + 1
    if isinstance(entry, Restricted):
        return replace(history, restrictions=entry.restrictions, restricted_by=entry.origin, evidence=evidence)
    return replace(history, goal=entry, space=entry.space or history.space, evidence=evidence)


def _with_act(history: History, entry: Applied | Approved | RollbackAsked) -> History:
    """What was put in place, by the loop or by a person; or may be."""
    if isinstance(entry, Approved):
        return replace(history, approved={**history.approved, entry.decision_id: entry})
    if isinstance(entry, Applied):
        return replace(history, applied={**history.applied, entry.decision_id: entry}, spec=entry.spec)
    return replace(history, spec=entry.spec, evidence=history.evidence + 1)


def _with_bill(history: History, entry: Billed) -> History:
    """Of two readings that raced, the one that began later stands."""
    told = history.bills.get(entry.run_id, {})
    before = told.get(entry.source)
    if before is not None and entry.at < before.at:
        return history
    return replace(history, bills={**history.bills, entry.run_id: {**told, entry.source: entry}})


def _with_run(history: History, run: Run, regime: int) -> History:
    candidate = expected_of(history.last_decided, run.spec)
    expected = history.expected if candidate is None else {**history.expected, run.id: candidate}
    return replace(
        history,
        runs=(*history.runs, run),
        regimes={**history.regimes, run.id: regime},
        expected=expected,
        evidence=history.evidence + 1,
    )


def _with_disturbance(history: History, entry: Disturbed, regime: int) -> History:
    regimes = history.regimes
    if entry.run_id is not None and entry.run_id in regimes:
        regimes = {**regimes, entry.run_id: regime}
    return replace(
        history,
        disturbances=(*history.disturbances, entry),
        regimes=regimes,
        spec=entry.spec or history.spec,
        evidence=history.evidence + (1 if entry.run_id is None else 0),
    )


def expected_of(decided: Decided | None, spec: ClusterSpec) -> Candidate | None:
    """What a decision predicted for the next run on this spec."""
    if decided is None:
        return None
    assessment = decided.decision.assessment
    return next((c for c in (assessment.chosen, assessment.current) if c is not None and c.spec == spec), None)
