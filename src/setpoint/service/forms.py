"""What the forms of a project's page offer to whoever may act: what waits, where to go back to, modes and freezes."""

from dataclasses import dataclass

from setpoint.core.autonomy.ladder import MODES, mode_words
from setpoint.core.history import Mode, fold
from setpoint.core.rollout import follow
from setpoint.service import acts
from setpoint.service.access import Caller
from setpoint.service.rooms import Rooms
from setpoint.service.waiting import Waiting, waiting_of
from setpoint.store.rows import ProjectRow

__all__ = ["ProjectActs", "acts_of"]


@dataclass(frozen=True, slots=True)
class ProjectActs:
    """What may be done to a project by hand."""

    project_id: str
    waiting: Waiting | None
    """A decision that a person has to approve."""
    known_good: str
    """What a rollback goes to by itself; empty where that is in place."""
    others: tuple[str, ...]
    """Other specs that have run."""
    mode: Mode | None
    mode_words: str
    modes: tuple[Mode, ...]
    freezes: tuple[str, ...]
    """Those that were set by hand."""


def acts_of(here: Rooms, asking: Caller, project: ProjectRow) -> ProjectActs | None:
    """None where the project has no history yet."""
    entries = here.ledger.read(project.stream)
    history, rollout = fold(entries), follow(entries)
    if history is None or rollout is None:
        return None
    waiting = waiting_of(here, project, here.name_of(asking.account, project))
    known_good = "" if rollout.known_good == history.spec else str(rollout.known_good)
    others = tuple(str(spec) for spec in acts.specs_to_go_back_to(history))
    return ProjectActs(
        project_id=project.id,
        waiting=waiting if waiting is not None and waiting.needs_approval else None,
        known_good=known_good,
        others=tuple(spec for spec in others if spec != known_good),
        mode=None if history.goal is None else history.goal.mode,
        mode_words=mode_words(history),
        modes=MODES,
        freezes=tuple(dict(acts.own_rules(here, asking, project)).get("freezes", ())),
    )
