"""Logs go when their time is over, never before their run was looked at; what is nobody's goes too."""

import io
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from setpoint.artefacts import Artefacts
from setpoint.processing.retention import TIDYING, Pruned, Tidying, prune, tidy_daily
from setpoint.processing.worker import Worker
from setpoint.store import Store, open_store
from setpoint.store.rows import UploadRow
from setpoint.store.tasks import NOBODY

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


class Shop:
    """A store with artefacts, whose logs have the age that is wanted."""

    def __init__(self, folder: Path) -> None:
        self.store: Store = open_store("sqlite://")
        self.folder = folder
        self.artefacts = Artefacts(str(folder))

    def prediction(self, state: str, *, days: float, task: str | None = None) -> UploadRow:
        row = self.store.predictions.add("ours", product_code="x", report={})
        self.store.predictions._shelf.change("ours", row.id, state=state)
        if task is not None:
            self.task("prediction", row.id, task)
        return self.upload(row.id, days)

    def submission(self, state: str, *, days: float, task: str | None = None) -> UploadRow:
        row = self.store.submissions.add("ours", "project", product_code="x", report={})
        self.store.submissions._shelf.change("ours", row.id, state=state)
        if task is not None:
            self.task("submission", row.id, task)
        return self.upload(row.id, days)

    def task(self, kind: str, identity: str, state: str) -> None:
        self.store.tasks.enqueue(kind, {"id": identity}, "ours", f"{kind}:{identity}")
        table = self.store.tasks._shelf.table
        with self.store.database.writing() as connection:
            connection.execute(table.update().where(table.c.key == f"{kind}:{identity}").values(state=state))

    def upload(self, identity: str, days: float) -> UploadRow:
        artefact = self.artefacts.write(io.BytesIO(b"ten bytes!"), "log")
        self.store.uploads.add("ours", identity, artefact=artefact, file_name="log")
        table = self.store.uploads._shelf.table
        with self.store.database.writing() as connection:
            moment = NOW - days * DAY
            connection.execute(table.update().where(table.c.id == identity).values(created_at=moment))
        found = self.store.uploads.get("ours", identity)
        assert found is not None
        return found

    def now_of(self, upload: UploadRow) -> UploadRow:
        found = self.store.uploads.get("ours", upload.id)
        assert found is not None
        return found

    def orphan(self, days: float, name: str = "log") -> Path:
        artefact = self.artefacts.write(io.BytesIO(b"nobody's"), "log")
        path = (self.folder / artefact).rename((self.folder / artefact).with_name(name))
        moment = (NOW - days * DAY).timestamp()
        os.utime(path, (moment, moment))
        return path


STATES = ("PENDING", "RUNNING", "SUCCESS", "FAILURE")
cases = st.lists(
    st.tuples(
        st.sampled_from(["prediction", "submission"]),
        st.sampled_from(STATES),
        st.sampled_from([None, "waiting", "leased", "done", "dead"]),
        st.sampled_from([1.0, 89.0, 91.0, 500.0]),
    ),
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases)
def test_only_what_is_old_and_was_looked_at_goes(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[tuple[str, str, str | None, float]]
) -> None:
    shop = Shop(tmp_path_factory.mktemp("shop"))
    made = [
        (getattr(shop, kind)(state, days=days, task=task), (state, task, days)) for kind, state, task, days in wanted
    ]
    goes = [
        days > 90 and state in {"SUCCESS", "FAILURE"} and task not in {"waiting", "leased"}
        for _, (state, task, days) in made
    ]
    foreseen = prune(shop.store, shop.artefacts, NOW, 90 * DAY, is_dry_run=True)
    assert not any(shop.now_of(upload).is_pruned for upload, _ in made)
    assert prune(shop.store, shop.artefacts, NOW, 90 * DAY) == foreseen == Pruned(sum(goes), 10 * sum(goes), 0, 0)
    assert [shop.now_of(upload).is_pruned for upload, _ in made] == goes
    for upload, _ in made:
        assert shop.artefacts.size_bytes(upload.artefact) == (0 if shop.now_of(upload).is_pruned else 10)
        assert shop.now_of(upload).file_name == "log"
    assert prune(shop.store, shop.artefacts, NOW, 90 * DAY) == Pruned(0, 0, 0, 0)


def test_a_run_that_is_also_a_submission_waits_for_both(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    upload = shop.prediction("SUCCESS", days=100)
    shop.store.submissions.add("ours", "project", product_code="x", report={}, identity=upload.id)
    assert prune(shop.store, shop.artefacts, NOW, DAY).logs == 0
    shop.store.submissions._shelf.change("ours", upload.id, state="SUCCESS")
    assert prune(shop.store, shop.artefacts, NOW, DAY).logs == 1


def test_for_ever_means_for_ever(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    upload = shop.submission("SUCCESS", days=10_000)
    assert prune(shop.store, shop.artefacts, NOW, None).logs == 0
    assert not shop.now_of(upload).is_pruned


def test_more_than_are_looked_at_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("setpoint.processing.retention._AT_ONCE", 2)
    shop = Shop(tmp_path)
    for _ in range(5):
        shop.submission("SUCCESS", days=10)
    assert prune(shop.store, shop.artefacts, NOW, DAY, is_dry_run=True).logs == 5
    assert prune(shop.store, shop.artefacts, NOW, DAY).logs == 5


def test_what_is_nobodys_goes_after_a_day(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    kept = shop.submission("SUCCESS", days=50)
    moment = (NOW - 50 * DAY).timestamp()
    os.utime(tmp_path / kept.artefact, (moment, moment))
    old, part, young = shop.orphan(1.1), shop.orphan(2, "log.part"), shop.orphan(0.9)
    foreign = tmp_path / "ab" / "notes.txt"
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_text("mine", encoding="utf-8")
    os.utime(foreign, (moment, moment))
    assert prune(shop.store, shop.artefacts, NOW, None, is_dry_run=True) == Pruned(0, 0, 2, 16)
    assert prune(shop.store, shop.artefacts, NOW, None) == Pruned(0, 0, 2, 16)
    assert [path.exists() for path in (old, part, young, foreign, tmp_path / kept.artefact)] == [
        False,
        False,
        True,
        True,
        True,
    ]


def test_one_that_is_killed_between_row_and_bytes_leaves_nothing_for_ever(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    upload = shop.submission("SUCCESS", days=50)
    assert shop.store.uploads.prune(upload)
    assert prune(shop.store, shop.artefacts, NOW + 2 * DAY, None).orphans == 1
    assert not (tmp_path / upload.artefact).exists()


def test_workers_tidy_once_a_day(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    upload = shop.submission("SUCCESS", days=50)
    day = [NOW]
    clock: Callable[[], datetime] = lambda: day[0]  # noqa: E731 - a clock that can be set
    workers = [
        Worker(
            shop.store.tasks,
            {TIDYING: Tidying(shop.store, shop.artefacts, 30)},
            now_and_then=lambda: tidy_daily(shop.store, clock),
        )
        for _ in range(2)
    ]
    for worker in workers:
        worker._look_round()
        worker._look_round()
    assert [worker.once() for worker in workers] == [True, False]
    assert shop.now_of(upload).is_pruned
    day[0] += DAY
    tidy_daily(shop.store, clock)
    assert [worker.once() for worker in workers] == [True, False]
    assert shop.store.tasks.counted() == {"done": 2}


def test_work_that_nobody_asked_for_is_forgotten_and_that_of_accounts_is_not(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    for key, account in (("old", NOBODY), ("ours", "ours"), ("young", NOBODY), ("waits", NOBODY)):
        shop.store.tasks.enqueue("sweeping", {}, account, key)
    assert shop.store.once.use("ours", "old link")
    tasks, once = shop.store.tasks._shelf.table, shop.store.once._shelf.table
    with shop.store.database.writing() as connection:
        connection.execute(tasks.update().where(tasks.c.key != "waits").values(state="done"))
        connection.execute(tasks.update().where(tasks.c.key != "young").values(created_at=NOW - 3 * DAY))
        connection.execute(once.update().values(created_at=NOW - 3 * DAY))
    assert shop.store.once.use("ours", "new link")
    tidying = shop.store.tasks.enqueue(TIDYING, {}, NOBODY, "tidying")
    assert tidying is not None
    task = shop.store.tasks.get(NOBODY, tidying)
    assert task is not None
    Tidying(shop.store, shop.artefacts, 0)(task)
    with shop.store.database.reading() as connection:
        assert set(connection.execute(sa.select(tasks.c.key)).scalars()) == {"ours", "young", "waits", "tidying"}
        assert set(connection.execute(sa.select(once.c.id)).scalars()) == {"new link"}
