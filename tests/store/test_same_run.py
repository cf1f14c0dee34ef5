"""A run that several bring at once, in other words, counts as one run."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest

from setpoint.errors import NotFound
from setpoint.store import Store, open_store
from setpoint.store.rows import SubmissionRow

AT = datetime(2026, 1, 1, tzinfo=UTC)
MANY = 6


def cluster_is_same(row: SubmissionRow, other: SubmissionRow) -> bool:
    return row.report == other.report


def brought(store: Store, project: str, number: int, cluster: str) -> SubmissionRow:
    report = {"c": cluster}
    return store.submissions.add("ours", project, product_code="aws-databricks", report=report, identity=str(number))


@pytest.mark.parametrize("at_once", [True, False])
def test_those_that_tell_of_one_run_count_as_one(tmp_path: Path, at_once: bool) -> None:  # noqa: FBT001 - both
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    project = store.projects.add("ours", name="nightly").id
    rows = [brought(store, project, number, "a" if number else "b") for number in range(MANY)]
    barrier = Barrier(MANY if at_once else 1)

    def accept(row: SubmissionRow) -> None:
        barrier.wait(30)
        store.submissions.accept("ours", row.id, f"run {row.id}", AT, lambda other: cluster_is_same(row, other))

    with ThreadPoolExecutor(MANY if at_once else 1) as pool:
        list(pool.map(accept, rows))
    counted = {row.run_id for row in store.submissions.accepted("ours", project)}
    assert len(counted) == 2
    assert "run 0" in counted


def test_what_began_another_day_is_another_run(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    project = store.projects.add("ours", name="nightly").id
    for number in range(3):
        row = brought(store, project, number, "a")
        at = AT + number * timedelta(days=2)
        store.submissions.accept("ours", row.id, f"run {number}", at, lambda _other: True)
    assert len(store.submissions.accepted("ours", project)) == 3
    with pytest.raises(NotFound):
        store.submissions.accept("theirs", "1", "run 1", AT)
