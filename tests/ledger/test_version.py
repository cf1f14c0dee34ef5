"""A ledger tells at once whether anything was written."""

from pathlib import Path

import pytest
from tests.service.story import whole_story

from setpoint.ledger import open_ledger


@pytest.mark.parametrize("kind", ["memory:", "sqlite:///{}/ledger.db"])
def test_the_version_moves_with_what_is_written_to_the_project_and_only_then(kind: str, tmp_path: Path) -> None:
    ledger, entries = open_ledger(kind.format(tmp_path)), whole_story()
    assert ledger.version("orders") == 0
    seen = {0}
    for entry in entries[:6]:
        assert ledger.append("orders", entry)
        assert ledger.version("orders") not in seen
        seen.add(ledger.version("orders"))
    before = ledger.version("orders")
    assert not ledger.append("orders", entries[0])
    assert ledger.append("others", *entries)
    assert ledger.version("orders") == before
    assert ledger.read("orders") == entries[:6]
