"""Who somebody is, and what must not be read by others: secrets, tokens, tickets, words of forms, encryption.

No database is in it: keys of accounts are rows of the store.
"""

from dataclasses import dataclass
from pathlib import Path

from setpoint.identity.forms import Words
from setpoint.identity.master import MasterKey, master_key
from setpoint.identity.secrets import Secrets
from setpoint.identity.tickets import Tickets
from setpoint.identity.tokens import Tokens
from setpoint.identity.vault import Vault

__all__ = ["Identity"]


@dataclass(frozen=True, slots=True)
class Identity:
    """All of it, from one master key."""

    tokens: Tokens
    tickets: Tickets
    secrets: Secrets
    csrf: Words
    vault: Vault

    @classmethod
    def of(cls, home: Path, given: str = "") -> "Identity":
        """Of an installation: from the key that is given, else from the file in its home, which is made once."""
        return cls.from_key(master_key(home, given))

    @classmethod
    def passing(cls) -> "Identity":
        """Of a key that is nowhere kept."""
        return cls.from_key(MasterKey.new())

    @classmethod
    def from_key(cls, key: MasterKey) -> "Identity":
        """Everything that one key opens."""
        return cls(
            tokens=Tokens(key.derived("tokens")),
            tickets=Tickets(key.derived("tickets")),
            secrets=Secrets(),
            csrf=Words(key.derived("forms")),
            vault=Vault(key),
        )
