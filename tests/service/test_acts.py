"""What people do by the API: approvals, rollbacks, modes, freezes, restrictions; and that the loop keeps to it."""

from pathlib import Path
from typing import Any

import pytest
from tests.loop.world import PROJECT, WASTEFUL
from tests.service.nights import Nights, nights
from tests.service.world import new_world, result

from setpoint.core.domain import ClusterSpec
from setpoint.core.goals import METRICS
from setpoint.core.history import Approved, Described, RollbackAsked
from setpoint.core.said_before import said_before
from setpoint.service import acts
from setpoint.service.access import Caller

EVIL = "<script>alert(1)</script>"


def audited(night: Nights, action: str) -> list[dict[str, Any]]:
    found = night.client("admin").get("/v1/audit").json()["items"]
    return [each for each in found if each["action"] == action]


def test_what_waits_is_listed_and_put_in_place(tmp_path: Path) -> None:
    night = nights(tmp_path)
    client = night.client()
    listed = client.get("/v1/approvals").json()["items"]
    assert [each["project_id"] for each in listed] == [night.project.id]
    waits = result(client.get(f"{night.path}/waits"))
    assert waits == listed
    assert waits[0]["needs_approval"]
    assert waits[0]["waits"].startswith("it waits for an approval")
    assert waits[0]["saved_dollars"] > 0
    done = result(client.post(f"{night.path}/approve", json={"decision": waits[0]["decision"]}))
    assert (done["waits"], done["spec"]) == (None, waits[0]["to_spec"])
    assert str(night.closed.spec) == waits[0]["to_spec"]
    said = [entry for entry in night.closed.written if isinstance(entry, Approved)]
    key = night.service.keys["ours", "operator"].id
    assert [each.by for each in said] == [f"ours operator ({key})"] == [done["by"]]
    assert client.get("/v1/approvals").json()["items"] == []
    assert result(client.get(f"{night.path}/waits")) == []
    entry = audited(night, "decision approved")[0]
    assert entry["before"] == {"spec": str(WASTEFUL)}
    assert entry["after"]["spec"] == done["spec"]
    assert client.get(f"{night.path}/decisions").json()["items"][0]["approved_by"] == done["by"]


def test_only_what_waits_can_be_approved(tmp_path: Path) -> None:
    night = nights(tmp_path)
    client = night.client()
    newest = result(client.get(f"{night.path}/explain"))
    assert newest["waits"]
    assert client.post(f"{night.path}/approve", json={"decision": "nothing"}).status_code == 409
    assert client.post(f"{night.path}/approve", json={"number": 99}).status_code == 404
    night.closed.plant.run()
    stale = client.post(f"{night.path}/approve", json={"number": newest["number"]})
    assert stale.status_code == 409
    assert "no longer what the evidence calls for" in stale.json()["error"]["message"]
    assert night.closed.spec == WASTEFUL
    assert audited(night, "decision approved") == []
    assert result(client.post(f"{night.path}/approve", json={}))["waits"] is None
    again = client.post(f"{night.path}/approve", json={})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "Conflict")


def test_what_waits_for_something_else_waits_for_no_person(tmp_path: Path) -> None:
    night = nights(tmp_path, mode="propose")
    client = night.client()
    assert client.get("/v1/approvals").json()["items"] == []
    listed = client.get("/v1/approvals", params={"waits_for": "anything"}).json()["items"]
    assert [each["needs_approval"] for each in listed] == [False]
    assert client.post(f"{night.path}/approve", json={}).status_code == 409


def test_a_change_by_somebody_else_is_a_conflict(tmp_path: Path) -> None:
    night = nights(tmp_path)
    night.closed.plant.apply(PROJECT, ClusterSpec.local(12, 8192), expect=WASTEFUL)
    refused = night.client().post(f"{night.path}/approve", json={})
    assert refused.status_code == 409
    assert "somebody else" in refused.json()["error"]["message"]
    assert night.closed.spec == ClusterSpec.local(12, 8192)


def test_a_rollback_acts_at_once(tmp_path: Path) -> None:
    night = nights(tmp_path, mode="auto", runs=3)
    client, left = night.client(), str(night.closed.spec)
    assert left != str(WASTEFUL)
    assert client.post(f"{night.path}/rollback", json={"to": "no spec"}).status_code == 422
    done = result(client.post(f"{night.path}/rollback", json={"to": "baseline", "reason": f"late {EVIL}"}))
    assert (done["spec"], done["left"]) == (str(WASTEFUL), left)
    assert night.closed.spec == WASTEFUL
    assert [entry.reason for entry in night.closed.written if isinstance(entry, RollbackAsked)] == [f"late {EVIL}"]
    standing = result(client.get(f"{night.path}/mode"))
    assert (standing["spec"], standing["taken_back"]) == (str(WASTEFUL), [left])
    assert client.post(f"{night.path}/rollback", json={}).status_code in {200, 422}
    assert audited(night, "rolled back")[0]["after"]["spec"] == str(WASTEFUL)


def test_modes_are_set_by_kind_of_change_too(tmp_path: Path) -> None:
    night = nights(tmp_path, mode="auto", runs=1)
    client = night.client()
    standing = result(client.put(f"{night.path}/mode", json={"mode": "shadow", "modes": {"rescue": "auto"}}))
    assert standing["mode"] == "shadow"
    assert (standing["modes"]["rescue"], standing["modes"]["scale down"]) == ("auto", "shadow")
    assert standing["ladder"] == ["observe", "shadow", "propose", "approve", "auto"]
    night.closed.nights(3)
    graded = result(client.get(f"{night.path}/mode"))
    assert graded["held_back"]["predicted"] > 0
    assert graded["waits"]
    assert client.put(f"{night.path}/mode", json={"mode": "always"}).status_code == 422
    assert client.put(f"{night.path}/mode", json={"modes": {"anything": "auto"}}).status_code == 422
    last = audited(night, "mode set")[0]
    assert (last["before"]["mode"], last["after"]["mode"]) == ("auto", "shadow")
    assert last["after"]["modes"] == ["rescue auto"]


def test_a_freeze_holds_changes_back_until_it_is_lifted(tmp_path: Path) -> None:
    night = nights(tmp_path)
    client, freezes = night.client(), ["2025-01-01 to 2999-12-31 because of the audit"]
    assert result(client.put(f"{night.path}/freeze", json={"freezes": freezes})) == {
        "freezes": freezes,
        "in_force": freezes,
        "restricted_by": "",
    }
    night.closed.loop.tick(PROJECT)
    approved = result(client.post(f"{night.path}/approve", json={}))
    assert "frozen" in approved["waits"]
    assert night.closed.spec == WASTEFUL
    assert result(client.put(f"{night.path}/freeze", json={"freezes": []}))["in_force"] == []
    assert client.put(f"{night.path}/freeze", json={"freezes": ["sometimes"]}).status_code == 422
    assert [each["after"] for each in audited(night, "freeze set")] == [{"freezes": []}, {"freezes": freezes}]


def test_restrictions_change_what_is_given_and_add_up_with_policies(tmp_path: Path) -> None:
    night = nights(tmp_path, mode="auto", runs=1)
    client = night.client()
    policy = "name: house\nselect: all\nrestrictions: {deny: {memory: [512m]}}\n"
    result(client.post("/v1/policies/apply", json={"files": {"house.yml": policy}}))
    said = {"allow": {"slots": ["8-16"]}, "trials": "10 %", "exploration": "20$/month"}
    told = result(client.put(f"{night.path}/restrictions", json=said))
    assert told["own"] == {"allow": ["slots 8-16"], "trials": ["10 %"], "exploration": ["20$/month"]}
    assert told["in_force"]["deny"] == ["memory 512m"]
    assert told["restricted_by"] == "house"
    told = result(client.put(f"{night.path}/restrictions", json={"trials": None, "reruns": "harmful"}))
    assert told["own"] == {"allow": ["slots 8-16"], "exploration": ["20$/month"], "reruns": ["harmful"]}
    assert result(client.get(f"{night.path}/restrictions")) == told
    assert "slots 8-16 allowed" in told["words"]
    night.closed.nights(3)
    assert all(spec.slots >= 8 for spec in night.closed.applied)
    assert audited(night, "restricted")[0]["before"] == {"reruns": [], "trials": ["10 %"]}


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """Before its first run; for tests in which nothing is changed."""
    return nights(tmp_path_factory.mktemp("still"), runs=0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pins": {"colour": ["red"]}},
        {"allow": {"slots": ["many"]}},
        {"windows": ["always"]},
        {"exploration": "a lot"},
        {"explore_until": "tomorrow"},
        {"explore_until": "2026-02-31"},
        {"trials": "-1"},
        {"rescues": "never"},
    ],
)
def test_restrictions_that_cannot_be_read_are_refused(still: Nights, wrong: dict[str, object]) -> None:
    refused = still.client().put(f"{still.path}/restrictions", json=wrong)
    assert refused.status_code == 422
    assert result(still.client().get(f"{still.path}/restrictions"))["own"] == {}


def test_what_was_said_before_the_first_run_is_kept_for_it(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    client = world.client("ours", "operator")
    path = f"/v1/projects/{result(client.post('/v1/projects', json={'name': 'new'}))['id']}"
    assert result(client.put(f"{path}/mode", json={"mode": "approve", "modes": {"rescue": "auto"}}))["modes"] == {
        "rescue": "auto"
    }
    result(client.put(f"{path}/freeze", json={"freezes": ["2026-12-20 to 2027-01-06"]}))
    result(client.put(f"{path}/restrictions", json={"pins": {"slots": ["8"]}}))
    result(client.put(f"{path}/description", json={"owner": "ada", "tags": {"team": "sales"}}))
    result(client.put(f"{path}/description", json={"tags": {"tier": "1"}, "is_idempotent": True}))
    assert result(client.get(f"{path}/restrictions"))["words"] == [
        "frozen 2026-12-20 to 2027-01-06",
        "slots pinned to 8",
    ]
    assert result(client.get(f"{path}/mode"))["mode"] == "approve"
    row = world.store.projects.list("ours")[0]
    restricted, described = said_before(row.settings, world.rooms.clock())
    assert restricted.restrictions.modes == ("rescue auto",)  # type: ignore[union-attr]
    assert isinstance(described, Described)
    assert (described.owner, described.tags, described.is_idempotent) == (
        "ada",
        (("team", "sales"), ("tier", "1")),
        True,
    )
    for act in ("approve", "rollback"):
        assert client.post(f"{path}/{act}", json={}).status_code == 409


def test_a_description_is_written_once(tmp_path: Path) -> None:
    night = nights(tmp_path, runs=0)
    client, said = night.client(), {"owner": "ada", "tags": {"team": "sales"}}
    assert result(client.put(f"{night.path}/description", json=said))["tags"] == {"team": "sales"}
    assert result(client.put(f"{night.path}/description", json=said))["owner"] == "ada"
    assert len([entry for entry in night.closed.written if isinstance(entry, Described)]) == 1
    assert len(audited(night, "described")) == 1
    assert result(client.put(f"{night.path}/description", json={"tags": {"team": ""}}))["tags"] == {}
    assert client.put(f"{night.path}/description", json={"tags": {"a b": "c"}}).status_code == 422


def test_decisions_are_taken_again(tmp_path: Path) -> None:
    night = nights(tmp_path, runs=3)
    told = result(night.client("viewer").get(f"{night.path}/verification", params={"newest": 2}))
    assert [each["verdict"] for each in told["decisions"]] == ["identical", "identical"]
    assert told["counts"] == {"identical": 2}
    first = result(night.client("viewer").get(f"{night.path}/verification", params={"number": 1}))
    assert [each["number"] for each in first["decisions"]] == [1]
    assert night.client().get(f"{night.path}/verification", params={"number": 50}).status_code == 404


def test_what_a_goal_may_name_is_listed(tmp_path: Path) -> None:
    listed = result(new_world(tmp_path).client("ours", "viewer").get("/v1/goals"))
    assert {each["name"] for each in listed["metrics"]} == set(METRICS)
    assert listed["preferences"]["economy"] == "cost"


def test_of_two_who_freeze_at_once_neither_loses_a_word(tmp_path: Path) -> None:
    night, world = nights(tmp_path), new_world(tmp_path / "new")
    made = result(world.client("ours").post("/v1/projects", json={"name": "new"}))["id"]
    new = world.store.projects.get("ours", made)
    assert new is not None
    for rooms, project in ((night.service.rooms, night.project), (world.rooms, new)):
        key = (night.service if project is night.project else world).keys["ours", "admin"]
        asking = Caller("ours", key.id, "admin")
        for day in ("2998-01-01", "2999-01-01"):  # both have read the row before either writes

            def also(now: acts.Said, day: str = day) -> acts.Said:
                return {"freezes": (*now.get("freezes", ()), f"{day} to {day}")}

            acts.restrict(rooms, asking, project, also)
            acts.set_mode(rooms, asking, project, None, {"rescue": "shadow"} if day.startswith("2998") else {})
        restrictions, _ = acts.restrictions_in_force(rooms, rooms.project(asking, project.id))
        assert [text[:4] for text in restrictions.freezes] == ["2998", "2999"]
        assert restrictions.modes == ("rescue shadow",)
