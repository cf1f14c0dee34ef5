"""The master key of an installation: in a file that only its user reads, or given."""

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from setpoint.errors import SettingsError

__all__ = ["FILE", "MasterKey", "master_key"]

FILE = "service.key"
_BYTES = 32


@dataclass(frozen=True, slots=True)
class MasterKey:
    """One secret, from which those for each purpose are derived. Older ones still open what they closed."""

    newest: bytes = field(repr=False)
    older: tuple[bytes, ...] = field(default=(), repr=False)

    @classmethod
    def new(cls) -> "MasterKey":
        """A random one."""
        return cls(secrets.token_bytes(_BYTES))

    def derived(self, purpose: str) -> bytes:
        """The secret for one purpose, of which no other can be told."""
        return _derived(self.newest, purpose)

    def every(self, purpose: str) -> tuple[bytes, ...]:
        """The same, and those of the older keys after it."""
        return tuple(_derived(key, purpose) for key in (self.newest, *self.older))


def _derived(key: bytes, purpose: str) -> bytes:
    return hmac.new(key, f"setpoint {purpose}".encode(), hashlib.sha256).digest()


def master_key(home: Path, given: str = "") -> MasterKey:
    """The key: `given` in base64, newest first, separated by commas; else the file in the home folder, made if absent.

    Raises SettingsError where it cannot be read or made.
    """
    if given.strip():
        return _read(given.split(","), "SETPOINT_MASTER_KEY")
    path = home / FILE
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        return _read(path.read_text(encoding="ascii").split(), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The key file {path} cannot be read or made: {error}.") from None


def _make(path: Path) -> None:
    """Made whole before it has its name: of two programs that begin at once, one's key counts."""
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.urlsafe_b64encode(MasterKey.new().newest) + b"\n")
        try:
            os.link(scratch, path)
        except FileExistsError:
            return
    finally:
        scratch.unlink()


def _read(texts: list[str], origin: str) -> MasterKey:
    keys = []
    for text in texts:
        try:
            key = base64.urlsafe_b64decode(text.strip())
        except ValueError:
            key = b""
        if len(key) < _BYTES:
            raise SettingsError(f"The key in {origin} is none: it has to be {_BYTES} bytes or more in base64.")
        keys.append(key)
    if not keys:
        raise SettingsError(f"There is no key in {origin}: remove the file to have a new one made.")
    return MasterKey(keys[0], tuple(keys[1:]))
