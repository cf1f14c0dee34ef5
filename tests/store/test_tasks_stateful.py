"""The queue against a model of it, on each database, through whatever comes in whatever order."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from setpoint.errors import Conflict, LedgerError, NotFound
from setpoint.store import Store, open_store
from setpoint.store.rows import TaskRow
from setpoint.store.tables import TABLES
from setpoint.store.tasks import MOST_ATTEMPTS, Change

ACCOUNTS, KINDS, KEYS = ("ours", "theirs"), ("prediction", "submission"), ("a", "b", "c", "d")
HELD_SECONDS, PASSING = 1_000.0, timedelta(hours=1)


@dataclass(slots=True)
class Work:
    """What a piece of work is, as far as the model goes."""

    id: str
    account: str
    kind: str
    row: str
    """The prediction that it is about."""
    state: str = "waiting"
    attempts: int = 0
    is_due: bool = True
    lease: str | None = None
    outcome: str = "PENDING"

    @property
    def is_free(self) -> bool:
        """Whether a worker may take it. Work in hands is due when its lease has run out."""
        return self.state in {"waiting", "leased"} and self.is_due

    def end(self, state: str, **values: object) -> None:
        """Out of the hands of whoever had it."""
        self.state, self.lease = state, None
        for name, value in values.items():
            setattr(self, name, value)


@dataclass
class Model:
    """All work, by its key."""

    of_key: dict[str, Work] = field(default_factory=dict)

    def of(self, task: TaskRow) -> Work:
        """The work that was once leased so."""
        return self.of_key[task.key]

    def holds(self, task: TaskRow) -> bool:
        """Whether this lease is the last one, and not given back."""
        return self.of(task).lease == task.worker


class Queue(RuleBasedStateMachine):
    """Asking for work, doing it, losing it, giving it up."""

    leases: Bundle[TaskRow] = Bundle("leases")
    store: ClassVar[Store]

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        with self.store.database.writing() as connection:
            connection.execute(TABLES["tasks"].delete())
            connection.execute(TABLES["predictions"].delete())

    @rule(account=st.sampled_from(ACCOUNTS), kind=st.sampled_from(KINDS), key=st.sampled_from(KEYS))
    def ask(self, account: str, kind: str, key: str) -> None:
        """Once for each key, whoever asks."""
        row = self.store.predictions.add(account, product_code="aws-emr", report={})
        identity = self.store.tasks.enqueue(kind, {"id": row.id}, account, key)
        assert (identity is None) == (key in self.model.of_key)
        if identity is not None:
            self.model.of_key[key] = Work(identity, account, kind, row.id)

    @rule(target=leases, holds=st.booleans(), kinds=st.sampled_from([None, *((kind,) for kind in KINDS)]))
    def take(self, kinds: tuple[str, ...] | None, holds: bool) -> Any:  # noqa: ANN401, FBT001 - one or none, drawn
        """What nobody works on, of the account that fewest work for; nothing only where there is nothing."""
        task = self.store.tasks.lease("w", HELD_SECONDS if holds else 0.0, kinds)
        free = [work for work in self.model.of_key.values() if work.is_free and (kinds is None or work.kind in kinds)]
        if task is None:
            assert not free
            return multiple()
        work, busy = self.model.of(task), self._busy()
        assert work in free
        assert busy[work.account] == min(busy[other.account] for other in free)
        assert task.attempts == work.attempts + 1
        work.state, work.attempts, work.lease, work.is_due = "leased", task.attempts, task.worker, not holds
        return task

    @rule(task=leases)
    def finish(self, task: TaskRow) -> None:
        """It and what came of it, by who holds it and nobody else."""
        work = self.model.of(task)
        change = Change("predictions", work.row, {"state": "SUCCESS"})
        if self._or_is_lost(task, partial(self.store.tasks.done, task, change)):
            work.end("done", outcome="SUCCESS")

    @rule(task=leases)
    def finish_with_what_cannot_be_written(self, task: TaskRow) -> None:
        """Then it is not done, and nothing of it is written."""
        changes = (
            Change("predictions", self.model.of(task).row, {"state": "SUCCESS"}),
            Change("predictions", self.model.of(task).row, {"no such column": 1}),
        )
        with pytest.raises(LedgerError if self.model.holds(task) else Conflict):
            self.store.tasks.done(task, *changes)

    @rule(task=leases)
    def fail(self, task: TaskRow) -> None:
        """Tried again later; given up after so many attempts, and only then with its consequence."""
        work = self.model.of(task)
        given_up: list[bool] = []
        change = Change("predictions", work.row, {"state": "FAILURE"})
        if self._or_is_lost(task, lambda: given_up.append(self.store.tasks.failed(task, "why", change))):
            assert given_up == [work.attempts >= MOST_ATTEMPTS]
            if given_up[0]:
                work.end("dead", outcome="FAILURE")
            else:
                work.end("waiting", is_due=False)

    @rule(task=leases, at_once=st.booleans())
    def hand_back(self, task: TaskRow, at_once: bool) -> None:  # noqa: FBT001 - drawn
        """As if it had not been tried."""
        work = self.model.of(task)
        if self._or_is_lost(task, lambda: self.store.tasks.release(task, 0.0 if at_once else HELD_SECONDS)):
            work.end("waiting", is_due=at_once, attempts=work.attempts - 1)

    @rule(task=leases)
    def hold_on(self, task: TaskRow) -> None:
        """For longer; also when it had run out and nobody came."""
        if self._or_is_lost(task, lambda: self.store.tasks.extend(task, HELD_SECONDS)):
            self.model.of(task).is_due = False

    @rule(task=consumes(leases))
    def die(self, task: TaskRow) -> None:
        """A worker is killed: nobody will ever come with its lease again."""

    @rule(account=st.sampled_from(ACCOUNTS), key=st.sampled_from(KEYS))
    def have_it_tried_again(self, account: str, key: str) -> None:
        """What was given up, by the account whose it is."""
        work = self.model.of_key.get(key)
        if work is None:
            return
        if account != work.account:
            assert self.store.tasks.get(account, work.id) is None
            with pytest.raises(NotFound):
                self.store.tasks.retry(account, work.id)
        elif work.state != "dead":
            with pytest.raises(Conflict):
                self.store.tasks.retry(account, work.id)
        else:
            assert self.store.tasks.retry(account, work.id).attempts == 0
            work.end("waiting", attempts=0, is_due=True)

    @rule()
    def let_time_pass(self) -> None:
        """All pauses and leases end: an hour later is the same as all times an hour earlier."""
        table = TABLES["tasks"]
        with self.store.database.writing() as connection:
            for row in connection.execute(sa.select(table.c.id, table.c.due_at, table.c.leased_until)).all():
                until = None if row.leased_until is None else row.leased_until - PASSING
                values = {"due_at": row.due_at - PASSING, "leased_until": until}
                connection.execute(table.update().where(table.c.id == row.id).values(**values))
        for work in self.model.of_key.values():
            work.is_due = True

    @invariant()
    def the_queue_is_as_the_model_says(self) -> None:
        """In each account its own, and no other's; and of the predictions what came of the work."""
        for account in ACCOUNTS:
            mine = [work for work in self.model.of_key.values() if work.account == account]
            found = self.store.tasks.list(account)
            assert {(row.id, row.state, row.attempts) for row in found} == {(w.id, w.state, w.attempts) for w in mine}
            assert self.store.tasks.counted(account) == Counter(work.state for work in mine)
            outcomes = {row.id: row.state for row in self.store.predictions.list(account)}
            assert {(work.row, outcomes[work.row]) for work in mine} == {(work.row, work.outcome) for work in mine}

    def _busy(self) -> Counter[str]:
        held = (work for work in self.model.of_key.values() if work.state == "leased" and not work.is_due)
        return Counter(work.account for work in held)

    def _or_is_lost(self, task: TaskRow, act: Callable[[], object]) -> bool:
        """Whether it was done; else the lease was lost, as the model says."""
        if self.model.holds(task):
            act()
            return True
        with pytest.raises(Conflict):
            act()
        return False


def test_the_queue_does_as_its_model(url: str) -> None:
    store = open_store(url)
    bounds = settings(max_examples=15, stateful_step_count=40)
    run_state_machine_as_test(type("QueueHere", (Queue,), {"store": store}), settings=bounds)
    store.close()
