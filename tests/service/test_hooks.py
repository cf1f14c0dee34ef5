"""Calls of platforms: only those who know the secret are heard, and all they can do is to have a place looked at."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from tests.service.world import World, new_world, result

from setpoint.service.api.hooks import KEY_HEADER
from setpoint.service.hooks import basic
from setpoint.store.rows import TaskRow

PLACE = "7474652260057818"
HOOK = f"/v1/hooks/databricks/{PLACE}"
PATH = f"/v1/databricks/workspaces/{PLACE}"
LATER = datetime.now(UTC) + timedelta(hours=1)


class Site:
    def __init__(self, folder: Path) -> None:
        self.world: World = new_world(folder)
        self.client = self.world.client("ours")
        said = {"databricks_host": "https://dbc-1.cloud.databricks.com", "databricks_token": "dapi-1"}
        result(self.client.post(PATH, json=said))
        made = result(self.client.post(f"{PATH}/webhook-credentials"))
        self.auth = (made["username"], made["password"])
        self.caller: TestClient = self.world.anybody()
        self.put_off()

    @property
    def task(self) -> TaskRow:
        row = self.world.store.tasks.of_key("ours", f"polling:{PLACE}")
        assert row is not None
        return row

    def put_off(self, **payload: Any) -> None:  # noqa: ANN401 - JSON
        table = self.world.store.tasks._shelf.table
        self.world.store.tasks.note("ours", self.task.id, payload)
        with self.world.store.database.writing() as connection:
            connection.execute(table.update().where(table.c.id == self.task.id).values(due_at=LATER))

    def is_due(self) -> bool:
        return self.task.due_at <= datetime.now(UTC)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_call_has_the_workspace_looked_at_now_and_a_second_one_does_no_more(site: Site) -> None:
    assert not site.is_due()
    body = {"event_type": "jobs.on_success", "run": {"run_id": "9"}, "job": {"job_id": "8"}}
    for _ in range(3):
        answer = site.caller.post(HOOK, json=body, auth=site.auth)
        assert (answer.status_code, answer.json()) == (202, {"result": {"hint": "taken"}})
    assert site.is_due()
    assert len(site.world.store.tasks.list("ours")) == 1
    assert 'setpoint_hints_total{outcome="taken",source="databricks"} 3.0' in site.world.rooms.metrics.text().decode()


@pytest.mark.parametrize("content", [b"", b"{", b'{"run": {"run_id": "; drop"}}', b"\x00\xff" * 100])
def test_fact_19_a_webhook_is_a_hint_and_nothing_of_what_it_says_is_read(site: Site, content: bytes) -> None:
    assert site.caller.post(HOOK, content=content, auth=site.auth).status_code == 202


def test_a_large_call_is_refused(site: Site) -> None:
    assert site.caller.post(HOOK, content=b"x" * 70_000, auth=site.auth).status_code == 413


def test_who_does_not_know_the_secret_does_nothing(site: Site) -> None:
    name, password = site.auth
    wrong = [("", ""), (name, ""), ("", password), (name, password + "x"), ("webhook-0", password), (password, name)]
    for auth in wrong:
        answer = site.caller.post(HOOK, json={}, auth=auth)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "Unauthorized")
    assert site.caller.post(HOOK, json={}).status_code == 401
    assert site.caller.post(HOOK, json={}, headers={"Authorization": f"Bearer {password}"}).status_code == 401
    assert site.caller.post("/v1/hooks/databricks/1", json={}, auth=site.auth).status_code == 401
    assert not site.is_due()


def test_a_workspace_without_credentials_of_calls_takes_none(site: Site) -> None:
    result(site.client.post("/v1/databricks/workspaces/2", json={"databricks_host": "https://x"}))
    for auth in (("", ""), ("nobody", ""), site.auth):
        assert site.caller.post("/v1/hooks/databricks/2", json={}, auth=auth).status_code == 401


def test_new_credentials_end_the_old_ones_and_the_password_is_kept_nowhere(site: Site) -> None:
    result(site.client.post(f"{PATH}/webhook-credentials"))
    assert site.caller.post(HOOK, json={}, auth=site.auth).status_code == 401
    row = site.world.store.workspaces.find(PLACE)
    assert row is not None
    kept = [site.world.rooms.identity.vault.decrypt(value) for value in row.secrets.values()]
    assert site.auth[1] not in " ".join(kept)


def test_one_that_guesses_is_held_off_and_one_that_knows_is_bounded(site: Site) -> None:
    statuses = [site.caller.post(HOOK, json={}, auth=("a", "b")).status_code for _ in range(40)]
    assert statuses.count(401) == 30
    assert set(statuses[30:]) == {429}
    other = Site(Path(site.world.rooms.options.scratch or ".") / "other")
    statuses = [other.caller.post(HOOK, json={}, auth=other.auth).status_code for _ in range(130)]
    assert statuses[:120] == [202] * 120
    assert statuses[-1] == 429


def test_a_workspace_that_wants_to_be_left_alone_is(site: Site) -> None:
    until = datetime.now(UTC) + timedelta(minutes=20)
    site.put_off(not_before=until.isoformat(), looked=datetime.now(UTC).isoformat())
    assert site.caller.post(HOOK, json={}, auth=site.auth).status_code == 202
    assert not site.is_due()
    assert abs(site.task.due_at - until) < timedelta(seconds=1)


@given(st.text())
def test_any_header_is_read(text: str) -> None:
    name, secret = basic(text)
    assert isinstance(name, str)
    assert isinstance(secret, str)


def test_every_document_of_the_page_is_json() -> None:
    page = (Path(__file__).parents[2] / "docs" / "triggers.md").read_text(encoding="utf-8")
    documents = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]
    hook = documents[1]["config"]["generic_webhook"]
    assert hook["url"].endswith(HOOK)
    assert set(hook) == {"url", "username", "password"}
    connection = documents[3]["Connection"]["AuthParameters"]["ApiKeyAuthParameters"]
    assert connection["ApiKeyName"].lower() == KEY_HEADER
    assert "/v1/hooks/emr/" in documents[3]["ApiDestination"]["InvocationEndpoint"]
