"""The audit log says who did what, and no secret, whatever was said to the routes that take one."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.service.world import World, new_world, result

from setpoint.logbook import JsonLines
from setpoint.service.wire.workspaces import SECRETS, WorkspaceChange

# Long enough to be found nowhere by chance.
secret = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=24, max_size=40).map("secret-{}".format)
names = sorted(set(WorkspaceChange.model_fields) & set(SECRETS))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return new_world(tmp_path_factory.mktemp("audit"))


def _audited(world: World) -> str:
    rows = world.store.audit.list("ours")
    assert rows
    return json.dumps([[row.action, row.subject, row.before, row.after] for row in rows], ensure_ascii=False)


def _about_workspaces(world: World, hidden: dict[str, str]) -> list[str]:
    """Everything that can be done with a workspace; what nobody may read afterwards."""
    client = world.client("ours")
    address = "/v1/databricks/workspaces/747465226005"
    client.delete(address)
    for send, more in ((client.post, {}), (client.put, {"plan_type": "Premium"}), (client.put, {"plan_type": 7})):
        send(address, json={**hidden, **more})
    made = result(client.post(f"{address}/webhook-credentials"))
    client.post(f"{address}/setup")
    client.delete(address)
    return [*hidden.values(), made["password"]]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(names), secret, min_size=1), secret)
def test_no_secret_is_in_the_audit_log_nor_in_the_other(
    world: World, caplog: pytest.LogCaptureFixture, hidden: dict[str, str], goal: str
) -> None:
    caplog.clear()
    with caplog.at_level(logging.INFO, "setpoint"):
        secrets = _about_workspaces(world, hidden)
        client = world.client("ours")
        key: Any = result(client.post("/v1/keys", json={"name": "nightly", "role": "viewer"}))
        client.delete(f"/v1/keys/{key['id']}")
        project = result(client.post("/v1/projects", json={"name": "nightly", "app_id": goal}))["id"]
        client.put(f"/v1/projects/{project}/goal", json={"goal": "minimise cost", "token": goal[::-1]})
        token = world.token("ours")
    secrets += [key["secret"], goal[::-1], token, *(each.secret for each in world.keys.values())]
    audited = _audited(world)
    assert {"workspace created", "webhook credentials made", "key created", "key revoked"} <= set(_actions(world))
    logged = "\n".join(JsonLines().format(record) for record in caplog.records)
    assert [each for each in secrets if each in audited] == []
    assert [each for each in secrets if each in logged] == []


def _actions(world: World) -> list[str]:
    return [row.action for row in world.store.audit.list("ours")]


def test_what_is_kept_of_a_secret_is_not_the_secret(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    hidden = {name: f"secret-of-{name}" for name in names}
    client = world.client("ours")
    result(client.post("/v1/databricks/workspaces/7474", json=hidden))
    row = world.store.workspaces.get("ours", "7474")
    assert row is not None
    assert sorted(row.secrets) == names
    assert not set(row.secrets.values()) & set(hidden.values())
    assert repr(row).count("secret-of") == 0
