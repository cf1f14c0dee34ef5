"""The service of an installation: Settings → application, and what a first start needs."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import FastAPI

from setpoint.artefacts import Artefacts
from setpoint.errors import InputError
from setpoint.identity import Identity
from setpoint.ledger import VersionedLedger, open_ledger
from setpoint.service.access import Role
from setpoint.service.assembly import create_service
from setpoint.service.rooms import Options, Rooms
from setpoint.service.server import Certificate
from setpoint.settings import Settings, master_key_given
from setpoint.store import Store, open_store
from setpoint.store.rows import KeyRow
from setpoint.wiring import build_teaching, price_book

__all__ = ["FIRST_ACCOUNT", "Installation", "certificate_of", "install"]

FIRST_ACCOUNT = "main"
AT_THE_MACHINE = "(at the machine)"
"""Who did it, in the audit log, where no key was needed."""


@dataclass(frozen=True, slots=True)
class Installation:
    """A service with its rooms, ready to be served."""

    app: FastAPI
    rooms: Rooms
    account: str
    """Id of the first account, whose the local projects are."""

    def keys(self) -> Sequence[KeyRow]:
        """Keys of the first account, those that were revoked included."""
        return self.rooms.store.keys.list(self.account)

    def has_keys(self) -> bool:
        """Whether anybody can sign in."""
        return any(key.revoked_at is None for key in self.keys())

    def new_key(self, name: str, role: Role) -> tuple[str, str]:
        """Id and secret of a new key of the first account."""
        row, secret = self.rooms.new_key(self.account, name, role)
        self.rooms.store.audit.add(self.account, AT_THE_MACHINE, "key created", row.id, None, {"name": name})
        return row.id, secret

    def revoke_key(self, key_id: str) -> bool:
        """Revoke a key; whether there was one."""
        if self.rooms.store.keys.get(self.account, key_id) is None:
            return False
        self.rooms.store.keys.revoke(self.account, key_id)
        self.rooms.store.audit.add(self.account, AT_THE_MACHINE, "key revoked", key_id, None, None)
        return True

    def link(self, key_id: str, address: str) -> str | None:
        """An address that signs a key in once, within some minutes; None where there is no such key."""
        if self.rooms.store.keys.get(self.account, key_id) is None:
            return None
        return f"{address.rstrip('/')}/login?ticket={self.rooms.gate.link(self.account, key_id)}"


def install(settings: Settings) -> Installation:
    """Open everything, bring the database up to date, and take over the projects of a local ledger."""
    # The ledger first: it makes its tables only in a database that is empty or a ledger's.
    ledger = open_ledger(settings.service_url)
    store = open_store(settings.service_url)
    account = _first_account(store)
    _adopt(store, ledger, account)
    app = create_service(
        store,
        Artefacts(settings.artefacts_url),
        Identity.of(settings.home, master_key_given()),
        ledger,
        price_book(settings),
        options=_options(settings, account),
        lessons_for=build_teaching(settings, ledger).lessons_for,
    )
    rooms: Rooms = app.state.rooms
    return Installation(app, rooms, account)


def certificate_of(settings: Settings) -> Certificate | None:
    """What the server shows over TLS. Raises InputError where one half is missing."""
    chain, key = settings.tls_certificate, settings.tls_key
    if chain is None and key is None:
        return None
    if chain is None or key is None:
        raise InputError("TLS needs a certificate and its key: give both --tls-certificate and --tls-key.")
    return Certificate(chain, key)


def _options(settings: Settings, account: str) -> Options:
    return Options(
        local_account=account,
        public_url=settings.public_url,
        allowed_hosts=settings.allowed_hosts,
        most_upload_bytes=settings.largest_upload_bytes,
        metrics_are_open=settings.metrics_are_open,
        tries_a_minute=settings.sign_in_tries,
    )


def _first_account(store: Store) -> str:
    known = store.accounts.list()
    return known[0].id if known else store.accounts.add(FIRST_ACCOUNT).id


def _adopt(store: Store, ledger: VersionedLedger, account: str) -> None:
    """Projects that were under control before there were accounts are the first account's."""
    store.projects.adopt(account, ledger.projects())
