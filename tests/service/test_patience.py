"""Who asks too early is answered when it is done; who waits in vain is answered soon."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from setpoint.service import patience
from setpoint.service.patience import Patience
from setpoint.store import Store, open_store
from setpoint.store.rows import PredictionRow
from setpoint.store.tasks import Change

LONG = 30.0


@pytest.fixture
def store() -> Store:
    return open_store("sqlite://")


def begun(store: Store, *, is_queued: bool = True) -> PredictionRow:
    row = store.predictions.add("ours", product_code="aws-emr", report={})
    if is_queued:
        store.tasks.enqueue("prediction", {"id": row.id}, "ours", f"prediction:{row.id}")
    return row


def now() -> datetime:
    return datetime.now(UTC)


def ask(store: Store, row: PredictionRow, seconds: float, clock: Callable[[], datetime] = now) -> tuple[str, int]:
    """How it stands, and how often it was looked at again for the answer."""
    looked = 0

    def read() -> PredictionRow | None:
        nonlocal looked
        looked += 1
        return store.predictions.get("ours", row.id)

    return asyncio.run(Patience(store, seconds, clock).settled("prediction", row, read)).state, looked


def finish(store: Store) -> None:
    task = store.tasks.lease("worker", 60)
    assert task is not None
    store.tasks.done(task, Change("predictions", str(task.payload["id"]), {"state": "SUCCESS"}))


def test_it_is_answered_when_it_is_done(store: Store) -> None:
    row = begun(store)

    def read() -> PredictionRow | None:
        finish(store)
        return store.predictions.get("ours", row.id)

    found = asyncio.run(Patience(store, LONG, now).settled("prediction", row, read))
    assert found.state == "SUCCESS"


def test_patience_has_an_end(store: Store) -> None:
    state, looked = ask(store, begun(store), seconds=0.2)
    assert state == "PENDING"
    assert looked > 0


@pytest.mark.parametrize("case", ["no patience", "final", "not queued", "stuck", "failing", "crowd"])
def test_nobody_waits_in_vain(case: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    row = begun(store, is_queued=case != "not queued")
    if case == "final":
        row = replace(row, state="FAILURE")
    if case == "failing":
        task = store.tasks.lease("worker", 60)
        assert task is not None
        store.tasks.release(task)
        for _ in range(2):
            again = store.tasks.lease("worker", 0)
            assert again is not None
    if case == "crowd":
        monkeypatch.setattr(patience, "MOST_WAITING", 0)
    later = now() + timedelta(minutes=1)
    clock = (lambda: later) if case == "stuck" else now
    assert ask(store, row, 0.0 if case == "no patience" else LONG, clock) == (row.state, 0)
