"""Work of the kind `applying`: a change that a platform did not make is tried again, if it is still what is wanted."""

from datetime import timedelta
from random import SystemRandom

from setpoint.errors import InputError, UnknownProject
from setpoint.loop import spec_to_apply
from setpoint.processing.control import Control
from setpoint.processing.worker import Postponed
from setpoint.store.rows import TaskRow
from setpoint.store.tasks import Change

__all__ = ["Applying"]

FIRST, TRIED_FOR = timedelta(minutes=1), timedelta(hours=6)
uniform = SystemRandom().uniform


class Applying:
    """Works on tasks of the kind `applying`: the loop looks again, and carries out what it decided."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def __call__(self, task: TaskRow) -> tuple[Change, ...]:
        """What it comes to is in the ledger; where it fails again there is another task."""
        project = self._control.store.projects.get(task.account_id, str(task.payload["id"]))
        if project is None:
            return ()
        age = self._control.clock() - task.created_at
        if age < FIRST:
            raise Postponed((FIRST - age).total_seconds() * uniform(1.0, 2.0))
        try:
            loop = self._control.of_project(project)
            loop.tick(project.stream)
            history = loop.state(project.stream).history
        except (InputError, UnknownProject):
            return ()  # a run that cannot be measured was told to whoever brought it
        decided = history.last_decided
        is_open = decided is not None and spec_to_apply(decided) is not None and decided.id not in history.applied
        if is_open and loop.waits(project.stream) is None and age < TRIED_FOR:
            raise Postponed(max(FIRST, age / 4).total_seconds() * uniform(0.5, 1.0))
        return ()

    def give_up(self, task: TaskRow, error: str) -> tuple[Change, ...]:  # noqa: ARG002 - as handlers are called
        """The next run looks again."""
        return ()
