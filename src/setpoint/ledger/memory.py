"""The ledger that lasts as long as its process: for trying things out, simulations and tests."""

from threading import Lock

from setpoint.core.history import Entry, entry_key, is_reserved
from setpoint.ledger.codec import encode


class MemoryLedger:
    """Entries in dictionaries. It refuses what a lasting ledger could not store, so that nothing passes only here."""

    def __init__(self, *, is_strict: bool = True) -> None:
        """Start empty. One that is not strict takes entries as they are, which saves writing each out to see."""
        self._is_strict = is_strict
        self._lock = Lock()
        self._entries: dict[str, dict[str, Entry]] = {}

    def append(self, project: str, *entries: Entry) -> bool:
        """Write all of them at once, or none where the first is there already."""
        keyed = [(encode(entry).key if self._is_strict else entry_key(entry), entry) for entry in entries]
        with self._lock:
            if not keyed or keyed[0][0] in self._entries.get(project, {}):
                return False
            written = self._entries.setdefault(project, {})
            for key, entry in keyed:
                written.setdefault(key, entry)
        return True

    def read(self, project: str) -> tuple[Entry, ...]:
        """All entries of a project in the order they were written."""
        with self._lock:
            return tuple(self._entries.get(project, {}).values())

    def newest(self, *kinds: type[Entry]) -> dict[str, Entry]:
        """Of each project the entry of these kinds that was written last."""
        with self._lock:
            every = {name: tuple(written.values()) for name, written in self._entries.items() if not is_reserved(name)}
        found = {name: [entry for entry in written if isinstance(entry, kinds)] for name, written in every.items()}
        return {name: entries[-1] for name, entries in found.items() if entries}

    def projects(self) -> tuple[str, ...]:
        """Names of all projects, sorted."""
        with self._lock:
            return tuple(sorted(name for name in self._entries if not is_reserved(name)))

    def versions(self) -> dict[str, int]:
        """How many entries each project has."""
        with self._lock:
            return {name: len(written) for name, written in self._entries.items() if not is_reserved(name)}

    def version(self, project: str) -> int:
        """How many entries a project has."""
        with self._lock:
            return len(self._entries.get(project, {}))
