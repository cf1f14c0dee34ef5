import csv
import math
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.made import START, WIDE, applied, change, entries, recorded, registered, run
from tests.core.savings.plants import plant

from setpoint.core.domain import ClusterSpec, Cost, CostPart, Outcome, Run
from setpoint.core.history import Described, Disturbed, GoalSet
from setpoint.core.reconciliation import Correction, Corrections
from setpoint.core.savings import Account, RunSaving, Saved, account, grouped, reconciled, total
from setpoint.core.savings.rates import cost_ratio, paid_prices
from setpoint.core.savings.table import COLUMNS, cells, row_of
from setpoint.errors import InputError

SMALL = ClusterSpec.local(4, 4096)
LARGE = ClusterSpec.local(16, 16384)
dollars = st.floats(0, 1e6)

rows = st.builds(
    RunSaving,
    project=st.sampled_from(["one", "two", "=three", "-4", "'five"]),
    run_id=st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00")).map(lambda it: f"r{it}"),
    at=st.integers(0, 200).map(lambda days: START + timedelta(days=days)),
    regime=st.integers(0, 3),
    spec=st.just("4 slots · 4 GiB"),
    owner_spec=st.just("8 slots · 8 GiB"),
    decision_id=st.just("000004"),
    outcome=st.sampled_from(Outcome),
    retry=st.booleans(),
    actual_dollars=dollars,
    actual_label=st.sampled_from(["billed", "list-estimated", "modelled"]),
    counterfactual_dollars=st.none() | dollars,
    counterfactual_label=st.just("modelled"),
    common_low_dollars=dollars,
    common_high_dollars=dollars,
    own_dollars=dollars,
    exploration_dollars=dollars,
    is_our_failure=st.booleans(),
)


@given(st.integers(0, 999), st.floats(0.0, 0.3), st.floats(-0.01, 0.02))
@settings(max_examples=10, deadline=None)
def test_a_project_never_changed_saves_exactly_nothing_without_any_doubt(
    seed: int, noise: float, growth: float
) -> None:
    saved = total(account("p", plant(seed, 12, {}, noise, growth).entries).runs)
    assert (saved.low_dollars, saved.saved_dollars, saved.high_dollars) == (0.0, 0.0, 0.0)
    assert saved.known == saved.runs == 12
    assert saved.actual_dollars == saved.counterfactual_dollars > 0


def test_the_truth_lies_in_the_interval_nine_times_out_of_ten() -> None:
    held = 0
    for seed in range(60):
        told = plant(seed)
        saved = total(account("p", told.entries).runs)
        assert saved.low_dollars is not None
        assert saved.high_dollars is not None
        held += saved.low_dollars <= told.truly_saved <= saved.high_dollars
    assert 48 <= held <= 60


def test_a_cheaper_spec_saves_and_a_dearer_one_is_shown_as_a_loss() -> None:
    better = total(account("p", plant(0).entries).runs)
    worse = total(account("p", plant(0, changes={10: LARGE}).entries).runs)
    assert better.low_dollars is not None
    assert better.low_dollars > 0
    assert worse.high_dollars is not None
    assert worse.high_dollars < 0
    assert worse.share is not None
    assert worse.share < 0
    assert worse.exploration_dollars > 0


def test_growth_is_not_taken_for_savings_or_losses() -> None:
    told = plant(3, growth=0.01)
    saved = total(account("p", told.entries).runs)
    assert saved.low_dollars is not None
    assert saved.high_dollars is not None
    assert saved.low_dollars <= told.truly_saved <= saved.high_dollars


def test_a_run_that_our_spec_made_fail_is_a_loss_and_so_is_trying_it() -> None:
    spec = ClusterSpec.local(8, 1024)
    book = [*entries(run(1), run(2)), *applied(change(spec)), *recorded(run(3, spec, fault="memory"), run(4))]
    failed = account("p", book).runs[2]
    assert failed.is_our_failure
    assert failed.counterfactual_dollars == 0
    assert failed.saved_dollars == -failed.actual_dollars
    assert failed.exploration_dollars == failed.actual_dollars
    saved = total(account("p", book).runs)
    assert (saved.failures, saved.failure_dollars) == (1, failed.actual_dollars)


@pytest.mark.parametrize(("slots", "mib", "ours"), [(16, 8192, 1), (4, 16384, 0)])
def test_it_is_our_failure_only_where_the_owners_spec_has_more_room(slots: int, mib: int, ours: int) -> None:
    spec = ClusterSpec.local(slots, mib)
    book = [*entries(run(1), run(2)), *applied(change(spec)), *recorded(run(3, spec, fault="memory"))]
    assert total(account("p", book).runs).failures == ours


def test_a_spec_that_somebody_else_chose_is_their_own_from_then_on() -> None:
    theirs = Disturbed("foreign change", "they did", None, START, SMALL)
    book = [*entries(run(1), run(2)), theirs, *recorded(run(3, SMALL), run(4, SMALL))]
    last = account("p", book).runs[-1]
    assert last.owner_spec == str(SMALL)
    assert last.saved_dollars == 0
    assert last.decision_id == ""


def test_the_decision_that_led_to_a_spec_is_named_where_one_did() -> None:
    book = [*entries(run(1)), *applied(change(SMALL), "000007"), *recorded(run(2, SMALL), run(3, WIDE))]
    assert [row.decision_id for row in account("p", book).runs] == ["", "000007", ""]


def test_nothing_is_claimed_where_nothing_is_known() -> None:
    assert account("p", ()) == Account("p", "", (), "", ())
    only_failed = [
        *entries(run(1, fault="application")),
        *applied(change(SMALL)),
        *recorded(run(2, SMALL, fault="application")),
    ]
    saved = total(account("p", only_failed).runs)
    assert (saved.runs, saved.known) == (2, 1)
    assert saved.unknown_dollars > 0
    nothing = total([row for row in account("p", only_failed).runs if row.spec == str(SMALL)])
    assert (nothing.saved_dollars, nothing.low_dollars, nothing.share) == (None, None, None)


def test_unit_prices_are_those_of_the_day_and_a_bill_without_parts_takes_usual_ones() -> None:
    ran = run(1, SMALL)
    assert math.isclose(cost_ratio(SMALL, ran), 1.0)
    book = paid_prices(ran)
    assert book.cores is not None
    assert math.isclose(book.cores.vcpu_hour.dollars, 0.052624)
    billed = replace(ran, cost=Cost((CostPart("other", "all", None, "", 3.0),), "billed"))
    assert 1.5 < cost_ratio(WIDE, billed) <= 2.0
    free = replace(ran, cost=Cost((CostPart("vcpu", "", 1.0, "", 0.0), CostPart("memory", "", 1.0, "", 0.0)), "billed"))
    assert cost_ratio(WIDE, free) == 1.0


def test_billed_runs_are_told_from_estimates() -> None:
    def billed(each: Run) -> Run:
        return replace(each, cost=replace(each.cost, label="billed"))

    found = account("p", entries(billed(run(1)), run(2)))
    assert dict(total(found.runs).by_label) == {
        "billed": found.runs[0].actual_dollars,
        "list-estimated": found.runs[1].actual_dollars,
    }
    assert found.runs[0].counterfactual_label == "billed"


@settings(max_examples=40, deadline=None)
@given(st.lists(rows, max_size=12))
def test_totals_add_up_whatever_they_are_grouped_by(found: list[RunSaving]) -> None:
    names = {row.project for row in found}
    accounts = [Account(name, "", (), "", tuple(row for row in found if row.project == name)) for name in sorted(names)]
    whole = total(found)
    for by in ("project", "month", "owner", "group", "tag:team"):
        lines = grouped(accounts, by)
        assert sum(line.saved.runs for line in lines) == whole.runs
        assert math.isclose(
            math.fsum(line.saved.saved_dollars or 0 for line in lines), whole.saved_dollars or 0, abs_tol=1e-6
        )
        assert math.isclose(math.fsum(line.saved.actual_dollars for line in lines), whole.actual_dollars)


@settings(max_examples=40, deadline=None)
@given(st.lists(rows, min_size=1, max_size=12))
def test_doubt_of_projects_taken_together_is_less_than_their_sum_and_more_than_any(found: list[RunSaving]) -> None:
    whole = total(found)
    if whole.saved_dollars is None or whole.low_dollars is None:
        return
    parts = [total([row for row in found if row.project == name]) for name in {row.project for row in found}]
    widths = [(part.saved_dollars or 0) - (part.low_dollars or 0) for part in parts]
    width = whole.saved_dollars - whole.low_dollars
    assert max(widths) - 1e-3 <= width <= math.fsum(widths) + 1e-3


@settings(max_examples=40, deadline=None)
@given(st.lists(rows, max_size=8))
def test_all_totals_follow_from_the_table_alone(found: list[RunSaving]) -> None:
    text = StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(cells(row) for row in found)
    text.seek(0)
    again = [row_of(line) for line in csv.DictReader(text)]
    assert [row.actual_dollars for row in again] == [row.actual_dollars for row in found]
    assert total(again) == total(found)


def test_the_documented_recomputation_gives_the_same_totals() -> None:
    """By the formula of the docs, with nothing of ours but the table."""
    table = [cells(row) for seed in (1, 2) for row in account(f"p{seed}", plant(seed, 30).entries).runs]
    known = [line for line in table if line["counterfactual_dollars"]]
    saved = sum(float(line["counterfactual_dollars"]) - float(line["actual_dollars"]) for line in known)
    low = sum(float(line["own_dollars"]) ** 2 for line in known)
    for project in ("p1", "p2"):
        low += sum(float(line["common_low_dollars"]) for line in known if line["project"] == project) ** 2
    ours = total(row_of(line) for line in table)
    assert ours.saved_dollars == pytest.approx(saved)
    assert ours.low_dollars == pytest.approx(saved - math.sqrt(low))


@given(rows)
def test_a_line_reads_back_and_its_interval_holds_its_middle(row: RunSaving) -> None:
    assert replace(row_of(cells(row)), project=row.project) == row
    if row.counterfactual_dollars is not None and row.low_dollars is not None and row.high_dollars is not None:
        assert 0 <= row.low_dollars <= row.counterfactual_dollars <= row.high_dollars


@pytest.mark.parametrize("wrong", [{"regime": "x"}, {"actual_label": "guessed"}, {"at": "yesterday"}])
def test_a_wrong_line_is_refused_in_a_sentence(wrong: dict[str, str]) -> None:
    line = cells(account("p", entries(run(1))).runs[0]) | wrong
    with pytest.raises(InputError, match="no line of a savings export"):
        row_of(line)


def test_groups_are_policies_else_owners_and_tags_have_values() -> None:
    described = Described("ann", (("team", "sales"),), START)
    book = [registered(), GoalSet("minimise cost", "auto", START, origin="cheap"), described, *recorded(run(1))]
    found = account("p", book)
    assert [grouped([found], by)[0].name for by in ("project", "owner", "group", "month", "tag:team", "tag:x")] == [
        "p", "ann", "cheap", "2026-01", "sales", "no x",
    ]  # fmt: skip
    assert account("q", entries(run(1))).since(START + timedelta(days=2)).runs == ()


def test_bills_move_estimates_and_leave_billed_runs_and_sure_ones_alone() -> None:
    book = plant(1, 30).entries
    found = account("p", book)
    factor = Correction(0.8, 0.7, 0.9, 5)
    brought = reconciled(found, Corrections(factor, {}))
    before, after = total(found.runs), total(brought.runs)
    assert after.actual_dollars == pytest.approx(0.8 * before.actual_dollars)
    assert after.saved_dollars == pytest.approx(0.8 * (before.saved_dollars or 0))
    assert total(brought.runs[:10]).low_dollars == 0
    assert (after.saved_dollars or 0) - (after.low_dollars or 0) > 0.8 * (
        (before.saved_dollars or 0) - (before.low_dollars or 0)
    )
    billed = replace(found, runs=tuple(replace(row, actual_label="billed") for row in found.runs))
    assert reconciled(billed, Corrections(factor, {})) == billed


def test_no_run_is_no_claim() -> None:
    assert total(()) == Saved()
