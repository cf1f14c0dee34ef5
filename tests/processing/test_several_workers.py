"""Many submissions of one project at once, and several workers: each is recorded once, and nothing is lost."""

from pathlib import Path
from threading import Thread

from tests.core.rented import JOB, book
from tests.processing.test_submissions import PHYSICS, PLANT

from setpoint.artefacts import Artefacts
from setpoint.core.history import Decided, Disturbed, RunRecorded, fold
from setpoint.ledger import open_ledger
from setpoint.processing.control import Control
from setpoint.processing.submissions import Submitting
from setpoint.processing.worker import Worker
from setpoint.store import open_store
from setpoint.testing.pushed_plant import PushedPlant

RUNS, WORKERS = 6, 3


def test_each_is_recorded_once(url: str, tmp_path: Path) -> None:
    ledger, store, artefacts = open_ledger(url), open_store(url), Artefacts(str(tmp_path / "artefacts"))
    plant = PushedPlant(PLANT, JOB, "aws-databricks", book(), PHYSICS, fetches=False)
    project = store.projects.add("ours", name="nightly", product_code="aws-databricks")
    wanted = set()
    for _ in range(RUNS):
        plant.run()
        log = b"".join(
            piece for part in plant.pushes.event_log(PLANT, plant.pushes.runs(PLANT)[-1].id) for piece in part
        )
        row = store.submissions.add("ours", project.id, product_code="aws-databricks", report=dict(plant.report()))
        source = tmp_path / "log"
        source.write_bytes(log)
        with source.open("rb") as stream:
            store.uploads.add("ours", row.id, artefact=artefacts.write(stream, "log"), file_name="log")
        store.tasks.enqueue("submission", {"id": row.id}, "ours", f"submission:{row.id}")
        wanted.add(row.id)

    def work() -> None:
        own_store, own_ledger = open_store(url), open_ledger(url)
        control = Control(own_store, artefacts, own_ledger, lambda *_: book(), tmp_path / "prior", plant.clock)
        worker = Worker(own_store.tasks, {"submission": Submitting(own_store, artefacts, control)})
        while worker.once():
            pass

    threads = [Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = ledger.read(project.stream)
    rows = store.submissions.list("ours", project.id)
    assert {row.id: row.state for row in rows} == dict.fromkeys(wanted, "SUCCESS")
    recorded = [entry.run.id for entry in entries if isinstance(entry, RunRecorded)]
    assert sorted(recorded) == sorted(row.run_id for row in rows if row.run_id)
    assert len(set(recorded)) == RUNS
    assert not [entry for entry in entries if isinstance(entry, Disturbed) and entry.kind == "foreign change"]
    decisions = [entry.id for entry in entries if isinstance(entry, Decided)]
    assert len(set(decisions)) == len(decisions)
    history = fold(entries)
    assert history is not None
    assert history.is_decided
