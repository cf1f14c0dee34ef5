"""The poller: runs that nobody submits are found, brought once, measured, decided upon, and the job is changed."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.processing.polling.world import BLOCK, PLACE, TOKEN, Site
from tests.service.world import result

from setpoint.core.domain import Hold
from setpoint.core.history import Applied, Decided, Disturbed, RunRecorded
from setpoint.platforms.databricks.report import report_of
from setpoint.processing.polling import hint
from setpoint.processing.polling.databricks import DatabricksPlace
from setpoint.store.rows import ProjectRow
from setpoint.testing.databricks import Refused

SAME_MACHINES = {"optimize_instance_size": False}
"""The emulated workspace offers few types."""


def changes(site: Site, **settings: object) -> tuple[int, ProjectRow]:
    job = site.create()
    return job, site.project(job, auto_apply_recs=True, **SAME_MACHINES, **settings)


def test_a_run_that_nobody_submitted_is_measured_and_decided_upon(tmp_path: Path) -> None:
    site = Site(tmp_path)
    job = site.create()
    project = site.project(job)
    run = site.ran(job)
    (recorded,) = site.entries(project, RunRecorded)
    assert recorded.run.profile is not None
    assert recorded.run.cost.dollars > 0
    assert site.entries(project, Decided)
    assert [each["run"] for each in site.audited("run found")] == [str(run)]
    assert [each["run"] for each in site.audited("run brought")] == [str(run)]
    site.poll()
    assert len(site.entries(project, RunRecorded)) == 1
    assert site.space.block(job)["num_workers"] == BLOCK["num_workers"]


def test_where_it_is_wanted_the_next_run_has_another_cluster(tmp_path: Path) -> None:
    site = Site(tmp_path)
    job, project = changes(site)
    before = dict(site.space.block(job))
    for _ in range(4):
        site.ran(job)
    assert site.space.block(job) != before
    assert site.space.block(job)["spark_env_vars"] == BLOCK["spark_env_vars"]
    runs = [entry.run for entry in site.entries(project, RunRecorded)]
    assert len(runs) == 4
    assert site.entries(project, Applied)
    assert not site.entries(project, Disturbed)
    assert runs[-1].cost.dollars < runs[0].cost.dollars


@pytest.mark.parametrize("is_first", [True, False])
def test_a_run_that_a_client_submitted_too_counts_once(tmp_path: Path, is_first: bool) -> None:  # noqa: FBT001 - both
    site = Site(tmp_path)
    job = site.create()
    project = site.project(job)
    run_id = site.space.run(job)
    site.poll()
    site.space.emulator.advance(20_000)
    if not is_first:
        site.poll()
    place = site.world.store.workspaces.get("ours", PLACE)
    assert place is not None
    api = site.space.opens("")
    run = api.read("/api/2.1/jobs/runs/get", {"run_id": run_id})
    from setpoint.platforms.databricks.jobs import cluster_of

    report = report_of(api, run, cluster_of(run, project.stream), None)  # as a client collects it
    begun = result(
        site.client.post(
            f"/v1/projects/{project.id}/submissions",
            json={"product_code": "aws-databricks", "cluster_report": report},
        )
    )
    log = b"".join(site.space.log(run))
    details = begun["upload_details"]
    assert site.world.anybody().post(details["url"], data=details["fields"], files={"file": ("log", log)}).is_success
    site.poll()
    site.poll()
    listed = result(site.client.get(f"/v1/projects/{project.id}/submissions"))
    assert [each["state"] for each in listed] == ["SUCCESS", "SUCCESS"]
    assert len(site.entries(project, RunRecorded)) == 1


def test_defect_4_08_a_run_that_failed_and_left_no_log_is_a_run_all_the_same(tmp_path: Path) -> None:
    site = Site(tmp_path)
    job = site.create(cluster_log_conf={})
    project = site.project(job)
    site.space.fail_all("DRIVER_ERROR: the driver is gone")
    site.ran(job)
    (recorded,) = site.entries(project, RunRecorded)
    assert (recorded.run.profile, recorded.run.succeeded) == (None, False)
    assert "delivers no logs" in site.audited("run brought")[0]["without_log"]
    (row,) = result(site.client.get(f"/v1/projects/{project.id}/submissions"))
    assert row["state"] == "SUCCESS"


def test_defect_4_05_no_secret_of_a_job_gets_into_what_is_kept(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.project(job := site.create())
    site.ran(job)
    store = site.world.store
    kept = [dict(task.payload) for task in store.tasks.list("ours")]
    kept += [dict(row.report) for row in store.submissions.list("ours", store.projects.list("ours")[0].id)]
    text = json.dumps(kept) + json.dumps(site.audited("run brought"))
    assert BLOCK["spark_env_vars"]["SECRET"] not in text
    assert TOKEN not in text
    assert [(each["token"], each["auth_type"]) for each in site.space.opened] == [(TOKEN, "pat")]


def test_a_workspace_that_is_down_is_asked_less_and_less_and_misses_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.project(job := site.create())
    site.poll()
    run = site.space.run(job)
    site.poll()
    site.space.emulator.advance(20_000)
    site.space.down = Refused(503, "TEMPORARILY_UNAVAILABLE", "down")
    pauses = []
    for _ in range(3):
        before = site.watched().payload.get("polls") or 0
        site.poll()
        row = site.watched()
        assert row.payload["polls"] > before
        pauses.append(row.payload["failures"])
    assert pauses == sorted(pauses)
    assert row.state == "waiting"
    assert len(site.audited("place not reached")) == 1
    assert int(row.payload["back_offs"]) >= 3
    assert f'setpoint_polling{{what="back_offs"}} {float(row.payload["back_offs"])}' in site.metrics()
    site.space.down = None
    site.poll()
    site.poll()
    assert [each["run"] for each in site.audited("run brought")] == [str(run)]
    assert site.watched().payload["failures"] == 0


def test_who_asks_to_be_left_alone_is_left_alone_also_by_hints(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.project(site.create())
    site.space.down = Refused(429, "RESOURCE_EXHAUSTED", "slow", retry_after_seconds=900)
    task = site.watched()
    site.worker.once()
    row = site.watched()
    assert row.due_at - task.due_at >= timedelta(seconds=900)
    assert hint(site.world.store, "ours", PLACE, site.clock())
    assert site.watched().due_at >= site.clock() + timedelta(seconds=900)


def test_a_workspace_that_is_down_holds_up_no_other_one(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.project(job := site.create())
    said = {"databricks_host": "https://down.cloud.databricks.com", "databricks_token": "dapi-down"}
    result(site.client.post("/v1/databricks/workspaces/2", json=said))
    result(site.client.post("/v1/projects", json={"name": "x", "job_id": "1", "workspace_id": "2"}))
    site.space.deaf.add("https://down.cloud.databricks.com")
    site.ran(job)
    assert len(site.audited("run brought")) == 1
    assert [each["reason"] for each in site.audited("place not reached")] == ["nobody is there"]


def test_a_person_s_edit_is_never_overwritten_and_stands(tmp_path: Path) -> None:
    site = Site(tmp_path)
    job, project = changes(site)
    run = site.space.run(job)
    site.poll()
    site.space.emulator.advance(20_000)
    site.space.block(job)["num_workers"] = 3
    site.poll()
    assert run
    assert site.space.block(job)["num_workers"] == 3
    (said,) = [each for each in site.entries(project, Disturbed) if each.kind == "foreign change"]
    assert said.spec.workers == 3
    assert not site.entries(project, Applied)
    site.poll()
    assert len(site.entries(project, Disturbed)) == 1


def test_a_job_that_others_own_is_left_to_be_fetched(tmp_path: Path) -> None:
    site = Site(tmp_path)
    job, project = changes(site)
    site.space.job(job)["deployment"] = {"kind": "BUNDLE", "metadata_file_path": "/m"}
    before = dict(site.space.block(job))
    site.ran(job)
    assert site.space.block(job) == before
    assert "left to be fetched" in site.audited("change not made")[0]["reason"]
    asked = result(site.client.post(f"/v1/projects/{project.id}/recommendations", json={}))
    site.poll()
    found = result(site.client.get(f"/v1/projects/{project.id}/recommendations/{asked['id']}"))
    assert found["recommendation"]["configuration"]["num_workers"] != before["num_workers"]


def test_a_change_that_was_not_let_in_is_said_and_the_run_counts(tmp_path: Path) -> None:
    site = Site(tmp_path)
    job, project = changes(site)
    site.space.refused["jobs/update"] = Refused(403, "PERMISSION_DENIED", "User is not allowed to manage the job.")
    site.ran(job)
    (row,) = result(site.client.get(f"/v1/projects/{project.id}/submissions"))
    assert row["state"] == "SUCCESS"
    assert "not allowed" in site.audited("change not made")[0]["reason"]
    assert not site.entries(project, Applied)
    assert not isinstance(site.entries(project, Decided)[-1].decision, Hold)


def test_a_change_that_did_not_get_through_is_made_later(tmp_path: Path) -> None:
    site = Site(tmp_path)
    job, project = changes(site)
    site.space.refused["jobs/get"] = Refused(503, "TEMPORARILY_UNAVAILABLE", "down")
    site.ran(job)
    assert not site.entries(project, Applied)
    assert [task.kind for task in site.tasks("applying")] == ["applying"]
    site.space.refused.clear()
    site.space.emulator.advance(120)
    site.poll()
    assert len(site.entries(project, Applied)) == 1
    assert site.space.block(job)["num_workers"] != BLOCK["num_workers"]


def test_defect_4_06_a_log_is_waited_for_longer_than_five_minutes(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.project(job := site.create())
    site.space.run(job)
    site.poll()
    workspace = site.space.emulator.workspace
    (run,) = workspace.runs.values()
    site.space.emulator.advance((run.ended - workspace.now).total_seconds() + 1)
    site.poll()
    assert site.audited("run found")
    assert not site.audited("run brought")
    assert [task.state for task in site.tasks("bringing")] == ["waiting"]
    site.space.emulator.advance(400)
    site.poll()
    assert "without_log" not in site.audited("run brought")[0]


def test_killed_anywhere_a_run_is_brought_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(tmp_path)
    project = site.project(job := site.create())
    site.space.run(job)
    site.poll()
    site.space.emulator.advance(20_000)
    store = site.world.store
    for owner, name in ((store.submissions, "add"), (store.uploads, "add"), (store.tasks, "note")):
        real = getattr(owner, name)

        def killed(*args: object, real: object = real, **said: object) -> object:
            real(*args, **said)  # type: ignore[operator]
            raise KeyboardInterrupt

        monkeypatch.setattr(owner, name, killed)
        with pytest.raises(KeyboardInterrupt):
            site.poll()
        monkeypatch.undo()
        site.end_leases()
    site.poll()
    site.poll()
    assert len(site.entries(project, RunRecorded)) == 1
    assert len(result(site.client.get(f"/v1/projects/{project.id}/submissions"))) == 1


def test_a_hint_that_comes_while_it_is_looked_is_not_lost(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.project(site.create())
    site.watched()
    site.space.during = lambda: hint(site.world.store, "ours", PLACE, site.clock())
    site.worker.once()
    row = site.watched()
    assert row.payload["polls"] == 1
    assert (row.due_at - datetime.now(UTC)).total_seconds() < 6


def test_a_job_that_is_onboarded_later_has_its_last_day_too(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.project(site.create("first"))
    later = site.create("later")
    site.ran(later)
    assert not site.audited("run found")
    project = site.project(later)
    site.poll()
    site.poll()
    assert len(site.entries(project, RunRecorded)) == 1


def test_where_there_is_no_project_nothing_is_asked(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.space.run(site.create())
    site.poll()
    assert site.space.emulator.calls["GET", "jobs/runs/list"] == 0


def test_of_other_jobs_no_run_is_asked_for(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.project(site.create("ours"))
    site.ran(site.create("others"))
    assert site.space.emulator.calls["GET", "jobs/runs/get"] == 0
    assert site.space.emulator.calls["POST", "clusters/events"] == 0


@pytest.mark.parametrize("place", ["s3://bucket/logs", "file:///etc", "/dbfs/../etc", "http://169.254.169.254/", ""])
def test_logs_in_buckets_are_read_for_who_runs_the_service_only(tmp_path: Path, place: str) -> None:
    site = Site(tmp_path)
    row = site.world.store.workspaces.find(PLACE)
    assert row is not None
    found = site.reaching.place(row)
    assert isinstance(found, DatabricksPlace)
    assert found.may_read(place) == place.startswith("/")  # DBFS of the workspace itself
    site.reach(own_account="ours")
    found = site.reaching.place(row)
    assert isinstance(found, DatabricksPlace)
    assert found.may_read(place) == place.startswith(("/", "s3://"))


@pytest.mark.parametrize(
    "host",
    [
        "http://127.0.0.1:8080",
        "https://169.254.169.254",
        "https://databricks.com.evil.example",
        "https://evil-databricks.com",
        "http://dbc-1.cloud.databricks.com",
        "https://user:secret@dbc-1.cloud.databricks.com",
        "",
    ],
)
def test_a_token_is_sent_to_hosts_of_databricks_only(tmp_path: Path, host: str) -> None:
    site = Site(tmp_path)
    said = {"databricks_host": host or "x"}
    result(site.client.put(f"/v1/databricks/workspaces/{PLACE}", json=said))
    site.project(site.create())
    site.poll()
    assert site.space.opened == []
    (told,) = site.audited("place not reached")
    assert "secret" not in told["reason"]


def test_who_approves_is_told_that_the_platform_refused(tmp_path: Path) -> None:
    site = Site(tmp_path)
    job, project = changes(site)
    result(site.client.put(f"/v1/projects/{project.id}/mode", json={"mode": "approve"}))
    site.ran(job)
    by_hand = replace(site.control, is_by_hand=True, _loops={})
    site.world.loop_of = by_hand.of_project
    site.space.refused["jobs/update"] = Refused(403, "PERMISSION_DENIED", "User is not allowed to manage the job.")
    refused = site.client.post(f"/v1/projects/{project.id}/approve", json={})
    assert refused.status_code == 409
    assert "not allowed" in refused.json()["error"]["message"]
    assert not site.entries(project, Applied)
    site.space.refused.clear()
    site.ran(job)
    assert site.entries(project, Applied) or site.entries(project, Decided)[-1].waits
