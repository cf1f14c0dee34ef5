"""What the routes work on: the rooms behind the service, each question bound to the account that asks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from secrets import token_urlsafe
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from starlette.responses import Response

from setpoint.artefacts import Artefacts
from setpoint.core.history import Disturbed, History
from setpoint.core.prediction import NOTHING_KNOWN, Lessons
from setpoint.core.pricebook import PriceBook
from setpoint.errors import Conflict, NotFound, PlatformError
from setpoint.governance import Governance
from setpoint.identity import Identity
from setpoint.ledger import VersionedLedger
from setpoint.loop import Loop
from setpoint.service.access import Caller, Role
from setpoint.service.gate import Gate
from setpoint.service.hooks import Hooks
from setpoint.service.metrics import Metrics
from setpoint.service.names import AccountLedger
from setpoint.service.patience import Patience
from setpoint.service.sparingly import Sparingly
from setpoint.service.summaries import Summaries
from setpoint.service.trail import request_id
from setpoint.service.views import Views
from setpoint.store import Store
from setpoint.store.rows import KeyRow, ProjectRow, WorkspaceRow
from setpoint.tracing import origin

__all__ = ["Here", "LoopOf", "Options", "Rooms", "as_id", "as_json", "nobody_s_loop"]

MOST_ACCOUNTS = 64
"""Whose summaries are kept; they can be made again."""

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Options:
    """How a service is set up."""

    public_url: str = ""
    """Address that clients reach it by, where a proxy hides it; else what the request says."""
    most_body_bytes: int = 32 << 20
    """Largest request; cluster reports of large fleets have some MB."""
    most_upload_bytes: int = 4 << 30
    """Largest event log that may be brought."""
    metrics_are_open: bool = False
    """Whether `/metrics` answers without a token: it does to this machine only where False."""
    local_account: str = ""
    """Whose the projects are that are brought under control at this machine; nobody's where empty."""
    tries_a_minute: int = 10
    """Wrong keys from one address or for one key."""
    allowed_hosts: tuple[str, ...] = ()
    """Names that it answers to; all where there are none."""
    patience_seconds: float = 5.0
    """How long who asks after work that is underway is kept until it is done; 0: not at all."""
    scratch: Path | None = None
    """Folder of uploads on their way; None: the system's."""


LoopOf = Callable[[ProjectRow], Loop]


def nobody_s_loop(project: ProjectRow) -> Loop:
    """Of a service that reaches no platform. Raises PlatformError."""
    raise PlatformError(f"This service does not reach what {project.name} runs on, so it cannot change it.")


@dataclass(frozen=True)
class Rooms:
    """Everything behind the routes."""

    store: Store
    artefacts: Artefacts
    identity: Identity
    ledger: VersionedLedger
    prices: PriceBook
    clock: Callable[[], datetime]
    options: Options
    gate: Gate
    hooks: Hooks
    metrics: Metrics
    views: Views
    patience: Patience
    lessons_for: Callable[[str, History], Lessons] = lambda *_: NOTHING_KNOWN
    loop_of: LoopOf = nobody_s_loop
    """The loop that a project is under; what does not touch its platform is at hand for all of them."""
    _summaries: dict[str, Summaries] = field(default_factory=dict)
    _adopting: Sparingly = field(default_factory=Sparingly)

    def project(self, asking: Caller, project_id: str) -> ProjectRow:
        """A project of the account that asks. Raises NotFound."""
        return self.found(self.store.projects.get(asking.account, project_id), "project")

    def workspace(self, asking: Caller, workspace_id: str) -> WorkspaceRow:
        """A workspace of the account that asks. Raises NotFound."""
        return self.found(self.store.workspaces.get(asking.account, workspace_id), "workspace")

    def found(self, row: _Row | None, noun: str) -> _Row:
        """The row. Raises NotFound where there is none."""
        if row is None:
            raise NotFound(f"There is no such {noun} in this account.")
        return row

    def reader(self, account: str) -> AccountLedger:
        """The ledger as an account sees it: its own projects, by their names."""
        if account == self.options.local_account:
            # Others on this machine write to the same ledger: `setpoint submit` brings new projects while we serve.
            self._adopting.at_times(lambda: self.store.projects.adopt(account, self.ledger.projects()))
        return AccountLedger(self.ledger, self.store.projects, account)

    def governance(self, account: str) -> Governance:
        """The policies of an account."""
        return Governance(self.reader(account), self.prices, self.clock, self.lessons_for)

    def name_of(self, account: str, project: ProjectRow) -> str:
        """What a project is called among those of its account. Raises NotFound."""
        return self.found(self.reader(account).name_of(project), "project")

    def summaries(self, account: str) -> Summaries:
        """What took long to compute for an account. Of accounts that are never mixed."""
        if account not in self._summaries and len(self._summaries) >= MOST_ACCOUNTS:
            self._summaries.clear()
        return self._summaries.setdefault(account, Summaries.of(self.ledger.read))

    def audit(
        self,
        asking: Caller,
        action: str,
        subject: str,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Write down who did what."""
        self.store.audit.add(asking.account, asking.key, action, subject, before, after)

    def new_key(self, account: str, name: str, role: Role) -> tuple[KeyRow, str]:
        """A key of an account, and its secret, which is kept nowhere."""
        secret = token_urlsafe(32)
        row = self.store.keys.add(account, name=name, role=role, secret_hash=self.identity.secrets.hash(secret))
        return row, secret

    def new_workspace(
        self, asking: Caller, workspace_id: str, settings: Mapping[str, Any], hidden: Mapping[str, str | None]
    ) -> WorkspaceRow:
        """Bring a workspace into an account, its credentials encrypted. Raises NotFound where it is another's."""
        own = self.store.workspaces.get(asking.account, workspace_id)
        if own is not None:
            raise Conflict(f"The workspace {workspace_id[:40]} is there already; change it with PUT.")
        try:
            return self.store.workspaces.add(
                asking.account,
                workspace_id,
                settings=dict(settings),
                secrets={name: value for name, value in self._encrypted(hidden).items() if value is not None},
            )
        except Conflict:
            raise NotFound("There is no such workspace in this account, and it cannot be made here.") from None

    def change_workspace(
        self, asking: Caller, row: WorkspaceRow, settings: Mapping[str, Any], hidden: Mapping[str, str | None]
    ) -> WorkspaceRow:
        """Change what is given; a credential that is None is forgotten."""
        return self.store.workspaces.change(asking.account, row.id, settings=settings, secrets=self._encrypted(hidden))

    def _encrypted(self, hidden: Mapping[str, str | None]) -> dict[str, str | None]:
        return {name: self.identity.vault.encrypt(value) if value else None for name, value in hidden.items()}

    def enqueue(self, account: str, kind: str, identity: str, project: str | None) -> None:
        """Have something done; once, however often it is asked for. Its log lines name who asked."""
        payload = {"id": identity, "project": project, "request": request_id() or None, "trace": origin()}
        self.store.tasks.enqueue(kind, payload, account, f"{kind}:{identity}")

    def reset(self, asking: Caller, project: ProjectRow) -> None:
        """Begin a new regime: what was learned so far counts no more."""
        if self.ledger.read(project.stream):
            said = f"the project was reset by {asking.key}; older runs count no more"
            self.ledger.append(project.stream, Disturbed("unexplained shift", said, None, self.clock()))


def as_id(text: str, noun: str) -> str:
    """An id as it is kept. What is no UUID names nothing: raises NotFound."""
    try:
        return str(UUID(text))
    except ValueError:
        raise NotFound(f"There is no such {noun} in this account.") from None


def as_json(body: bytes) -> Response:
    """An answer that was encoded already."""
    return Response(body, media_type="application/json")


async def _rooms(request: Request) -> Rooms:
    rooms: Rooms = request.app.state.rooms
    return rooms


Here = Annotated[Rooms, Depends(_rooms)]
"""Parameter of a route: what it works on."""
