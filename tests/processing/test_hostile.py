"""Runs that lie, logs that are made to take long, names that no file can have: none of them harms another run."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.processing.test_submissions import PLANT, Site

from setpoint.core.history import Registered, RunRecorded
from setpoint.processing import logs
from setpoint.processing.logs import SCRATCH, sweep_scratch
from setpoint.processing.sweeping import LATE, SETTLED, Sweeping
from setpoint.store import open_store
from setpoint.store.rows import TaskRow


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.plant.run()
    return made


def moved(value: Any, by: timedelta) -> Any:  # noqa: ANN401 - JSON
    """All times of a report, later: milliseconds and texts."""
    if isinstance(value, dict):
        return {name: moved(each, by) for name, each in value.items()}
    if isinstance(value, list):
        return [moved(each, by) for each in value]
    if isinstance(value, int) and value > 10**12:
        return value + int(by.total_seconds() * 1000)
    if not isinstance(value, str) or not value.startswith("20"):
        return value
    try:
        return (datetime.fromisoformat(value) + by).isoformat()
    except ValueError:
        return value


def test_a_run_that_is_yet_to_come_is_refused_and_its_project_goes_on(site: Site) -> None:
    report, log = site.last_run()
    assert site.submit(report, log)["state"] == "SUCCESS"
    ahead = datetime.now(UTC) - site.plant.clock() + timedelta(hours=1)
    found = site.submit(moved(report, ahead), log)
    assert found["state"] == "FAILURE"
    assert "yet to come" in found["error"]
    site.plant.run()
    assert site.submit(*site.last_run())["state"] == "SUCCESS"
    assert site.recommend()["state"] == "SUCCESS"


def test_a_run_from_a_clock_that_is_a_little_ahead_is_somebody_s_run_like_any_other(site: Site) -> None:
    """What is left for the next run counts from now on, whatever time the run before claims to have begun."""
    report, log = site.last_run()
    ahead = datetime.now(UTC) - site.plant.clock() + timedelta(minutes=10)
    assert site.submit(moved(report, ahead), log)["state"] == "SUCCESS"
    row = site.world.store.submissions.newest("ours", site.id)
    assert row is not None
    (accepted,) = site.world.store.submissions.accepted("ours", site.id)
    assert accepted.ran_at <= row.created_at


def test_a_run_that_cannot_be_priced_says_so_and_holds_up_no_other(site: Site) -> None:
    report, log = site.last_run()
    unpriced = {**deepcopy(dict(report)), "plan_type": "Standard", "compute_type": "All-Purpose Compute"}
    begun = [(site.begin(each), log) for each in (report, unpriced, report)]
    ids = [site.send(each, content) for each, content in begun]
    site.work()
    states = [site.submission(identity) for identity in ids]
    assert [each["state"] for each in states] == ["SUCCESS", "FAILURE", "SUCCESS"]
    assert "price" in states[1]["error"]
    assert "our side" not in states[1]["error"]
    assert len(site.entries(RunRecorded)) == 1


def test_a_run_that_turns_out_unusable_later_costs_only_itself(site: Site) -> None:
    """A newer program, or other prices, may refuse what was taken in before."""
    report, log = site.last_run()
    site.submit(report, log)
    store = site.world.store
    bad = store.submissions.add("ours", site.id, product_code=site.product, report={"cluster": {}})
    store.submissions.accept("ours", bad.id, "poison", datetime(2026, 1, 1, tzinfo=UTC))
    site.plant.run()
    found = site.submit(*site.last_run())
    assert found["state"] == "SUCCESS"
    assert found["run_id"] in {entry.run.id for entry in site.entries(RunRecorded)}


def test_wishes_that_cannot_be_read_are_refused_and_lose_no_run(site: Site) -> None:
    for wrong in ("soon", -1, 10**400, True):
        answer = site.client.put(f"/v1/projects/{site.id}", json={"prediction_params": {"sla_minutes": wrong}})
        assert answer.status_code == 422, wrong
    said = {"prediction_params": {"sla_minutes": "60"}}
    assert site.client.put(f"/v1/projects/{site.id}", json=said).status_code == 200
    site.world.store.projects.change("ours", site.id, {"prediction_params": {"sla_minutes": "soon"}})
    assert site.submit(*site.last_run())["state"] == "SUCCESS"


@pytest.mark.parametrize("name", ["..", ".", "é" * 255, "a/b/../c", "log with spaces\n.gz", "\u202egpj.log"])
def test_a_name_that_no_file_can_have_is_only_a_name(name: str, site: Site) -> None:
    report, log = site.last_run()
    begun = site.begin(report)
    details = begun["upload_details"]
    fields = {**details["fields"], "key": f"x/{name}"}
    sent = site.world.anybody().post(details["url"], data=fields, files={"file": ("upload", log)})
    assert sent.status_code == 204
    site.work()
    assert site.submission(begun["submission_id"])["state"] == "SUCCESS"


def test_a_run_of_another_product_is_refused(site: Site) -> None:
    body = {"product_code": "aws-emr", "cluster_report": {"Cluster": {}}}
    answer = site.client.post(f"/v1/projects/{site.id}/submissions", json=body)
    assert answer.status_code == 422
    assert "aws-databricks" in answer.json()["error"]["message"]


def test_a_log_that_takes_too_long_is_given_up_in_words(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LONGEST_SECONDS", -1.0)
    found = site.submit(*site.last_run())
    assert found["state"] == "FAILURE"
    assert "which no real one does" in found["error"]


def test_the_run_of_an_application_with_a_monstrous_name_has_a_plain_id(site: Site) -> None:
    report, log = site.last_run()
    odd = "<script>" + "x" * 5_000
    found = site.submit(report, log.replace(b'"App ID":"app-0001"', f'"App ID":"{odd}"'.encode()))
    assert found["state"] == "SUCCESS"
    assert len(found["run_id"]) < 200
    assert "<" not in found["run_id"]


def test_a_project_that_is_deleted_in_the_middle_is_said(site: Site) -> None:
    begun = site.begin(site.last_run()[0])
    site.send(begun, site.last_run()[1])
    project = site.project
    site.client.delete(f"/v1/projects/{site.id}")
    site.work()
    row = site.world.store.submissions.find("ours", begun["submission_id"])
    assert row is not None
    assert (row.state, row.error) == ("FAILURE", "The project was deleted.")
    assert not [entry for entry in site.world.ledger.read(project.stream) if isinstance(entry, Registered)]


def test_what_was_begun_and_forgotten_is_swept_up(site: Site) -> None:
    """Killed between a log's arrival and asking for its work; and a log that never comes."""
    store = site.world.store
    brought, never = site.begin(site.last_run()[0]), site.begin(site.last_run()[0])
    log = site.last_run()[1]
    site.send(brought, log)
    with store.database.writing() as connection:
        connection.exec_driver_sql("delete from tasks")
    now = datetime.now(UTC)
    task = TaskRow("t", "", "sweeping", "sweeping", {}, "leased", 1, None, now, now, None, "w")
    expected = (("PENDING", "PENDING"), ("SUCCESS", "PENDING"), ("SUCCESS", "FAILURE"))
    for later, states in zip((timedelta(0), SETTLED, LATE), expected, strict=True):
        moment = datetime.now(UTC) + later + timedelta(seconds=1)
        Sweeping(store, partial(max, moment, moment))(task)
        site.work()
        assert tuple(site.submission(each["submission_id"])["state"] for each in (brought, never)) == states
    assert "never arrived" in site.submission(never["submission_id"])["error"]


def test_what_killed_workers_left_is_removed_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "gettempdir", lambda: str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for name in (f"{SCRATCH}{ended.pid}-a", f"{SCRATCH}{os.getpid()}-b", f"{SCRATCH}of-somebody", "other"):
        (tmp_path / name).mkdir()
    sweep_scratch()
    assert {path.name for path in tmp_path.iterdir()} == {f"{SCRATCH}{os.getpid()}-b", f"{SCRATCH}of-somebody", "other"}


def test_no_account_has_all_workers_for_itself(url: str) -> None:
    store = open_store(url)
    for number in range(5):
        store.tasks.enqueue("prediction", {}, "loud", f"loud:{number}")
    store.tasks.enqueue("prediction", {}, "quiet", "quiet")
    first, second = store.tasks.lease("a", 60), store.tasks.lease("b", 60)
    assert first is not None
    assert second is not None
    assert (first.account_id, second.account_id) == ("loud", "quiet")
    third = store.tasks.lease("c", 60)
    assert third is not None
    assert third.account_id == "loud"
    store.close()


def test_what_is_changed_at_once_is_all_kept(url: str) -> None:
    store = open_store(url)
    row = store.projects.add("ours", name=PLANT, settings={"kept": 1})
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store.projects.change("ours", row.id, {f"field {number}": number}), range(24)))
    found = store.projects.get("ours", row.id)
    assert found is not None
    assert found.settings == {"kept": 1, **{f"field {number}": number for number in range(24)}}
    workspace = store.workspaces.add("ours", "1", settings={}, secrets={"token": "x", "other": "y"})
    changed = store.workspaces.change("ours", workspace.id, settings={"plan": "p"}, secrets={"token": None})
    assert (changed.settings, changed.secrets) == ({"plan": "p"}, {"other": "y"})
    store.close()
