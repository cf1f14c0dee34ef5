"""Calls to AWS through boto3: repeated with a bound where that is safe, read to the last page, and told in sentences.

boto3's own repeating is off: here one bound holds for all reasons, one clock waits, and one thing is seen that botocore
does not see. It takes half a JSON answer for an empty one, so an answer without what it must hold is asked for again.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from threading import Lock
from typing import Any, TypeVar

from setpoint.errors import PlatformError

__all__ = ["AwsClient", "Calls", "Refusal", "Uncertain", "plain"]

T = TypeVar("T")
Json = dict[str, Any]
AwsClient = Any
"""Its methods are made from the model of the service when it is opened."""
Connect = Callable[[str, str], AwsClient]
"""Service and region → client."""

MOST_TRIES = 6
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 20.0
MOST_PAGES = 2000
_BUSY = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "SlowDown",
        "PriorRequestNotComplete",
    }
)
"""Refused, so surely not done."""
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_FAILED_FROM = 500
_OK = 200
_EMPTY_BYTES = 2
"""Of `{}`."""


class Refusal(PlatformError):  # noqa: N818 - as Refused
    """AWS does not do what was asked, and asking again does not help."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Uncertain(PlatformError):  # noqa: N818 - reads as a statement
    """A change was asked for, and whether it was made is not known."""


@dataclass(slots=True)
class Calls:
    """Asks AWS; may be used by several threads."""

    connect: Connect
    sleep: Callable[[float], None]
    chance: Random = field(default_factory=lambda: Random(0))  # noqa: S311 - scatters waits
    count: int = 0
    """Calls so far, repeated ones included."""
    _clients: dict[tuple[str, str], AwsClient] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def ask(self, service: str, region: str, operation: str, *needed: str, **given: object) -> Json:
        """The answer to a question that may be repeated; it holds `needed`. Raises PlatformError."""

        def once() -> Json:
            answer = self.answer(service, region, operation, **given)
            missing = [key for key in needed if key not in answer]
            if missing or _is_cut_off(answer):
                raise _Broken(f"the answer has no {', '.join(missing) or 'end'}")
            return answer

        return self.repeated(once, f"{service} {operation}", region)

    def repeated(self, once: Callable[[], T], what: str, region: str) -> T:
        """What `once` gives, tried again where AWS is busy, fails or is not heard. Raises PlatformError."""
        why = ""
        for tries in range(MOST_TRIES):
            if tries:
                self.sleep(self._wait_seconds(tries))
            try:
                return once()
            except _Broken as error:
                why = str(error)
            except Exception as error:  # noqa: BLE001 - what may not be repeated is raised again, in a sentence
                why = self._why_again(error, what, region)
        raise PlatformError(f"AWS did not answer {what} in {region} after {MOST_TRIES} tries: {why}.")

    def change(self, service: str, region: str, operation: str, *needed: str, **given: object) -> Json:
        """The answer to a change that must not be made twice: repeated only where it was surely not made.

        Raises Uncertain where that is not known, Refusal where it was refused.
        """
        for tries in range(MOST_TRIES):
            if tries:
                self.sleep(self._wait_seconds(tries))
            try:
                answer = self.answer(service, region, operation, **given)
            except Exception as error:
                code, status = _code_of(error)
                if code not in _BUSY | _EXPIRED and (status >= _FAILED_FROM or not code):
                    raise _uncertain(service, operation, str(error)) from error
                self._why_again(error, f"{service} {operation}", region)
                continue
            if any(key not in answer for key in needed) or _is_cut_off(answer):
                raise _uncertain(service, operation, "the answer was cut off")
            return answer
        raise Refusal("Throttled", f"AWS is too busy for {service} {operation} in {region}; nothing was changed.")

    def pages(self, service: str, region: str, operation: str, key: str, **given: object) -> Iterator[Json]:
        """Entries of a list from all its pages. Raises PlatformError."""
        theirs, ours = _MARKERS.get(service, ("Marker", "Marker"))
        mark: dict[str, object] = {}
        for _ in range(MOST_PAGES):
            answer = self.ask(service, region, operation, key, **given, **mark)
            yield from answer[key]
            following = answer.get(theirs)
            if not following:
                return
            mark = {ours: following}
        raise PlatformError(
            f"AWS's answer to {service} {operation} has more than {MOST_PAGES} pages; no more are read."
        )

    def answer(self, service: str, region: str, operation: str, **given: object) -> Json:
        """Ask once."""
        self.count += 1
        answer: Json = getattr(self._client(service, region), operation)(**given)
        return answer

    def _client(self, service: str, region: str) -> AwsClient:
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self.connect(service, region)
            return self._clients[service, region]

    def _wait_seconds(self, tries: int) -> float:
        """Twice as long each time, and anywhere below that, so that many do not come again at once."""
        return self.chance.uniform(0.0, min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**tries))

    def _why_again(self, error: Exception, what: str, region: str) -> str:
        """Why it may be tried again. Raises the error in a sentence where it may not."""
        code, status = _code_of(error)
        if code in _EXPIRED:
            with self._lock:
                self._clients.clear()
            return "the credentials have expired; sign in to AWS again"
        if code in _BUSY:
            return "too many calls at once"
        if status >= _FAILED_FROM or (not code and _is_of_the_way(error)):
            return f"{code or type(error).__name__}"
        if code:
            raise Refusal(code, f"AWS refused {what} in {region}: {_words_of(error)}") from error
        raise PlatformError(f"AWS cannot be asked for {what} in {region}: {str(error)[:300]}") from error


class _Broken(Exception):  # noqa: N818 - an answer, and never seen outside
    """An answer that ends before what it must hold."""


_MARKERS = {
    "emr": ("Marker", "Marker"),
    "emr-serverless": ("nextToken", "nextToken"),
    "s3": ("NextContinuationToken", "ContinuationToken"),
}
"""Where the answer names the next page, and how it is asked for."""


def _is_cut_off(answer: Json) -> bool:
    """Whether nothing was understood of an answer that holds more than `{}`."""
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    is_json = "json" in headers.get("content-type", "")
    length = headers.get("content-length", "0")
    return is_json and len(answer) <= 1 and length.isdecimal() and int(length) > _EMPTY_BYTES


def _uncertain(service: str, operation: str, why: str) -> Uncertain:
    return Uncertain(f"Whether {service} {operation} was done is not known ({why[:200]}).")


def _code_of(error: Exception) -> tuple[str, int]:
    """AWS's code and status; empty and 0 where the error is none of AWS."""
    response = getattr(error, "response", None)
    if not isinstance(response, Mapping):
        return "", 0
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", _OK)
    return str(response.get("Error", {}).get("Code", "")), int(status)


def _words_of(error: Exception) -> str:
    said = getattr(error, "response", {}).get("Error", {})
    return f"{said.get('Message', '')} ({said.get('Code', '')})"[:500]


def _is_of_the_way(error: Exception) -> bool:
    """Whether the connection failed, and not what was asked."""
    from botocore.exceptions import ConnectionError as NotConnected
    from botocore.exceptions import HTTPClientError
    from botocore.parsers import ResponseParserError

    return isinstance(error, NotConnected | HTTPClientError | ResponseParserError | OSError)


def plain(value: object) -> object:
    """An answer as JSON has it: times as ISO 8601 in words, and nothing of how it came."""
    match value:
        case datetime():
            return value.isoformat()
        case dict():
            return {str(key): plain(each) for key, each in value.items() if key != "ResponseMetadata"}
        case list() | tuple():
            return [plain(each) for each in value]
        case _:
            return value
