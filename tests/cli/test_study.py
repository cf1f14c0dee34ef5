"""`setpoint study`: measurements from a file, runs made here, and files that are nobody's to overwrite."""

import csv
import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.conftest import Said

from setpoint.core.domain import ClusterSpec
from setpoint.errors import InputError
from setpoint.studies.measurements import Defaults, read_measurements
from setpoint.studies.order import StudiedSpec, runs_in_order
from setpoint.testing.spark_emulator import install

Setpoint = Callable[..., Said]

MEASURED = """name,cloud,region,node_type,workers,photon,market,runtime_seconds,startup_seconds,repeat,colour
plain,aws,us-east-1,m5.xlarge,8,no,,3600,300,1,red
plain,aws,us-east-1,m5.xlarge,8,no,,3700,300,2,red
photon,aws,us-east-1,m5.xlarge,8,yes,,2000,300,1,red
spot,aws,us-east-1,m5.xlarge,8,no,spot,3600,300,1,red
unknown,aws,us-east-1,zz9.xlarge,8,no,,900,300,1,red
"""


def answer(said: Said) -> dict[str, object]:
    assert said.exit_code == 0, said.err
    found = json.loads(said.out)
    assert isinstance(found, dict)
    return found


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    path = tmp_path / "measured.csv"
    path.write_text(MEASURED, encoding="utf-8")
    return path


def test_measurements_are_priced_and_compared(setpoint: Setpoint, measured: Path) -> None:
    said = setpoint("study", "import", str(measured), "--json")
    rows = {row["spec"]: row for row in answer(said)["rows"]}  # type: ignore[attr-defined]
    assert "columns not used: colour" in said.err
    assert rows["plain"]["runs"] == 2
    assert rows["plain"]["runtime_seconds"] == 3650
    # The worked example: 0.774 VM + 0.932 DBU + 0.192 EBS.
    assert rows["spot"]["dbu_dollars"] == pytest.approx(0.9315, abs=1e-3)
    assert rows["spot"]["total_dollars"] == pytest.approx(1.898, abs=2e-3)
    assert rows["spot"]["label"] == "list-estimated"
    assert rows["unknown"]["total_dollars"] is None
    assert "zz9.xlarge" in rows["unknown"]["reason"]


def test_the_table_the_page_and_the_csv(setpoint: Setpoint, measured: Path, tmp_path: Path) -> None:
    said = setpoint("study", "import", str(measured))
    assert said.exit_code == 0
    assert "Cheapest" in said.out
    assert "Not priced: unknown" in said.out
    table, page = tmp_path / "table.csv", tmp_path / "page.html"
    assert setpoint("study", "import", str(measured), "--csv", str(table), "--html", str(page)).exit_code == 0
    lines = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert [line["spec"] for line in lines][-1] == "unknown"
    assert sum(float(lines[0][f"{part}_dollars"] or 0) for part in ("vm", "dbu", "disk", "fee", "cores")) == (
        pytest.approx(float(lines[0]["total_dollars"]))
    )
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    again = setpoint("study", "import", str(measured), "--csv", str(table), "--html", str(page))
    assert again.exit_code == 0


def test_the_order_of_lines_and_columns_changes_nothing(setpoint: Setpoint, measured: Path, tmp_path: Path) -> None:
    rows = list(csv.reader(MEASURED.splitlines()))
    mixed = tmp_path / "measured-too.csv"
    lines = [rows[0][::-1], *(row[::-1] for row in reversed(rows[1:]))]
    mixed.write_text("\n".join(";".join(line) for line in lines), encoding="utf-8-sig")
    pages = []
    for path in (measured, mixed):
        page = tmp_path / f"{path.stem}.html"
        assert setpoint("study", "import", str(path), "--html", str(page), "--title", "x").exit_code == 0
        pages.append(page.read_text(encoding="utf-8"))
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("a,aws,us-east-1,m5.xlarge,8,no,,soon,0,1,x", "Line 7, column runtime_seconds: 'soon'"),
        ("a,aws,us-east-1,m5.xlarge,8,no,,nan,0,1,x", "Line 7, column runtime_seconds"),
        ("a,aws,us-east-1,m5.xlarge,8,no,,-4,0,1,x", "Line 7, column runtime_seconds"),
        ("a,aws,us-east-1,m5.xlarge,8,no,,,0,1,x", "Line 7, column runtime_seconds: it is empty"),
        ("a,aws,us-east-1,m5.xlarge,-1,no,,9,0,1,x", "Line 7, column workers"),
        ("a,aws,us-east-1,m5.xlarge,,no,,9,0,1,x", "Line 7, column workers: it is empty"),
        ("a,aws,us-east-1,m5.xlarge,8,maybe,,9,0,1,x", "Line 7, column photon"),
        ("a,azure,,Standard_E8ds_v4,8,no,,9,0,1,x", "Line 7, column region: which region of azure?"),
        ("a,venus,,m5.xlarge,8,no,,9,0,1,x", "Line 7, column cloud: 'venus' is none of aws, azure, gcp"),
        ("a,aws,us-east-1,<img>,8,no,,9,0,1,x", "Line 7, column node_type"),
        ("a,aws,us-east-1,m5.xlarge,8,no,futures,9,0,1,x", "Line 7, column market"),
        ("plain,aws,us-east-1,m5.xlarge,8,no,,9,0,2,x", "Line 7, column repeat: repeat 2 of this spec is in line 3"),
        ("a,aws,us-east-1,m5.xlarge,8,no,,9,0,1,x,y,z", "Line 7: 13 cells where there are 11 columns"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_written(
    setpoint: Setpoint, measured: Path, tmp_path: Path, line: str, says: str
) -> None:
    measured.write_text(f"{MEASURED}{line}\n", encoding="utf-8")
    page = tmp_path / "page.html"
    said = setpoint("study", "import", str(measured), "--html", str(page))
    assert (said.exit_code, said.out) == (65, "")
    assert says in said.err
    assert not page.exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "nothing to compare"),
        (b"node_type,workers,runtime_seconds\n", "nothing to compare"),
        (b"a,b\n1,2\n", "neither a column node_type"),
        (b"node_type,workers\nm5.large,2\n", "no column runtime_seconds"),
        (b"node_type,node_type\n1,2\n", "the column node_type is there twice"),
        (b"node_type\n\xff\xfe\n", "line 2: not UTF-8"),
        (b'node_type,workers,runtime\n"m5.large,2,3\n', "no CSV file"),
    ],
)
def test_a_file_that_is_no_table_is_refused(setpoint: Setpoint, tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    said = setpoint("study", "import", str(path))
    assert said.exit_code == 65
    assert says in said.err


def test_no_file_is_overwritten_that_is_not_ours(setpoint: Setpoint, measured: Path) -> None:
    for option in ("--html", "--csv"):
        said = setpoint("study", "import", str(measured), option, str(measured))
        assert said.exit_code == 65
        assert "not overwritten" in said.err
    assert measured.read_text(encoding="utf-8") == MEASURED


def test_other_spellings_and_defaults(setpoint: Setpoint, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Instance Type\tNum Workers\tMinutes\tEngine\nm5.xlarge\t2\t10\tPHOTON\n", encoding="utf-8")
    said = setpoint("study", "import", str(path), "--json", "--region", "eu-west-1")
    (row,) = json.loads(said.out)["rows"]
    assert (row["runtime_seconds"], row["photon"], row["region"]) == (600, True, "eu-west-1")


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_read_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("study") / "t.csv"
    path.write_text(f"node_type,workers,runtime_seconds,{text}", encoding="utf-8")
    try:
        read = read_measurements(path, Defaults())
    except InputError as error:
        assert str(error)  # noqa: PT017 - either way is right
    else:
        assert read.samples


@given(st.integers(1, 6), st.integers(1, 5), st.integers())
def test_every_round_has_every_spec_once(specs: int, repeats: int, seed: int) -> None:
    studied = [StudiedSpec("", ClusterSpec.local(n, 1024)) for n in range(1, specs + 1)]
    plan = runs_in_order(studied, repeats, seed)
    for repeat in range(repeats):
        chunk = plan[repeat * specs : (repeat + 1) * specs]
        assert {run.studied for run in chunk} == set(studied)
        assert {run.repeat for run in chunk} == {repeat + 1}


@pytest.fixture
def spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPARK_HOME", str(install(tmp_path / "spark")))
    for name in ("MASTER", "SPARK_DRIVER_MEMORY", "SPARK_CONF_DIR"):
        monkeypatch.delenv(name, raising=False)
    specs = tmp_path / "specs.csv"
    specs.write_text("name,slots,memory\none,1,1g\ntwo,2,1g\nbig,2,2g\n", encoding="utf-8")
    return specs


WORDS = ("--", "--master", "local[4]", "--driver-memory", "1g", "job.py")


def test_a_study_runs_here_and_goes_on_where_it_was(setpoint: Setpoint, spark: Path) -> None:
    first = setpoint("study", "run", str(spark), "--repeats", "2", "--json", *WORDS)
    found = answer(first)
    assert (found["specs"], found["runs"]) == (3, 6)
    assert "run 6 of 6" in first.err
    results = spark.with_suffix(".results.csv")
    again = setpoint("study", "run", str(spark), "--repeats", "2", *WORDS)
    assert again.exit_code == 65
    assert "--resume" in again.err
    # A kill in the middle of a line: that run, and only that, is made again.
    content = results.read_bytes()
    results.write_bytes(content[:-5])
    resumed = setpoint("study", "run", str(spark), "--repeats", "2", "--resume", "--json", *WORDS)
    assert answer(resumed)["runs"] == 6
    assert resumed.err.count("setpoint: run ") == 1
    imported = setpoint("study", "import", str(results), "--json")
    assert answer(imported)["rows"] == json.loads(resumed.out)["rows"]


def test_results_of_another_command_are_not_mixed_in(setpoint: Setpoint, spark: Path) -> None:
    assert setpoint("study", "run", str(spark), "--repeats", "1", *WORDS).exit_code == 0
    said = setpoint("study", "run", str(spark), "--repeats", "1", "--resume", *WORDS, "other=1")
    assert said.exit_code == 65
    assert "another command" in said.err


def test_the_spec_reaches_spark_submit(setpoint: Setpoint, spark: Path, tmp_path: Path) -> None:
    spark.write_text('[[spec]]\nname = "x"\nslots = 3\nmemory = "3g"\nshuffle_partitions = 7\n', encoding="utf-8")
    toml = spark.rename(spark.with_suffix(".toml"))
    words = tmp_path / "words.json"
    said = setpoint("study", "run", str(toml), "--repeats", "1", *WORDS, f"words={words}")
    assert said.exit_code == 0, said.err
    given = json.loads(words.read_text(encoding="utf-8"))
    assert given[given.index("--master") + 1] == "local[3]"
    assert given[given.index("--driver-memory") + 1] == "3072m"
    assert "spark.sql.shuffle.partitions=7" in given


def test_failed_runs_are_rows_and_the_exit_code_says_so(setpoint: Setpoint, spark: Path) -> None:
    said = setpoint("study", "run", str(spark), "--repeats", "2", "--json", *WORDS, "exit=3")
    assert said.exit_code == 1
    found = json.loads(said.out)
    assert found["runs"] == 3  # a spec that failed is not run again
    assert found["total"] is None
    assert all("no run did its work" in row["reason"] for row in found["rows"])


def test_a_stopped_run_is_not_a_result(setpoint: Setpoint, spark: Path) -> None:
    said = setpoint("study", "run", str(spark), "--repeats", "1", *WORDS, f"kill={signal.SIGTERM.value}")
    assert said.exit_code == 130
    assert "stopped" in said.err
    assert len(spark.with_suffix(".results.csv").read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.parametrize("platform", ["databricks", "emr"])
def test_elsewhere_is_said_to_be_imported(setpoint: Setpoint, spark: Path, platform: str) -> None:
    said = setpoint("study", "run", str(spark), "--platform", platform, *WORDS)
    assert said.exit_code == 65
    assert "study import" in said.err


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("node_type\nm5.xlarge\n", "m5.xlarge is a machine of a cloud"),
        ("slots\n0\n", "Line 2, column slots"),
        ("memory\nmuch\n", "Line 2, column memory"),
        ("name\nx\n", "a spec needs slots, memory or shuffle_partitions"),
        ("slots\n1\n1\n", "Line 3, column name: the same spec stands above already"),
    ],
)
def test_specs_that_cannot_run_here_are_named(setpoint: Setpoint, spark: Path, lines: str, says: str) -> None:
    spark.write_text(lines, encoding="utf-8")
    said = setpoint("study", "run", str(spark), *WORDS)
    assert said.exit_code == 65
    assert says in said.err
    assert not spark.with_suffix(".results.csv").exists()


def test_azure_types_without_standard_are_found(setpoint: Setpoint, tmp_path: Path) -> None:
    results = tmp_path / "results.csv"
    results.write_text("node_type,workers,region,runtime_seconds\nF8s,2,eastus,600\nE8ds_v4,2,eastus,500\n")
    said = setpoint("study", "import", str(results), "--json")
    assert (said.exit_code, said.err) == (0, "")
    assert "Standard_F8s" in said.out
    assert "no price" not in said.out
