"""What is special about the ledger in PostgreSQL: order, failures in words, forks."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread

import pytest
import sqlalchemy as sa

from setpoint.core.history import RunRecorded
from setpoint.errors import LedgerError
from setpoint.ledger import open_ledger
from setpoint.ledger.sql import SqlLedger
from setpoint.store import open_store
from setpoint.testing.ledger_contract import a_run, sample_entries

SECRET = "correct-horse"  # noqa: S105 - made up
WRITERS, EACH = 6, 8


@pytest.fixture
def url(new_postgresql: Callable[[], str]) -> str:
    return new_postgresql()


def opened(url: str) -> SqlLedger:
    ledger = open_ledger(url)
    assert isinstance(ledger, SqlLedger)
    return ledger


def test_whoever_reads_sees_a_beginning_of_what_will_be_read(url: str) -> None:
    """Ledgers only ever grow at their end, also while many write: folds are gone on with, not begun anew."""
    ended = Event()
    seen: list[tuple[str, ...]] = []

    def read() -> None:
        ledger = opened(url)
        while not ended.is_set():
            seen.append(tuple(entry.run.id for entry in ledger.read("nightly") if isinstance(entry, RunRecorded)))

    def write(writer: int) -> None:
        ledger = opened(url)
        for number in range(EACH):
            ledger.append(
                "nightly", a_run(1000 * writer + number, stages=1), a_run(500 + 1000 * writer + number, stages=1)
            )

    opened(url)
    reader = Thread(target=read)
    reader.start()
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    ended.set()
    reader.join()
    last = tuple(entry.run.id for entry in opened(url).read("nightly") if isinstance(entry, RunRecorded))
    assert len(last) == 2 * WRITERS * EACH
    assert all(last[: len(early)] == early for early in seen)


def test_a_server_that_is_set_to_be_stricter_refuses_no_append(url: str) -> None:
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        name = url.rpartition("/")[2]
        connection.exec_driver_sql(f"alter database {name} set default_transaction_isolation = 'serializable'")
    engine.dispose()
    ledger = opened(url)
    with ThreadPoolExecutor(WRITERS) as pool:
        answers = list(pool.map(lambda _: ledger.append("nightly", *sample_entries()), range(WRITERS * EACH)))
    assert sorted(answers) == [False] * (len(answers) - 1) + [True]
    store = open_store(url)
    for number in range(EACH):
        store.tasks.enqueue("a", {}, "ours", str(number))
    with ThreadPoolExecutor(WRITERS) as pool:
        leased = [task.id for task in pool.map(lambda _: store.tasks.lease("w", 60), range(WRITERS * EACH)) if task]
    store.close()
    assert len(leased) == len(set(leased)) == EACH


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda url: url.rpartition("/")[0] + "/nowhere", "no such database"),
        (lambda url: url.replace("postgres@", f"nobody:{SECRET}@"), "cannot be opened|cannot be reached"),
        (lambda _: f"postgresql://me:{SECRET}@127.0.0.1:1/ledger", "cannot be reached"),
        (lambda _: f"postgresql://me:{SECRET}@127.0.0.1:port/ledger", "cannot be read: write postgresql"),
    ],
)
def test_what_fails_is_said_in_a_sentence_without_the_password(
    change: Callable[[str], str], words: str, url: str
) -> None:
    with pytest.raises(LedgerError, match=words) as caught:
        open_ledger(change(url))
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_name_that_the_database_cannot_keep_is_refused(url: str) -> None:
    with pytest.raises(LedgerError, match="character"):
        opened(url).append("night\x00ly", a_run(1))


def test_a_table_that_is_gone_is_still_one_line(url: str) -> None:
    ledger = opened(url)
    with ledger._engine.begin() as connection:
        connection.execute(sa.text("drop table entries"))
    with pytest.raises(LedgerError, match=r"cannot be read or written \(UndefinedTable 42P01\)\.$"):
        ledger.read("nightly")


def test_a_child_that_was_forked_talks_through_connections_of_its_own(url: str, tmp_path: Path) -> None:
    ledger = opened(url)
    ledger.append("nightly", a_run(1))
    child = os.fork()
    if child == 0:
        try:
            ledger.append("nightly", a_run(2))
            (tmp_path / "done").touch()
        finally:
            os._exit(0)
    assert len(ledger.read("nightly")) >= 1
    os.waitpid(child, 0)
    assert (tmp_path / "done").exists()
    assert len(ledger.read("nightly")) == 2
