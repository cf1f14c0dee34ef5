"""Jobs of an emulated workspace as its lists show them, through the unmodified SDK."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.rented import book
from tests.platforms.databricks.emulated import calls_of, deny, emulator, job, run_all

from setpoint.errors import PlatformError
from setpoint.platforms.databricks import CallFiles
from setpoint.platforms.databricks.project import Store
from setpoint.platforms.databricks.recurring import JobsOfWorkspace
from setpoint.platforms.recurring import Listing, Recurring, distinct, project_name
from setpoint.testing.databricks import DatabricksEmulator

BOOK = book("aws", "us-east-1")


@pytest.fixture
def made() -> Iterator[DatabricksEmulator]:
    with emulator() as found:
        yield found


def opened(made: DatabricksEmulator, most_runs: int = 10_000, home: Path = Path("nowhere")) -> JobsOfWorkspace:
    calls = calls_of(made)
    now = int(made.workspace.now.timestamp() * 1000)
    store = Store(home)
    return JobsOfWorkspace(
        calls, CallFiles(calls), BOOK, "aws-databricks", store, "https://x", "work", lambda: now, most_runs
    )


def listed(found: JobsOfWorkspace, days: float = 7.0) -> Listing:
    return found.listed(days, lambda *_: None)


def only(listing: Listing, name: str) -> Recurring:
    (found,) = (each for each in listing.jobs if each.name == name)
    return found


def test_hundreds_of_jobs_are_listed_with_a_call_for_each_page(made: DatabricksEmulator) -> None:
    run_all(made, (job(f"job {number}", {"num_workers": 1}) for number in range(120)))
    found = opened(made)
    told: list[tuple[str, int]] = []
    listing = found.listed(7.0, lambda what, count: told.append((what, count)))
    assert len(listing.jobs) == 120
    assert all(len(each.runs) == 1 for each in listing.jobs)
    # 100 jobs a page, and 25 runs.
    assert sum(found.calls.counted.values()) == 2 + 5
    assert told[-1] == ("runs", 120)
    assert ("jobs", 100) in told


def test_a_job_with_more_tasks_than_a_list_holds_is_read_whole(made: DatabricksEmulator) -> None:
    large = job("large")
    large["tasks"] = [large["tasks"][0] | {"task_key": f"task-{number}"} for number in range(130)]
    made.workspace.add(large)
    made.workspace.add(job("small"))
    found = opened(made)
    listing = listed(found)
    assert all(found.taking(only(listing, name)).baseline for name in ("large", "small"))
    assert made.calls["GET", "jobs/get"] == 2  # pages of the one


def test_a_job_is_listed_with_its_cost_and_looked_at_with_its_log(made: DatabricksEmulator) -> None:
    (job_id,) = run_all(made, [job("nightly", tags={"team": "sales"})], nights=3)
    found = opened(made)
    it = only(listed(found), "nightly")
    assert (it.job_id, it.place, it.project, it.tags["team"]) == (str(job_id), "job_clusters/main", "nightly", "sales")
    assert (it.refusal, it.owner) == ("", "")
    assert [run.began for run in it.runs] == sorted((run.began for run in it.runs), reverse=True)
    assert all(run.dollars is not None and run.dollars > 0 and run.succeeded for run in it.runs)
    look = found.looked_at(it)
    assert look.headroom is not None
    assert 0 < look.headroom < 1
    taking = found.taking(it)
    assert taking.baseline.cloud is not None
    assert taking.baseline.cloud.cluster.workers == 4
    assert taking.seconds == sorted(run.seconds for run in it.runs)[1]


def test_each_cluster_of_a_job_is_listed_by_itself(made: DatabricksEmulator) -> None:
    two = job("etl")
    two["job_clusters"].append({**two["job_clusters"][0], "job_cluster_key": "heavy"})
    two["tasks"].append({**two["tasks"][0], "task_key": "more", "job_cluster_key": "heavy"})
    run_all(made, [two])
    listing = listed(opened(made))
    assert {(each.name, each.place, each.project) for each in listing.jobs} == {
        ("etl · main", "job_clusters/main", "etl-main"),
        ("etl · heavy", "job_clusters/heavy", "etl-heavy"),
    }
    assert all(len(each.runs) == 1 for each in listing.jobs)


def test_what_cannot_be_taken_says_why(made: DatabricksEmulator) -> None:
    task = {"task_key": "main", "notebook_task": {"notebook_path": "/n"}}
    space = made.workspace
    space.add({"name": "serverless", "tasks": [task]})
    space.add({"name": "shared", "tasks": [task | {"existing_cluster_id": "0101-a"}]})
    space.add({"name": "pipeline", "tasks": [{"task_key": "main", "pipeline_task": {"pipeline_id": "p"}}]})
    space.add(job("managed", deployment={"kind": "SYSTEM_MANAGED"}))
    space.add(job("deployed", deployment={"kind": "BUNDLE"}, edit_mode="UI_LOCKED"))
    space.add(job("terraformed", tags={"managed_by": "terraform"}))
    submitted = job("x") | {"run_name": "dag.task 2026-01-01T02:00"}
    space.start({key: value for key, value in submitted.items() if key != "name"}, 0)
    made.advance(86_400)
    found = opened(made)
    listing = listed(found)
    why = {each.name: each.refusal for each in listing.jobs}
    assert "serverless" in why["serverless"]
    assert "all-purpose cluster 0101-a" in why["shared"]
    assert "pipelines" in why["pipeline"]
    assert "manages it itself" in why["managed"]
    assert "submitted without a job" in why["dag.task"]
    assert len(only(listing, "dag.task").runs) == 1
    owners = {each.name: each.owner for each in listing.jobs if not each.refusal}
    assert owners == {"deployed": "bundle", "terraformed": "terraform"}
    with pytest.raises(PlatformError, match="serverless"):
        found.taking(only(listing, "serverless"))


def test_a_cluster_of_a_pool_is_priced_by_the_machines_of_the_pool(made: DatabricksEmulator) -> None:
    made.workspace.pools = {"pool-1": {"instance_pool_name": "shared", "node_type_id": "m5.xlarge"}}
    pooled = job("pooled", {"instance_pool_id": "pool-1"})
    del pooled["job_clusters"][0]["new_cluster"]["node_type_id"]
    run_all(made, [pooled, job("plain")])
    found = opened(made)
    listing = listed(found)
    assert only(listing, "pooled").runs[0].dollars == pytest.approx(only(listing, "plain").runs[0].dollars, rel=0.3)
    baseline = found.taking(only(listing, "pooled")).baseline
    assert baseline.cloud is not None
    assert baseline.cloud.cluster.node_type == "m5.xlarge"
    assert made.calls["GET", "instance-pools/list"] == 1
    deny(made, "GET", "instance-pools/list")
    found = replace(found, _pools={}, _specs={})
    listing = listed(found)
    assert only(listing, "pooled").runs[0].dollars is None
    assert found.taking(only(listing, "plain")).seconds > 0


def test_runs_of_a_job_that_is_gone_are_no_job_that_was_submitted(made: DatabricksEmulator) -> None:
    (job_id,) = run_all(made, [job("gone")])
    del made.workspace.jobs[job_id]
    assert listed(opened(made)).jobs == ()


def test_more_runs_than_are_listed_shorten_the_window_and_it_is_said(made: DatabricksEmulator) -> None:
    run_all(made, [job("nightly")], nights=6)
    listing = listed(opened(made, most_runs=3), days=30.0)
    assert len(only(listing, "nightly").runs) == 3
    assert 2.5 < listing.days < 4
    assert "newest 3 runs only" in listing.note
    assert listed(opened(made), days=2.5).note == ""


def test_a_run_without_a_log_or_a_price_is_still_listed(made: DatabricksEmulator) -> None:
    quiet = job("quiet")
    del quiet["job_clusters"][0]["new_cluster"]["cluster_log_conf"]
    _, strange = run_all(made, [quiet, job("strange")])
    # Machines that are newer than the table of hardware.
    for run in made.workspace.runs.values():
        if run.job_id == strange:
            run.job_clusters[0]["new_cluster"]["node_type_id"] = "x9nobody"
    made.workspace.job(strange).settings["job_clusters"][0]["new_cluster"]["node_type_id"] = "x9nobody"
    made.workspace.add(job("never"))
    found = opened(made)
    listing = listed(found)
    assert "cluster_log_conf" in found.looked_at(only(listing, "quiet")).note
    assert only(listing, "strange").runs[0].dollars is None
    assert only(listing, "never").runs == ()
    assert "no run" in found.looked_at(only(listing, "never")).note
    assert found.taking(only(listing, "never")).seconds == 0.0
    with pytest.raises(PlatformError, match="x9nobody"):
        found.taking(only(listing, "strange"))


def test_what_is_kept_is_known_by_the_key_of_what_recurs(made: DatabricksEmulator, tmp_path: Path) -> None:
    run_all(made, [job("nightly")])
    found = opened(made, home=tmp_path)
    it = only(listed(found), "nightly")
    assert found.known() == {}
    found.keep("nightly", it)
    assert found.known() == {it.key: "nightly"}
    kept = Store(tmp_path).project("nightly")
    assert (kept.job.job_id, kept.job.cluster_path, kept.profile, kept.region) == (
        it.job_id,
        "job_clusters/main",
        "work",
        "us-east-1",
    )


@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from(["a", "b", "a b", "ä" * 120])), unique=True), st.randoms())
def test_no_two_projects_have_one_name_whatever_their_order(found: list[tuple[int, str]], chance: object) -> None:
    jobs = [
        Recurring(key=f"{number} {name}", job_id=str(number), name=name, project=project_name(name), place="x/main")
        for number, name in found
    ]
    named = {job.key: job.project for job in distinct(jobs)}
    assert len({*named.values()}) == len({(job.project, job.job_id) for job in jobs})
    chance.shuffle(jobs)  # type: ignore[attr-defined]
    assert {job.key: job.project for job in distinct(jobs)} == named


def test_what_cannot_be_taken_takes_no_name() -> None:
    given_jobs = [
        Recurring(key=key, job_id=key, name="nightly", project="nightly", refusal=refusal)
        for key, refusal in (("1", ""), ("2", "It is serverless."))
    ]
    assert [it.project for it in distinct(given_jobs)] == ["nightly", "nightly"]


def test_a_name_that_is_taken_already_is_made_longer() -> None:
    job_seen = Recurring(key="7 x/main", job_id="7", name="nightly", project="nightly", place="job_clusters/main")
    assert [it.project for it in distinct([job_seen], ["nightly"])] == ["nightly-7-main"]
