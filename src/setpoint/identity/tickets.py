"""Tickets: leave to do one thing, for some time, for whoever holds it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import jwt

from setpoint.errors import NotSignedIn

__all__ = ["Tickets"]

_ALGORITHM, _AUDIENCE = "HS256", "setpoint ticket"


class Tickets:
    """Makes and reads them."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, claims: Mapping[str, str | None], lasts: timedelta) -> str:
        """A ticket that says this, and ends by itself."""
        ends = datetime.now(UTC) + lasts
        return jwt.encode({"say": dict(claims), "aud": _AUDIENCE, "exp": ends}, self._secret, _ALGORITHM)

    def read(self, text: str) -> dict[str, str | None]:
        """What it says. Raises NotSignedIn where it is none of ours, or has ended."""
        try:
            said = jwt.decode(text, self._secret, [_ALGORITHM], audience=_AUDIENCE, options={"require": ["exp", "aud"]})
        except (jwt.InvalidTokenError, ValueError):
            raise NotSignedIn("The ticket is none of this service, or it is too old.") from None
        say: dict[str, str | None] = said["say"]
        return say
