"""The loops by which people act on projects of a service: of pushed runs, of this machine, and of neither."""

from pathlib import Path

import pytest
from tests.core.rented import JOB
from tests.processing.test_submissions import Site
from tests.service.story import whole_story
from tests.service.world import new_world, result

from setpoint.core.history import Applied, Approved, RollbackAsked
from setpoint.errors import PlatformError
from setpoint.service.loops import loops_of
from setpoint.settings import Settings


def test_an_approval_leaves_the_cluster_to_be_fetched_and_a_rollback_the_old_one(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.world.loop_of = site.control.of_project
    path = f"/v1/projects/{site.id}"
    result(site.client.put(f"{path}/mode", json={"mode": "approve"}))
    result(site.client.put(f"{path}/description", json={"owner": "ada"}))
    site.plant.run()
    site.submit(*site.last_run())
    assert result(site.client.get(f"{path}/description"))["owner"] == "ada"
    waits = result(site.client.get(f"{path}/waits"))[0]
    assert waits["needs_approval"]
    assert site.client.get("/v1/approvals").json()["items"][0]["decision"] == waits["decision"]
    assert site.recommend()["recommendation"]["configuration"]["node_type_id"] == JOB["node_type_id"]
    done = result(site.client.post(f"{path}/approve", json={"decision": waits["decision"]}))
    assert (done["spec"], len(site.entries(Approved)), len(site.entries(Applied))) == (waits["to_spec"], 1, 1)
    fetched = site.recommend()["recommendation"]["configuration"]
    assert fetched != JOB
    back = result(site.client.post(f"{path}/rollback", json={"reason": "not tonight"}))
    assert (back["spec"], back["left"]) == (waits["from_spec"], waits["to_spec"])
    assert len(site.entries(RollbackAsked)) == 1
    again = site.recommend()["recommendation"]["configuration"]
    assert again["node_type_id"] == JOB["node_type_id"]
    verified = result(site.client.get(f"{path}/verification", params={"newest": 3}))
    assert verified["counts"].get("different") is None


def test_each_project_has_the_loop_of_its_platform(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    world.store.projects.adopt("ours", ["orders"])
    world.ledger.append("orders", *whole_story())
    settings = Settings(home=tmp_path)
    found = world.store.projects.of_stream("ours", "orders")
    assert found is not None
    loop = loops_of(settings, world.store, world.ledger, "ours")(found)
    assert loop.state("orders").history.registered.platform == "spark"
    with pytest.raises(PlatformError, match="does not reach"):
        loops_of(settings, world.store, world.ledger, "another")(found)
    new = result(world.client("ours").post("/v1/projects", json={"name": "new"}))["id"]
    row = world.store.projects.get("ours", new)
    assert row is not None
    with pytest.raises(PlatformError, match="nothing yet"):
        loops_of(settings, world.store, world.ledger, "ours")(row)


def test_a_platform_that_is_not_reached_is_a_conflict(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    world.store.projects.adopt("ours", ["orders"])
    world.ledger.append("orders", *whole_story())
    row = world.store.projects.of_stream("ours", "orders")
    assert row is not None
    client = world.client("ours", "operator")
    for act in ("approve", "rollback"):
        answer = client.post(f"/v1/projects/{row.id}/{act}", json={})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "PlatformRefused")
