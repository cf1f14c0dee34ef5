"""Signing in: keys and secrets in, tokens out; tokens in, callers out. The only place that sees a secret."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex

from setpoint.errors import NotSignedIn, TooManyTries
from setpoint.identity import Identity
from setpoint.service.access import ROLES, Caller
from setpoint.service.metrics import Metrics
from setpoint.service.ratelimit import RateLimit
from setpoint.store import Store

__all__ = ["Gate", "Signed"]

LOGGER = logging.getLogger(__name__)

LINK_LASTS = timedelta(minutes=15)
_WRONG = "The key or its secret is wrong, or the key was revoked."


@dataclass(frozen=True, slots=True)
class Signed:
    """A token, made for somebody who knew the secret."""

    token: str
    expires_at: datetime
    caller: Caller


@dataclass(frozen=True, slots=True)
class Gate:
    """Of one service."""

    store: Store
    identity: Identity
    metrics: Metrics
    by_address: RateLimit
    by_key: RateLimit
    clock: Callable[[], datetime]

    def sign_in(self, key_id: str, secret: str, address: str) -> Signed:
        """A token for a key. Raises NotSignedIn, after the same time for unknown keys; TooManyTries."""
        # Both are asked, so that neither tells whether the other one would have refused.
        if not all((self.by_address.admits(address), self.by_key.admits(key_id))):
            self.metrics.signed_in("too many")
            raise TooManyTries("Too many tries to sign in; wait a minute and try again.")
        key = self.store.keys.find(key_id)
        # An unknown key is checked against a hash that no secret has: it takes as long.
        matches = self.identity.secrets.matches(None if key is None else key.secret_hash, secret)
        if key is None or not matches or key.revoked_at is not None:
            self.metrics.signed_in("refused")
            LOGGER.warning("a key was refused", extra={"facts": {"address": address}})
            raise NotSignedIn(_WRONG)
        self.metrics.signed_in("ok")
        self.by_address.forgive(address)
        self.by_key.forgive(key_id)
        token, expires_at = self.identity.tokens.issue(key)
        return Signed(token, expires_at, _caller(key.account_id, key.id, key.role))

    def link(self, account: str, key_id: str) -> str:
        """A ticket that signs a key in once, within some minutes."""
        return self.identity.tickets.issue({"account": account, "sign in": key_id, "once": token_hex(8)}, LINK_LASTS)

    def sign_in_once(self, ticket: str) -> Signed:
        """A token for such a ticket. Raises NotSignedIn where it is none, too old, or was used."""
        claims = self.identity.tickets.read(ticket)
        key_id, once = str(claims.get("sign in", "")), str(claims.get("once", ""))
        key = self.store.keys.get(str(claims.get("account", "")), key_id) if key_id and once else None
        if key is None or key.revoked_at is not None or not self.store.once.use(key.account_id, once):
            raise NotSignedIn("This link was used already, or it is none; sign in with a key.")
        token, expires_at = self.identity.tokens.issue(key)
        return Signed(token, expires_at, _caller(key.account_id, key.id, key.role))

    def admit(self, token: str) -> Caller:
        """Who a token is of. Raises NotSignedIn where it is none of ours, expired, or its key was revoked."""
        claims = self.identity.tokens.read(token)
        key = self.store.keys.get(claims.account, claims.key)
        if key is None or key.revoked_at is not None:
            raise NotSignedIn("The key of this token was revoked; sign in with another one.")
        # What the key may do now counts, not what it might when the token was made.
        return _caller(key.account_id, key.id, key.role)


def _caller(account: str, key: str, role: str) -> Caller:
    return Caller(account, key, next((known for known in ROLES if known == role), "viewer"))
