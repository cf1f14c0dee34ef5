"""Bill against estimate, and what is learned from it."""

import math
import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.reports.made import T0, life, priced, report

from setpoint.core.domain import Cost
from setpoint.core.reconciliation import (
    LARGEST_BILL_BYTES,
    BilledRow,
    billed_cost,
    correction,
    part_of_sku,
    read_bill,
    reconcile,
)
from setpoint.core.reports import read_report
from setpoint.errors import InputError

RUN = read_report(report(life(2)))
ESTIMATE = priced(report(life(2)))
DAY = datetime.fromtimestamp(T0, UTC).date()
JOBS, VM, EBS = "PREMIUM_JOBS_COMPUTE", "BoxUsage:m5.xlarge", "EBS:VolumeUsage.gp3"


def row(dollars: float, sku: str = JOBS, cluster: str = "c-1", run: str = "", quantity: float = 1.0) -> BilledRow:
    return BilledRow(run, cluster, DAY, sku, quantity, dollars)


def test_only_parts_that_the_bill_has_are_compared() -> None:
    found = reconcile(RUN, ESTIMATE, [row(0.2), row(0.16)])
    assert found.estimated_dollars == pytest.approx(0.45)
    assert found.billed_dollars == pytest.approx(0.36)
    assert found.ratio == pytest.approx(0.8)
    whole = reconcile(RUN, ESTIMATE, [row(0.4), row(0.6, VM), row(0.05, EBS)])
    assert whole.estimated_dollars == pytest.approx(ESTIMATE.dollars)
    assert [part for part, _, _ in whole.parts] == ["machines", "units", "disks"]
    blurred = reconcile(RUN, ESTIMATE, [row(0.4), row(0.6, "Everything")])
    assert (blurred.estimated_dollars, blurred.parts) == (ESTIMATE.dollars, ())


def test_retractions_take_back() -> None:
    corrected = [row(0.5), row(-0.5, quantity=-1), row(0.4)]
    assert reconcile(RUN, ESTIMATE, corrected).billed_dollars == pytest.approx(0.4)


def test_rows_of_others_and_of_other_days_are_left_out() -> None:
    others = [
        row(9, cluster="c-2"),
        row(9, cluster="", run="78"),
        BilledRow("", "c-1", DAY.replace(year=2001), JOBS, 1, 9),
    ]
    assert reconcile(RUN, ESTIMATE, others).billed_dollars is None
    assert reconcile(RUN, ESTIMATE, [*others, row(0.4, cluster="", run="77")]).billed_dollars == pytest.approx(0.4)
    assert reconcile(RUN, None, [row(0.4)]).ratio is None


def test_a_billed_cost_says_so() -> None:
    cost = billed_cost(RUN, [row(0.4), row(0.2, VM), row(0.1, "SpotUsage:m5.xlarge"), row(0.1, EBS)])
    assert isinstance(cost, Cost)
    assert cost.label == "billed"
    assert (cost.dollars, cost.of("dbu")) == pytest.approx((0.8, 0.4))
    assert (cost.of("vm_spot"), cost.of("vm_on_demand")) == pytest.approx((0.1, 0.2))
    assert billed_cost(RUN, []) is None
    assert billed_cost(RUN, [row(0.4), row(1, "Something")]) is None


@pytest.mark.parametrize(
    ("sku", "part"),
    [
        ("ENTERPRISE_JOBS_COMPUTE_(PHOTON)", "units"),
        ("PREMIUM_ALL_PURPOSE_COMPUTE", "units"),
        ("USE1-BoxUsage:m5.xlarge", "machines"),
        ("SpotUsage:i3.xlarge", "machines"),
        ("EU-EBS:VolumeUsage.gp3", "disks"),
        ("AmazonEC2", "machines"),
        ("ElasticMapReduce", "emr fee"),
        ("USE1-EMR-SERVERLESS-vCPUHour", "serverless"),
        ("Virtual Machines Esv4 Series Spot", "machines"),
        ("Premium SSD Managed Disks", "disks"),
        ("Tax", None),
    ],
)
def test_parts_of_skus(sku: str, part: str | None) -> None:
    assert part_of_sku(sku) == part


def test_columns_by_their_usual_names() -> None:
    text = "\ufeffUsage_Date,sku_name,usage_metadata.cluster_id,usage_metadata.job_run_id,usage_quantity,cost\r\n"
    text += f"{DAY},{JOBS},c-1,77,3.0,0.45\r\n\r\n{DAY}T05:00:00Z,{JOBS},c-1,,-1,$-0.15\r\n"
    first, second = read_bill(text.encode())
    assert first == BilledRow("77", "c-1", DAY, JOBS, 3.0, 0.45)
    assert (second.dollars, second.day) == (-0.15, DAY)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "its columns are: none"),
        ("a,b\n1,2\n", "its columns are: a, b"),
        ("cluster_id,dollars\nc,many\n", "Line 2 of the bill: 'many' is no amount"),
        ("cluster_id,dollars\nc,nan\n", "is no amount"),
        ("cluster_id,dollars\nc,1e300\n", "is no amount"),
        ("cluster_id,dollars\nc\n", "'' is no amount"),
        ("cluster_id,dollars,date\nc,1,soon\n", "'soon' is no date"),
        ('cluster_id,dollars\n"c,1\n', "no CSV file"),
    ],
)
def test_bills_that_cannot_be_used(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_bill(text.encode())


def test_bills_that_are_no_text_or_too_large() -> None:
    with pytest.raises(InputError, match="not UTF-8"):
        read_bill(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="larger than"):
        read_bill(b" " * (LARGEST_BILL_BYTES + 1))


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_rows_or_a_sentence(document: bytes) -> None:
    try:
        rows = read_bill(document)
    except InputError:
        return
    assert all(math.isfinite(it.dollars) for it in rows)


pairs = st.lists(st.tuples(st.floats(0.01, 1e4), st.floats(0.01, 1e4)), max_size=20)


@given(pairs, st.randoms(use_true_random=False))
def test_the_correction_is_free_of_order_and_within_its_interval(
    found: list[tuple[float, float]], chance: random.Random
) -> None:
    learned = correction(found)
    assert learned.low <= learned.factor <= learned.high
    assert learned.runs == len(found)
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert correction(shuffled).factor == pytest.approx(learned.factor)


@given(st.floats(0.3, 3), st.integers(1, 60))
def test_few_runs_move_it_little_and_many_all_the_way(factor: float, runs: int) -> None:
    few, more = (correction([(10.0, 10.0 * factor)] * count) for count in (runs, runs + 1))
    assert abs(math.log(few.factor)) <= abs(math.log(more.factor)) + 1e-12
    assert abs(math.log(more.factor)) <= abs(math.log(factor)) + 1e-12
    assert (few.factor - 1) * (factor - 1) >= 0
    assert math.log(more.high / more.low) <= math.log(few.high / few.low) + 1e-12
    assert correction([(10.0, 10.0 * factor)] * 200).factor == pytest.approx(factor, rel=0.02)


def test_one_odd_bill_does_not_move_it_and_empty_ones_do_not_count() -> None:
    plain = correction([(10, 7)] * 9)
    odd = correction([(10, 7)] * 9 + [(10, 700)])
    assert odd.factor == pytest.approx(plain.factor, rel=0.02)
    assert correction([(10, 7)] * 9 + [(0, 5), (5, 0), (5, -1)]) == plain


def test_coverage_of_the_interval() -> None:
    """Accounts and runs drawn as it believes them to be: nine of ten intervals hold the truth."""
    chance, held = random.Random(4), 0
    for _ in range(600):
        truth = chance.gauss(0, 0.3)
        runs = [(10.0, 10.0 * math.exp(truth + chance.gauss(0, 0.1))) for _ in range(chance.choice((1, 2, 5, 12)))]
        learned = correction(runs)
        held += learned.low <= math.exp(truth) <= learned.high
    assert held / 600 > 0.88
