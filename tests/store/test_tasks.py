"""The queue: once in effect, whatever dies."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from setpoint.errors import Conflict
from setpoint.store import Store, open_store
from setpoint.store.tables import TABLES
from setpoint.store.tasks import MOST_ATTEMPTS, NOBODY, Change

ACCOUNT = "ours"
WORKER = """
import sys, time
from setpoint.store import open_store
from setpoint.store.tasks import Change
from setpoint.errors import Conflict
store = open_store(sys.argv[1])
while True:
    task = store.tasks.lease("w", 0.5)
    if task is None:
        time.sleep(0.02)
        continue
    row = store.predictions.get("ours", task.payload["id"])
    try:
        store.tasks.done(task, Change("predictions", row.id, {"state": "SUCCESS", "error": (row.error or "") + "x"}))
    except Conflict:
        pass
"""


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()


def begun(store: Store, number: int) -> list[str]:
    rows = [store.predictions.add(ACCOUNT, product_code="aws-emr", report={}) for _ in range(number)]
    for row in rows:
        store.tasks.enqueue("prediction", {"id": row.id}, ACCOUNT, row.id)
    return [row.id for row in rows]


def test_what_is_asked_for_twice_is_there_once(store: Store) -> None:
    assert store.tasks.enqueue("a", {}, ACCOUNT, "key") is not None
    assert store.tasks.enqueue("a", {}, ACCOUNT, "key") is None


def test_a_lost_lease_writes_nothing(store: Store) -> None:
    (identity,) = begun(store, 1)
    slow = store.tasks.lease("slow", 0)
    quick = store.tasks.lease("quick", 60)
    assert slow is not None
    assert quick is not None
    with pytest.raises(Conflict):
        store.tasks.done(slow, Change("predictions", identity, {"state": "FAILURE"}))
    row = store.predictions.get(ACCOUNT, identity)
    assert row is not None
    assert row.state == "PENDING"
    store.tasks.done(quick, Change("predictions", identity, {"state": "SUCCESS"}))
    assert store.tasks.counted() == {"done": 1}


def test_it_is_given_up_and_can_be_retried(store: Store) -> None:
    (identity,) = begun(store, 1)
    for _ in range(MOST_ATTEMPTS):
        task = store.tasks.lease("w", 0)
        assert task is not None
    assert task is not None
    assert store.tasks.failed(task, "why", Change("predictions", identity, {"state": "FAILURE"}))
    (dead,) = store.tasks.list(ACCOUNT, state="dead")
    assert (dead.error, store.tasks.list("theirs", state="dead")) == ("why", [])
    assert store.tasks.retry(ACCOUNT, dead.id).attempts == 0
    assert store.tasks.lease("w", 60) is not None


def test_other_kinds_are_left_alone(store: Store) -> None:
    begun(store, 1)
    assert store.tasks.lease("w", 60, ("submission",)) is None


def test_killed_workers_lose_nothing_and_do_nothing_twice(store: Store, url: str) -> None:
    number = int(os.environ.get("QUEUE_TASKS", "100"))
    kills = int(os.environ.get("QUEUE_KILLS", "4"))
    ids, chance = begun(store, number), random.Random(7)

    def start() -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, "-c", WORKER, url])

    workers = [start() for _ in range(4)]
    try:
        for _ in range(kills):
            time.sleep(chance.uniform(0.2, 0.7))
            victim = workers.pop(chance.randrange(len(workers)))
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            workers.append(start())
        until = time.monotonic() + 120
        while store.tasks.counted() != {"done": number} and time.monotonic() < until:
            time.sleep(0.1)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    rows = [store.predictions.get(ACCOUNT, identity) for identity in ids]
    assert {(row.state, row.error) for row in rows if row is not None} == {("SUCCESS", "x")}
    assert store.tasks.counted() == {"done": number}


def test_dead_work_that_nobody_asked_for_is_not_counted(store: Store) -> None:
    for account in (ACCOUNT, NOBODY):
        store.tasks.enqueue("tidying", {}, account, f"of {account}")
    with store.database.writing() as connection:
        connection.execute(TABLES["tasks"].update().values(state="dead"))
    assert store.tasks.counted() == {"dead": 1}
