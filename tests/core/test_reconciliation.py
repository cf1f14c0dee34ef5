"""Bill against estimate, and what is learned from it."""

import math
import random
from datetime import UTC, datetime
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.reports.made import T0, life, priced, report

from setpoint.core.breakdown import breakdown
from setpoint.core.domain import Cost
from setpoint.core.reconciliation import (
    LARGEST_BILL_BYTES,
    BilledRow,
    billed_cost,
    correction,
    corrections,
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
    with_tax = billed_cost(RUN, [row(0.4), row(1, "Tax"), row(-0.2, "Tax")])
    assert isinstance(with_tax, Cost)
    assert (with_tax.of("dbu"), with_tax.of("other")) == pytest.approx((0.4, 0.8))
    assert [line.name for line in breakdown(with_tax).lines] == [
        "other charges: Tax",
        "Databricks units: PREMIUM_JOBS_COMPUTE",
    ]


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
        ("PREMIUM_JOBS_SERVERLESS_COMPUTE_US_EAST_N_VIRGINIA", "units"),
        ("ENTERPRISE_JOBS_LIGHT_COMPUTE", "units"),
        ("PREMIUM_DLT_CORE_COMPUTE", "units"),
        ("PREMIUM_SQL_PRO_COMPUTE_US_EAST", "units"),
        ("Amazon Elastic Compute Cloud", "machines"),
        ("Compute Engine", "machines"),
        ("Compute Optimizer", None),
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
        ("cluster_id,dollars,Dollars\nc,1,2\n", "Line 1 of the bill: the column dollars is there twice"),
        ("cluster_id,dollars,BillingCurrency\nc,1,USD\nc,1,EUR\n", "Line 3 of the bill: it is in 'EUR'"),
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


def test_amounts_far_apart_do_not_overflow() -> None:
    assert math.isfinite(correction([(5e-324, 1e9)] * 50).high)


projects = st.lists(st.tuples(st.sampled_from(["", "a", "b", "c"]), st.floats(0.01, 1e4), st.floats(0.01, 1e4)))


@given(projects, st.randoms(use_true_random=False))
def test_the_factor_of_a_project_lies_between_its_own_and_that_over_all(
    runs: list[tuple[str, float, float]], chance: random.Random
) -> None:
    learned = corrections(runs)
    every = [(estimated, billed) for _, estimated, billed in runs]
    assert learned.over_all == correction(every)
    assert learned.of("unheard of") == learned.over_all
    assert set(learned.projects) == {name for name, _, _ in runs if name}
    for name, found in learned.projects.items():
        own = median(math.log(billed / estimated) for each, estimated, billed in runs if each == name)
        low, high = sorted((own, math.log(learned.over_all.factor)))
        assert low - 1e-9 <= math.log(found.factor) <= high + 1e-9
        assert found.low <= found.factor <= found.high
        assert found.runs == sum(each == name for each, _, _ in runs)
    shuffled = list(runs)
    chance.shuffle(shuffled)
    again = corrections(shuffled)
    assert {name: again.projects[name].factor for name in learned.projects} == {
        name: pytest.approx(found.factor) for name, found in learned.projects.items()
    }


@given(st.floats(0.3, 3), st.floats(0.3, 3))
def test_many_runs_of_a_project_speak_for_themselves_and_none_takes_the_factor_over_all(
    factor: float, other: float
) -> None:
    runs = [("a", 10.0, 10.0 * factor)] * 400 + [("b", 10.0, 10.0 * other)] * 400
    learned = corrections([*runs, ("new", 10.0, 0.0)])
    assert learned.projects["a"].factor == pytest.approx(factor, rel=0.02)
    assert learned.projects["b"].factor == pytest.approx(other, rel=0.02)
    new = learned.projects["new"]
    assert new.factor == pytest.approx(learned.over_all.factor)
    assert new.runs == 0
    assert new.high / new.low >= learned.over_all.high / learned.over_all.low


def test_pooling_is_nearer_to_the_truth_than_each_alone_or_all_together() -> None:
    """Accounts of projects drawn at random: squared errors of the logarithm, and how many intervals hold the truth."""
    chance = random.Random(7)
    pooled = alone = together = 0.0
    held = count = 0
    for _ in range(150):
        account = chance.gauss(-0.2, 0.2)
        truths = {f"p{number}": account + chance.gauss(0, 0.15) for number in range(8)}
        runs = [
            (name, 10.0, 10.0 * math.exp(truth + chance.gauss(0, 0.2)))
            for name, truth in truths.items()
            for _ in range(chance.choice((1, 2, 3, 8)))
        ]
        learned = corrections(runs)
        for name, truth in truths.items():
            found = learned.projects[name]
            single = correction([(ours, theirs) for each, ours, theirs in runs if each == name])
            pooled += (math.log(found.factor) - truth) ** 2
            alone += (math.log(single.factor) - truth) ** 2
            together += (math.log(learned.over_all.factor) - truth) ** 2
            held += found.low <= math.exp(truth) <= found.high
            count += 1
    assert pooled < min(alone, together)
    assert held / count > 0.85


def test_rows_of_its_cluster_on_other_days_are_counted() -> None:
    others = [BilledRow("", "c-1", DAY.replace(year=2001), JOBS, 1, 9)] * 2 + [row(9, cluster="c-2")]
    assert reconcile(RUN, ESTIMATE, [*others, row(0.4)]).rows_outside == 2
    assert reconcile(RUN, None, others).rows_outside == 2
    assert reconcile(RUN, ESTIMATE, [row(0.4)]).rows_outside == 0


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_bills_with_other_delimiters_are_read(delimiter: str) -> None:
    lines = (("cluster_id", "currency_code", "sku", "dollars"), ("c-1", "usd", JOBS, "0.4"), ("c-1", "", JOBS, "0.1"))
    rows = read_bill("\n".join(delimiter.join(cells) for cells in lines).encode())
    assert [it.dollars for it in rows] == [0.4, 0.1]
    assert rows[0].sku == JOBS
