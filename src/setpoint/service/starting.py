"""The service of an installation: Settings → application, and what a first start needs."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from fastapi import FastAPI

from setpoint.artefacts import Artefacts
from setpoint.errors import Conflict, InputError, NotFound
from setpoint.identity import Identity
from setpoint.ledger import VersionedLedger, open_ledger
from setpoint.ledger.sql import on_sqlite
from setpoint.service.access import Role
from setpoint.service.assembly import create_service
from setpoint.service.loops import loops_of
from setpoint.service.rooms import Options, Rooms
from setpoint.service.server import Certificate
from setpoint.settings import Settings, master_key_given
from setpoint.store import Store, open_store
from setpoint.store.rows import AccountRow, KeyRow
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

    def accounts(self) -> Sequence[AccountRow]:
        """All accounts, the first one first."""
        return self.rooms.store.accounts.list()

    def new_account(self, name: str) -> AccountRow:
        """One more, whose people see nothing of the others. Raises Conflict where there is one of that name."""
        try:
            return self.rooms.store.accounts.add(name)
        except Conflict:
            raise Conflict(f"There is an account {name} already.") from None

    def account_named(self, name: str | None) -> str:
        """Id of an account by its name, of the first one where none is named. Raises NotFound."""
        if name is None:
            return self.account
        found = next((known.id for known in self.accounts() if name in {known.name, known.id}), None)
        if found is None:
            raise NotFound(f"There is no account {name}; list them: setpoint accounts list")
        return found

    def keys(self, account: str) -> Sequence[KeyRow]:
        """Keys of an account, those that were revoked included."""
        return self.rooms.store.keys.list(account)

    def has_keys(self) -> bool:
        """Whether anybody can sign in."""
        return self.rooms.store.keys.any()

    def new_key(self, account: str, name: str, role: Role) -> tuple[str, str]:
        """Id and secret of a new key of an account."""
        row, secret = self.rooms.new_key(account, name, role)
        self.rooms.store.audit.add(account, AT_THE_MACHINE, "key created", row.id, None, {"name": name, "role": role})
        return row.id, secret

    def revoke_key(self, key_id: str) -> bool:
        """Revoke a key; whether there was one."""
        key = self.rooms.store.keys.find(key_id)
        if key is None:
            return False
        self.rooms.store.keys.revoke(key.account_id, key_id)
        self.rooms.store.audit.add(
            key.account_id, AT_THE_MACHINE, "key revoked", key_id, {"name": key.name, "role": key.role}, None
        )
        return True

    def link(self, key_id: str, address: str) -> str | None:
        """An address that signs a key in once, within some minutes; None where no such key counts."""
        key = self.rooms.store.keys.find(key_id)
        if key is None or key.revoked_at is not None:
            return None
        self.rooms.store.audit.add(key.account_id, AT_THE_MACHINE, "link made", key_id, None, {"name": key.name})
        return f"{address.rstrip('/')}/login?ticket={self.rooms.gate.link(key.account_id, key_id)}"


def install(settings: Settings) -> Installation:
    """Open everything, bring the database up to date, and take over the projects of a local ledger."""
    # The ledger first: it makes its tables only in a database that is empty or a ledger's.
    ledger = open_ledger(settings.service_url)
    store = open_store(settings.service_url)
    if store.database.is_sqlite:
        # Every answer asks it whether anything was written since: over connections that are kept, those of the store.
        ledger = on_sqlite(store.database.engine)
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
        loop_of=loops_of(settings, store, ledger, account),
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
    if not store.accounts.list():
        with suppress(Conflict):  # another program begins at this moment
            store.accounts.add(FIRST_ACCOUNT)
    return store.accounts.list()[0].id


def _adopt(store: Store, ledger: VersionedLedger, account: str) -> None:
    """Projects that were under control before there were accounts are the first account's."""
    store.projects.adopt(account, ledger.projects())
