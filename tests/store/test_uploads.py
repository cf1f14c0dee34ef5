"""Which logs may go, on each database."""

from datetime import UTC, datetime, timedelta

from setpoint.store import open_store

LATER = datetime.now(UTC) + timedelta(days=1)


def test_what_was_looked_at_may_go_and_keeps_its_name(url: str) -> None:
    store = open_store(url)
    rows = [store.submissions.add("ours", "project", product_code="x", report={}) for _ in range(3)]
    for number, row in enumerate(rows):
        store.uploads.add("ours", row.id, artefact=f"ab/{number}", file_name="log")
    done, asked_again, _waiting = rows
    store.submissions._shelf.change("ours", done.id, state="SUCCESS")
    store.submissions._shelf.change("ours", asked_again.id, state="FAILURE")
    store.tasks.enqueue("submission", {"id": asked_again.id}, "ours", f"submission:{asked_again.id}")
    assert store.uploads.artefacts("ab") == {"ab/0", "ab/1", "ab/2"}
    assert store.uploads.prunable(LATER - timedelta(days=2), "", 10) == []
    (found,) = store.uploads.prunable(LATER, "", 10)
    assert found.id == done.id
    assert store.uploads.prunable(LATER, found.id, 10) == []
    assert store.uploads.prune(found)
    assert not store.uploads.prune(found)
    pruned = store.uploads.get("ours", done.id)
    assert pruned is not None
    assert (pruned.is_pruned, pruned.file_name) == (True, "log")
    assert store.uploads.artefacts("ab") == {"ab/1", "ab/2"}
    store.close()
