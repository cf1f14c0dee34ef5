"""Encryption of what is kept and must not be read in the database."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from setpoint.errors import SettingsError
from setpoint.identity.master import MasterKey

__all__ = ["Vault"]


class Vault:
    """Encrypts with the newest key; decrypts with any."""

    def __init__(self, key: MasterKey) -> None:
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(each)) for each in key.every("vault")])

    def encrypt(self, text: str) -> str:
        """As it is kept."""
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, kept: str) -> str:
        """As it was. Raises SettingsError where another key encrypted it."""
        try:
            return self._fernet.decrypt(kept.encode()).decode()
        except InvalidToken:
            raise SettingsError(
                "A credential was encrypted with another key: bring back the key file, or set the credential anew."
            ) from None
