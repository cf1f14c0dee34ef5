"""The pages on which people act: who may, what they do, and that nothing gets in from elsewhere."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.loop.world import PROJECT, WASTEFUL
from tests.service.nights import Nights, nights
from tests.service.world import HERE, World, new_world, result

from setpoint.core.history import GoalSet, Restricted
from setpoint.service.rooms import Options

EVIL = "<script>alert(1)</script>"
FORMS = {
    "/acts/approve": "operator",
    "/acts/rollback": "operator",
    "/acts/mode": "operator",
    "/acts/freeze": "operator",
    "/acts/thaw": "operator",
    "/acts/retry": "admin",
    "/acts/revoke": "admin",
    "/keys": "admin",
}


def word(text: str) -> str:
    found = re.search(r'name="word" value="([^"]+)"', text)
    assert found is not None
    return found[1]


def browser(world: World, role: str = "operator", account: str = "ours") -> TestClient:
    client = TestClient(world.app, base_url=HERE, follow_redirects=True)
    key = world.keys[account, role]
    client.post("/login", data={"word": word(client.get("/login").text), "key_id": key.id, "secret": key.secret})
    return client


def sent(client: TestClient, path: str, **said: str) -> tuple[int, str]:
    answer = client.post(path, data={"word": word(client.get("/").text), **said})
    return answer.status_code, answer.text


@pytest.fixture
def night(tmp_path: Path) -> Nights:
    return nights(tmp_path)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """For tests in which nothing is changed."""
    return nights(tmp_path_factory.mktemp("still"))


def test_what_waits_is_approved_with_one_click(night: Nights) -> None:
    client = browser(night.service)
    page = client.get("/approvals").text
    decision = re.search(r'name="decision" value="([^"]+)"', page)
    assert decision is not None
    said = {"project": night.project.id, "decision": decision[1], "next": "/approvals"}
    status, shown = sent(client, "/acts/approve", **said)
    assert (status, "Approved: the next run" in shown, "Nothing waits" in shown) == (200, True, True)
    assert night.closed.spec != WASTEFUL
    status, shown = sent(client, "/acts/approve", **said)
    assert status == 409
    assert "put in place already" in shown
    assert 'href="/approvals"' in shown


def test_a_viewer_sees_what_waits_and_no_button(still: Nights) -> None:
    client = browser(still.service, "viewer")
    for path in ("/approvals", f"/projects/{PROJECT}", "/queue"):
        assert "/acts/" not in client.get(path).text
    assert "an operator may approve it" in client.get("/approvals").text


def test_a_project_that_is_asked_for_by_its_id_is_shown_by_its_name(still: Nights) -> None:
    page = browser(still.service, "viewer").get(f"/projects/{still.project.id}").text
    assert f"<h1>{still.project.name}</h1>" in page


@pytest.mark.parametrize(("path", "needed"), FORMS.items())
def test_forms_are_for_their_role_and_from_our_own_pages(still: Nights, path: str, needed: str) -> None:
    for role in ("viewer", "operator") if needed == "admin" else ("viewer",):
        status, shown = sent(browser(still.service, role), path)
        assert (status, f"needs the role {needed}" in shown) == (403, True)
    client = browser(still.service, needed)
    others = word(browser(still.service, needed).get("/").text)
    for form in ({}, {"word": ""}, {"word": "0" * 64}):
        assert client.post(path, data=form).status_code == 403
    assert client.post(path, data={"word": others}, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    nobody = TestClient(still.service.app, base_url=HERE, follow_redirects=False).post(path, data={"word": others})
    assert (nobody.status_code, nobody.headers["location"]) == (303, "/login")
    assert still.closed.spec == WASTEFUL


def test_another_account_s_things_are_not_there(still: Nights) -> None:
    client = browser(still.service, "admin", "theirs")
    assert PROJECT not in client.get("/approvals").text
    key = still.service.keys["ours", "viewer"].id
    assert key not in client.get("/keys").text
    for path, form in (
        ("/acts/approve", {"project": still.project.id, "decision": "000002"}),
        ("/acts/rollback", {"project": still.project.id}),
        ("/acts/mode", {"project": still.project.id, "mode": "auto"}),
        ("/acts/freeze", {"project": still.project.id}),
        ("/acts/thaw", {"project": "no id"}),
        ("/acts/retry", {"task": still.project.id}),
        ("/acts/revoke", {"key": key}),
    ):
        assert sent(client, path, **form)[0] == 404, path


def test_mode_freeze_and_rollback_from_the_project_s_page(night: Nights) -> None:
    client, path = browser(night.service), f"/projects/{PROJECT}"
    said = {"project": night.project.id, "next": path}
    assert "Approve the change to" in client.get(path).text
    assert sent(client, "/acts/freeze", **said, until="2999-01-01", reason=f"audit {EVIL}")[0] == 200
    shown = client.get(path).text
    assert "audit &lt;script&gt;" in shown
    assert EVIL not in shown
    assert sent(client, "/acts/freeze", **said, until="soon")[0] == 422
    assert sent(client, "/acts/thaw", **said)[0] == 200
    last = [entry for entry in night.closed.written if isinstance(entry, Restricted)][-1]
    assert last.restrictions.freezes == ()
    assert sent(client, "/acts/mode", **said, mode="always")[0] == 422
    assert sent(client, "/acts/mode", **said, mode="auto")[0] == 200
    assert [entry.mode for entry in night.closed.written if isinstance(entry, GoalSet)][-1] == "auto"
    night.closed.nights(2)
    left = night.closed.spec
    assert left != WASTEFUL
    assert sent(client, "/acts/rollback", **said, to=str(WASTEFUL), reason="late")[0] == 200
    assert night.closed.spec == WASTEFUL
    assert "Taken back to" in client.get(path).text


def test_a_key_s_secret_is_shown_once_and_works(night: Nights) -> None:
    client = browser(night.service, "admin")
    answer = client.post("/keys", data={"word": word(client.get("/keys").text), "name": f"ci {EVIL}", "role": "viewer"})
    assert answer.headers["cache-control"] == "no-store"
    found = re.search(r"SYNC_API_KEY_ID=(\S+)\s+SYNC_API_KEY_SECRET=([^<\s]+)", answer.text)
    assert found is not None
    key_id, secret = found.groups()
    token = night.service.anybody().post("/v1/auth/token", json={"api_key_id": key_id, "api_key_secret": secret})
    assert token.status_code == 200
    listed = client.get("/keys").text
    assert (key_id in listed, secret in listed, EVIL in listed) == (True, False, False)
    audit = client.get("/audit").text
    assert ("key created" in audit, secret in audit, EVIL in audit) == (True, False, False)
    assert sent(client, "/acts/revoke", key=key_id, next="/keys")[0] == 200
    again = night.service.anybody().post("/v1/auth/token", json={"api_key_id": key_id, "api_key_secret": secret})
    assert again.status_code == 401
    assert sent(client, "/acts/revoke", key=night.service.keys["ours", "admin"].id)[0] == 409
    assert sent(client, "/keys", name=" ", role="viewer")[0] == 422
    assert sent(client, "/keys", name="x", role="owner")[0] == 422


def test_keys_and_the_audit_log_are_an_admin_s(still: Nights) -> None:
    client = browser(still.service)
    for path in ("/keys", "/audit"):
        assert client.get(path, headers={"accept": "text/html"}).status_code == 403
        assert f'href="{path}"' not in client.get("/").text


def test_dead_work_is_seen_and_tried_again(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    tasks = world.store.tasks
    tasks.enqueue("submission", {"id": "s-1"}, "ours", "k")
    while (task := tasks.lease("w", 60.0)) is not None or not tasks.list("ours", state="dead"):
        if task is not None:
            tasks.failed(task, f"no good {EVIL}")
        row = tasks.list("ours")[0]
        tasks._shelf.set("ours", row.id, due_at=row.created_at)  # no waiting for its pause
    client = browser(world, "admin")
    page = client.get("/queue?state=dead").text
    assert "given up (1)" in page
    assert "no good &lt;script&gt;" in page
    assert EVIL not in page
    identity = tasks.list("ours")[0].id
    assert sent(client, "/acts/retry", task=identity, next="/queue?state=dead")[0] == 200
    assert [row.state for row in tasks.list("ours")] == ["waiting"]
    assert sent(client, "/acts/retry", task=identity)[0] == 409
    audited = world.client("ours").get("/v1/audit").json()["items"]
    assert audited[0]["action"] == "task retried"
    for odd in ("-1", "x", "9" * 50):
        assert client.get(f"/queue?page={odd}&state=odd").status_code == 200


def test_on_a_first_start_the_login_says_how_to_begin(tmp_path: Path) -> None:
    fresh = new_world(tmp_path, Options(local_account="nobody's", scratch=tmp_path))
    for row in [row for account in ("ours", "theirs") for row in fresh.store.keys.list(account)]:
        fresh.store.keys.revoke(row.account_id, row.id)
    assert "Nobody can sign in yet" in fresh.anybody().get("/login").text
    fresh.rooms.new_key("nobody's", "ada", "admin")
    page = fresh.anybody().get("/login").text
    assert "Nobody can sign in yet" not in page
    assert "An admin of your account" in page


def test_the_way_back_is_on_this_service_only(night: Nights) -> None:
    client = browser(night.service)
    said = {"word": word(client.get("/").text), "project": night.project.id, "mode": "propose"}
    for place in ("https://evil.example", "//evil.example", "/\\evil.example"):
        answer = client.post("/acts/mode", data={**said, "next": place}, follow_redirects=False)
        assert answer.headers["location"] == "/"


def test_names_of_projects_that_are_not_unique_are_told_apart(night: Nights) -> None:
    client = night.client()
    result(client.post("/v1/projects", json={"name": PROJECT}))
    page = browser(night.service).get("/approvals").text
    assert f"{PROJECT} ({night.project.id[:8]})" in page
    assert result(client.put(f"{night.path}/mode", json={"mode": "auto"}))["mode"] == "auto"
