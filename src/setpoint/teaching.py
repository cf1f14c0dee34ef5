"""What the projects of a ledger teach each other, and what another installation taught: kept beside the ledger.

All other projects of the ledger are learned from, once a day at most unless many more came: reading them takes longer
than anything else in a decision.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from setpoint.core.belief.fitting import Fitted, WorkloadRuns, fit
from setpoint.core.belief.prior import EMPTY, Prior, besides, merged
from setpoint.core.belief.prior_json import LARGEST_BYTES, decode, encode
from setpoint.core.history import History, fold
from setpoint.core.prediction import Lessons
from setpoint.core.prediction.contention import UNKNOWN
from setpoint.core.prediction.contention_learning import Pair
from setpoint.core.prediction.shared_contention import SharedContention, contention_for, learn_shared, pairs_of
from setpoint.core.prediction.teaching import lessons_for, past_runs
from setpoint.core.workload import identify
from setpoint.errors import InputError, LedgerError
from setpoint.files import read_most, write_whole
from setpoint.ledger import Ledger

__all__ = ["Taught", "Teaching", "read_prior"]

RENEWED_AFTER, OF_PROJECTS = timedelta(hours=24), 100
"""After how long a ledger of so many projects, or more, is read again; a smaller one is read sooner again."""
GROWN = 0.1
"""Share of projects that may come or go before it is learned anew."""
_FITTED, _IMPORTED = "fitted.json", "imported.json"


@dataclass(frozen=True, slots=True)
class Taught:
    """What was learned, from whom, and when."""

    at: datetime
    projects: tuple[str, ...]
    fitted: Fitted
    contention: SharedContention = field(default_factory=dict)


@dataclass(slots=True)
class Teaching:
    """Priors of one installation."""

    ledger: Ledger
    folder: Path
    clock: Callable[[], datetime]
    _taught: Taught | None = field(default=None, init=False)

    def prior_for(self, project: str) -> Prior:
        """What all others of the ledger and the imported prior teach: nothing of the project itself.

        An imported prior that cannot be read teaches nothing: no decision of any project waits for it.
        """
        try:
            imported = self.imported()
        except (InputError, OSError):
            imported = EMPTY
        return merged(self._of_ledger(project), self._of_others(imported) if imported.known else imported)

    def lessons_for(self, project: str, history: History) -> Lessons:
        """All of it, in the terms of the specs that this project may run on."""
        prior = self.prior_for(project)
        shared = self._taught.contention if self._taught is not None else {}
        contention = contention_for(project, identify(history), shared) if shared else UNKNOWN
        return lessons_for(history, prior, contention)

    def of_ledger(self) -> Prior:
        """What the projects of the ledger teach, learned now."""
        return self._learn(self.ledger.projects()).fitted.prior()

    def imported(self) -> Prior:
        """What another installation taught; empty where nothing was imported. Raises InputError."""
        path = self.folder / _IMPORTED
        return read_prior(path) if path.exists() else EMPTY

    def take(self, prior: Prior) -> Path:
        """Keep what another installation taught, in place of what was imported before.

        Raises:
            InputError: it would be too large to be read again.
        """
        path = self.folder / _IMPORTED
        content = encode(prior)
        if len(content) > LARGEST_BYTES:
            raise InputError(
                f"The prior is too large to be kept: more than {LARGEST_BYTES // 1_000_000} MB as it would be written."
            )
        self._keep(path, content)
        return path

    def _of_others(self, imported: Prior) -> Prior:
        """Without what this ledger taught: its own export may have been imported, and no project learns from itself."""
        projects = self.ledger.projects()
        if not projects:
            return imported
        fitted = self._current(projects).fitted
        if imported == fitted.prior():
            return EMPTY
        return besides(imported, [lesson.workload for lesson in fitted.lessons])

    def _of_ledger(self, project: str) -> Prior:
        projects = self.ledger.projects()
        if not set(projects) - {project}:
            return EMPTY
        return self._current(projects).fitted.prior(without=project)

    def _current(self, projects: tuple[str, ...]) -> Taught:
        known = self._taught or self._kept()
        if known is None or not self._is_fresh(known, projects):
            known = self._learn(projects)
        self._taught = known
        return known

    def _is_fresh(self, known: Taught, projects: tuple[str, ...]) -> bool:
        age = self.clock() - known.at
        changed = len(set(projects) ^ set(known.projects))
        lasts = RENEWED_AFTER * min(1.0, len(projects) / OF_PROJECTS)
        return timedelta(0) <= age < lasts and changed <= GROWN * len(projects)

    def _learn(self, projects: tuple[str, ...]) -> Taught:
        found: list[WorkloadRuns] = []
        pairs: dict[str, tuple[Pair, ...]] = {}
        for project in projects:
            history = self._history_of(project)
            workload = None if history is None else identify(history)
            runs = None if history is None else past_runs(project, history)
            found += [] if runs is None else [runs]
            pairs[project] = () if workload is None else pairs_of(workload)
        self._taught = Taught(self.clock(), projects, fit(found), learn_shared(pairs))
        with suppress(OSError):  # it is learned again next time
            self._keep(self.folder / _FITTED, msgspec.json.encode(self._taught))
        return self._taught

    def _history_of(self, project: str) -> History | None:
        """None where there is none; one project that cannot be read does not stop the others."""
        try:
            return fold(self.ledger.read(project))
        except LedgerError:
            return None

    def _kept(self) -> Taught | None:
        try:
            return msgspec.json.decode((self.folder / _FITTED).read_bytes(), type=Taught)
        except (OSError, ValueError, RecursionError):
            return None

    def _keep(self, path: Path, content: bytes) -> None:
        # Names of projects are in it.
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, content)


def read_prior(path: Path) -> Prior:
    """The prior in a file. Raises InputError."""
    try:
        content = read_most(path, LARGEST_BYTES)
    except OSError as error:
        raise InputError(f"The prior {path} cannot be read: {error.strerror or error}.") from None
    return decode(content, str(path))
