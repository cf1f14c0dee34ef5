"""Signing in: programs with keys, people in front of a browser."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.service.story import PRICES, whole_story
from tests.service.world import HERE, World, new_world, result

from setpoint.service.assembly import create_service
from setpoint.service.rooms import Options


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new_world(tmp_path)


def word(text: str) -> str:
    found = re.search(r'name="word" value="([^"]+)"', text)
    assert found is not None
    return found[1]


def signed_in(world: World, account: str = "ours", base_url: str = HERE) -> TestClient:
    client, key = TestClient(world.app, base_url=base_url, follow_redirects=False), world.keys[account, "viewer"]
    form = {"word": word(client.get("/login").text), "key_id": key.id, "secret": key.secret, "next": "/savings"}
    answer = client.post("/login", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/savings")
    return client


def test_pages_lead_to_the_login_and_back(world: World) -> None:
    client = world.anybody()
    for path in ("/", "/projects/orders", "/savings?by=owner", "/calibration", "/api/projects"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/login")
    assert "next=%2Fsavings%3Fby%3Downer" in client.get("/savings?by=owner").headers["location"]


def test_the_session_is_in_a_cookie_that_scripts_do_not_see(world: World) -> None:
    client = world.anybody()
    key = world.keys["ours", "viewer"]
    form = {"word": word(client.get("/login").text), "key_id": key.id, "secret": key.secret}
    cookies = client.post("/login", data=form).headers.get_list("set-cookie")
    session = next(each for each in cookies if "setpoint_session=" in each)
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    assert "Secure" not in session


def test_over_tls_the_cookie_is_for_this_host_and_tls_alone(world: World) -> None:
    client = signed_in(world, base_url="https://setpoint.example.com")
    assert client.get("/").status_code == 200
    assert "__Host-setpoint_session" in client.cookies
    answer = client.get("/login")
    assert answer.headers["strict-transport-security"].startswith("max-age=")


@pytest.mark.parametrize("mistake", ["no word", "another's word", "no visitor", "another site"])
def test_a_form_that_is_not_ours_signs_nobody_in(world: World, mistake: str) -> None:
    client, key = world.anybody(), world.keys["ours", "viewer"]
    said = word(client.get("/login").text)
    headers = {}
    if mistake == "no word":
        said = ""
    elif mistake == "another's word":
        said = word(world.anybody().get("/login").text)
    elif mistake == "no visitor":
        client.cookies.clear()
    else:
        headers = {"Sec-Fetch-Site": "cross-site"}
    answer = client.post("/login", data={"word": said, "key_id": key.id, "secret": key.secret}, headers=headers)
    assert answer.status_code == 403
    assert not any("session" in name for name in client.cookies)


def test_a_wrong_secret_is_told_like_an_unknown_key(world: World) -> None:
    client, key = world.anybody(), world.keys["ours", "viewer"]
    said = word(client.get("/login").text)
    texts = [
        client.post("/login", data={"word": said, "key_id": key_id, "secret": "wrong"}).text
        for key_id in (key.id, "sp_nobody")
    ]
    assert "The key or its secret is wrong" in texts[0]
    assert re.sub("value=.*?>", "", texts[0]) == re.sub("value=.*?>", "", texts[1])


@pytest.mark.parametrize("address", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/\t/evil"])
def test_nobody_is_led_elsewhere_after_signing_in(world: World, address: str) -> None:
    client, key = world.anybody(), world.keys["ours", "viewer"]
    form = {"word": word(client.get("/login").text), "key_id": key.id, "secret": key.secret, "next": address}
    assert client.post("/login", data=form).headers["location"] == "/"


def test_pages_are_of_the_account_that_signed_in(world: World) -> None:
    for account in ("ours", "theirs"):
        row = world.client(account).post("/v1/projects", json={"name": f"orders of {account}"}).json()["result"]
        project = world.store.projects.get(account, row["id"])
        assert project is not None
        world.ledger.append(project.stream, *whole_story())
    client = signed_in(world, "ours")
    for path in ("/", "/savings", "/calibration", "/api/projects"):
        text = client.get(path).text
        assert "of ours" in text, path
        assert "of theirs" not in text, path
    assert client.get("/projects/orders%20of%20ours").status_code == 200
    assert client.get("/projects/orders%20of%20theirs").status_code == 404
    theirs = result(world.client("theirs").get("/v1/projects"))[0]["id"]
    assert client.get(f"/projects/{theirs}").status_code == 404


def test_signing_out_needs_the_word_and_ends_the_session(world: World) -> None:
    client = signed_in(world)
    page = client.get("/savings").text
    assert client.post("/logout", data={"word": "wrong"}).status_code == 403
    assert client.get("/savings").status_code == 200
    assert client.post("/logout", data={"word": word(page)}).status_code == 303
    assert client.get("/savings").status_code == 303


def test_a_revoked_key_ends_its_tokens_and_sessions(world: World) -> None:
    browser, program = signed_in(world), world.client("ours", "viewer")
    assert program.get("/v1/self").status_code == 200
    result(world.client("ours").delete(f"/v1/keys/{world.keys['ours', 'viewer'].id}"))
    assert program.get("/v1/self").status_code == 401
    assert browser.get("/savings").status_code == 303


def test_the_last_way_in_is_not_closed_by_itself(world: World) -> None:
    admin = world.client("ours")
    assert admin.delete(f"/v1/keys/{world.keys['ours', 'admin'].id}").status_code == 409


def test_a_new_key_works_and_its_secret_is_shown_once(world: World) -> None:
    admin = world.client("ours")
    made = result(admin.post("/v1/keys", json={"name": "nightly", "role": "viewer"}))
    body = {"api_key_id": made["id"], "api_key_secret": made["secret"]}
    assert world.anybody().post("/v1/auth/token", json=body).status_code == 200
    assert made["secret"] not in admin.get("/v1/keys").text + admin.get(f"/v1/keys/{made['id']}").text
    assert made["secret"] not in admin.get("/v1/audit").text


def test_a_link_signs_in_once(world: World) -> None:
    key = world.keys["ours", "admin"]
    ticket = world.rooms.gate.link("ours", key.id)
    statuses = []
    for _ in range(2):
        client = world.anybody()
        page = client.get("/login", params={"ticket": ticket}).text
        statuses.append(client.post("/login", data={"word": word(page), "ticket": ticket}).status_code)
    assert statuses == [303, 401]
    restarted = create_service(world.store, world.rooms.artefacts, world.rooms.identity, world.ledger, PRICES)
    client = TestClient(restarted, base_url=HERE, follow_redirects=False)
    page = client.get("/login", params={"ticket": ticket}).text
    assert client.post("/login", data={"word": word(page), "ticket": ticket}).status_code == 401


def test_guessing_is_slowed_down_by_key_and_by_address(tmp_path: Path) -> None:
    world = new_world(tmp_path, Options(tries_a_minute=3))
    client, key = world.anybody(), world.keys["ours", "viewer"]
    right = {"api_key_id": key.id, "api_key_secret": key.secret}
    assert [client.post("/v1/auth/token", json=right).status_code for _ in range(6)] == [200] * 6
    wrong = {**right, "api_key_secret": "wrong"}
    assert [client.post("/v1/auth/token", json=wrong).status_code for _ in range(5)] == [401] * 3 + [429] * 2
    answer = client.post("/v1/auth/token", json=right)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")


def test_one_cookie_does_not_sign_in_to_the_api(world: World) -> None:
    assert signed_in(world).get("/v1/projects").status_code == 401
