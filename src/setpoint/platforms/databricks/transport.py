"""Calls of a workspace: counted, repeated with jittered back-off where that is harmless, errors in one sentence.

Only reads are repeated. A write of which the answer was lost is left to the actuator, which looks again first: to
repeat it blindly could overwrite what a person changed in between.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from setpoint.errors import PlatformError
from setpoint.platforms.databricks.one_try import OneTry

__all__ = ["CallFailed", "Calls", "Do", "workspace"]

Json = Mapping[str, Any]
MOST_PAGES = 10_000
"""Of one list; beyond, the tokens of its pages run in a circle."""
_PASSING = (408, 425, 429, 500, 502, 503, 504)
_STATUS = {"RESOURCE_EXHAUSTED": 429, "REQUEST_LIMIT_EXCEEDED": 429, "TEMPORARILY_UNAVAILABLE": 503}
_SECRET = re.compile(r"\b(dapi|dkea|dose|eyJ)[A-Za-z0-9_.\-]{8,}")


class CallFailed(PlatformError):  # noqa: N818 - reads as a statement
    """A call that Databricks did not answer as hoped."""

    def __init__(self, message: str, *, is_passing: bool, code: str = "", retry_after: float = 0.0) -> None:
        """Say what happened; `is_passing`: it may go well another time, `retry_after`: seconds until then."""
        super().__init__(message)
        self.is_passing, self.code, self.retry_after = is_passing, code, retry_after


class Do(Protocol):
    """One call as `databricks.sdk.core.ApiClient.do` makes it; raises whatever it likes."""

    def __call__(self, method: str, path: str, query: Json, body: Json) -> Any:  # noqa: ANN401 - JSON or bytes
        """Give the answer."""
        ...


@dataclass(slots=True)
class Calls:
    """The calls of one workspace."""

    do: Do
    sleep: Callable[[float], None] = time.sleep
    chance: Random = field(default_factory=Random)
    most_tries: int = 6
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 30.0
    counted: Counter[str] = field(default_factory=Counter)
    """Calls by `METHOD /path`, the repeated ones too."""

    def read(self, path: str, query: Json | None = None, *, body: Json | None = None) -> Any:  # noqa: ANN401 - as `Do`
        """Ask for something; with a body by POST, as `clusters/events` wants it."""
        method = "GET" if body is None else "POST"
        for number in range(1, self.most_tries + 1):
            try:
                return self._once(method, path, query or {}, body or {})
            except CallFailed as failed:
                is_wrong = failed.code in _NOT_SIGNED_IN and number > 1  # renewed by now, if it can be
                if not failed.is_passing or is_wrong or number == self.most_tries:
                    raise
                self.sleep(self._wait(number, failed.retry_after))
        raise AssertionError(path)

    def write(self, path: str, body: Json) -> Any:  # noqa: ANN401 - as `Do`
        """Change something, once."""
        return self._once("POST", path, {}, body)

    def pages(self, path: str, member: str, query: Json | None = None) -> Iterator[Json]:
        """Members of a list over all its pages."""
        asked, seen = dict(query or {}), set[str]()
        for _ in range(MOST_PAGES):
            page = self.read(path, asked)
            yield from page.get(member) or ()
            token = page.get("next_page_token")
            if not token:
                return
            if token in seen:
                break
            seen.add(token)
            asked["page_token"] = token
        raise PlatformError(f"The pages of {path} do not end; Databricks repeats a page token.")

    def _once(self, method: str, path: str, query: Json, body: Json) -> Any:  # noqa: ANN401 - as `Do`
        self.counted[f"{method} {path}"] += 1
        try:
            found = self.do(method, path, query, body)
        except (ValueError, OSError, EOFError) as error:
            # The client says that its time is over; what it was answered is behind that.
            why = error.__cause__ if isinstance(error, TimeoutError) else None
            raise _failed(why if isinstance(why, Exception) else error, method, path, is_cut=True) from None
        except Exception as error:  # noqa: BLE001 - the SDK's tree, which is not imported here
            raise _failed(error, method, path, is_cut=False) from None
        if not isinstance(found, dict | bytes):
            raise CallFailed(f"{method} {path} did not answer with an object.", is_passing=True)
        return found

    def _wait(self, number: int, retry_after: float) -> float:
        most = min(self.longest_wait_seconds, self.first_wait_seconds * 2.0 ** (number - 1))
        return max(min(retry_after, 10 * self.longest_wait_seconds), most * (0.5 + self.chance.random() / 2))


def _failed(error: Exception, method: str, path: str, *, is_cut: bool) -> CallFailed:
    code = str(getattr(error, "error_code", "") or "")
    kind = type(error).__name__
    # DatabricksError is an OSError; only one without a code tells of the wire and not of the answer.
    is_passing = (is_cut and not code) or _STATUS.get(code, 0) in _PASSING or kind in _PASSING_KINDS
    after = getattr(error, "retry_after_secs", None) or 0.0
    said = _SECRET.sub("***", str(error))[:300] or kind
    return CallFailed(
        f"{method} {path} of Databricks failed: {said}", is_passing=is_passing, code=code or kind, retry_after=after
    )


_NOT_SIGNED_IN = ("UNAUTHENTICATED", "Unauthenticated")
_PASSING_KINDS = frozenset(
    {
        "TooManyRequests",
        "TemporarilyUnavailable",
        "InternalError",
        "DeadlineExceeded",
        "RequestLimitExceeded",
        "ResourceExhausted",
        "Unauthenticated",
    }
)
"""Classes of the SDK's errors; a token that has expired is renewed by the SDK before the next try."""


def workspace(host: str, *, timeout_seconds: int = 60, proxy: str = "", ca_file: str = "", **credentials: str) -> Calls:
    """The calls of a workspace by `databricks-sdk`, with the credentials it finds or is given.

    Args:
        host: its address.
        timeout_seconds: of one call.
        proxy: URL of a proxy for this workspace alone; empty: what the usual variables say.
        ca_file: file of certificates to trust instead of the usual ones.
        credentials: of `databricks.sdk.core.Config`.

    Raises PlatformError where the extra is not installed or there are no credentials.
    """
    try:
        from databricks.sdk import WorkspaceClient
        from databricks.sdk.core import Config
    except ImportError:
        raise PlatformError("Databricks needs a client: install setpoint[databricks].") from None
    try:
        # Retrying is ours: the SDK would repeat writes too.
        once: dict[str, Any] = {"clock": OneTry(), "retry_timeout_seconds": 1, **credentials}
        config = Config(host=host, http_timeout_seconds=timeout_seconds, **once)
        client = WorkspaceClient(config=config).api_client
        _lead(client, proxy, ca_file)
    except ValueError as error:
        raise PlatformError(f"No credentials for {host}: {_SECRET.sub('***', str(error))[:200]}") from None

    def do(method: str, path: str, query: Json, body: Json) -> object:
        if path.startswith("/api/2.0/fs/files/"):
            binary: object = client.do(method, path, headers={"Accept": "application/octet-stream"}, raw=True)
            return binary
        answer: object = client.do(method, path, query=dict(query), body=dict(body) or None)
        return answer

    return Calls(do)


def _lead(client: object, proxy: str, ca_file: str) -> None:
    """Have a client's session go through a proxy and trust a file; the SDK has no setting for either."""
    session = getattr(getattr(client, "_api_client", None), "_session", None)
    if not proxy and not ca_file:
        return
    if session is None:
        raise PlatformError("This version of databricks-sdk can be given neither a proxy nor a file of certificates.")
    if proxy:
        session.proxies.update({"http": proxy, "https": proxy})
    if ca_file:
        session.verify = ca_file
