"""How operations become HTTP: tokens, tries, envelopes. It yields what to send and is told what came; no I/O here."""

import json
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias, TypeVar

from setpoint.client.failures import error_of
from setpoint.client.retries import Retries
from setpoint.client.steps import Answer, Ask, Operation, Pause, Upload
from setpoint.client.tokens import Token, TokenStore
from setpoint.errors import ServiceError

__all__ = ["Conversation", "Reply", "Send", "Unreachable", "Wait"]

Result = TypeVar("Result")
AGENT = "setpoint"
OK, MULTIPLE_CHOICES, NO_CONTENT, UNAUTHORIZED = 200, 300, 204, 401


@dataclass(frozen=True, slots=True)
class Send:
    """A request to be sent now."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    content: bytes | None = None
    upload: Upload | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Waiting before the next request."""

    seconds: float
    because: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    content: bytes
    retry_after: str = ""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nothing came back."""

    why: str
    was_sent: bool
    """Whether the service may have got it."""


Came: TypeAlias = Reply | Unreachable | None
Talk: TypeAlias = Generator[Send | Wait, Came, Result]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One key talking to one service."""

    url: str
    key_id: str
    key_secret: str
    tokens: TokenStore
    retries: Retries
    chance: random.Random
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def carry_out(self, operation: "Operation[Result]") -> "Talk[Result]":
        """Everything that an operation asks for, until it returns."""
        try:
            step = next(operation)
            while True:
                match step:
                    case Ask():
                        answer = yield from self._ask(step)
                    case Upload():
                        answer = yield from self._upload(step)
                    case Pause():
                        yield Wait(step.seconds, step.because)
                        answer = {}
                step = operation.send(answer)
        except StopIteration as ended:
            result: Result = ended.value
            return result
        finally:
            operation.close()

    def token(self, *, renew: bool = False) -> "Talk[Token]":
        """A token that the service takes; the one that was kept, if it is fresh."""
        kept = None if renew else self.tokens.load()
        if kept is not None and kept.is_fresh(self.now()):
            return kept
        key = {"api_key_id": self.key_id, "api_key_secret": self.key_secret}
        request = Send("POST", f"{self.url}/v1/auth/token", _JSON, content=json.dumps(key).encode())
        reply = yield from self._send(request, is_repeatable=True)
        if not OK <= reply.status < MULTIPLE_CHOICES:
            raise error_of(reply.status, reply.content, "the sign-in")
        token = _token(reply.content)
        self.tokens.save(token)
        return token

    def _ask(self, ask: Ask) -> "Talk[Answer]":
        reply = yield from self._signed(ask, renew=False)
        if reply.status == UNAUTHORIZED:
            # The token was revoked, or the service has new secrets: sign in again, once.
            self.tokens.save(None)
            reply = yield from self._signed(ask, renew=True)
        if not OK <= reply.status < MULTIPLE_CHOICES:
            raise error_of(reply.status, reply.content, f"{ask.method} {ask.path}")
        return {"result": "OK"} if reply.status == NO_CONTENT else _answer(reply.content, ask)

    def _signed(self, ask: Ask, *, renew: bool) -> "Talk[Reply]":
        token = yield from self.token(renew=renew)
        headers = (("Authorization", f"Bearer {token.text}"), *(_JSON if ask.body is not None else ()))
        content = None if ask.body is None else json.dumps(ask.body).encode()
        request = Send(ask.method, self.url + ask.path, headers, tuple(ask.query), content)
        return (yield from self._send(request, is_repeatable=ask.method != "POST"))

    def _upload(self, upload: Upload) -> "Talk[Answer]":
        # Storing the same file under the same key twice is storing it once.
        reply = yield from self._send(Send("POST", upload.url, upload=upload), is_repeatable=True)
        if not OK <= reply.status < MULTIPLE_CHOICES:
            raise error_of(reply.status, reply.content, f"the upload of {upload.name}")
        return {}

    def _send(self, request: Send, *, is_repeatable: bool) -> "Talk[Reply]":
        waits = self.retries.waits(self.chance)
        while True:
            came = yield request
            if isinstance(came, Reply) and not self.retries.may_pass(came.status, is_repeatable=is_repeatable):
                return came
            seconds = next(waits, None)
            if isinstance(came, Reply):
                if seconds is None:
                    return came
                yield Wait(max(seconds, self._asked_for(came)), f"the service answered {came.status}")
            elif isinstance(came, Unreachable):
                if seconds is None or (came.was_sent and not is_repeatable):
                    raise ServiceError(_sorry(self.url, came))
                yield Wait(seconds, came.why)

    def _asked_for(self, reply: Reply) -> float:
        """Seconds that the service asks to wait, within what we are ready to."""
        return min(float(reply.retry_after), self.retries.longest_seconds) if reply.retry_after.isdecimal() else 0.0


_JSON = (("Content-Type", "application/json"),)


def _sorry(url: str, came: Unreachable) -> str:
    said = f"The service at {url} cannot be reached: {came.why}."
    return f"{said} What was asked for may have been done." if came.was_sent else said


def _answer(content: bytes, ask: Ask) -> Answer:
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise ServiceError(
            f"The service answered {ask.method} {ask.path} with something that is no JSON object; "
            "is SYNC_API_URL the address of a Setpoint service?"
        )
    return answer


def _token(content: bytes) -> Token:
    try:
        given = json.loads(content)["result"]
        expires = datetime.fromisoformat(given["expires_at_utc"])
        return Token(str(given["access_token"]), expires if expires.tzinfo else expires.replace(tzinfo=UTC))
    except (ValueError, KeyError, TypeError):
        raise ServiceError(
            "The service answered the sign-in without a token; is SYNC_API_URL the address of a Setpoint service?"
        ) from None
