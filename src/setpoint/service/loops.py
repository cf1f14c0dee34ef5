"""The loop that each project is under: runs that were submitted to us, or runs on this machine."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from threading import Lock

from setpoint.artefacts import Artefacts
from setpoint.core.history import Registered
from setpoint.errors import PlatformError
from setpoint.ledger import Ledger
from setpoint.loop import Loop
from setpoint.processing.control import Control
from setpoint.processing.starting import reaching_of
from setpoint.processing.streams import AccountStreams
from setpoint.service.rooms import LoopOf
from setpoint.settings import Settings
from setpoint.store import Store
from setpoint.store.rows import ProjectRow
from setpoint.teaching import Teaching
from setpoint.wiring import PRIOR_FOLDER, build_platform, price_book, reported_book

__all__ = ["loops_of"]


@dataclass(frozen=True)
class _Loops:
    """Of all accounts of an installation; asked for from many threads."""

    control: Control
    ledger: Ledger
    here: Loop
    """Of the projects of this machine."""
    account: str
    """Whose those are."""
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, project: ProjectRow) -> Loop:
        """The loop of a project. Raises PlatformError where what it runs on is not reached from here."""
        entries = self.ledger.read(project.stream)
        platform = next((entry.platform for entry in entries if isinstance(entry, Registered)), None)
        if platform == "spark" and project.account_id == self.account:
            return self.here
        if platform == "pushed":
            with self._lock:
                return self.control.of_project(project)
        raise PlatformError(f"{project.name} runs on {platform or 'nothing yet'}, which this service does not reach.")


def loops_of(settings: Settings, store: Store, ledger: Ledger, account: str) -> LoopOf:
    """The loops of an installation; `account` has the projects of this machine."""
    book_of, prior = partial(reported_book, settings), settings.home / PRIOR_FOLDER
    reaching = reaching_of(settings, store)
    control = Control(
        store, Artefacts(settings.artefacts_url), ledger, book_of, prior, actuator_of=reaching.actuator, is_by_hand=True
    )
    streams = AccountStreams(ledger, store.projects, account)

    def now() -> datetime:
        return datetime.now(UTC)

    teaching = Teaching(streams, prior, now)
    here = Loop(build_platform(settings), streams, price_book(settings), now, teaching.lessons_for)
    return _Loops(control, ledger, here, account)
