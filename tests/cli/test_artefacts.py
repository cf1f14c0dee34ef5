"""`setpoint artefacts prune`: says what it removes, and removes nothing where it is only asked."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.conftest import Said

from setpoint.artefacts import Artefacts
from setpoint.settings import load_settings
from setpoint.store import Store, open_store

Setpoint = Callable[..., Said]


def kept(home: Path) -> tuple[Store, str]:
    settings = load_settings()
    assert settings.home.is_relative_to(home)
    store = open_store(settings.service_url)
    artefact = Artefacts(settings.artefacts_url).write(io.BytesIO(b"x" * 2048), "log")
    row = store.submissions.add("ours", "project", product_code="x", report={})
    store.submissions._shelf.change("ours", row.id, state="SUCCESS")
    store.uploads.add("ours", row.id, artefact=artefact, file_name="log")
    table = store.uploads._shelf.table
    with store.database.writing() as connection:
        connection.execute(table.update().values(created_at=datetime.now(UTC) - timedelta(days=40)))
    return store, row.id


def test_it_says_what_it_does(setpoint: Setpoint, home: Path) -> None:
    store, identity = kept(home)
    told = setpoint("artefacts", "prune", "--older-than", "30d", "--dry-run", "--json")
    assert told.exit_code == 0, told.err
    nothing = {"orphans": 0, "orphan_bytes": 0}
    assert json.loads(told.out) == {"logs": 1, "log_bytes": 2048, **nothing, "is_dry_run": True}
    assert "No log was" in setpoint("artefacts", "prune").out
    assert "1 log (2 KiB)" in setpoint("artefacts", "prune", "--older-than", "720h").out
    found = store.uploads.get("ours", identity)
    assert found is not None
    assert found.is_pruned
    assert json.loads(setpoint("artefacts", "prune", "--older-than", "30d", "--json").out)["logs"] == 0


@pytest.mark.parametrize("age", ["soon", "-1d", "90", "", "9999999d", "1d 2h"])
def test_an_age_that_is_none_is_refused(setpoint: Setpoint, home: Path, age: str) -> None:  # noqa: ARG001 - of this test
    said = setpoint("artefacts", "prune", "--older-than", age)
    assert said.exit_code == 65
    assert "90d" in said.err
