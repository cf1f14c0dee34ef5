"""The ledger as one account's projects see it, by the names of its streams: others' are not there."""

from dataclasses import dataclass

from setpoint.core.history import FLEET, Entry
from setpoint.ledger import Ledger
from setpoint.store.runs import Projects

__all__ = ["AccountStreams"]


@dataclass(frozen=True, slots=True)
class AccountStreams:
    """A `Ledger` of one account, for the loop and for what projects teach each other."""

    ledger: Ledger
    rows: Projects
    account: str

    def append(self, project: str, *entries: Entry) -> bool:
        """Write all of them at once, or none; nothing where the stream is not the account's."""
        stream = self._stream(project)
        return False if stream is None else self.ledger.append(stream, *entries)

    def read(self, project: str) -> tuple[Entry, ...]:
        """All entries of a stream; empty where it is not the account's."""
        stream = self._stream(project)
        return () if stream is None else self.ledger.read(stream)

    def newest(self, *kinds: type[Entry]) -> dict[str, Entry]:
        """Of each of the account's streams that has any entry of these kinds the one that was written last."""
        mine = self.rows.streams(self.account)
        return {stream: entry for stream, entry in self.ledger.newest(*kinds).items() if stream in mine}

    def projects(self) -> tuple[str, ...]:
        """The account's streams, sorted; also those to which nothing was written yet."""
        return tuple(sorted(self.rows.streams(self.account)))

    def _stream(self, project: str) -> str | None:
        if project == FLEET:
            return f"{FLEET}:{self.account}"
        return project if self.rows.of_stream(self.account, project) is not None else None
