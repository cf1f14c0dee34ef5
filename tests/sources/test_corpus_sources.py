"""Every log of the catalogue is found as one log with all its parts. Skipped where the corpus is not there."""

import csv
import re
from pathlib import Path

import pytest

from setpoint.sources import find_logs

CORPUS = Path(__file__).parents[3] / "shared" / "eventlogs"
CATALOGUE = CORPUS / "CATALOG.csv"
ROWS = list(csv.DictReader(CATALOGUE.read_text(encoding="utf-8").splitlines())) if CATALOGUE.exists() else []

pytestmark = pytest.mark.skipif(not ROWS, reason="no corpus of event logs beside the repository")


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_one_log_with_all_its_parts(row: dict[str, str]) -> None:
    told: list[object] = []
    (log,) = find_logs(CORPUS / row["file"], tell=told.append)
    parts = re.search(r"multi-part \((\d+) parts\)", row["oddities"])

    assert len(log.files) == (int(parts[1]) if parts else 1)
    assert told == []
    assert len(log.gaps) == (1 if "missing-part" in row["file"] or "_94_" in log.files[0].name else 0)


def test_none_is_lost_in_the_folder_of_all() -> None:
    found = find_logs(CORPUS)

    assert len(found) >= len(ROWS)
    for row in ROWS:
        assert any(log.name.startswith(str(CORPUS / row["file"])) for log in found), row["file"]
