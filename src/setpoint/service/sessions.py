"""Browser sessions: a token in a cookie that scripts cannot read, and a word that every form must repeat."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from setpoint.errors import NotPermitted, NotSignedIn
from setpoint.service.access import Caller
from setpoint.service.gate import Signed
from setpoint.service.rooms import Rooms

__all__ = ["Session", "begin_session", "check_word", "current", "end_session", "visitor", "word_for"]

_PLAIN, _SECURE = "setpoint_session", "__Host-setpoint_session"
_VISITOR = "setpoint_visitor"


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody in front of a browser."""

    caller: Caller
    token: str


def current(here: Rooms, request: Request) -> Session | None:
    """Who is signed in; None where nobody is."""
    token = request.cookies.get(_cookie(request))
    if not token:
        return None
    try:
        return Session(here.gate.admit(token), token)
    except NotSignedIn:
        return None


def begin_session(response: Response, request: Request, signed: Signed) -> None:
    """Have the browser remember who signed in."""
    response.set_cookie(
        _cookie(request),
        signed.token,
        expires=signed.expires_at,
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )
    response.delete_cookie(_VISITOR, path="/")


def end_session(response: Response, request: Request) -> None:
    """Have it forgotten."""
    response.delete_cookie(_cookie(request), path="/", secure=_is_secure(request), httponly=True, samesite="lax")


def word_for(here: Rooms, subject: str) -> str:
    """What the forms of a session, or of a visitor, carry."""
    return here.identity.csrf.word(subject)


def check_word(here: Rooms, subject: str, word: str, request: Request) -> None:
    """Whether a form is from our own page, in that session. Raises NotPermitted."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site not in {"same-origin", "none"} or not here.identity.csrf.holds(subject, word):
        raise NotPermitted("This form is not from a page of this service, or it is too old; load the page again.")


def _is_secure(request: Request) -> bool:
    return request.url.scheme == "https"


def _cookie(request: Request) -> str:
    # Browsers take a name with this beginning only over TLS, from this host alone.
    return _SECURE if _is_secure(request) else _PLAIN


def visitor(request: Request, response: Response | None = None, name: str = "") -> str:
    """What a browser is told apart by before anybody signs in; given to it along with a response."""
    if response is not None and request.cookies.get(_VISITOR) != name:
        response.set_cookie(_VISITOR, name, path="/", secure=_is_secure(request), httponly=True, samesite="strict")
    return request.cookies.get(_VISITOR, name)
