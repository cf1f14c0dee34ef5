from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.bills.exports import write_csv
from tests.core.billing.bills import START, run

from setpoint.bills.azure import AzureExport
from setpoint.core.billing import Reading, attribute
from setpoint.errors import InputError

SINCE, UNTIL = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)


def day(number: int, dollars: float, **others: str) -> dict[str, str]:
    return {
        "date": f"05/{number:02d}/2026",
        "resourceId": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm1",
        "tags": '"ClusterId":"cluster-0","Vendor":"Databricks"',
        "meterCategory": "Virtual Machines",
        "meterName": "D4s v5",
        "quantity": "2.0",
        "unitOfMeasure": "1 Hour",
        "billingCurrency": "USD",
        "costInBillingCurrency": str(dollars),
        **others,
    }


LAST = day(31, 0.0, tags="", resourceId="")


def read(folder: Path) -> Reading:
    return AzureExport(folder).read(SINCE, UNTIL)


def test_machines_and_disks_of_a_cluster_are_known_by_its_tag(tmp_path: Path) -> None:
    disk = day(1, 0.25, meterCategory="Storage", meterName="P10 LRS Disk")
    write_csv(tmp_path / "part_0.csv", [day(1, 1.5), disk, day(1, 9.0, meterCategory="Azure Databricks"), LAST])
    found = read(tmp_path)
    assert found.spans == ((START, datetime(2026, 6, 1, tzinfo=UTC)),)
    cost = attribute([("p", run(0))], found).costs["p", "0"]
    assert {part.kind: part.dollars for part in cost.parts} == {"vm_on_demand": 1.5, "disk": 0.25}


def test_two_rows_alike_are_two_but_a_copy_of_the_file_is_none(tmp_path: Path) -> None:
    rows = [day(1, 1.5), day(1, 1.5), LAST]
    for name in ("part_0.csv", "copy of part_0.csv"):
        write_csv(tmp_path / name, rows)
    assert attribute([("p", run(0))], read(tmp_path)).costs["p", "0"].dollars == 3.0


def test_the_run_of_the_export_that_was_submitted_last_holds(tmp_path: Path) -> None:
    month = tmp_path / "export" / "20260501-20260531"
    for name, submitted, dollars in (("b", "2026-06-01T00:00:00Z", 2.0), ("a", "2026-06-03T00:00:00Z", 1.0)):
        write_csv(month / name / "part_0.csv", [day(1, dollars), LAST])
        (month / name / "manifest.json").write_text(f'{{"runInfo": {{"submittedTime": "{submitted}"}}}}')
    assert attribute([("p", run(0))], read(tmp_path)).costs["p", "0"].dollars == 1.0


def test_other_currencies_need_the_column_in_dollars(tmp_path: Path) -> None:
    write_csv(tmp_path / "x.csv", [day(1, 1.5, billingCurrency="EUR")])
    with pytest.raises(InputError, match="it is in EUR"):
        read(tmp_path)
    write_csv(tmp_path / "x.csv", [day(1, 1.5, billingCurrency="EUR", costInUsd="1.75"), LAST])
    assert attribute([("p", run(0))], read(tmp_path)).costs["p", "0"].dollars == 1.75


def test_other_documents_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"a\n1\n")
    with pytest.raises(InputError, match="no column Date"):
        read(tmp_path)
