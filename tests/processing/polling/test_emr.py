"""A region of EMR: clusters that nobody submits are found by name or tag, and go the way of submissions."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.platforms.emr.world import BOOK, GROUPS
from tests.processing.polling.world import Site
from tests.service.world import ROLE, result

from setpoint.core.history import Decided, RunRecorded
from setpoint.processing.polling import hint
from setpoint.store.rows import ProjectRow
from setpoint.testing.emr import EmrEmulator, EmulatedClock, Ordered, SimulatedRunner

pytest.importorskip("boto3", reason="the extra aws is not installed")


class EmrSite(Site):
    """The service, with a region connected."""

    cloud: EmrEmulator

    def __init__(self, folder: Path, cloud: EmrEmulator) -> None:
        self.cloud = cloud
        self.taken: list[tuple[str, str]] = []
        super().__init__(folder)
        made = result(self.client.post("/v1/emr/regions", json={"region": "us-east-1", "role_arn": ROLE}))
        self.place_id, self.external_id = made["region_id"], made["external_id"]

    def staff(self) -> None:
        super().staff()

        def connects(role: str, external_id: str) -> object:
            self.taken.append((role, external_id))
            return self.cloud.client

        self.reach(connects=connects, now=lambda: self.cloud.clock().timestamp(), sleep=lambda _: None)

    def clock(self) -> datetime:
        return self.cloud.clock()

    def placed(self, **said: object) -> ProjectRow:
        made = result(self.client.post("/v1/projects", json={"name": "nightly"}))
        path = f"/v1/emr/regions/{self.place_id}/projects/{made['id']}"
        result(self.client.put(path, json=said))
        row = self.world.store.projects.get("ours", made["id"])
        assert row is not None
        return row

    def launch(self, *, exit_code: int = 0, with_log: bool = True, **changes: object) -> str:
        runner = self.cloud.runner
        assert isinstance(runner, SimulatedRunner)
        runner.orders.append(Ordered(exit_code=exit_code, with_log=with_log))
        name = str(self.cloud.client("emr").run_job_flow(**{**GROUPS, **changes})["JobFlowId"])
        self.poll()
        self.cloud.clock.move(80_000)
        self.poll()
        return name


@pytest.fixture(scope="module")
def serving() -> Iterator[EmrEmulator]:
    with EmrEmulator(BOOK, clock=EmulatedClock(datetime.now(UTC).replace(microsecond=0))) as cloud:
        yield cloud


@pytest.fixture
def site(serving: EmrEmulator, tmp_path: Path) -> EmrSite:
    serving.forget()
    return EmrSite(tmp_path, serving)


def test_clusters_of_a_name_are_runs_and_what_is_decided_is_left_to_be_fetched(site: EmrSite) -> None:
    project = site.placed(name=GROUPS["Name"])
    names = [site.launch() for _ in range(2)]
    assert [each["run"] for each in site.audited("run brought")][::-1] == names
    runs = [entry.run for entry in site.entries(project, RunRecorded)]
    assert len(runs) == 2
    assert all(run.profile is not None for run in runs)
    assert site.entries(project, Decided)
    assert set(site.taken) == {(ROLE, site.external_id)}
    asked = result(site.client.post(f"/v1/projects/{project.id}/recommendations", json={}))
    site.poll()
    assert result(site.client.get(f"/v1/projects/{project.id}/recommendations/{asked['id']}"))["state"] == "SUCCESS"


def test_clusters_are_known_by_their_tag_and_others_are_left_alone(site: EmrSite) -> None:
    project = site.placed(tag="orders")
    site.launch(Tags=[{"Key": "setpoint:project", "Value": "payments"}])
    assert not site.entries(project, RunRecorded)
    site.launch(Tags=[{"Key": "setpoint:project", "Value": "orders"}])
    assert len(site.entries(project, RunRecorded)) == 1


def test_a_cluster_that_failed_without_a_log_is_a_run(site: EmrSite) -> None:
    project = site.placed(name=GROUPS["Name"])
    site.launch(exit_code=1, with_log=False)
    (recorded,) = site.entries(project, RunRecorded)
    assert (recorded.run.profile, recorded.run.succeeded) == (None, False)


def test_eventbridge_has_the_region_looked_at(site: EmrSite) -> None:
    site.placed(name=GROUPS["Name"])
    made = result(site.client.post(f"/v1/emr/regions/{site.place_id}/hook-key"))
    hook, caller = f"/v1/hooks/emr/{site.place_id}", site.world.anybody()
    site.poll()
    site.cloud.clock.move(60)
    before = site.watched().due_at
    assert caller.post(hook, json={}).status_code == 401
    assert caller.post(hook, json={}, headers={made["header"]: "x"}).status_code == 401
    assert caller.post(hook.replace("emr/", "databricks/"), auth=("eventbridge", made["key"])).status_code == 401
    answer = caller.post(hook, json={"source": "aws.emr"}, headers={made["header"]: made["key"]})
    assert answer.status_code == 202
    assert site.watched().due_at <= before
    run = site.launch()
    assert [each["why"] for each in site.audited("run found")] == ["it has ended; it was time to look"]
    site.cloud.client("emr").run_job_flow(**GROUPS)
    site.cloud.clock.move(80_000)
    assert hint(site.world.store, "ours", site.place_id, site.clock())  # as the call does, by the clock of this cloud
    site.poll(1)
    (found, _) = site.audited("run found")
    assert found["run"] != run
    assert found["why"] == "it has ended; the platform called"


def test_only_who_runs_the_service_does_without_a_role(site: EmrSite) -> None:
    assert site.client.post("/v1/emr/regions", json={"region": "us-east-1"}).status_code == 422
    assert site.client.post("/v1/emr/regions", json={"region": "moon", "role_arn": ROLE}).status_code == 422
    path = f"/v1/emr/regions/{site.place_id}/projects/"
    made = result(site.client.post("/v1/projects", json={"name": "x"}))["id"]
    assert site.client.put(path + made, json={}).status_code == 422
    listed = result(site.client.get("/v1/databricks/workspaces"))
    assert site.place_id not in [each["workspace_id"] for each in listed]
    assert site.client.get(f"/v1/databricks/workspaces/{site.place_id}").status_code == 404
