"""A region that nobody lists prices of: named by a document it is not priced, named by the user it is an error."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Said
from tests.core.reports.made import life, report

Setpoint = Callable[..., Said]
MARS = {"aws_attributes": {"availability": "ON_DEMAND", "zone_id": "mars-east-1a"}}


@pytest.fixture
def martian(tmp_path: Path) -> Path:
    path = tmp_path / "mars.json"
    path.write_bytes(report(life(2), {**MARS, "cluster_id": "c-mars"}))
    return path


def test_a_report_of_it_is_unpriceable(setpoint: Setpoint, martian: Path) -> None:
    said = setpoint("cost", str(martian), "--json")
    assert said.exit_code == 3
    answer = json.loads(said.out)
    assert any("no price of m5.xlarge in aws mars-east-1" in reason for reason in answer["unpriceable"])
    assert answer["prices"] == "no prices are known for aws mars-east-1"
    assert setpoint("cost", str(martian)).exit_code == 3
    assert setpoint("cost", str(martian), "--region", "us-east-1").exit_code == 0


def test_the_user_is_told_of_it(setpoint: Setpoint, martian: Path) -> None:
    said = setpoint("cost", str(martian), "--region", "moon-1", "--json")
    assert (said.exit_code, said.out) == (65, "")
    assert "region “moon-1”; known: " in said.err


def test_a_bill_is_still_compared_with_the_other_reports(setpoint: Setpoint, martian: Path, tmp_path: Path) -> None:
    other, bill = tmp_path / "report.json", tmp_path / "bill.csv"
    other.write_bytes(report(life(2)))
    bill.write_text("cluster_id,sku,dollars\nc-1,PREMIUM_JOBS_COMPUTE,0.5\nc-mars,PREMIUM_JOBS_COMPUTE,0.5\n")
    said = setpoint("reconcile", str(bill), str(martian), str(other), "--json")
    assert said.exit_code == 0
    assert "mars.json cannot be priced whole" in said.err
    assert [run["ratio"] is None for run in json.loads(said.out)["runs"]] == [True, False]


def test_rows_of_other_days_are_told(setpoint: Setpoint, tmp_path: Path) -> None:
    path, bill = tmp_path / "report.json", tmp_path / "bill.csv"
    path.write_bytes(report(life(2)))
    bill.write_text("cluster_id,date,dollars\nc-1,1999-01-01,0.5\nc-1,1999-01-02,0.5\n")
    said = setpoint("reconcile", str(bill), str(path), "--json")
    assert "report.json: 2 rows of its bill not counted: of days outside the run." in said.err
    assert [run["rows_outside_run"] for run in json.loads(said.out)["runs"]] == [2]


def test_a_line_of_a_study_is_not_priced(setpoint: Setpoint, tmp_path: Path) -> None:
    path = tmp_path / "measured.csv"
    path.write_text(
        "name,cloud,region,node_type,workers,runtime_seconds\n"
        "here,aws,us-east-1,m5.xlarge,8,3600\nthere,aws,mars-1,m5.xlarge,8,3600\n"
    )
    said = setpoint("study", "import", str(path), "--json")
    rows = {row["spec"]: row for row in json.loads(said.out)["rows"]}
    assert rows["here"]["total_dollars"] > 0
    assert rows["there"]["total_dollars"] is None
    assert "aws mars-1" in rows["there"]["reason"]


def test_a_study_with_it_as_an_option_is_refused(setpoint: Setpoint, tmp_path: Path) -> None:
    path = tmp_path / "measured.csv"
    path.write_text("name,cloud,node_type,workers,runtime_seconds\nhere,aws,m5.xlarge,8,3600\n")
    said = setpoint("study", "import", str(path), "--region", "mars-1")
    assert (said.exit_code, said.out) == (65, "")
    assert "Line 2, column region: No prices are known for aws region “mars-1”" in said.err
