"""The emulated workspace behind HTTP, so that the vendor's own client talks to it."""

import base64
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl

import msgspec

from setpoint.testing.databricks.access import ACCESS_WAYS, permissions_way
from setpoint.testing.databricks.answers import Json, Refused, missing
from setpoint.testing.databricks.notices import NOTICE_WAYS, due
from setpoint.testing.databricks.statements import statements_way
from setpoint.testing.databricks.volumes import volumes_way
from setpoint.testing.databricks.ways import WAYS
from setpoint.testing.databricks.workspace import Workspace

if TYPE_CHECKING:
    import uvicorn
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["DatabricksEmulator"]

_API = re.compile(r"^/api/2\.\d/(.+)$")
_TOKEN_SECONDS = 3600
_START_SECONDS = 30


@dataclass(slots=True)
class DatabricksEmulator:
    """A workspace at an address of this machine; `with` stops it."""

    workspace: Workspace = field(default_factory=Workspace)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By method and path, the refused ones too."""
    faults: dict[tuple[str, str, int], Refused] = field(default_factory=dict)
    """By method, path (`jobs/get`) and the number of the call, from 1: what it answers instead."""
    humans: dict[tuple[str, str, int], Callable[[Workspace], None]] = field(default_factory=dict)
    """By the same: what a person does right after that call was answered."""
    client_id: str = "setpoint"
    client_secret: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    token: str = field(default_factory=lambda: "dapi" + secrets.token_hex(16), repr=False)
    _oauth: dict[str, float] = field(default_factory=dict, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _server: "uvicorn.Server | None" = field(default=None, repr=False)
    _thread: threading.Thread | None = field(default=None, repr=False)

    def start(self) -> tuple[str, str]:
        """Serve; the address, and a personal access token for it."""
        import uvicorn
        from starlette.applications import Starlette
        from starlette.routing import Route

        methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
        app = Starlette(routes=[Route("/{path:path}", self._answer, methods=methods)])
        self._server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > until:
                raise RuntimeError("The emulated workspace did not start.")
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}", self.token

    def stop(self) -> None:
        """Serve no more."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()

    def __enter__(self) -> Self:
        """Give itself; `start` is for the caller, who wants the address."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def advance(self, seconds: float) -> None:
        """Let time pass in the workspace, and call the webhooks whose time has come; what fails is not called again."""
        with self._lock:
            since = self.workspace.now
            self.workspace.now += timedelta(seconds=seconds)
            notices = due(self.workspace, since, self.workspace.now)
        for destination, told in notices:
            _post(destination, told)

    async def _answer(self, request: "Request") -> "Response":
        from starlette.responses import Response

        content = await request.body()
        headers = {"x-request-id": secrets.token_hex(8)}
        try:
            status, body = 200, self._found(request, content)
            if isinstance(body, bytes):
                return Response(body, status, headers, "application/octet-stream")
        except Refused as refused:
            status, body = refused.status, refused.body()
            if refused.retry_after_seconds is not None:
                headers["Retry-After"] = str(refused.retry_after_seconds)
            if status == 200:
                return Response(b'{"has_more": true, "next_page_tok', status, headers, "application/json")
        return Response(msgspec.json.encode(body), status, headers, "application/json")

    def _found(self, request: "Request", content: bytes) -> Any:  # noqa: ANN401 - JSON, or bytes of a file
        path, base = request.url.path, str(request.base_url).rstrip("/")
        if path == "/.well-known/databricks-config":
            return {"oidc_endpoint": f"{base}/oidc", "workspace_id": "1", "cloud": "AWS"}
        if path == "/oidc/.well-known/oauth-authorization-server":
            return {"authorization_endpoint": f"{base}/oidc/v1/authorize", "token_endpoint": f"{base}/oidc/v1/token"}
        if path == "/oidc/v1/token":
            return self._give_token(request, content)
        found = _API.match(path)
        if found is None:
            raise missing(f"No API found for '{request.method} {path}'")
        asked: Json = dict(request.query_params)
        if found[1].startswith("fs/files/"):
            asked["content"] = content
        elif content:
            asked |= msgspec.json.decode(content)
        with self._lock:
            self._check(request.headers.get("authorization", ""))
            return self._call(request.method, found[1], asked)

    def _call(self, method: str, name: str, asked: Json) -> Any:  # noqa: ANN401 - JSON, or bytes of a file
        self.calls[method, name] += 1
        place = (method, name, self.calls[method, name])
        if place in self.faults:
            raise self.faults[place]
        answer = self._done(method, name, asked)
        body = answer if isinstance(answer, bytes) else dict(msgspec.json.decode(msgspec.json.encode(answer)))
        if place in self.humans:
            self.humans[place](self.workspace)
        return body

    def _done(self, method: str, name: str, asked: Json) -> Json | bytes:
        of_warehouse = statements_way(method, name)
        if of_warehouse is not None:
            return of_warehouse(self.workspace.warehouse, asked)
        known = WAYS.get((method, name)) or ACCESS_WAYS.get((method, name)) or permissions_way(method, name)
        way = known or NOTICE_WAYS.get((method, name)) or volumes_way(method, name)
        if way is None:
            raise Refused(404, "ENDPOINT_NOT_FOUND", f"No API found for '{method} /{name}'")
        return way(self.workspace, asked)

    def _check(self, header: str) -> None:
        given = header.removeprefix("Bearer ")
        until = self._oauth.get(given)
        if given == self.token or (until is not None and self.workspace.now.timestamp() < until):
            return
        if until is not None:
            raise Refused(403, "PERMISSION_DENIED", "Access token expired.")
        raise Refused(401, "UNAUTHENTICATED", "Credential was not sent or was of an unsupported type for this API.")

    def _give_token(self, request: "Request", content: bytes) -> Json:
        form = dict(parse_qsl(content.decode()))
        basic = request.headers.get("authorization", "").removeprefix("Basic ")
        pair = base64.b64decode(basic).decode() or f"{form.get('client_id')}:{form.get('client_secret')}"
        if form.get("grant_type") != "client_credentials" or pair != f"{self.client_id}:{self.client_secret}":
            raise Refused(401, "invalid_client", "Client authentication failed.")
        made = "eyJ" + secrets.token_hex(16)
        with self._lock:
            self._oauth[made] = self.workspace.now.timestamp() + _TOKEN_SECONDS
        return {"access_token": made, "token_type": "Bearer", "expires_in": _TOKEN_SECONDS, "scope": "all-apis"}


def _post(destination: Json, told: Json) -> None:
    from urllib.error import URLError
    from urllib.request import Request as Call
    from urllib.request import urlopen

    pair = f"{destination.get('username', '')}:{destination.get('password', '')}"
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    call = Call(destination["url"], msgspec.json.encode(told), headers, method="POST")  # noqa: S310 - of a test
    with suppress(URLError, OSError), urlopen(call, timeout=10):  # noqa: S310 - of a test
        pass
