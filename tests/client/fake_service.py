"""A service as small as the documented API allows: it answers what clients were promised, and refuses all else."""

import json
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

KEY = {"api_key_id": "key-1", "api_key_secret": "secret-1"}
PREFERENCES = ("performance", "balanced", "economy")
Json = dict[str, Any]


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


@dataclass
class FakeService:
    """What it keeps, what it was asked, and which troubles it is to make."""

    url: str = ""
    tokens: set[str] = field(default_factory=set)
    projects: dict[str, Json] = field(default_factory=dict)
    predictions: dict[str, Json] = field(default_factory=dict)
    submissions: dict[str, Json] = field(default_factory=dict)
    recommendations: dict[str, Json] = field(default_factory=dict)
    workspaces: dict[str, Json] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    troubles: list[tuple[int, bytes, dict[str, str]]] = field(default_factory=list)
    """Answers to the next requests (but for tokens), instead of true ones."""
    polls_until_ready: int = 0
    expires: str = "2999-01-01T00:00:00Z"
    fails: bool = False
    """Whether runs cannot be processed."""

    def paths(self) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.asked]


class Refusal(Exception):  # noqa: N818
    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message


@contextmanager
def running() -> Iterator[FakeService]:
    fake = FakeService()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"fake": fake}))
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Handler(BaseHTTPRequestHandler):
    fake: ClassVar[FakeService]
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: else each answer waits for the other side's acknowledgement

    def log_message(self, *_: object) -> None:
        pass

    def _handle(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or self._chunks()
        asked = Asked(self.command, address.path, parse_qs(address.query), dict(self.headers.items()), body)
        self.fake.asked.append(asked)
        if self.fake.troubles and address.path != "/v1/auth/token":
            status, content, headers = self.fake.troubles.pop(0)
            self._answer(status, content, headers)
            return
        try:
            answer = self._routed(asked)
        except Refusal as refusal:
            error = {"error": {"code": "Trouble", "message": refusal.message}}
            self._answer(refusal.status, json.dumps(error).encode(), {"Content-Type": "application/json"})
            return
        if answer is None:
            self._answer(204, b"", {})
        else:
            self._answer(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815

    def _chunks(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return b""
        content = b""
        while size := int(self.rfile.readline(), 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return content

    def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _routed(self, asked: Asked) -> Json | None:
        if asked.path == "/v1/auth/token":
            return token(self.fake, asked)
        if asked.path == "/upload":
            upload(self.fake, asked)
            return None
        if asked.headers.get("Authorization", "").removeprefix("Bearer ") not in self.fake.tokens:
            raise Refusal(401, "Unauthorized")
        for method, pattern, route in ROUTES:
            match = re.fullmatch(pattern, asked.path)
            if match and asked.method == method:
                return route(self.fake, asked, *match.groups())
        raise Refusal(404, f"There is no {asked.method} {asked.path}.")


def token(fake: FakeService, asked: Asked) -> Json:
    if asked.json != KEY:
        raise Refusal(401, "There is no such key.")
    made = uuid.uuid4().hex
    fake.tokens.add(made)
    return {"result": {"access_token": made, "expires_at_utc": fake.expires}}


def upload(fake: FakeService, asked: Asked) -> None:
    assert "Authorization" not in asked.headers
    kind = asked.headers["Content-Type"]
    mark = b"--" + kind.partition("boundary=")[2].encode()
    parts: dict[str, bytes] = {}
    for part in asked.body.split(mark)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]+)"', head)
        assert name is not None
        parts[name[1].decode()] = content.removesuffix(b"\r\n")
    assert list(parts)[-1] == "file", "the file comes last"
    key = parts["key"].decode()
    assert parts["policy"] == b"any"
    assert "${filename}" not in key
    fake.uploads[key] = parts["file"]
    kept = {**fake.predictions, **fake.submissions}[key.split("/")[0]]
    kept["state"] = "FAILED" if fake.fails else "SUCCESS"


def products(_: FakeService, __: Asked) -> Json:
    return {"result": ["aws-emr", "aws-databricks", "azure-databricks"]}


def new_project(fake: FakeService, asked: Asked) -> Json:
    made = {"id": str(uuid.uuid4()), "updated_at": "2026-11-23T03:00:00Z", "project_model_id": "GRADIENT_ML"}
    fake.projects[str(made["id"])] = {"app_id": None, "auto_apply_recs": False, **asked.json, **made}
    return {"result": fake.projects[str(made["id"])]}


def all_projects(fake: FakeService, asked: Asked) -> Json:
    wanted = asked.query.get("app_id")
    return {"result": paged(asked, [each for each in fake.projects.values() if not wanted or each["app_id"] in wanted])}


def paged(asked: Asked, every: list[Json]) -> list[Json]:
    """The page that was asked for, if any."""
    page, size = (int(asked.query.get(name, [usual])[0]) for name, usual in (("page", "0"), ("per_page", "100000")))
    return every[page * size : (page + 1) * size]


def kept_project(fake: FakeService, which: str) -> Json:
    if which not in fake.projects:
        raise Refusal(404, "There is no such project in this account.")
    return fake.projects[which]


def one_project(fake: FakeService, _: Asked, which: str) -> Json:
    return {"result": kept_project(fake, which)}


def change_project(fake: FakeService, asked: Asked, which: str) -> Json:
    kept_project(fake, which).update(asked.json)
    return {"result": fake.projects[which]}


def end_project(fake: FakeService, _: Asked, which: str) -> Json:
    kept_project(fake, which)
    del fake.projects[which]
    return {"result": f"Project {which} deleted"}


def reset_project(fake: FakeService, _: Asked, which: str) -> Json:
    kept_project(fake, which)
    return {"result": "OK"}


def begun(fake: FakeService, of: dict[str, Json], key: str, made: Json, url: str | None) -> Json:
    which = str(uuid.uuid4())
    of[which] = {**made, key: which, "state": "PENDING", "polls": fake.polls_until_ready}
    if url is not None:
        of[which]["state"] = "FAILED" if fake.fails else "SUCCESS"
        return {"result": {key: which}}
    fields = {"key": f"{which}/${{filename}}", "policy": "any"}
    return {"result": {key: which, "upload_details": {"url": f"{fake.url}/upload", "fields": fields}}}


def new_prediction(fake: FakeService, asked: Asked) -> Json:
    given = asked.json
    if not isinstance(given["configs"], dict):
        raise Refusal(422, "configs is no object")
    made = {"project_id": given["project_id"], "product_code": given["product_code"]}
    return begun(fake, fake.predictions, "prediction_id", made, given.get("eventlog_url"))


def shown_prediction(kept: Json, preference: str | None) -> Json:
    names = [preference] if preference else PREFERENCES
    solutions = {
        name: {"configuration": {"num_workers": len(name)}, "metrics": {"runtime": 1.5, "cost": 0.25}} for name in names
    }
    shown = {name: value for name, value in kept.items() if name not in {"state", "polls"} and value is not None}
    return {**shown, "application_name": "orders", "created_at": "2026-11-23T03:00:00Z", "solutions": solutions}


def one_prediction(fake: FakeService, asked: Asked, which: str) -> Json:
    if which not in fake.predictions:
        raise Refusal(404, "There is no such prediction.")
    return {"result": shown_prediction(fake.predictions[which], asked.query.get("preference", [None])[0])}


def prediction_status(fake: FakeService, _: Asked, which: str) -> Json:
    if which not in fake.predictions:
        raise Refusal(404, "There is no such prediction.")
    kept = fake.predictions[which]
    kept["polls"] -= 1
    state = "FAILURE" if kept["state"] == "FAILED" else kept["state"]
    return {"result": {"status": "PENDING" if kept["polls"] >= 0 else state}}


def all_predictions(fake: FakeService, asked: Asked) -> Json:
    found = [
        shown_prediction(kept, asked.query.get("preference", [None])[0])
        for kept in reversed(fake.predictions.values())
        if kept["project_id"] in asked.query.get("project_id", [kept["project_id"]])
        and kept["product_code"] in asked.query.get("products", [kept["product_code"]])
    ]
    return {"result": paged(asked, found)}


def new_submission(fake: FakeService, asked: Asked, which: str) -> Json:
    kept_project(fake, which)
    given = asked.json
    code = given["product"] if "event_log_uri" in given else given["product_code"]
    made = {"project_id": which, "product_code": code, "configuration": {"num_workers": 4}}
    return begun(fake, fake.submissions, "submission_id", made, given.get("event_log_uri"))


def shown_submission(kept: Json) -> Json:
    return {"id": kept["submission_id"], "created_at": "2026-11-23T03:00:00Z"} | {
        name: value for name, value in kept.items() if name != "polls"
    }


def one_submission(fake: FakeService, _: Asked, which: str, submission: str) -> Json:
    kept_project(fake, which)
    if submission not in fake.submissions:
        raise Refusal(404, "There is no such submission.")
    return {"result": shown_submission(fake.submissions[submission])}


def all_submissions(fake: FakeService, asked: Asked, which: str) -> Json:
    kept_project(fake, which)
    of = [kept for kept in fake.submissions.values() if kept["project_id"] == which]
    return {"items": paged(asked, [shown_submission(kept) for kept in reversed(of)])}


def new_recommendation(fake: FakeService, _: Asked, which: str) -> Json:
    kept_project(fake, which)
    made = str(uuid.uuid4())
    fake.recommendations[made] = {"id": made, "project_id": which, "polls": fake.polls_until_ready}
    return {"result": {"id": made}}


def shown_recommendation(fake: FakeService, kept: Json) -> Json:
    kept["polls"] -= 1
    state = "PENDING" if kept["polls"] >= 0 else "FAILURE" if fake.fails else "SUCCESS"
    inner = {"recommendation": {"configuration": {"num_workers": 3}}} if state == "SUCCESS" else {}
    return {"id": kept["id"], "state": state, "created_at": "2026-11-23T03:00:00Z", **inner}


def one_recommendation(fake: FakeService, _: Asked, which: str, recommendation: str) -> Json:
    kept_project(fake, which)
    if recommendation not in fake.recommendations:
        raise Refusal(404, "There is no such recommendation.")
    return {"result": shown_recommendation(fake, fake.recommendations[recommendation])}


def all_recommendations(fake: FakeService, asked: Asked, which: str) -> Json:
    kept_project(fake, which)
    of = [kept for kept in fake.recommendations.values() if kept["project_id"] == which][::-1]
    return {"result": [shown_recommendation(fake, kept) for kept in paged(asked, of)]}


def put_workspace(fake: FakeService, asked: Asked, which: str) -> Json:
    given = {name: value for name, value in asked.json.items() if name != "databricks_token"}
    fake.workspaces[which] = {**fake.workspaces.get(which, {}), **given, "workspace_id": which}
    return {"result": fake.workspaces[which]}


def one_workspace(fake: FakeService, _: Asked, which: str) -> Json:
    if which not in fake.workspaces:
        raise Refusal(404, "There is no such workspace.")
    return {"result": fake.workspaces[which]}


def all_workspaces(fake: FakeService, asked: Asked) -> Json:
    return {"result": paged(asked, list(fake.workspaces.values()))}


def end_workspace(fake: FakeService, asked: Asked, which: str) -> None:
    one_workspace(fake, asked, which)
    del fake.workspaces[which]


def webhook(fake: FakeService, asked: Asked, which: str) -> Json:
    one_workspace(fake, asked, which)
    return {"result": {"username": "hook", "password": "once"}}


def said_ok(fake: FakeService, asked: Asked, which: str) -> Json:
    one_workspace(fake, asked, which)
    return {"result": "OK"}


ID = "([^/]+)"
PREDICTIONS = "/v1/autotuner/predictions"
PROJECT = f"/v1/projects/{ID}"
WORKSPACES = "/v1/databricks/workspaces"
ROUTES: list[tuple[str, str, Callable[..., Json | None]]] = [
    ("GET", "/v1/projects/products", products),
    ("POST", "/v1/projects", new_project),
    ("GET", "/v1/projects", all_projects),
    ("GET", PROJECT, one_project),
    ("PUT", PROJECT, change_project),
    ("DELETE", PROJECT, end_project),
    ("POST", f"{PROJECT}/reset", reset_project),
    ("POST", f"{PROJECT}/submissions", new_submission),
    ("GET", f"{PROJECT}/submissions/{ID}", one_submission),
    ("GET", f"{PROJECT}/paged/submissions", all_submissions),
    ("POST", f"{PROJECT}/recommendations", new_recommendation),
    ("GET", f"{PROJECT}/recommendations", all_recommendations),
    ("GET", f"{PROJECT}/recommendations/{ID}", one_recommendation),
    ("POST", PREDICTIONS, new_prediction),
    ("GET", PREDICTIONS, all_predictions),
    ("GET", f"{PREDICTIONS}/{ID}", one_prediction),
    ("GET", f"{PREDICTIONS}/{ID}/status", prediction_status),
    ("GET", WORKSPACES, all_workspaces),
    ("POST", f"{WORKSPACES}/{ID}", put_workspace),
    ("PUT", f"{WORKSPACES}/{ID}", put_workspace),
    ("GET", f"{WORKSPACES}/{ID}", one_workspace),
    ("DELETE", f"{WORKSPACES}/{ID}", end_workspace),
    ("POST", f"{WORKSPACES}/{ID}/webhook-credentials", webhook),
    ("POST", f"{WORKSPACES}/{ID}/setup", said_ok),
    ("POST", f"{WORKSPACES}/{ID}/onboard-workflow", said_ok),
]
