"""Secrets of keys: what is kept of them is a slow hash."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["Secrets"]


class Secrets:
    """Hashes and compares. Takes as long for a key that there is not."""

    def __init__(self) -> None:
        # 19 MiB and two passes: what OWASP asks for at the least; a secret of ours is random and not guessed anyway.
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._nobody = self._hasher.hash("")

    def hash(self, secret: str) -> str:
        """What is kept of a secret."""
        return self._hasher.hash(secret)

    def matches(self, kept: str | None, secret: str) -> bool:
        """Whether this is the secret; None is that of nobody."""
        try:
            self._hasher.verify(kept or self._nobody, secret)
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None
