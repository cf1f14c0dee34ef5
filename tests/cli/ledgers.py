"""Ledgers on disk for the commands that read one."""

from collections.abc import Iterable
from pathlib import Path

from setpoint.core.history import Entry
from setpoint.ledger import open_ledger


def fill(home: Path, project: str, entries: Iterable[Entry]) -> None:
    home.mkdir(parents=True, exist_ok=True)
    ledger = open_ledger(f"sqlite:///{home / 'ledger.db'}")
    for entry in entries:
        assert ledger.append(project, entry)
