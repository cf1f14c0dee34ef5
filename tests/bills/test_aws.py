import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.bills.exports import LAST, csv_text, legacy, stamp, usage, write_csv, write_parquet
from tests.core.billing.bills import START, entries, hours, run

from setpoint.bills.aws import AwsExport
from setpoint.bookkeeping import book
from setpoint.core.billing import Reading, as_known, attribute
from setpoint.core.history import fold
from setpoint.errors import InputError
from setpoint.ledger.memory import MemoryLedger

SINCE, UNTIL = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
MAY = (START, datetime(2026, 6, 1, tzinfo=UTC))
EMR = {"line_item_product_code": "ElasticMapReduce", "line_item_usage_type": "USE1-BoxUsage:m5.xlarge"}
DISK = {"line_item_usage_type": "USE1-EBS:VolumeUsage.gp3", "line_item_resource_id": "vol-1"}
ROWS = [usage(1, 1.0), usage(2, 0.25, **EMR), usage(3, 0.125, **DISK), LAST]


def read(folder: Path) -> Reading:
    return AwsExport(folder).read(SINCE, UNTIL)


def dollars(reading: Reading) -> float:
    return sum(cost.dollars for cost in attribute([("p", run(0))], reading).costs.values())


def test_all_formats_say_the_same(tmp_path: Path) -> None:
    write_csv(tmp_path / "a" / "cur-00001.csv", ROWS)
    write_csv(tmp_path / "b" / "cur-00001.csv.gz", ROWS)
    write_csv(tmp_path / "c" / "report-1.csv", [legacy(row) for row in ROWS])
    write_parquet(tmp_path / "d" / "cur-00001.snappy.parquet", ROWS)
    first, *others = (read(tmp_path / name) for name in "abcd")
    assert first.spans == (MAY,)
    assert [line.dollars for line in first.lines] == [1.0, 0.25, 0.125, 0.5]
    for other in others:
        assert other == first


def test_the_fee_the_machines_and_the_disks_are_apart(tmp_path: Path) -> None:
    write_csv(tmp_path / "cur.csv", ROWS)
    cost = attribute([("p", run(0))], read(tmp_path)).costs["p", "0"]
    assert {part.kind: part.dollars for part in cost.parts} == {"vm_on_demand": 1.0, "emr_fee": 0.25, "disk": 0.125}
    assert cost.label == "billed"


def test_reading_files_in_pieces_and_twice_changes_nothing(tmp_path: Path) -> None:
    write_csv(tmp_path / "whole" / "cur-1.csv", ROWS)
    for number, row in enumerate([*ROWS, *ROWS]):
        write_csv(tmp_path / "pieces" / f"cur-{number}.csv", [row])
    whole, pieces = (attribute([("p", run(0))], read(tmp_path / name)) for name in ("whole", "pieces"))
    assert whole == pieces


@pytest.mark.parametrize("column", ["user:ClusterId", "user_cluster_id", "ClusterId"])
def test_machines_of_databricks_are_known_by_its_tag(column: str, tmp_path: Path) -> None:
    write_csv(tmp_path / "cur.csv", [usage(1, 1.0, resource_tags=f'{{"{column}": "cluster-0"}}'), LAST])
    assert dollars(read(tmp_path)) == 1.0


def test_without_a_tag_a_machine_is_known_by_its_id(tmp_path: Path) -> None:
    write_csv(tmp_path / "cur.csv", [usage(7, 1.0, resource_tags=""), LAST])
    told = attribute([("p", run(0, 0.0, 1.0, "j-1", "i-7"))], read(tmp_path))
    assert told.costs["p", "0"].dollars == 1.0


def test_the_fee_names_its_cluster_by_an_arn(tmp_path: Path) -> None:
    arn = "arn:aws:elasticmapreduce:us-east-1:123456789012:cluster/cluster-0"
    write_csv(tmp_path / "cur.csv", [usage(1, 0.25, **EMR, line_item_resource_id=arn, resource_tags=""), LAST])
    assert dollars(read(tmp_path)) == 0.25


def test_plans_and_discounts_count_once(tmp_path: Path) -> None:
    plan = {"line_item_line_item_type": "SavingsPlanCoveredUsage", "savings_plan_savings_plan_effective_cost": "0.6"}
    rows = [
        usage(1, 1.0, **plan),
        usage(2, -1.0, line_item_line_item_type="SavingsPlanNegation"),
        usage(3, 2.0, line_item_net_unblended_cost="1.5"),
        usage(4, -0.5, line_item_line_item_type="EdpDiscount", line_item_net_unblended_cost="0"),
        usage(5, 0.1, line_item_line_item_type="Tax"),
        usage(6, -0.1, line_item_line_item_type="Credit"),
        LAST,
    ]
    write_csv(tmp_path / "cur.csv", rows)
    assert dollars(read(tmp_path)) == pytest.approx(0.6 + 1.5 - 0.1)


def test_the_newest_version_of_a_month_replaces_the_others(tmp_path: Path) -> None:
    data = tmp_path / "nightly" / "data" / "BILLING_PERIOD=2026-05"
    write_csv(data / "2026-06-01T08:00:00.000Z-aa" / "nightly-00001.csv", [usage(1, 1.0), LAST])
    write_csv(data / "2026-06-05T08:00:00.000Z-bb" / "nightly-00001.csv", [usage(51, 0.7), LAST])
    assert dollars(read(tmp_path)) == 0.7


def test_a_manifest_says_which_assembly_holds(tmp_path: Path) -> None:
    month = tmp_path / "report" / "20260501-20260601"
    write_csv(month / "ffff" / "report-1.csv.gz", [legacy(usage(1, 1.0)), legacy(LAST)])
    write_csv(month / "0000" / "report-1.csv.gz", [legacy(usage(1, 0.7)), legacy(LAST)])
    with pytest.raises(InputError, match="2 versions of one billing period"):
        read(tmp_path)
    (month / "report-Manifest.json").write_text('{"assemblyId": "0000", "reportKeys": ["…"]}')
    assert dollars(read(tmp_path)) == 0.7


def test_two_exports_in_one_folder_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_csv(tmp_path / name / "data" / "BILLING_PERIOD=2026-05" / "x.csv", ROWS)
    with pytest.raises(InputError, match="dollars would count twice"):
        read(tmp_path)


def test_of_a_month_that_goes_on_the_last_day_is_not_taken_for_whole(tmp_path: Path) -> None:
    write_csv(tmp_path / "cur.csv", [usage(1, 1.0), usage(2, 1.0, 99.0)])
    assert read(tmp_path).spans == ((START, hours(100) - timedelta(days=1)),)


def test_months_that_are_not_there_are_not_covered(tmp_path: Path) -> None:
    july = {
        "bill_billing_period_start_date": "2026-07-01T00:00:00Z",
        "bill_billing_period_end_date": "2026-08-01T00:00:00Z",
    }
    write_csv(tmp_path / "cur.csv", [*ROWS, usage(5, 1.0, 24 * 92 - 1, **july)])
    found = AwsExport(tmp_path).read(SINCE, UNTIL + timedelta(days=99))
    assert found.spans == (MAY, (datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)))


def test_a_restated_export_is_a_new_entry_and_savings_see_it(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    ledger.append("p", *entries(run(0)))
    for day, (cost, corrected) in enumerate([(3.0, 0), (3.0, 0), (2.0, 1)]):
        write_csv(tmp_path / "cur.csv", [usage(1, cost, 0.5), LAST, usage(2, 9.0, resource_tags="")])
        found = book(ledger, ["p"], AwsExport(tmp_path).read(SINCE, UNTIL), hours(999 + day))
        assert found.corrected == corrected
    history = fold(ledger.read("p"))
    assert history is not None
    known = as_known(history.runs[0], history).cost
    assert (known.dollars, known.label) == (4.0, "list-estimated")
    assert len(ledger.read("p")) == len(entries(run(0))) + 2


def test_other_documents_are_refused_with_their_name(tmp_path: Path) -> None:
    (tmp_path / "cur.csv").write_bytes(b"a,b\n1,2\n")
    with pytest.raises(InputError, match=r"cur\.csv has no column line_item_usage_start_date"):
        read(tmp_path)
    (tmp_path / "cur.csv").write_bytes(csv_text([usage(1, 1.0, line_item_currency_code="EUR")]))
    with pytest.raises(InputError, match="is in EUR"):
        read(tmp_path)
    (tmp_path / "cur.csv").write_bytes(csv_text([usage(1, 1.0, line_item_unblended_cost="many")]))
    with pytest.raises(InputError, match="'many' in line_item_unblended_cost is no amount"):
        read(tmp_path)
    (tmp_path / "cur.csv").unlink()
    with pytest.raises(InputError, match="no cost export"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"), [("x.csv.gz", gzip.compress(csv_text(ROWS))[:-20]), ("x.parquet", b"PAR1 and no more PAR1")]
)
def test_a_cut_off_file_is_no_bill(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=name):
        read(tmp_path)


def test_a_bucket_is_read_like_a_folder(tmp_path: Path) -> None:
    from fsspec.implementations.memory import MemoryFileSystem

    system = MemoryFileSystem()
    with system.open("/bills/nightly/BILLING_PERIOD=2026-05/x.csv", "wb") as file:
        file.write(csv_text(ROWS))
    found = AwsExport("s3://bills/nightly", lambda *_: (system, "/bills/nightly")).read(SINCE, UNTIL)
    write_csv(tmp_path / "x.csv", ROWS)
    assert found == read(tmp_path)
    assert stamp(found.spans[0][0]) == "2026-05-01T00:00:00.000Z"
