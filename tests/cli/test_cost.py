"""`setpoint cost` and `setpoint reconcile`, from reports made here."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Said
from tests.core.reports.made import life, report

Setpoint = Callable[..., Said]
SPOT = {"aws_attributes": {"availability": "SPOT_WITH_FALLBACK", "first_on_demand": 1, "zone_id": "us-east-1a"}}


@pytest.fixture
def worked(tmp_path: Path) -> Path:
    """The worked example: a driver on-demand, 8 spot workers, an hour and 5 minutes of start."""
    path = tmp_path / "report.json"
    path.write_bytes(report(life(8), {**SPOT, "num_workers": 8}))
    return path


def test_the_worked_example_in_words(setpoint: Setpoint, worked: Path) -> None:
    said = setpoint("cost", str(worked))
    assert (said.exit_code, said.err) == (0, "")
    assert "Total       $1.90 (list-estimated)" in said.out
    assert "job-1-run-77-nightly (c-1) · Databricks on AWS · us-east-1 · 1 h 5 min" in said.out
    parts = (
        "on-demand instances: m5.xlarge",
        "spot instances: m5.xlarge",
        "Databricks units: premium jobs",
        "disks: gp3",
    )
    for words in (*parts, "assumed: ", "Energy      ", "kWh", "gCO2e", "Prices      "):
        assert words in said.out
    assert said.out.endswith("Not counted: stored data, network traffic, support, taxes.\n")


def test_the_worked_example_as_json(setpoint: Setpoint, worked: Path) -> None:
    said = setpoint("cost", str(worked), "--json")
    answer = json.loads(said.out)
    assert answer["total_dollars"] == pytest.approx(1.898, abs=0.001)
    assert (answer["label"], answer["unpriceable"]) == ("list-estimated", [])
    assert set(answer["parts"][0]) == {
        "kind", "item", "quantity", "unit", "dollars", "price_origin", "is_estimated",
    }  # fmt: skip
    assert sum(part["dollars"] for part in answer["parts"]) == pytest.approx(answer["total_dollars"])
    assert answer["assumptions"]
    assert (answer["priced_dollars"], answer["report"]["project"]) == (None, "job 1")
    for interval in (answer["energy"]["kwh"], answer["energy"]["gco2e"]):
        assert 0 < interval["low"] <= interval["high"]
    assert [set(figure) for figure in answer["energy"]["figures"]] == [{"source", "kwh", "is_estimated"}] * 2


def test_energy_that_is_not_known_leaves_the_price(setpoint: Setpoint, tmp_path: Path) -> None:
    path = tmp_path / "usage.json"
    units = [{"instance_type": "m5.xlarge", "began": 0, "ended": 3600}]
    path.write_text(json.dumps({"setpoint_usage": 1, "cloud": "aws", "region": "us-east-1", "units": units,
                                "plan": "premium", "compute": "jobs"}))  # fmt: skip
    said = setpoint("cost", str(path))
    assert said.exit_code == 0
    assert "Energy      not known: the report names no machines" in said.out
    answer = json.loads(setpoint("cost", str(path), "--json").out)
    assert answer["total_dollars"] > 0
    assert set(answer["energy"]) == {"reason"}


def test_what_the_caller_knows_better(setpoint: Setpoint, worked: Path) -> None:
    plain = json.loads(setpoint("cost", str(worked), "--json").out)
    dearer = json.loads(setpoint("cost", str(worked), "--json", "--plan", "Enterprise").out)
    assert dearer["total_dollars"] > plain["total_dollars"]
    purpose = json.loads(setpoint("cost", str(worked), "--json", "--compute", "all-purpose").out)
    assert purpose["report"]["compute"] == "all_purpose"
    elsewhere = json.loads(setpoint("cost", str(worked), "--json", "--region", "eu-west-1").out)
    assert elsewhere["report"]["region"] == "eu-west-1"
    for option, word in (("--plan", "gold"), ("--compute", "quantum"), ("--region", "atlantis-1")):
        said = setpoint("cost", str(worked), option, word)
        assert (said.exit_code, said.out) == (65, "")
        assert word in said.err


def test_standard_input(setpoint: Setpoint, worked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(worked.read_bytes())))
    assert "Total       $1.90" in setpoint("cost", "-").out


def test_a_type_that_the_book_lacks(setpoint: Setpoint, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(report(life(2), {"driver_node_type_id": "m9.mega"}))
    said = setpoint("cost", str(path))
    assert said.exit_code == 3
    assert "Total       not priced\n" in said.out
    assert "missing: no price of m9.mega in aws us-east-1" in said.out
    assert "on-demand instances: m5.xlarge" in said.out
    assert "assumed: " in said.out
    assert "Energy      not known: " in said.out
    answer = json.loads(setpoint("cost", str(path), "--json").out)
    assert (answer["total_dollars"], answer["label"]) == (None, None)
    assert len(answer["unpriceable"]) == 2
    assert answer["priced_dollars"] > 0


def test_azure_spot_is_a_guess_that_says_so(setpoint: Setpoint, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    azure = {"availability": "SPOT_AZURE", "first_on_demand": 1}
    changes = {"aws_attributes": None, "azure_attributes": azure, "node_type_id": "Standard_E8ds_v4"}
    path.write_bytes(report(life(2), changes))
    said = setpoint("cost", str(path))
    assert said.exit_code == 0
    assert "guess, the median share" in said.out
    assert "prices of eastus are taken" in said.out


def test_a_spot_price_that_is_missing_has_a_bound(setpoint: Setpoint, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    spot = {"availability": "SPOT", "first_on_demand": 1, "zone_id": "us-west-1a"}
    path.write_bytes(report(life(2), {"aws_attributes": spot, "node_type_id": "c7a.2xlarge"}))
    said = setpoint("cost", str(path))
    assert said.exit_code == 3
    assert "--spot-as-on-demand" in said.out
    bound = setpoint("cost", str(path), "--spot-as-on-demand")
    assert bound.exit_code == 0
    assert "so it cost less than this" in bound.out


def test_unusable_documents(setpoint: Setpoint, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    for document, words in (
        (b"{", "no JSON"),
        (b"{}", "no cluster report that is known"),
        (report(life(2), {"num_workers": -2}), "cluster.num_workers is -2"),
    ):
        path.write_bytes(document)
        said = setpoint("cost", str(path))
        assert (said.exit_code, said.out) == (65, "")
        assert words in said.err
        assert said.err.count("\n") == 1
    assert setpoint("cost", str(tmp_path / "nothing.json")).exit_code == 65
    assert setpoint("cost", str(tmp_path)).exit_code == 65


def test_reconcile(setpoint: Setpoint, worked: Path, tmp_path: Path) -> None:
    bill = tmp_path / "bill.csv"
    rows = ["c-1,PREMIUM_JOBS_COMPUTE,0.5", "c-1,PREMIUM_JOBS_COMPUTE,0.342", "c-1,PREMIUM_JOBS_COMPUTE,-0.1"]
    bill.write_text("\n".join(["cluster_id,sku,dollars", *rows]), encoding="utf-8")
    said = setpoint("reconcile", str(bill), str(worked))
    assert (said.exit_code, said.err) == (0, "")
    assert "$0.742" in said.out
    assert "Not applied." in said.out
    assert "billed: what the invoice says." in said.out
    answer = json.loads(setpoint("reconcile", str(bill), str(worked), "--json").out)
    (run,) = answer["runs"]
    assert run["billed_dollars"] == pytest.approx(0.742)
    assert run["ratio"] == pytest.approx(0.742 / 0.932, abs=0.001)
    assert [part["part"] for part in run["parts"]] == ["units"]
    assert (run["billed"]["label"], run["billed"]["total_dollars"]) == ("billed", pytest.approx(0.742))
    assert list(answer["projects"]) == [run["project"]] == ["job 1"]
    assert answer["correction"]["runs"] == 1
    assert 0.742 / 0.932 < answer["correction"]["factor"] < 1
    assert (answer["is_applied"], "corrected_dollars" in run) == (False, False)
    applied = json.loads(setpoint("reconcile", str(bill), str(worked), "--apply", "--json").out)
    corrected = applied["runs"][0]["list_estimated_dollars"] * applied["projects"]["job 1"]["factor"]
    assert applied["runs"][0]["corrected_dollars"] == pytest.approx(corrected)
    assert "Applied above" in setpoint("reconcile", str(bill), str(worked), "--apply").out


def test_reconcile_learns_for_each_project(setpoint: Setpoint, tmp_path: Path) -> None:
    bill, rows, reports = tmp_path / "bill.csv", ["cluster_id,sku,dollars"], []
    for number in range(12):
        changes = {"cluster_id": f"c-{number}", "custom_tags": {"sync:project-id": f"p{number % 2}"}}
        path = tmp_path / f"{number}.json"
        path.write_bytes(report(life(2), changes))
        units = json.loads(setpoint("cost", str(path), "--json").out)["parts"][0]
        rows.append(f"c-{number},PREMIUM_JOBS_COMPUTE,{units['dollars'] * (0.6 if number % 2 else 0.9)}")
        reports.append(str(path))
    bill.write_text("\n".join(rows), encoding="utf-8")
    answer = json.loads(setpoint("reconcile", str(bill), *reports, "--apply", "--json").out)
    dear, cheap = answer["projects"]["p0"], answer["projects"]["p1"]
    assert cheap["factor"] < answer["correction"]["factor"] < dear["factor"]
    assert (cheap["runs"], dear["runs"], answer["correction"]["runs"]) == (6, 6, 12)
    for run in answer["runs"]:
        factor = answer["projects"][run["project"]]["factor"]
        assert run["corrected_dollars"] == pytest.approx(run["list_estimated_dollars"] * factor)
    said = setpoint("reconcile", str(bill), *reports).out
    assert all(any(line.startswith(name) for line in said.splitlines()) for name in ("p0 ", "p1 ", "over all "))


def test_reconcile_what_cannot_be(setpoint: Setpoint, worked: Path, tmp_path: Path) -> None:
    bill = tmp_path / "bill.csv"
    bill.write_text("cluster_id,dollars\nc-9,1\n", encoding="utf-8")
    said = setpoint("reconcile", str(bill), str(worked))
    assert said.exit_code == 0
    assert said.out.count("  0\n") == 2
    twice = setpoint("reconcile", str(bill), str(worked), str(worked))
    assert twice.exit_code == 65
    assert "tells of the cluster c-1 again" in twice.err
    bill.write_text("a,b\n1,2\n", encoding="utf-8")
    assert "needs the columns" in setpoint("reconcile", str(bill), str(worked)).err
    missing = tmp_path / "missing.json"
    missing.write_bytes(report(life(2), {"driver_node_type_id": "m9.mega"}))
    bill.write_text("cluster_id,dollars\nc-1,1\n", encoding="utf-8")
    unpriced = setpoint("reconcile", str(bill), str(missing))
    assert "cannot be priced whole" in unpriced.err
    assert "$1.00" in unpriced.out
