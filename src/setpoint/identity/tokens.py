"""Bearer tokens: signed, ending by themselves, and surviving a restart."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import jwt

from setpoint.errors import NotSignedIn

__all__ = ["LASTS", "Claims", "Tokens"]

LASTS = timedelta(hours=8)
"""Clients do not ask for a new one before it ends; a lost one ends the same day."""
_ALGORITHM, _AUDIENCE = "HS256", "setpoint api"


class Holder(Protocol):
    """A key, as far as tokens know it."""

    @property
    def id(self) -> str:
        """Of the key."""
        ...

    @property
    def account_id(self) -> str:
        """Whose it is."""
        ...

    @property
    def role(self) -> str:
        """What it may."""
        ...


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says."""

    key: str
    account: str
    role: str
    expires_at: datetime


class Tokens:
    """Makes and reads them."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, key: Holder, now: datetime | None = None) -> tuple[str, datetime]:
        """A token, and when it ends."""
        begins = (now or datetime.now(UTC)).replace(microsecond=0)
        ends = begins + LASTS
        claims = {"sub": key.id, "acc": key.account_id, "role": key.role, "aud": _AUDIENCE, "iat": begins, "exp": ends}
        return jwt.encode(claims, self._secret, _ALGORITHM), ends

    def read(self, text: str) -> Claims:
        """What a token says. Raises NotSignedIn where it is none of ours, or has ended."""
        try:
            said = jwt.decode(
                text,
                self._secret,
                [_ALGORITHM],
                audience=_AUDIENCE,
                options={"require": ["exp", "sub", "aud", "acc", "role"]},
            )
        except (jwt.InvalidTokenError, ValueError):
            raise NotSignedIn("The token is none of this service, or it has ended; get a new one.") from None
        ends = datetime.fromtimestamp(said["exp"], UTC)
        return Claims(str(said["sub"]), str(said["acc"]), str(said["role"]), ends)
