"""`setpoint database`: versions and copies."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.cli.conftest import Said

from setpoint.ledger import open_ledger
from setpoint.store import open_store
from setpoint.testing.ledger_contract import a_run, sample_entries

Setpoint = Callable[..., Said]


@pytest.fixture
def url(setpoint: Setpoint, home: Path) -> str:
    assert setpoint("database", "upgrade").exit_code == 0
    return f"sqlite:///{home / 'ledger.db'}"


def test_where_nothing_is_yet_it_says_so_and_upgrade_makes_it(setpoint: Setpoint, home: Path) -> None:
    for command in (("status",), ("backup", str(home / "copy.db"))):
        said = setpoint("database", *command)
        assert said.exit_code == 65
        assert "no database" in said.err
        assert not home.exists()
    assert setpoint("database", "upgrade").exit_code == 0
    said = setpoint("database", "status")
    assert "up to date" in said.out
    assert json.loads(setpoint("database", "status", "--json").out)["is_newest"]


def test_a_copy_is_taken_while_others_write_and_put_back(setpoint: Setpoint, url: str, tmp_path: Path) -> None:
    ledger, store = open_ledger(url), open_store(url)
    ledger.append("nightly", *sample_entries())
    store.accounts.add("ours")
    copy = tmp_path / "copies" / "copy.db"
    with store.database.writing():  # somebody is at work
        assert setpoint("database", "backup", str(copy)).exit_code == 0
    assert copy.stat().st_mode & 0o077 == 0
    ledger.append("nightly", a_run(999))
    store.close()
    said = setpoint("database", "restore", str(copy))
    assert said.exit_code == 75
    assert "--force" in said.err
    said = setpoint("database", "restore", str(copy), "--force")
    assert said.exit_code == 0, said.err
    assert open_ledger(url).read("nightly") == sample_entries()
    assert [row.name for row in open_store(url).accounts.list()] == ["ours"]
    (replaced,) = Path(url.removeprefix("sqlite:///")).parent.glob("*.replaced-*")
    assert len(open_ledger(f"sqlite:///{replaced}").read("nightly")) == len(sample_entries()) + 1


def test_a_database_in_use_is_not_replaced(setpoint: Setpoint, url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    setpoint("database", "backup", str(copy))
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as other:
        other.execute("select count(*) from tasks").fetchall()
        said = setpoint("database", "restore", str(copy), "--force")
    assert said.exit_code == 75
    assert "in use" in said.err


@pytest.mark.parametrize("what", ["nothing", "text", "other", "damaged", "newer"])
def test_what_is_no_copy_of_ours_is_refused_and_nothing_is_lost(
    what: str, setpoint: Setpoint, url: str, tmp_path: Path
) -> None:
    open_ledger(url).append("nightly", *sample_entries())
    copy = tmp_path / "copy.db"
    if what == "text":
        copy.write_text("no database at all, whatever its name says" * 100, encoding="utf-8")
    if what == "other":
        with closing(sqlite3.connect(copy)) as other:
            other.execute("create table pictures (id integer)")
    if what in {"damaged", "newer"}:
        setpoint("database", "backup", str(copy))
    if what == "damaged":
        content = bytearray(copy.read_bytes())
        content[4096 : 3 * 4096] = b"x" * (2 * 4096)
        copy.write_bytes(bytes(content))
    if what == "newer":
        with closing(sqlite3.connect(copy)) as other:
            other.execute("update alembic_version set version_num = '9999'")
            other.commit()
    said = setpoint("database", "restore", str(copy), "--force")
    assert said.exit_code in {65, 74}
    assert said.err.count("\n") == 1
    assert open_ledger(url).read("nightly") == sample_entries()


def test_a_copy_is_not_written_over(setpoint: Setpoint, url: str, tmp_path: Path) -> None:
    assert url
    (tmp_path / "copy.db").write_text("mine", encoding="utf-8")
    assert setpoint("database", "backup", str(tmp_path / "copy.db")).exit_code == 65
    assert (tmp_path / "copy.db").read_text(encoding="utf-8") == "mine"


def test_for_postgresql_its_own_programs_are_named(setpoint: Setpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETPOINT_DATABASE_URL", "postgresql://me:very-secret@db.example.com/setpoint")
    said = setpoint("database", "backup", "copy.db")
    assert said.exit_code == 65
    assert "pg_dump" in said.err
    assert "very-secret" not in said.err
