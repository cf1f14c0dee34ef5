"""The two clients: the same conversation, once over a blocking connection and once over an asynchronous one."""

import logging
import random
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypedDict, TypeVar, Unpack

from setpoint.client.conversation import AGENT, Came, Conversation, Reply, Send, Talk, Unreachable, Wait
from setpoint.client.retries import Retries
from setpoint.client.steps import Operation
from setpoint.client.tokens import FileTokens, MemoryTokens, Token, TokenStore
from setpoint.errors import SettingsError

if TYPE_CHECKING:
    import httpx2

__all__ = ["AsyncClient", "Client"]

LOGGER = logging.getLogger(__name__)
Result = TypeVar("Result")
SECONDS = 60.0
UPLOAD_SECONDS = 600.0


class Options(TypedDict, total=False):
    """What may be said about a client besides where it speaks to."""

    tokens: TokenStore
    """Where tokens are kept; default: in memory."""
    retries: Retries
    """How often and how patiently to try; default: five times in about ten seconds."""
    agent: str
    """What the service sees as User-Agent."""


class _Talker:
    """What both clients are made from."""

    def __init__(self, url: str, key_id: str, key_secret: str, **options: Unpack[Options]) -> None:
        """A client of one service; a path in its address is kept."""
        self._agent = options.get("agent", AGENT)
        self._talk = Conversation(
            checked_url(url),
            key_id,
            key_secret,
            options.get("tokens") or MemoryTokens(),
            options.get("retries") or Retries(),
            random.Random(),  # noqa: S311 - jitter is no secret
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._talk.url!r}, {self._talk.key_id!r})"


class Client(_Talker):
    """A service, spoken to from blocking code.

    `with Client(url, key_id, key_secret) as service: service.call(projects.listed())`
    """

    sleep: Callable[[float], None] = staticmethod(time.sleep)

    def __init__(self, url: str, key_id: str, key_secret: str, **options: Unpack[Options]) -> None:
        super().__init__(url, key_id, key_secret, **options)
        self._open: dict[bool, httpx2.Client] = {}

    def call(self, operation: "Operation[Result]") -> Result:
        """Carry out an operation. Raises an error of `setpoint.errors` that says in a sentence why it could not."""
        return self._drive(self._talk.carry_out(operation))

    def token(self) -> Token:
        """The token that requests carry."""
        return self._drive(self._talk.token())

    def close(self) -> None:
        """Close the connections."""
        while self._open:
            self._open.popitem()[1].close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _drive(self, talk: "Talk[Result]") -> Result:
        came: Came = None
        with closing(talk):
            while True:
                try:
                    step = talk.send(came)
                except StopIteration as ended:
                    result: Result = ended.value
                    return result
                if isinstance(step, Wait):
                    LOGGER.info("waiting %.1f s: %s", step.seconds, step.because)
                    self.sleep(step.seconds)
                    came = None
                else:
                    came = self._send(step)

    def _send(self, request: Send) -> Came:
        import httpx2

        is_safe = _is_safe(request)
        if is_safe not in self._open:
            self._open[is_safe] = httpx2.Client(**_options(self._agent, is_safe=is_safe))
        http = self._open[is_safe]
        try:
            if request.upload is None:
                return _reply(http.request(request.method, request.url, **_arguments(request)))
            with request.upload.open() as file:
                return _reply(http.request(request.method, request.url, **_form(request, file)))
        except httpx2.HTTPError as error:
            return _unreachable(error)
        except httpx2.InvalidURL as error:
            raise SettingsError(f"{request.url} is not an address that can be asked: {error}.") from None


class AsyncClient(_Talker):
    """A service, spoken to from asynchronous code.

    `async with AsyncClient(url, key_id, key_secret) as service: await service.call(projects.listed())`
    """

    def __init__(self, url: str, key_id: str, key_secret: str, **options: Unpack[Options]) -> None:
        super().__init__(url, key_id, key_secret, **options)
        self._open: dict[bool, httpx2.AsyncClient] = {}

    async def call(self, operation: "Operation[Result]") -> Result:
        """Carry out an operation. Raises an error of `setpoint.errors` that says in a sentence why it could not."""
        return await self._drive(self._talk.carry_out(operation))

    async def token(self) -> Token:
        """The token that requests carry."""
        return await self._drive(self._talk.token())

    async def close(self) -> None:
        """Close the connections."""
        while self._open:
            await self._open.popitem()[1].aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _drive(self, talk: "Talk[Result]") -> Result:
        import asyncio  # a third of what the whole client costs to load, and commands do not need it

        came: Came = None
        with closing(talk):
            while True:
                try:
                    step = talk.send(came)
                except StopIteration as ended:
                    result: Result = ended.value
                    return result
                if isinstance(step, Wait):
                    LOGGER.info("waiting %.1f s: %s", step.seconds, step.because)
                    await asyncio.sleep(step.seconds)
                    came = None
                else:
                    came = await self._send(step)

    async def _send(self, request: Send) -> Came:
        import httpx2

        is_safe = _is_safe(request)
        if is_safe not in self._open:
            self._open[is_safe] = httpx2.AsyncClient(**_options(self._agent, is_safe=is_safe))
        http = self._open[is_safe]
        try:
            if request.upload is None:
                return _reply(await http.request(request.method, request.url, **_arguments(request)))
            with request.upload.open() as file:
                return _reply(await http.request(request.method, request.url, **_form(request, file)))
        except httpx2.HTTPError as error:
            return _unreachable(error)
        except httpx2.InvalidURL as error:
            raise SettingsError(f"{request.url} is not an address that can be asked: {error}.") from None


def kept_tokens(folder: Path, url: str, key_id: str) -> TokenStore:
    """Tokens that outlive the process, below a cache folder."""
    return FileTokens(folder, checked_url(url), key_id)


def checked_url(url: str) -> str:
    """The address of a service as paths are appended to it. Raises SettingsError for what is none.

    >>> checked_url("http://127.0.0.1:8765/setpoint/")
    'http://127.0.0.1:8765/setpoint'
    """
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or parts.query or parts.fragment:
        raise SettingsError(f"{url!r} is not the address of a service; write for example http://127.0.0.1:8765.")
    return url.rstrip("/")


def _is_safe(request: Send) -> bool:
    return request.url.startswith("https:")


def _options(agent: str, *, is_safe: bool) -> dict[str, Any]:
    # Certificates take 0.1 s to load: a client for plain addresses does without, and is never shown another one.
    return {"timeout": SECONDS, "follow_redirects": False, "headers": {"User-Agent": agent}, "verify": is_safe}


def _arguments(request: Send) -> dict[str, Any]:
    return {
        "headers": list(request.headers),
        "params": list(request.query) or None,
        "content": request.content,
    }


def _form(request: Send, file: Any) -> dict[str, Any]:  # noqa: ANN401 - as httpx2 has it
    fields: Mapping[str, str] = request.upload.fields if request.upload is not None else {}
    # The file comes last, as in a form of S3: what comes after it is not looked at there.
    return {"data": dict(fields), "files": {"file": ("upload", file)}, "timeout": UPLOAD_SECONDS}


def _reply(response: "httpx2.Response") -> Reply:
    return Reply(response.status_code, response.content, response.headers.get("Retry-After", ""))


def _unreachable(error: "httpx2.HTTPError") -> Unreachable:
    import httpx2

    before = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
    why = str(error) or {True: "it took too long"}.get(isinstance(error, httpx2.TimeoutException), type(error).__name__)
    return Unreachable(why.rstrip("."), was_sent=not isinstance(error, before))
