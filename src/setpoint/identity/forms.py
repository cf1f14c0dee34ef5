"""Words of forms: what a page's forms carry, so that another site's page cannot send them."""

import hashlib
import hmac

__all__ = ["Words"]


class Words:
    """One word for each session."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def word(self, session: str) -> str:
        """The word of a session."""
        return hmac.new(self._secret, session.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def holds(self, session: str, word: str) -> bool:
        """Whether this is its word."""
        return bool(session) and hmac.compare_digest(self.word(session).encode(), word.encode("utf-8", "replace"))
