"""What waits over all projects of an account: decisions that are not in place, those a person has to approve first."""

from collections.abc import Iterator
from dataclasses import dataclass

from setpoint.by_hand import waits_for_person
from setpoint.core.history import (
    Applied,
    Approved,
    Decided,
    Disturbed,
    Entry,
    GoalSet,
    Restricted,
    RollbackAsked,
    RunRecorded,
    fold,
)
from setpoint.loop import spec_to_apply
from setpoint.service.rooms import Rooms
from setpoint.store.rows import ProjectRow

__all__ = ["Waiting", "waiting", "waiting_of"]

_NEWS: tuple[type[Entry], ...] = (
    Decided,
    Applied,
    Approved,
    RunRecorded,
    Disturbed,
    GoalSet,
    Restricted,
    RollbackAsked,
)
"""Where the newest of these is no decision, the newest decision is in place or out of date."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A decision that is not in place."""

    project: ProjectRow
    name: str
    """What the project is called among those of its account."""
    decided: Decided
    waits: str
    """Why, as it was recorded."""
    needs_approval: bool
    """Whether a person has to say a word."""

    @property
    def to_spec(self) -> str:
        """What would be put in place."""
        return str(spec_to_apply(self.decided))

    @property
    def saved_dollars(self) -> float | None:
        """Of a run, by the model; None where it is not known."""
        assessment = self.decided.decision.assessment
        if assessment.current is None or assessment.chosen is None:
            return None
        return assessment.current.cost.dollars - assessment.chosen.cost.dollars

    @property
    def miss_risk(self) -> float | None:
        """Of the spec that would be put in place."""
        chosen = self.decided.decision.assessment.chosen
        return None if chosen is None else chosen.miss_risk


def waiting(here: Rooms, account: str) -> list[Waiting]:
    """All of an account, the oldest first."""
    return sorted(_every(here, account), key=lambda it: it.decided.at)


def _every(here: Rooms, account: str) -> Iterator[Waiting]:
    reader = here.reader(account)
    for name, newest in reader.newest(*_NEWS).items():
        project = reader.row(name) if isinstance(newest, Decided) and newest.waits else None
        found = None if project is None else waiting_of(here, project, name)
        if found is not None:
            yield found


def waiting_of(here: Rooms, project: ProjectRow, name: str) -> Waiting | None:
    """What waits in one project; None where its newest decision is in place, out of date, or changes nothing."""
    history = fold(here.ledger.read(project.stream))
    newest = None if history is None else history.last_decided
    if history is None or newest is None or not history.is_decided or newest.id in history.applied:
        return None
    if spec_to_apply(newest) is None:
        return None
    return Waiting(project, name, newest, newest.waits, waits_for_person(history) is not None)
