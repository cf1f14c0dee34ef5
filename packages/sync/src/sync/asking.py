"""Operations of the service, carried out by the configured client; an error is an answer here."""

import atexit
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from setpoint.client import AsyncClient, Client, Configuration, Failure, Key, Operation, connect, load_configuration
from setpoint.client.http import kept_tokens
from setpoint.errors import SetpointError, SettingsError
from sync.config import get_api_key, get_config
from sync.models import Error, Response

__all__ = ["ask", "ask_async", "client", "close", "current", "document_of", "guarded", "plain"]

Result = TypeVar("Result")
Plain = TypeVar("Plain")
_clients: dict[tuple[str, str, str], Client] = {}


class Documented(Protocol):
    """Anything that keeps what the service said."""

    @property
    def document(self) -> Mapping[str, object]:
        """Word for word."""
        ...


def current() -> Configuration:
    """The configuration that counts now."""
    key = get_api_key()
    loaded = load_configuration(os.environ)
    return replace(loaded, url=get_config().api_url, key=Key(key.id, key.secret) if key else None)


def client() -> Client:
    """The client of the current key and service; kept, so that it signs in once."""
    now = current()
    if now.key is None:
        return connect(now)  # says what is missing
    named = now.url, now.key.id, now.key.secret
    if named not in _clients:
        _clients[named] = connect(now, "setpoint-sync-compat")
    return _clients[named]


@atexit.register
def close() -> None:
    """Close the connections of all clients."""
    while _clients:
        _clients.popitem()[1].close()


def ask(operation: "Operation[Result]", kind: type[Error] = Error) -> Response[Result]:
    """Carry out an operation."""
    return guarded(lambda: client().call(operation), kind)


async def ask_async(operation: "Operation[Result]") -> Response[Result]:
    """Carry out an operation without blocking."""
    now = current()
    try:
        if now.key is None:
            raise SettingsError("There is no API key: set SYNC_API_KEY_ID and SYNC_API_KEY_SECRET.")
        tokens = kept_tokens(now.cache, now.url, now.key.id)
        async with AsyncClient(now.url, now.key.id, now.key.secret, tokens=tokens) as service:
            return Response(result=await service.call(operation))
    except SetpointError as error:
        return Response(error=_error(error, Error))


def guarded(work: Callable[[], Result], kind: type[Error] = Error) -> Response[Result]:
    """What work gives back, or the error why it could not."""
    try:
        return Response(result=work())
    except SetpointError as error:
        return Response(error=_error(error, kind))


def _error(error: SetpointError, kind: type[Error]) -> Error:
    if isinstance(error.__cause__, Failure):
        return Error(error.__cause__.code, error.__cause__.message)
    text = str(error)
    code, colon, message = text.partition(": ")
    if colon and code.endswith("Error"):
        return Error(code, message)
    return kind(message=text) if kind is not Error else Error("Sync API Error", text)  # type: ignore[call-arg]


def document_of(response: "Response[Any]") -> Response[dict[str, Any]]:
    """The document instead of the record."""
    return plain(response, lambda found: dict(found.document))


def plain(response: Response[Result], form: Callable[[Result], Plain]) -> Response[Plain]:
    """The same answer with its result in another form."""
    return Response(error=response.error) if response.result is None else Response(result=form(response.result))
