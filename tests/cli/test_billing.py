"""`setpoint billing` over a ledger on disk."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.bills.exports import stamp, usage, write_csv
from tests.bills.test_databricks import COLUMNS
from tests.bills.warehouse import Warehouse
from tests.cli.conftest import Said
from tests.cli.ledgers import fill
from tests.core.billing.bills import entries, run

from setpoint.core.domain import Run
from setpoint.platforms.databricks import transport
from setpoint.settings import load_settings
from setpoint.wiring import unit_as_paid

Setpoint = Callable[..., Said]
BEGAN = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=5)


CONNECTED = """
[connections.ours]
platform = "databricks"
region = "us-east-1"
host = "https://h"
profile = "p"
"""


def recent() -> Run:
    """A run of five days ago: what is read goes back from today."""
    made = run(0)
    return replace(made, report=replace(made.report, started_at=BEGAN, finished_at=BEGAN + timedelta(hours=1)))


@pytest.fixture
def filled(setpoint: Setpoint, home: Path) -> Setpoint:
    fill(home, "p", entries(recent()))
    return setpoint


def row(quantity: float) -> list[str | None]:
    began, ended = str(int(BEGAN.timestamp())), str(int(BEGAN.timestamp()) + 3600)
    return ["0", "cluster-0", "PREMIUM_JOBS_COMPUTE", "AWS", "DBU", "0.15", "2026-05-01", str(quantity), began, ended]


def export(path: Path, dollars: float) -> None:
    first = BEGAN.replace(day=1, hour=0)
    period = {
        "bill_billing_period_start_date": stamp(first),
        "bill_billing_period_end_date": stamp((first + timedelta(days=31)).replace(day=1)),
    }
    hour = {"line_item_usage_start_date": stamp(BEGAN), "line_item_usage_end_date": stamp(BEGAN + timedelta(hours=1))}
    later = BEGAN + timedelta(days=3)
    last = {"line_item_usage_start_date": stamp(later), "line_item_usage_end_date": stamp(later + timedelta(hours=1))}
    rows = [usage(1, dollars, **period, **hour), usage(2, 0.0, **period, **last)]
    following = (first + timedelta(days=31)).replace(day=1)
    if later >= following:
        # The month of the run is over; its last hour says so.
        end = {
            "line_item_usage_start_date": stamp(following - timedelta(hours=1)),
            "line_item_usage_end_date": stamp(following),
        }
        rows.append(usage(3, 0.0, **period, **end))
    write_csv(path, rows)


def test_nothing_is_shown_before_a_bill_was_read(filled: Setpoint) -> None:
    said = filled("billing", "show")
    assert (said.exit_code, said.err) == (0, "")
    assert "No run has a bill yet" in said.out


def test_bills_of_two_sources_make_a_run_billed(
    filled: Setpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, dict[str, str]]] = []

    def workspace(host: str, **credentials: str) -> Warehouse:
        asked.append((host, credentials))
        return Warehouse(COLUMNS, [[row(10.0)], *[[] for _ in range(20)]])

    monkeypatch.setattr(transport, "workspace", workspace)
    monkeypatch.setenv("DATABRICKS_HOST", "https://adb-1.azuredatabricks.net")
    monkeypatch.setenv("DATABRICKS_WAREHOUSE_ID", "abc")
    monkeypatch.setenv("DATABRICKS_TOKEN", "secret-of-mine")
    said = filled("billing", "read", "databricks", "--table", "account_prices", "--days", "6")
    assert (said.exit_code, said.err) == (0, "")
    assert "1 run billed for the first time" in said.out
    assert asked == [("https://adb-1.azuredatabricks.net", {"token": "secret-of-mine"})]
    export(tmp_path / "cur.csv", 2.5)
    data = json.loads(filled("billing", "read", "aws", str(tmp_path / "cur.csv"), "--days", "200", "--json").out)
    assert (data["first"], data["corrected"], data["waiting"]) == (1, 0, 0)
    shown = filled("billing", "show").out
    assert "billed ÷ estimated" in shown
    assert "aws, databricks" in shown
    (line,) = json.loads(filled("billing", "show", "p", "--json").out)["runs"]
    assert (line["billed_dollars"], line["estimated_dollars"], line["known"]["label"]) == (4.0, 5.0, "billed")
    assert "secret-of-mine" not in shown + said.out


def test_a_correction_is_told_and_savings_take_it(filled: Setpoint, tmp_path: Path) -> None:
    place = tmp_path / "cur.csv"
    for dollars, words in ((2.5, "1 run billed for the first time, 0 corrected"), (2.0, "1 corrected")):
        export(place, dollars)
        assert words in filled("billing", "read", "aws", str(place), "--days", "200").out
    factors = tmp_path / "factors.json"
    factors.write_text(filled("billing", "show", "--json").out)
    saved = filled("savings", "--reconciled", str(factors), "--json")
    assert (saved.exit_code, saved.err) == (0, "")
    total = json.loads(filled("savings", "--json").out)["total"]
    assert total["actual_dollars"] == 4.0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("gcp",), "There is no bill “gcp”; there are databricks, aws, azure."),
        (("aws",), "Say where the cost export of aws lies"),
        (("databricks", "--connection", "x"), "no connection “x” to Databricks; there are: ours"),
        (("databricks",), "need a workspace"),
        (("databricks", "--table", "prices"), "list_prices, account_prices"),
    ],
)
def test_what_is_missing_is_said(
    words: tuple[str, ...], said: str, filled: Setpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABRICKS_HOST", raising=False)
    file = tmp_path / "settings.toml"
    file.write_text(CONNECTED)
    monkeypatch.setenv("SETPOINT_SETTINGS", str(file))
    answer = filled("billing", "read", *words)
    assert (answer.exit_code, said in " ".join(answer.err.split())) == (65, True)


def test_a_contract_makes_units_paid_and_only_for_what_it_names(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    file = home / "settings.toml"
    file.write_text('[[discounts]]\non = "dbu"\nplan = "premium"\npercent = 20\n')
    monkeypatch.setenv("SETPOINT_SETTINGS", str(file))
    settings = load_settings()
    dollars, origin, is_paid = unit_as_paid(settings, "aws", "PREMIUM_JOBS_COMPUTE_(PHOTON)", 0.5)
    assert dollars == pytest.approx(0.4)
    assert is_paid
    assert "less your 20 %" in origin
    for cloud, sku in (
        ("aws", "ENTERPRISE_JOBS_COMPUTE"),
        ("aws", "PREMIUM_SQL_COMPUTE"),
        ("oci", "PREMIUM_JOBS_COMPUTE"),
    ):
        assert unit_as_paid(settings, cloud, sku, 0.5) == (0.5, "Databricks' list", False)


def test_a_connection_tells_the_workspace_and_the_profile(
    filled: Setpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(CONNECTED)
    monkeypatch.setenv("SETPOINT_SETTINGS", str(file))
    asked: list[tuple[str, dict[str, str]]] = []

    def workspace(host: str, **credentials: str) -> Warehouse:
        asked.append((host, credentials))
        return Warehouse(COLUMNS, [[] for _ in range(9)])

    monkeypatch.setattr(transport, "workspace", workspace)
    for words in ((), ("--connection", "ours")):
        assert filled("billing", "read", "databricks", "--warehouse", "w", "--days", "9", *words).exit_code == 0
    assert asked == [("https://h", {"profile": "p"})] * 2


def test_how_busy_machines_were_is_shown_without_an_agent(filled: Setpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = ("cluster_id", "driver", "seconds", "cpu", "memory", "peak_memory")
    rows: list[list[str | None]] = [["cluster-0", "false", "7200", "12.4", "30", "41"]]
    monkeypatch.setattr(transport, "workspace", lambda _: Warehouse(columns, [rows, []]))
    monkeypatch.setenv("DATABRICKS_HOST", "adb-1.azuredatabricks.net")
    monkeypatch.delenv("DATABRICKS_TOKEN", raising=False)
    said = filled("billing", "utilisation", "--warehouse", "abc")
    assert (said.exit_code, said.err) == (0, "")
    assert next(line for line in said.out.splitlines() if line.startswith("p ")).split()[2:] == [
        "2.00",
        "12",
        "%",
        "30",
        "%",
        "41",
        "%",
        "–",
        "–",
    ]
    monkeypatch.setattr(transport, "workspace", lambda _: Warehouse(columns, [[], []]))
    assert json.loads(filled("billing", "utilisation", "--warehouse", "abc", "--json").out) == {"runs": []}
    monkeypatch.setattr(transport, "workspace", lambda _: Warehouse(columns, [[], []]))
    assert "has Databricks measured" in filled("billing", "utilisation", "--warehouse", "abc").out
