"""What a refusal of the service becomes: an error of the same kind as the service raised."""

import json
from collections.abc import Mapping
from typing import Final

from setpoint.errors import (
    Conflict,
    InputError,
    NotFound,
    NotPermitted,
    NotSignedIn,
    ServiceError,
    SetpointError,
    TooLarge,
    TooManyTries,
)

__all__ = ["Failure", "error_of"]

KINDS: Final[Mapping[int, type[SetpointError]]] = {
    400: InputError,
    401: NotSignedIn,
    403: NotPermitted,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: InputError,
    429: TooManyTries,
}
_MOST_SHOWN = 500


class Failure(Exception):  # noqa: N818 - it says what happened
    """A refusal word for word; the cause of the error that a client raises."""

    def __init__(self, status: int, code: str, message: str, detail: object = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail


def error_of(status: int, content: bytes, what: str) -> SetpointError:
    """The error that says why a request was refused; its cause is the `Failure`.

    >>> error_of(404, b'{"error": {"code": "NotFound", "message": "There is no such project."}}', "GET /x")
    NotFound('NotFound: There is no such project.')
    """
    failure = _failure(status, content)
    if failure is None:
        error: SetpointError = ServiceError(
            f"The service answered {what} with status {status} and no reason; "
            "is this the address of a Setpoint service?"
        )
    else:
        shown = f"{failure}{_places(failure)}"[:_MOST_SHOWN]
        error = KINDS.get(status, ServiceError)(shown)
    error.__cause__ = failure or Failure(status, "Sync API Error", "Transaction failure")
    return error


def _failure(status: int, content: bytes) -> Failure | None:
    try:
        given = json.loads(content)["error"]
        return Failure(status, str(given["code"]), str(given["message"]), given.get("detail"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _places(failure: Failure) -> str:
    """Where in the request the mistake is, as far as the service tells and has not said in its message."""
    told = [_place(each) for each in failure.detail] if isinstance(failure.detail, list) else []
    new = [each for each in told if each and each not in failure.message]
    return f" ({'; '.join(new)})" if new else ""


def _place(given: object) -> str:
    if not isinstance(given, Mapping):
        return str(given)
    where = given.get("loc") or given.get("where") or ()
    named = ".".join(str(part) for part in where) if isinstance(where, list | tuple) else str(where)
    said = given.get("msg") or given.get("message") or given.get("reason") or ""
    return f"{named}: {said}".strip(": ")
