"""Projects of the service under the loop: how they come under control, and the loop that each of them has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from setpoint.artefacts import Artefacts
from setpoint.core.cloud_space import cloud_space
from setpoint.core.configurations import reported_run
from setpoint.core.cost import price
from setpoint.core.enrolment import Enrolment, enrolment
from setpoint.core.history import Mode
from setpoint.core.pricebook import Cloud, Missing
from setpoint.core.restrictions import NO_RESTRICTIONS
from setpoint.core.said_before import said_before
from setpoint.core.solutions import place_of
from setpoint.core.wishes import NO_WISHES, Wishes, goal_text, read_wishes
from setpoint.errors import InputError, PlatformError
from setpoint.ledger import Ledger
from setpoint.loop import Loop
from setpoint.platforms.pushed import BookOf, PushedPlatform
from setpoint.processing.actuating import Actuated, Actuator
from setpoint.processing.pushes import StoredPushes
from setpoint.processing.streams import AccountStreams
from setpoint.store import Store
from setpoint.store.rows import ProjectRow, SubmissionRow
from setpoint.teaching import Teaching

__all__ = ["APPLYING", "Control"]

APPLYING = "applying"
"""Kind of work: to try again a change that a platform did not make."""
BY_THE_LOOP = "(the loop)"
"""Who did it, in the audit log."""
CLOCKS_DIFFER = timedelta(minutes=10)
"""What the clock of a platform may be ahead of ours."""
MOST_LOOPS = 64
"""Accounts and regions whose loops are kept: they remember what they folded."""


@dataclass(frozen=True)
class Control:
    """The loops of all accounts."""

    store: Store
    artefacts: Artefacts
    ledger: Ledger
    book_of: BookOf
    prior: Path
    """Folder of what projects teach each other; each account has its own in it."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    actuator_of: Callable[[ProjectRow], Actuator | None] = lambda _: None
    """What changes the job of a project where it runs; None: what is decided is left to be fetched."""
    is_by_hand: bool = False
    """Whether people wait for what is done."""
    _refusals: dict[str, str] = field(default_factory=dict)
    _loops: dict[tuple[str, Cloud, str], Loop] = field(default_factory=dict)

    def loop_of(self, run: SubmissionRow) -> Loop:
        """The loop at the prices of the place where a run ran. Raises InputError where its report cannot be used."""
        key = (run.account_id, *place_of(run.report, run.product_code))
        if key not in self._loops:
            if len(self._loops) >= MOST_LOOPS:
                self._loops.clear()
            self._loops[key] = self._new(*key)
        return self._loops[key]

    def of_project(self, project: ProjectRow) -> Loop:
        """The loop of a project that has runs. Raises InputError where it has none yet."""
        newest = self.store.submissions.newest(project.account_id, project.id)
        if newest is None:
            raise InputError(f"Nothing was submitted to the project {project.name} yet, so its cluster is not known.")
        return self.loop_of(newest)

    def enrol(self, project: ProjectRow, run: SubmissionRow) -> Loop:
        """Have the project under control, with the wishes that its owner has now.

        Wishes that cannot be read change nothing: no run is lost for them. Raises InputError where the report of the
        run cannot be used.
        """
        # What was said while the log was read holds, too.
        project = self.store.projects.get(project.account_id, project.id) or project
        loop, said = self.loop_of(run), _said(project)
        kept = self.store.enrolments.get(project.account_id, project.id)
        if kept is not None and kept.wishes == said:
            return loop
        wishes = _wishes_of(said)
        if kept is None:
            _begin(loop, project, self._enrolment(run, wishes or NO_WISHES), self._usual_mode(run))
        elif wishes is not None:
            _follow(loop, project, wishes)
        self.store.enrolments.keep(project.account_id, project.id, said)
        return loop

    def check(self, run: SubmissionRow) -> None:
        """Raises InputError where the report of a run cannot be used: its cluster, its prices, its times."""
        found = self._enrolment(run, NO_WISHES)
        price(found.baseline, 1.0, self.book_of(*place_of(run.report, run.product_code)), "list-estimated")
        ended = datetime.fromtimestamp(reported_run(run.report, run.product_code).ended, UTC)
        if ended > max(self.clock(), run.created_at) + CLOCKS_DIFFER:
            raise InputError(
                f"The run of the report ended at {ended:%Y-%m-%d %H:%M} UTC, which is yet to come: is a clock wrong, "
                "or a time without its zone?"
            )

    def _usual_mode(self, run: SubmissionRow) -> Mode:
        """Clients that ask for predictions choose among three clusters themselves; others fetch what was decided."""
        return "auto" if self.store.predictions.get(run.account_id, run.id) is None else "propose"

    def _enrolment(self, run: SubmissionRow, wishes: Wishes) -> Enrolment:
        book = self.book_of(*place_of(run.report, run.product_code))
        found = enrolment(run.report, run.product_code, book, wishes)
        if isinstance(found, Missing):
            raise InputError(f"The cluster of the report is not known: {found.reason}.")
        return found

    def _new(self, account: str, cloud: Cloud, region: str) -> Loop:
        streams = AccountStreams(self.ledger, self.store.projects, account)
        pushes = StoredPushes(self.store, self.artefacts, account, self.clock)

        def actuator_of(stream: str) -> Actuator | None:
            project = self.store.projects.of_stream(account, stream)
            return None if project is None else self.actuator_of(project)

        def not_done(stream: str, error: PlatformError) -> None:
            self._not_done(account, stream, str(error), is_passing=bool(getattr(error, "is_passing", False)))

        platform = Actuated(PushedPlatform(pushes, self.book_of), pushes, actuator_of, not_done, self.is_by_hand)
        teaching = Teaching(streams, self.prior / account, self.clock)
        return Loop(platform, streams, self.book_of(cloud, region), self.clock, teaching.lessons_for)

    def _not_done(self, account: str, stream: str, reason: str, *, is_passing: bool) -> None:
        """Say it once, and have it tried again where it may go well later."""
        project = self.store.projects.of_stream(account, stream)
        if project is None:
            return
        if self._refusals.get(stream) != reason:
            if len(self._refusals) >= MOST_LOOPS:
                self._refusals.clear()
            self._refusals[stream] = reason
            self.store.audit.add(account, BY_THE_LOOP, "change not made", project.id, None, {"reason": reason})
        if is_passing:
            # One in an hour, whoever asks; it goes on trying for some.
            key = f"{APPLYING}:{project.id}:{self.clock():%Y-%m-%dT%H}"
            self.store.tasks.enqueue(APPLYING, {"id": project.id}, account, key)


def _wishes_of(said: Mapping[str, Any]) -> Wishes | None:
    """What the owner of a project asked for; None where it cannot be read."""
    is_free = said["optimize_instance_size"] is not False
    try:
        return read_wishes(said["prediction_params"], optimize_instance_size=is_free)
    except InputError:
        return None


def _said(project: ProjectRow) -> Mapping[str, Any]:
    return {name: project.settings.get(name) for name in ("prediction_params", "optimize_instance_size")}


def _begin(loop: Loop, project: ProjectRow, found: Enrolment, usual: Mode) -> None:
    """What was said of the project before its first run holds from now on."""
    loop.register(project.stream, "pushed", found.baseline, found.space)
    loop.set_goal(
        project.stream,
        project.settings.get("goal") or found.goal,
        project.settings.get("mode") or usual,
        found.space,
    )
    history = loop.state(project.stream).history
    if history.restrictions == NO_RESTRICTIONS and history.described is None:
        loop.ledger.append(project.stream, *said_before(project.settings, loop.clock()))


def _follow(loop: Loop, project: ProjectRow, wishes: Wishes) -> None:
    """Other wishes: other specs are allowed, and another goal unless one was set in so many words."""
    history = loop.state(project.stream).history
    now, first = history.goal, history.runs[0].seconds if history.runs else None
    stays = first is None or bool(project.settings.get("goal"))
    loop.set_goal(
        project.stream,
        now.goal if now is not None and stays else goal_text(wishes, first or 0.0),
        "auto" if now is None else now.mode,
        cloud_space(history.registered.baseline, loop.prices, wishes),
    )
