"""Access tokens, kept between processes: one file per service and key, readable by its owner only."""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

__all__ = ["FileTokens", "MemoryTokens", "Token", "TokenStore"]

MARGIN = timedelta(seconds=30)
"""A token that ends sooner is not used any more: clocks differ, and requests take their time."""


@dataclass(frozen=True, slots=True)
class Token:
    """What the service takes for a signed-in key until it expires."""

    text: str
    expires: datetime

    def __repr__(self) -> str:
        return f"Token(expires={self.expires.isoformat()})"  # the text is a secret

    def is_fresh(self, now: datetime) -> bool:
        """Whether it can still be used."""
        return self.expires - MARGIN > now


class TokenStore(Protocol):
    """Where a client keeps its token."""

    def load(self) -> Token | None:
        """The token that was kept; None where there is none that can be read."""
        ...

    def save(self, token: Token | None) -> None:
        """Keep a token, or forget it."""
        ...


class MemoryTokens:
    """A token kept as long as the process runs."""

    def __init__(self) -> None:
        self._token: Token | None = None

    def load(self) -> Token | None:
        """The token that was kept."""
        return self._token

    def save(self, token: Token | None) -> None:
        """Keep a token, or forget it."""
        self._token = token


class FileTokens:
    """A token kept in a file of the user's cache folder. What cannot be read or written is done without."""

    def __init__(self, folder: Path, url: str, key_id: str) -> None:
        named = hashlib.sha256(f"{url}\n{key_id}".encode()).hexdigest()[:32]
        self._path = folder / f"{named}.json"

    def load(self) -> Token | None:
        """The token that was kept."""
        try:
            kept = json.loads(self._path.read_bytes())
            expires = datetime.fromisoformat(kept["expires_at_utc"])
            text = kept["access_token"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if not isinstance(text, str) or expires.tzinfo is None:
            return None
        return Token(text, expires.astimezone(UTC))

    def save(self, token: Token | None) -> None:
        """Keep a token, or forget it."""
        with suppress(OSError):
            if token is None:
                self._path.unlink(missing_ok=True)
                return
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            kept = {"access_token": token.text, "expires_at_utc": token.expires.isoformat()}
            temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}.{os.urandom(4).hex()}")
            with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
                file.write(json.dumps(kept).encode())
            temporary.replace(self._path)
