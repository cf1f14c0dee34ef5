"""What every request meets before and after its route: bounds, headers, its id, the log, the numbers."""

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.service.world import World, new_world

from setpoint.errors import InputError, LedgerError
from setpoint.logbook import JsonLines
from setpoint.service.metrics import Metrics
from setpoint.service.multipart import read_form
from setpoint.service.ratelimit import RateLimit
from setpoint.service.rooms import Options


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new_world(tmp_path, Options(most_body_bytes=1_000, most_upload_bytes=5_000))


def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(world: World) -> None:
    client = world.client("ours")
    large = json.dumps({"name": "x" * 2_000}).encode()
    said = client.post("/v1/projects", content=large)
    unsaid = client.post("/v1/projects", content=iter([large[:500], large[500:]]))
    for answer in (said, unsaid):
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "TooLarge")
    upload = world.anybody().post("/v1/uploads", data={"ticket": "x"}, files={"file": b"x" * 10_000})
    assert upload.status_code == 413


def test_every_answer_carries_its_id_and_the_headers(world: World) -> None:
    client = world.anybody()
    for path in ("/healthz", "/v1/projects", "/nothing", "/docs", "/login", "/assets/style.css"):
        answer = client.get(path, headers={"X-Request-Id": "mine-7"})
        assert answer.headers["x-request-id"] == "mine-7"
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
    assert client.get("/healthz", headers={"X-Request-Id": "a b\tc"}).headers["x-request-id"] != "a b\tc"


def test_the_log_names_request_project_and_key_and_holds_no_secret(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client, key = world.client("ours"), world.keys["ours", "admin"]
    project = client.post("/v1/projects", json={"name": "secret-plans"}).json()["result"]["id"]
    client.put(f"/v1/projects/{project}", json={"description": "secret-plans"}, headers={"X-Request-Id": "mine-8"})
    client.get("/v1/projects?app_id=secret-plans")
    lines = [JsonLines().format(record) for record in caplog.records if record.name.startswith("setpoint")]
    told = [json.loads(line) for line in lines]
    one = next(each for each in told if each.get("request") == "mine-8")
    assert (one["project"], one["key"], one["status"], one["method"]) == (project, key.id, 200, "PUT")
    assert one["route"] == "/v1/projects/{project_id}"
    token = client.headers["Authorization"].removeprefix("Bearer ")
    assert not any(word in line for line in lines for word in ("secret-plans", key.secret, token))


def test_a_defect_is_one_sentence_with_the_id(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> object:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(world.store.projects, "list", broken)
    answer = world.client("ours").get("/v1/projects")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "Defect")
    assert "secret detail" not in answer.text + caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert answer.headers["x-request-id"] in answer.json()["error"]["message"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_database_that_is_gone_is_503_and_not_ready(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> object:
        raise LedgerError("The database cannot be reached.")

    client = world.client("ours")
    assert client.get("/readyz").status_code == 200
    monkeypatch.setattr(type(world.store), "check", gone)
    monkeypatch.setattr(type(world.store.projects), "list", gone)
    assert client.get("/v1/projects").status_code == 503
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_metrics_are_for_this_machine_or_with_a_token(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    stranger = world.anybody()  # comes from an address that is not this machine's
    assert stranger.get("/metrics").status_code == 403
    text = world.client("ours", "viewer").get("/metrics").text
    assert 'setpoint_requests_total{method="GET",route="/metrics",status="403"} 1.0' in text
    assert "setpoint_tasks" in text
    open_world = new_world(tmp_path, Options(metrics_are_open=True))
    assert open_world.anybody().get("/metrics").status_code == 200


def test_unknown_methods_do_not_make_series() -> None:
    metrics = Metrics()
    for number in range(3):
        metrics.answered(f"NONSENSE{number}", "none", 405, 0.1)
    assert metrics.text().count(b"setpoint_requests_total{") == 1


def test_the_docs_work_without_any_other_host(world: World) -> None:
    text = world.anybody().get("/docs").text
    assert "POST /v1/auth/token" in text
    assert "http-equiv" not in text
    assert not any(f'{attribute}="http' in text for attribute in ("src", "href"))


def test_an_error_of_a_page_is_a_page_and_of_the_api_json(world: World) -> None:
    browser = world.anybody()
    browser.headers["Accept"] = "text/html"
    assert browser.get("/nothing").text.startswith("<!doctype html>")
    assert browser.get("/v1/nothing").json()["error"]["code"] == "NotFound"
    assert world.anybody().get("/nothing").json()["error"]["code"] == "NotFound"


BAD = [b"{", b"[1]", b"null", b"\xff", b'{"name": "\\u0000"}', b'{"name": "\\ud800"}', b"[" * 5_000]


@pytest.mark.parametrize("body", BAD)
def test_bodies_that_cannot_be_are_refused(tmp_path: Path, body: bytes) -> None:
    client = new_world(tmp_path).client("ours")
    for path in ("/v1/projects", "/v1/policies/plan"):
        answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in {400, 422}, answer.text


def test_documents_that_no_database_takes_are_refused(tmp_path: Path) -> None:
    client = new_world(tmp_path).client("ours")
    deep: object = "x"
    for _ in range(100):
        deep = [deep]
    none = (float("nan"), float("inf"), [{"b": float("-inf")}])
    for document in (
        {"a": "\x00"},
        {"\x00": 1},
        {"a": [{"b": "\ud800"}]},
        {"a": deep},
        *({"a": each} for each in none),
    ):
        body = json.dumps({"product_code": "aws-emr", "configs": document})
        answer = client.post("/v1/autotuner/predictions", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, answer.text


class Form:
    """A form in pieces of any length."""

    def __init__(self, *parts: tuple[str, bytes], boundary: str = "b0undary") -> None:
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self.body = b""
        for name, content in parts:
            named = f'name="{name}"' + ('; filename="upload"' if name == "file" else "")
            self.body += f"--{boundary}\r\nContent-Disposition: form-data; {named}\r\n\r\n".encode() + content + b"\r\n"
        self.body += f"--{boundary}--\r\n".encode()

    async def pieces(self, length: int) -> AsyncIterator[bytes]:
        for begin in range(0, len(self.body), length):
            yield self.body[begin : begin + length]


def test_a_boundary_of_any_length_is_answered_in_words(tmp_path: Path) -> None:
    form = Form(("key", b"k"), boundary="b" * 5_000)
    headers = {"Content-Type": form.content_type}
    answer = new_world(tmp_path).anybody().post("/v1/uploads", content=form.body, headers=headers)
    assert answer.status_code == 422
    assert "boundary" in answer.json()["error"]["message"]


def test_a_ticket_ends_with_the_key_it_was_made_with(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    body = {"product_code": "aws-emr", "configs": {}}
    begun = world.client("ours", "operator").post("/v1/autotuner/predictions", json=body).json()["result"]
    world.store.keys.revoke("ours", world.keys["ours", "operator"].id)
    details = begun["upload_details"]
    answer = world.anybody().post(details["url"], data=details["fields"], files={"file": ("upload", b"log")})
    assert answer.status_code == 401


def read(form: Form, length: int, tmp_path: Path) -> tuple[dict[str, str], bytes]:
    seen: dict[str, str] = {}

    def opening(fields: dict[str, str], _: str) -> IO[bytes]:
        seen.update(fields)
        return (tmp_path / "form").open("w+b")

    async def run() -> bytes:
        with await read_form(form.content_type, form.pieces(length), opening) as content:
            return content.read()

    return seen, anyio.run(run)


@given(content=st.binary(max_size=300), value=st.text("abc é$-{}", max_size=20), length=st.integers(1, 400))
def test_a_form_is_read_alike_in_pieces_of_any_length(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, value: str, length: int
) -> None:
    form = Form(("key", value.encode()), ("ticket", b"t"), ("file", content))
    fields, got = read(form, length, tmp_path_factory.getbasetemp())
    assert (fields, got) == ({"key": value, "ticket": "t"}, content)


@pytest.mark.parametrize(
    "parts",
    [
        [("key", b"k")],
        [("file", b"x"), ("ticket", b"t")],
        [("file", b"x"), ("file", b"y")],
        [("key", b"k" * 20_000), ("file", b"x")],
        [*((f"field{number}", b"") for number in range(40)), ("file", b"x")],
    ],
)
def test_other_forms_are_refused(tmp_path: Path, parts: list[tuple[str, bytes]]) -> None:
    with pytest.raises(InputError):
        read(Form(*parts), 100, tmp_path)


def test_a_form_that_breaks_off_is_refused(tmp_path: Path) -> None:
    form = Form(("ticket", b"t"), ("file", b"x" * 100))
    form.body = form.body[:-40]
    with pytest.raises(InputError, match="ends in the middle"):
        read(form, 50, tmp_path)


@given(tries=st.lists(st.floats(0, 120), max_size=60))
def test_no_more_than_the_limit_gets_through(tries: list[float]) -> None:
    now = [0.0]
    limit = RateLimit(3, 6, lambda: now[0])
    admitted = 0
    for pause in tries:
        now[0] += pause
        admitted += limit.admits("x")
    assert admitted <= 3 + now[0] / 10 + 1e-6
    assert limit.admits("y")
