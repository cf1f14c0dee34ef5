"""`setpoint prior`."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Said
from tests.cli.ledgers import fill
from tests.core.made import entries, run

from setpoint.core.domain import ClusterSpec
from setpoint.core.history import Entry

Setpoint = Callable[..., Said]


def project(level: float) -> list[Entry]:
    specs = [ClusterSpec.local(slots, 4096) for slots in (2, 4, 8)]
    return entries(*(run(number, spec, level / spec.slots) for number, spec in enumerate([*specs, *specs])))


def test_an_empty_ledger_has_nothing_to_show_or_export(setpoint: Setpoint, tmp_path: Path) -> None:
    said = setpoint("prior", "show")
    assert said.exit_code == 0
    assert [line.split() for line in said.out.splitlines()] == [["Ledger", "nothing"], ["Imported", "nothing"]]
    said = setpoint("prior", "export", str(tmp_path / "prior.json"))
    assert said.exit_code == 65
    assert "nothing to export yet" in said.err
    assert not (tmp_path / "prior.json").exists()


def test_what_one_installation_learned_another_starts_from(setpoint: Setpoint, home: Path, tmp_path: Path) -> None:
    fill(home, "secret-orders", project(40.0))
    fill(home, "secret-stock", project(90.0))
    file = tmp_path / "prior.json"
    said = setpoint("prior", "export", str(file))
    assert said.exit_code == 0
    assert "2 curves over 3 specs, learned from 2 projects and 12 runs" in said.err.replace("\n", " ")
    assert "secret" not in file.read_text()
    assert setpoint("prior", "export", str(file)).exit_code == 0
    said = setpoint("prior", "import", str(file))
    assert said.exit_code == 0
    assert (home / "prior" / "imported.json").read_bytes() == file.read_bytes()
    shown = setpoint("prior", "show").out
    assert "Imported    2 curves over 3 specs" in shown
    assert "between runs on one spec (from 6 repeats)" in shown
    assert "a guess: nothing was measured" in shown
    answer = json.loads(setpoint("prior", "show", "--json").out)
    assert answer["ledger"] == answer["imported"]
    assert (answer["imported"]["workloads"], answer["imported"]["specs"]) == (2, 3)


def test_an_import_that_cannot_be_read_is_said(setpoint: Setpoint, home: Path) -> None:
    (home / "prior").mkdir(parents=True)
    (home / "prior" / "imported.json").write_text('{"setpoint_prior": 2}')
    said = setpoint("prior", "show")
    assert said.exit_code == 65
    assert "format 2" in said.err
    assert "Decisions are made without it" in said.err.replace("\n", " ")


def test_no_other_file_is_overwritten(setpoint: Setpoint, home: Path, tmp_path: Path) -> None:
    fill(home, "orders", project(40.0))
    other = tmp_path / "measurements.json"
    other.write_text("[1, 2, 3]")
    said = setpoint("prior", "export", str(other))
    assert said.exit_code == 65
    assert other.read_text() == "[1, 2, 3]"


def test_what_is_no_prior_is_not_imported(setpoint: Setpoint, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "prior.json"
    file.write_text('{"setpoint_prior": 1, "workloads": -1}')
    said = setpoint("prior", "import", str(file))
    assert said.exit_code == 65
    assert "$.workloads" in said.err
    assert not (home / "prior").exists()
    assert setpoint("prior", "import", str(tmp_path / "none.json")).exit_code == 65
