"""The tables on both databases: made new, brought up to date, refused where they are newer."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from setpoint.errors import LedgerError
from setpoint.ledger import open_ledger
from setpoint.store import Store, open_store
from setpoint.store.database import Database, open_database
from setpoint.store.schema import NEWEST, configuration
from setpoint.store.tables import SCHEMA
from setpoint.testing.ledger_contract import sample_entries

OF_THE_LEDGER = {"entries", "ledger_schema"}


def migrated(url: str) -> Database:
    """All changes one after another, from nothing."""
    database = open_database(url)
    with database.writing() as connection:
        command.upgrade(configuration(connection), "head")
    return database


def differences(database: Database) -> list[object]:
    def is_ours(_thing: object, name: str | None, kind: str, _reflected: bool, _to: object) -> bool:  # noqa: FBT001 - alembic's
        return not (kind == "table" and name in OF_THE_LEDGER)

    with database.reading() as connection:
        options = {"compare_type": True, "include_object": is_ours}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), SCHEMA))


def test_all_changes_come_to_the_tables_that_the_program_knows(url: str) -> None:
    database = migrated(url)
    assert differences(database) == []
    assert database.standing().is_newest
    database.engine.dispose()


def test_a_new_database_is_the_same(url: str) -> None:
    store = open_store(url)
    assert differences(store.database) == []
    assert store.database.standing().version == NEWEST
    store.close()


def test_the_newest_change_is_the_one_that_is_written_down() -> None:
    assert ScriptDirectory.from_config(configuration()).get_heads() == [NEWEST]


def test_a_ledger_that_was_there_before_is_taken_over_as_it_is(url: str) -> None:
    ledger = open_ledger(url)
    ledger.append("nightly", *sample_entries())
    store = open_store(url)
    assert ledger.read("nightly") == sample_entries()
    assert store.projects.adopt("ours", ledger.projects()) == 1
    store.close()


@pytest.mark.parametrize("order", [(open_ledger, open_store), (open_store, open_ledger)])
def test_ledger_and_service_share_a_database_whichever_comes_first(
    order: tuple[Callable[[str], object], ...], url: str
) -> None:
    for opening in order:
        here = opening(url)
        if isinstance(here, Store):
            here.close()
    ledger = open_ledger(url)
    assert ledger.append("nightly", *sample_entries())
    assert ledger.read("nightly") == sample_entries()


def test_several_programs_may_begin_at_once(url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(open_store, [url] * 4))
    assert all(store.database.standing().is_newest for store in stores)
    for store in stores:
        store.close()


def test_tables_of_a_newer_program_are_left_alone(url: str) -> None:
    store = open_store(url)
    with store.database.writing() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    store.close()
    with pytest.raises(LedgerError, match="newer Setpoint"):
        open_store(url)


def test_in_memory_threads_lose_nothing_of_each_other() -> None:
    store = open_store("sqlite://")

    def add(number: int) -> str:
        store.accounts.list()
        made = store.accounts.add(f"account {number}").id
        store.accounts.list()
        return made

    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(add, range(200)))
    assert {row.id for row in store.accounts.list()} == made
