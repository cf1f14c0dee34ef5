"""Runs that are submitted to us, of jobs that we may change: sensed as they were pushed, changed where they are.

What the next run gets is noted with the pushes too, so that nothing has to be asked of the platform to know it: a
person's edit is seen in the next run's report, or when a change is made, which compares before it sets.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from setpoint.core.domain import ClusterReport, ClusterSpec
from setpoint.errors import Conflict, PlatformError
from setpoint.platforms import Platform
from setpoint.platforms.pushed import Pushes

__all__ = ["Actuated", "Actuator", "NotDone"]

LOGGER = logging.getLogger(__name__)
NotDone = Callable[[str, PlatformError], None]
"""Told of a change that was not made: the project's stream, and why."""

_OWNED = "Others own the job and would undo the change: it is left to be fetched."


class Actuator(Platform, Protocol):
    """A `Platform` that also knows whether others own the job."""

    def patch(self, project: str, spec: ClusterSpec, key: str = "") -> object | None:
        """What the owner of the job would take; None where nobody else owns it."""
        ...


@dataclass(frozen=True, slots=True)
class Actuated:
    """A `Platform` over pushed runs whose jobs are changed by other platforms."""

    pushed: Platform
    pushes: Pushes
    actuator_of: Callable[[str], Actuator | None]
    """By the project's stream; None: what is decided is left to be fetched. Raises PlatformError."""
    not_done: NotDone
    is_by_hand: bool = False
    """Whether a person waits for the answer: they are told what the platform said."""

    def finished_runs(self, project: str) -> tuple[str, ...]:
        """See Platform."""
        return self.pushed.finished_runs(project)

    def event_log(self, project: str, run_id: str) -> Iterable[Iterable[bytes]]:
        """See Platform."""
        return self.pushed.event_log(project, run_id)

    def cluster_report(self, project: str, run_id: str) -> ClusterReport:
        """See Platform."""
        return self.pushed.cluster_report(project, run_id)

    def current_spec(self, project: str) -> ClusterSpec:
        """What the newest run had, or was put in place, or was found in its place, since."""
        return self.pushed.current_spec(project)

    def apply(self, project: str, spec: ClusterSpec, *, expect: ClusterSpec) -> None:
        """Change the job, or leave the spec to be fetched where it is others' to change.

        Raises Conflict where it was changed by somebody else, and where the platform does not do it now: the decision
        stands, and is tried again. Raises PlatformError in its place where a person waits for the answer.
        """
        try:
            actuator = self.actuator_of(project)
            if actuator is None or self._is_owned(actuator, project, spec):
                self.pushed.apply(project, spec, expect=expect)
                return
            actuator.apply(project, spec, expect=expect)
        except Conflict:
            self._note_what_is_there(project)
            raise
        except PlatformError as error:
            self.not_done(project, error)
            if self.is_by_hand:
                raise
            raise Conflict(f"The next run of {project!r} was not changed: {error}") from None
        self._note(project, spec)

    def _is_owned(self, actuator: Actuator, project: str, spec: ClusterSpec) -> bool:
        if actuator.patch(project, spec) is None:
            return False
        self.not_done(project, PlatformError(_OWNED))
        return True

    def _note_what_is_there(self, project: str) -> None:
        """Somebody else was here: theirs is what the next run gets."""
        try:
            actuator = self.actuator_of(project)
            if actuator is not None:
                self._note(project, actuator.current_spec(project))
        except PlatformError as error:
            LOGGER.warning("what the next run gets is not known: %s", error)

    def _note(self, project: str, spec: ClusterSpec) -> None:
        left = self.pushes.recommended(project)
        if self.pushed.current_spec(project) != spec:
            self.pushes.recommend(project, spec, replaces=left)
