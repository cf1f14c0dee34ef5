"""Calls of platforms when something has ended there: who calls is known, what they say is not believed.

All that a call does is to have the place looked at soon. One that comes twice, late, or with lies does no more.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from setpoint.errors import NotSignedIn, TooManyTries
from setpoint.identity.vault import Vault
from setpoint.processing.polling import hint
from setpoint.service.metrics import Metrics
from setpoint.service.ratelimit import RateLimit
from setpoint.store import Store
from setpoint.store.rows import WorkspaceRow

__all__ = ["CALLER", "HOOK_NAME", "HOOK_SECRET", "Hooks", "as_kept", "basic"]

HOOK_NAME, HOOK_SECRET = "webhook_username", "webhook_password"
"""Under which the credentials of callers are kept."""
CALLER = "eventbridge"
"""The name of who sends a key alone."""
_NOBODY = ("nobody", hashlib.sha256(b"").hexdigest())
_WRONG = "The credentials of this call are wrong, or others were made since."


@dataclass(frozen=True, slots=True)
class Hooks:
    """Of one service."""

    store: Store
    vault: Vault
    metrics: Metrics
    wrong: RateLimit
    """By address: calls that are not admitted."""
    often: RateLimit
    """By place: calls that are."""
    clock: Callable[[], datetime]

    def taken(self, kind: str, place: str, name: str, secret: str, address: str) -> None:
        """A call came. Raises NotSignedIn, alike where there is no such place; TooManyTries."""
        if not self.wrong.admits(address):
            self.metrics.hinted(kind, "too many")
            raise TooManyTries("Too many calls with wrong credentials; wait a minute.")
        row = self.store.workspaces.find(place)
        if row is None or kind != _kind(row) or not self._is_known(row, name, secret):
            if row is None or kind != _kind(row):
                _matches(_NOBODY, name, secret)
            self.metrics.hinted(kind, "refused")
            raise NotSignedIn(_WRONG)
        self.wrong.forgive(address)
        if not self.often.admits(place):
            self.metrics.hinted(kind, "too many")
            raise TooManyTries("The place is looked at often enough; nothing is lost.")
        is_watched = hint(self.store, row.account_id, row.id, self.clock())
        self.metrics.hinted(kind, "taken" if is_watched else "not watched")

    def _is_known(self, row: WorkspaceRow, name: str, secret: str) -> bool:
        kept = [row.secrets.get(each) for each in (HOOK_NAME, HOOK_SECRET)]
        known, digest = (self.vault.decrypt(each) if each else "" for each in kept)
        if not known or not digest:
            _matches(_NOBODY, name, secret)
            return False
        return _matches((known, digest), name, secret)


def _kind(row: WorkspaceRow) -> str:
    return str(row.settings.get("kind") or "databricks")


def _matches(kept: tuple[str, str], name: str, secret: str) -> bool:
    """In the same time whatever differs."""
    has_name = hmac.compare_digest(kept[0].encode(), name.encode("utf-8", "replace"))
    has_secret = hmac.compare_digest(kept[1].encode(), as_kept(secret).encode())
    return has_name & has_secret


def as_kept(secret: str) -> str:
    """What is kept of a secret: enough, since it is random and long.

    >>> as_kept("a")[:8]
    'ca978112'
    """
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def basic(header: str) -> tuple[str, str]:
    """Name and password of a Basic header; empty where it is none.

    >>> basic("Basic YTpiOmM="), basic("Bearer x")
    (('a', 'b:c'), ('', ''))
    """
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, secret = base64.b64decode(coded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", ""
    return name, secret
