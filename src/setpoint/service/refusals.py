"""Every error has one shape: `{"error": {"code", "message"}}`, with the status that its kind has."""

import logging
from collections.abc import Mapping, Sequence

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from setpoint.errors import (
    Conflict,
    InputError,
    LedgerError,
    NotFound,
    NotPermitted,
    NotSignedIn,
    PlatformError,
    SetpointError,
    TooLarge,
    TooManyTries,
    UnknownProject,
)

__all__ = ["add_refusals", "refusal", "status_of"]

LOGGER = logging.getLogger(__name__)

# The most particular kind first. 408, 425, 429, 500, 502, 503 and 504 are tried again by clients for minutes: only what
# may pass by itself has them.
KINDS: Sequence[tuple[type[SetpointError], int, str]] = (
    (NotSignedIn, 401, "Unauthorized"),
    (NotPermitted, 403, "Forbidden"),
    (NotFound, 404, "NotFound"),
    (UnknownProject, 404, "NotFound"),
    (TooLarge, 413, "TooLarge"),
    (TooManyTries, 429, "TooManyTries"),
    (Conflict, 409, "Conflict"),
    (PlatformError, 409, "PlatformRefused"),
    (LedgerError, 503, "Unavailable"),
    (InputError, 422, "InvalidRequest"),
)
_CODES = {400: "InvalidRequest", 404: "NotFound", 405: "MethodNotAllowed", 413: "TooLarge"}
DEFECT = (500, "Defect")
_SENTENCES = {
    404: "There is no such address.",
    405: "This address does not take that method.",
    400: "The request cannot be read: its body is not JSON.",
}
_MOST_PLACES = 20


def refusal(
    status: int,
    code: str,
    message: str,
    detail: Sequence[object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer to a request that is refused."""
    error: dict[str, object] = {"code": code, "message": message}
    if detail is not None:
        error["detail"] = detail
    body = msgspec.json.encode({"error": error})
    return Response(body, status, {"Cache-Control": "no-store", **(headers or {})}, "application/json")


def status_of(error: SetpointError) -> tuple[int, str]:
    """Status and code of an error."""
    return next(((status, code) for kind, status, code in KINDS if isinstance(error, kind)), DEFECT)


def add_refusals(app: FastAPI) -> None:
    """Turn all errors of the routes into answers."""

    @app.exception_handler(SetpointError)
    async def known(request: Request, error: SetpointError) -> Response:
        status, code = status_of(error)
        headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}  # noqa: PLR2004 - HTTP
        if isinstance(error, TooManyTries):
            headers["Retry-After"] = "60"
        if isinstance(error, LedgerError) or status == DEFECT[0]:
            LOGGER.error("refused: %s", error)
        if _wants_page(request):
            return _page(request, status, str(error))
        return refusal(status, code, str(error), headers=headers)

    @app.exception_handler(RequestValidationError)
    async def unreadable(_: Request, error: RequestValidationError) -> Response:
        places = [_place(each) for each in error.errors()[:_MOST_PLACES]]
        told = "; ".join(f"{place['where']}: {place['what']}" for place in places[:3])
        return refusal(422, "InvalidRequest", f"The request does not fit: {told}.", places)

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> Response:
        status = error.status_code
        message = _SENTENCES.get(status, f"{error.detail}.")
        if _wants_page(request):
            return _page(request, status, message)
        return refusal(status, _CODES.get(status, "Refused"), message, headers=error.headers)


def _wants_page(request: Request) -> bool:
    """Whether a person asks, in front of a browser."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(("/v1/", "/api/"))


def _page(request: Request, status: int, sentence: str) -> Response:
    shown: Response = request.app.state.error_page(status, sentence)
    return shown


def _place(error: Mapping[str, object]) -> dict[str, str]:
    """Where it is wrong and why. What was given is not said again: it may be a secret."""
    where = error.get("loc")
    parts = where if isinstance(where, tuple) else ()
    return {"where": _plain(".".join(map(str, parts))), "what": str(error.get("msg"))}


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode()[:200]
