"""Many projects with long histories, written as ledger entries: some simulated ones, each told many times over."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from setpoint.core.domain import ClusterSpec, SearchSpace
from setpoint.core.pricebook import PriceBook
from setpoint.ledger import open_ledger
from setpoint.ledger.codec import Row, compress, encode
from setpoint.ledger.memory import MemoryLedger
from setpoint.loop import Loop
from setpoint.store import open_store
from setpoint.store.tables import TABLES
from setpoint.testing.plant import Physics, SimulatedPlant

PRICES = PriceBook.of_cores(0.052624, 0.0057785, "an example")
SPACE = SearchSpace((1, 2, 3, 4, 6, 8, 12, 16), (512, 1024, 2048, 4096, 8192))
WASTEFUL = ClusterSpec.local(16, 8192)
GOALS = ("minimise cost; runtime <= 22s", "minimise cost", "minimise runtime; cost <= 0.02")
NAMES = UUID("6f0f5a8e-3a54-4c9e-8f43-5b1f9d2a7c11")
AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Made:
    """What was written."""

    projects: int
    entries: int
    bytes: int


def lived(number: int, runs: int) -> list[Row]:
    """The history of one simulated project."""
    name, chance = "nightly", 1 + number
    plant = SimulatedPlant(name, WASTEFUL, Physics(noise=0.02 * chance, needed_mib=600 + 200 * number), seed=number)
    loop = Loop(plant, MemoryLedger(is_strict=False), PRICES, plant.clock)
    loop.register(name, "local", WASTEFUL, SPACE)
    loop.set_goal(name, GOALS[number % len(GOALS)])
    for night in range(runs):
        if night == runs // 2:
            plant.physics = replace(plant.physics, input_scale=1.0 + 0.2 * number)
        plant.run()
        loop.tick(name)
    return [encode(entry) for entry in loop.ledger.read(name)]


def told_again(rows: list[Row], project: int) -> Iterator[Row]:
    """The same history of another project: other ids, another hour."""
    hour, run = b"T%02d:" % (2 + project % 20), b'"r%05d-' % project
    for row in rows:
        body = row.body.replace(b"T02:", hour).replace(b'"run-', run)
        key = row.key.replace("T02:", hour.decode()).replace("run:run-", f"run:r{project:05d}-")
        yield Row(row.kind, key, row.at.replace("T02:", hour.decode()), body)


def make(url: str, account: str, projects: int, histories: list[list[Row]], first: int = 0) -> Made:
    """Write so many projects of an account; those beyond the histories' share have one that another has too."""
    import sqlalchemy as sa

    open_ledger(url)
    engine = open_store(url).database.engine
    entries = sa.Table("entries", sa.MetaData(), autoload_with=engine)
    written = size = 0
    begun = datetime.now(UTC) - timedelta(days=200)
    for number in range(first, first + projects):
        stream, at = str(uuid5(NAMES, str(number))), begun + timedelta(minutes=number)
        row = {"id": stream, "account_id": account, "stream": stream, "name": f"pipeline {number:05d}"}
        row |= {"settings": {"goal": GOALS[0]}, "created_at": at, "updated_at": at}
        told = told_again(histories[number % len(histories)], number) if histories else ()
        rows = [
            {"project": stream, "kind": each.kind, "key": each.key, "at": each.at, "body": compress(each.body)}
            for each in told
        ]
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA synchronous=OFF")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.execute(TABLES["projects"].insert(), row)
            for place in range(0, len(rows), AT_ONCE):
                connection.execute(entries.insert(), rows[place : place + AT_ONCE])
            connection.commit()
        written += len(rows)
        size += sum(len(each["body"]) for each in rows)
    engine.dispose()
    return Made(projects, written, size)
