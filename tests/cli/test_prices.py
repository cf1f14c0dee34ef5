import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Said

from setpoint.cli.price_lines import change_lines, lines
from setpoint.cli.refresh_progress import RefreshProgress
from setpoint.prices import PRICE_SOURCES, Tell, load_book
from setpoint.prices.difference import changes
from setpoint.prices.live import Access
from setpoint.prices.refreshed import Quote, Refresh, store

Setpoint = Callable[..., Said]
TODAY = time.strftime("%Y-%m-%d", time.gmtime())


@pytest.fixture(autouse=True)
def _no_databricks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABRICKS_HOST", "DATABRICKS_TOKEN", "DATABRICKS_WAREHOUSE_ID"):
        monkeypatch.delenv(name, raising=False)


def refresh(dollars: float, as_of: str = "2026-11-20", region: str = "us-east-1") -> Refresh:
    quotes = (Quote("on_demand", "m5.xlarge", dollars),)
    return Refresh(source="aws", cloud="aws", region=region, as_of=as_of, words="a live list", quotes=quotes)


def export(folder: Path) -> Path:
    path = folder / "prices.csv"
    path.write_text("sku_name,cloud,price\nPREMIUM_JOBS_COMPUTE,AWS,0.16\n", encoding="utf-8")
    return path


def test_show_says_every_price_of_a_type_with_its_origin(setpoint: Setpoint) -> None:
    said = setpoint("prices", "show", "--node-type", "m5.xlarge")
    assert said.exit_code == 0
    text = re.sub(r" +", " ", said.out)
    for part in (
        "aws us-east-1",
        "on-demand $0.192 an hour listed, karpenter-provider-aws, 2026-07-20",
        "spot ≈ $0.06528 an hour estimated from kin",
        "0.69 DBU an hour, Photon ≈ × 2.9 (jobs)",
        "EMR fee ≈ $0.048",
        "4 vCPU · 16 GiB · x86_64",
        "premium jobs $0.15 a DBU listed",
        "gp3 $0.08 a GiB-month",
        "3000 IOPS and 125 MB/s are free",
    ):
        assert part in text


def test_show_in_json_has_the_same_facts(setpoint: Setpoint) -> None:
    answer = json.loads(setpoint("prices", "show", "--json", "--node-type", "m5.*large", "--region", "us-east-1c").out)
    m5 = answer["node_types"]["m5.xlarge"]
    assert (m5["on_demand"]["dollars"], m5["on_demand"]["method"]) == (0.192, "listed")
    assert (m5["spot"]["dollars"], m5["spot"]["estimated"]) == (0.06528, True)
    assert m5["dbu_rate"]["dbu_per_hour"] == 0.69
    assert m5["hardware"]["vcpus"] == 4
    assert (answer["cloud"], answer["region"]) == ("aws", "us-east-1")
    assert {"plan": "premium", "compute": "jobs", "dollars": 0.15}.items() <= answer["dbu"][0].items()
    assert set(answer["node_types"]) > {"m5.xlarge", "m5.2xlarge"}


@pytest.mark.parametrize(
    ("words", "cloud", "region"),
    [
        (("--region", "East US 2"), "azure", "eastus2"),
        (("--region", "us-central1-a"), "gcp", "us-central1"),
        (("--cloud", "azure"), "azure", "eastus"),
        (("--cloud", "gcp"), "gcp", "us-central1"),
        ((), "aws", "us-east-1"),
    ],
)
def test_cloud_and_region_tell_each_other(setpoint: Setpoint, words: tuple[str, ...], cloud: str, region: str) -> None:
    answer = json.loads(setpoint("prices", "show", "--json", *words).out)
    assert (answer["cloud"], answer["region"]) == (cloud, region)
    assert setpoint("prices", "show", *words).out.startswith(f"{cloud} {region}\n")


def test_a_type_of_which_little_is_known_says_so() -> None:
    text = "\n".join(lines(load_book("gcp", "us-central1"), ["n2-standard-4"]))
    assert "units an hour are not known" in text
    text = "\n".join(lines(load_book("aws", "us-east-1"), ["g4ad.4xlarge"]))
    assert "hardware not known" in text
    text = "\n".join(lines(load_book("aws", "us-west-1"), ["c7a.2xlarge"]))
    assert "not known" in text
    text = "\n".join(lines(load_book("azure", "eastus"), ["Standard_E8ds_v4"]))
    assert "GiB $" in text


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        (("show", "--region", "moon-1"), 65, "us-east-1"),
        (("show", "--cloud", "ibm"), 65, "aws, azure, gcp"),
        (("show", "--node-type", "m5.xlrge"), 65, "m5.xlarge"),
        (("diff", "--with", "moon-1"), 65, "us-east-1"),
        (("diff", "--after", "soon"), 65, "--after soon"),
        (("refresh", "--source", "moon"), 65, "databricks"),
        (("refresh", "--source", "databricks"), 65, "DATABRICKS_TOKEN"),
        (("refresh", "--source", "aws", "--from", "x.csv"), 65, "--from"),
        (("refresh", "--from", "no-such.csv"), 65, "no-such.csv"),
        (("refresh", "--cloud", "gcp"), 65, "gcp"),
        (("refresh", "--source", "databricks", "--table", "usage"), 65, "list_prices"),
    ],
)
def test_what_cannot_be_is_one_clear_sentence(
    setpoint: Setpoint, words: tuple[str, ...], code: int, named: str
) -> None:
    said = setpoint("prices", *words)
    assert (said.exit_code, said.out) == (code, "")
    assert named in said.err
    assert "Traceback" not in said.err


def test_an_export_is_refreshed_kept_and_shown(setpoint: Setpoint, home: Path, tmp_path: Path) -> None:
    said = setpoint("prices", "refresh", "--from", str(export(tmp_path)))
    assert said.exit_code == 0
    assert f"aws us-east-1: Databricks list_prices, from prices.csv, {TODAY}, 1 in number, kept in" in said.err
    assert [it.name for it in (home / "prices").iterdir()] == [f"databricks_aws_us-east-1_{TODAY}.json"]
    shown = setpoint("prices", "show").out
    assert f"listed, Databricks list_prices, from prices.csv, {TODAY}" in shown
    assert f"1 price of Databricks list_prices, from prices.csv, {TODAY}" in shown


def test_a_live_source_tells_how_far_it_is_and_several_regions_are_kept(
    setpoint: Setpoint, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Live:
        def refresh(self, cloud: str, region: str, tell: Tell) -> Refresh:
            tell(f"{cloud} {region}: page 1")
            tell(f"{cloud} {region}: page 2")
            return refresh(0.3, TODAY, region)

    def live(_: Access) -> Live:
        return Live()

    monkeypatch.setitem(PRICE_SOURCES, "aws", live)
    said = setpoint("prices", "refresh", "--region", "us-east-1", "--region", "eu-west-1b")
    assert said.exit_code == 0
    assert said.err.count("aws us-east-1\n") == said.err.count("aws eu-west-1\n") == 1
    assert len(list((home / "prices").iterdir())) == 2


def test_an_interrupted_refresh_leaves_what_was_there(
    setpoint: Setpoint, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped:
        def refresh(self, _cloud: str, _region: str, tell: Tell) -> Refresh:
            tell("page 1")
            raise KeyboardInterrupt

    path = store(home / "prices", refresh(0.2))
    before = path.read_bytes()
    monkeypatch.setitem(PRICE_SOURCES, "aws", lambda _: Stopped())
    assert setpoint("prices", "refresh").exit_code == 130
    assert [it.read_bytes() for it in (home / "prices").iterdir()] == [before]


def test_diff_tells_what_was_refreshed(setpoint: Setpoint, home: Path) -> None:
    assert "No price differs." in setpoint("prices", "diff").out
    store(home / "prices", refresh(0.24, "2026-10-01"))
    store(home / "prices", refresh(0.2, "2026-11-20"))
    (change,) = json.loads(setpoint("prices", "diff", "--json").out)["changes"]
    assert (change["what"], change["before"]["dollars"], change["after"]["dollars"]) == (
        "m5.xlarge on-demand",
        0.192,
        0.2,
    )
    assert "+25.0%  m5.xlarge on-demand" in setpoint("prices", "diff", "--after", "2026-10-15").out
    (change,) = json.loads(setpoint("prices", "diff", "--before", "2026-10-15", "--json").out)["changes"]
    assert (change["before"]["dollars"], change["after"]["dollars"]) == (0.24, 0.2)


def test_diff_compares_regions_and_shows_the_largest_changes(setpoint: Setpoint) -> None:
    said = setpoint("prices", "diff", "--with", "eu-west-1")
    assert said.exit_code == 0
    assert "--all shows them" in said.out
    rows = [float(found) for found in re.findall(r"^ *([+-][\d.]+)%", said.out, re.MULTILINE)]
    assert len(rows) == 40
    assert rows == sorted(rows, key=abs, reverse=True)
    assert setpoint("prices", "diff", "--with", "eu-west-1", "--all").out.count("\n") > 1000


def test_what_came_and_went_is_named() -> None:
    here, there = load_book("aws", "us-east-1"), load_book("aws", "us-west-1")
    text = "\n".join(change_lines(here, there, changes(here, there), 10_000))
    assert "    gone  " in text
    text = "\n".join(change_lines(there, here, changes(there, here), 10_000))
    assert "     new  " in text


def test_discounts_are_shown_and_those_that_do_not_count_are_told(
    setpoint: Setpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "settings.toml"
    rule = '[[discounts]]\non = "vm"\ntypes = "m5.*"\nmarket = "on_demand"\npercent = 12\n'
    path.write_text(rule + rule.replace("12", "20"), encoding="utf-8")
    monkeypatch.setenv("SETPOINT_SETTINGS", str(path))
    said = setpoint("prices", "show", "--node-type", "m5.xlarge")
    assert "your rate, listed 0.192 on 2026-07-20 (karpenter-provider-aws), less your 12 %" in said.out
    assert "Discount 2 (20 % off vm m5.* on_demand) does not count" in said.err


def test_on_a_terminal_one_line_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with RefreshProgress() as progress:
        progress.tell("AWS us-east-1: page [1]")
        progress.tell("AWS us-east-1: page 2")
        assert progress._status is not None
        assert "page 2" in str(progress._status.status)


def test_the_node_type_tells_the_cloud_and_azure_needs_no_standard(setpoint: Setpoint) -> None:
    said = setpoint("prices", "show", "--node-type", "E8ds_v4")
    assert (said.exit_code, said.err) == (0, "")
    assert "Standard_E8ds_v4" in said.out
    assert "gcp us-central1" in setpoint("prices", "show", "--node-type", "n2-standard-*").out
