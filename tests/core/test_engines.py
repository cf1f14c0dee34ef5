"""Is Photon, is ARM worth it: what the odds depend on, and what they never do."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.runs import any_run, even_stage, healthy

from setpoint.core.breakeven import ClusterRates
from setpoint.core.cloud import CloudSpec
from setpoint.core.engines import (
    PHOTON,
    SURE,
    Belief,
    EngineAnswer,
    MeasuredPair,
    NoAnswer,
    RunTerms,
    SpeedUp,
    coverage_of,
    judge_photon,
    judge_siblings,
    measured_pairs,
    native_code_risks,
    pair_of,
    pairs_of_others,
    siblings,
    similarity,
    speed_up,
    split_of,
)
from setpoint.core.engines.operators import class_of
from setpoint.core.pricebook import DbuRate, MachinePrice, NodeType, Price, PriceBook
from setpoint.core.profile import Completeness, Counts, Operator, Profile, SqlExecution

JOINS = (Operator("Scan parquet", "spark", 2), Operator("SortMergeJoin", "spark", 1), Operator("Project", "spark", 3))
PYTHON = (*JOINS, Operator("MapInPandas", "spark", 6))
SPEC = CloudSpec(cloud="aws", region="us-east-1", node_type="m5.xlarge", workers=2)


def price(dollars: float) -> Price:
    return Price(dollars, "a list", "2026-01-01")


def node(name: str, *, arm: bool = False, coremark: float | None = 60_000, memory: float = 16.0) -> NodeType:
    return NodeType(name, 4, memory, "arm64" if arm else "x86_64", coremark=coremark, on_databricks=True)


NODES = [
    node("m5.xlarge"),
    node("m6g.xlarge", arm=True, coremark=77_000),
    node("m7g.xlarge", arm=True, coremark=103_000),
    node("r6g.xlarge", arm=True, memory=32.0),
    node("t4g.xlarge", arm=True),
    replace(node("m8g.xlarge", arm=True), on_databricks=False),
]
BOOK = PriceBook(
    source="made up",
    region="us-east-1",
    nodes={each.name: each for each in NODES},
    machines={
        "m5.xlarge": MachinePrice(price(0.192), price(0.065)),
        "m6g.xlarge": MachinePrice(price(0.154), price(0.06)),
        "m7g.xlarge": MachinePrice(price(0.163)),
    },
    dbu={("premium", "jobs"): price(0.15)},
    dbu_rates={
        "m5.xlarge": DbuRate(0.69, 2.9, 2.0, "a list", ""),
        "m6g.xlarge": DbuRate(0.61, 2.9, 2.0, "a list", ""),
    },
    disks={},
    interruption_percent={"m5.xlarge": 5.0, "m6g.xlarge": 10.0},
)
DISKLESS = replace(SPEC, disks=())


def run_of(operators: tuple[Operator, ...] = JOINS, **others: object) -> Profile:
    """A run whose tasks all belong to one SQL execution."""
    made = healthy(even_stage(tasks=800))
    sql = (SqlExecution(0, "insert", 1.0, made.wall_seconds - 1, "h", operators=operators),)
    jobs = tuple(replace(job, sql_execution_id=0) for job in made.jobs)
    return replace(made, sql=sql, jobs=jobs, **others)  # type: ignore[arg-type]  # fields of a Profile


def photon_of(
    profile: Profile, terms: RunTerms | None = None, pairs: tuple[MeasuredPair, ...] = (), spec: CloudSpec = DISKLESS
) -> EngineAnswer:
    found = judge_photon(profile, spec, BOOK, terms or RunTerms(3600.0, 300.0), pairs)
    assert isinstance(found, EngineAnswer)
    return found


def width(answer: EngineAnswer | SpeedUp) -> float:
    between = answer.speed_up if isinstance(answer, EngineAnswer) else answer.interval()
    return math.log(between.high / between.low)


def test_joins_over_parquet_gain_and_python_does_not() -> None:
    joins, python = photon_of(run_of()), photon_of(run_of(PYTHON))
    assert joins.median_speed_up > python.median_speed_up
    assert joins.pays > python.pays
    assert coverage_of(run_of()).left_out == ()
    assert coverage_of(run_of(PYTHON)).left_out[0] == "MapInPandas"
    assert any("MapInPandas" in line for line in python.changes)


def test_the_threshold_is_that_of_the_formula() -> None:
    found = photon_of(run_of())
    assert found.break_even.threshold == pytest.approx((0.192 + 2.9 * 0.1035) / (0.192 + 0.1035))
    assert found.break_even.runtime_cut == pytest.approx(0.3996, abs=1e-4)


@given(st.floats(1.0, 5.0), st.floats(0.0, 2.0))
def test_odds_fall_as_the_factor_rises(factor: float, more: float) -> None:
    low, high = (photon_of(run_of(), RunTerms(3600.0, 0.0, each)) for each in (factor, factor + more))
    assert high.pays <= low.pays + 1e-12
    assert high.saving_dollars <= low.saving_dollars + 1e-9


@given(st.floats(0.05, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(1.05, 3.0))
def test_odds_rise_with_the_share_that_is_covered(most: float, one: float, other: float, threshold: float) -> None:
    few, many = (speed_up(most, share, 10.0, PHOTON, 0.05) for share in sorted((one, other)))
    assert few.probability_above(threshold) <= many.probability_above(threshold) + 1e-9
    assert few.median <= many.median * (1 + 1e-9)


@given(st.floats(0.2, 0.8), st.floats(2.0, 10.0), st.floats(1.5, 10.0))
def test_less_evidence_makes_the_interval_wider(share: float, evidence: float, times: float) -> None:
    assert width(speed_up(0.9, share, evidence, PHOTON, 0.05)) >= width(
        speed_up(0.9, share, evidence * times, PHOTON, 0.05)
    ) * (1 - 0.02)


def test_queries_without_plans_widen_it() -> None:
    whole = run_of()
    unseen = SqlExecution(1, "another", 1.0, 10 * whole.wall_seconds, "h")
    assert width(photon_of(replace(whole, sql=(*whole.sql, unseen)))) > width(photon_of(whole))


@given(st.floats(0.3, 3.0), st.floats(0.1, 1.0))
def test_measured_pairs_narrow_it_and_pull_it(measured: float, similarity_of: float) -> None:
    prior = speed_up(0.8, 0.5, 8.0, PHOTON, 0.1)
    seen = prior.given([MeasuredPair(measured, similarity_of)])
    low, high = sorted((prior.median, measured))
    assert low * 0.93 <= seen.median <= high * 1.07
    assert seen.log_deviation < prior.log_deviation
    assert sum(seen.weights) == pytest.approx(1.0)


def test_like_projects_count_less_than_the_own_runs() -> None:
    prior = speed_up(0.8, 0.5, 8.0, PHOTON, 0.1)
    moved = [prior.given([MeasuredPair(2.0, alike)]).median for alike in (0.2, 0.9, 1.0)]
    assert prior.median < moved[0] < moved[1] < moved[2] < 2.0


def test_many_measurements_settle_it() -> None:
    found = photon_of(run_of(PYTHON), pairs=(MeasuredPair(2.2, source="two runs"),) * 5)
    assert (found.answer, found.pays > SURE) == ("worth it", True)
    assert any("two runs" in line for line in found.assumptions)
    assert not any("--measured" in line for line in found.changes)


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (replace(run_of(), sql=(), counts=Counts(1, 1, 800, 2, 0)), "no SQL"),
        (run_of(()), "no plans"),
        (run_of(engine="rapids"), "rapids"),
    ],
)
def test_a_log_that_cannot_tell_leaves_it_undecided(profile: Profile, words: str) -> None:
    found = photon_of(profile)
    assert found.answer == "undecided"
    assert words in found.reason
    assert width(found) > width(photon_of(run_of()))


def test_own_measurements_decide_where_the_log_cannot_tell() -> None:
    found = photon_of(replace(run_of(), sql=(), counts=Counts(1, 1, 800, 2, 0)), pairs=(MeasuredPair(1.0),) * 5)
    assert found.answer == "not worth it"


def test_amdahl_what_the_driver_does_gets_no_shorter() -> None:
    busy = run_of()
    alone = replace(busy, wall_seconds=10 * busy.wall_seconds)
    split = split_of(alone)
    assert split.fixed_share == pytest.approx(0.9, abs=0.02)
    found = photon_of(alone)
    assert found.answer == "not worth it"
    assert found.speed_up.high < 1.25
    assert any("it would pay if Photon carried out 80% of the run" in line for line in found.changes)
    spot = photon_of(alone, spec=replace(DISKLESS, first_on_demand=1), terms=RunTerms(3600.0, 300.0, 4.0))
    assert any("even if Photon carried out all" in line for line in spot.changes)


def test_rdd_code_and_short_queries_are_not_covered() -> None:
    whole = run_of()
    half = replace(whole, jobs=(replace(whole.jobs[0], sql_execution_id=None),))
    assert coverage_of(half).mean == 0
    assert photon_of(half).median_speed_up == pytest.approx(1.0, abs=0.01)
    brief = replace(whole, sql=(replace(whole.sql[0], started=1.0, ended=2.5),))
    assert coverage_of(brief).mean == 0


@pytest.mark.parametrize(
    ("name", "covered"),
    [
        ("Scan parquet", 1.0),
        ("FileScan delta", 1.0),
        ("Scan csv", 0.5),
        ("Scan text", 0.0),
        ("HashAggregate", 1.0),
        ("Exchange", 1.0),
        ("ArrowEvalPython", 0.0),
        ("MapElements", 0.0),
        ("StateStoreSave", 0.0),
        ("Scan ExistingRDD", 0.0),
        ("Execute InsertIntoHadoopFsRelationCommand", 0.75),
        ("NobodyKnows", 0.25),
    ],
)
def test_which_operators_are_covered(name: str, covered: float) -> None:
    assert class_of(Operator(name, "spark", 1)).covered == covered
    assert class_of(Operator(f"Photon{name}", "photon", 1)).covered == 1.0


def test_where_photon_ran_the_question_is_turned_round() -> None:
    operators = tuple(replace(each, name=f"Photon{each.name}", engine="photon") for each in JOINS)
    found = photon_of(run_of(operators, engine="photon"))
    assert (found.name, found.now.photon, found.then.photon) == ("plain", True, False)
    assert found.median_speed_up < 1
    assert found.break_even.threshold is not None
    assert found.break_even.threshold < 1
    assert found.answer == "undecided"
    idle = photon_of(replace(run_of(JOINS, engine="photon"), wall_seconds=10_000.0))
    assert idle.answer == "worth it"


def test_logs_without_cpu_times_are_less_sure() -> None:
    untimed = run_of()
    untimed = replace(untimed, stages=(even_stage(tasks=800, cpu_seconds=0.0),))
    assert width(photon_of(untimed)) > width(photon_of(run_of()))
    assert any("no CPU times" in line for line in photon_of(untimed).assumptions)
    cut = photon_of(run_of(completeness=Completeness("cut_off")))
    assert any("cut off" in line for line in cut.assumptions)


def test_spot_is_named_as_what_changes_the_threshold() -> None:
    assert any("with spot workers the break-even speed-up is 1.9" in line for line in photon_of(run_of()).changes)
    spot = photon_of(run_of(), spec=replace(DISKLESS, first_on_demand=1))
    assert any("on demand the break-even speed-up is 1.67" in line for line in spot.changes)
    alone = photon_of(run_of(), spec=replace(DISKLESS, workers=0))
    assert not any("spot" in line for line in alone.changes)


def test_missing_prices_and_other_services_are_said() -> None:
    unpriced = judge_photon(run_of(), replace(SPEC, node_type="z9.large"), BOOK, RunTerms(3600.0))
    assert isinstance(unpriced, NoAnswer)
    assert any("z9.large" in reason for reason in unpriced.reasons)
    emr = judge_photon(run_of(), replace(SPEC, service="emr"), BOOK, RunTerms(3600.0))
    assert isinstance(emr, NoAnswer)


def test_where_units_or_machines_are_free() -> None:
    free = replace(BOOK, dbu={("premium", "jobs"): price(0.0)})
    found = judge_photon(run_of(), DISKLESS, free, RunTerms(3600.0, 300.0))
    assert isinstance(found, EngineAnswer)
    assert found.break_even.threshold == 1.0
    dear = replace(free, machines={**BOOK.machines, "m6g.xlarge": MachinePrice(price(50.0))}, dbu_rates=BOOK.dbu_rates)
    (arm,) = judge_siblings(run_of(), DISKLESS, dear, RunTerms(60.0, 600.0))
    assert isinstance(arm, EngineAnswer)
    assert (arm.answer, arm.pays, arm.break_even.threshold) == ("not worth it", 0.0, None)
    assert "however fast" in arm.reason


def test_a_run_under_a_minute_is_billed_one() -> None:
    brief = photon_of(run_of(), RunTerms(20.0))
    assert brief.break_even.threshold == pytest.approx(1.6655, abs=1e-4)
    assert brief.break_even_with_disks.threshold == pytest.approx(2.9)
    assert any("at least a minute" in line for line in brief.assumptions)
    assert not any("at least a minute" in line for line in photon_of(run_of(), RunTerms(20.0, 60.0)).assumptions)


def test_savings_fit_the_speed_up() -> None:
    found = photon_of(run_of())
    assert found.saving_interval.low <= found.saving_dollars <= found.saving_interval.high
    rates: ClusterRates = found.then_rates
    assert found.dollars_now - rates.dollars(3600 / found.speed_up.low, 300) == pytest.approx(found.saving_interval.low)


def test_whether_the_minimum_of_a_minute_is_in_it() -> None:
    assert photon_of(run_of(), RunTerms(80.0)).is_minimum_billed
    assert not photon_of(run_of(), RunTerms(80.0, 60.0)).is_minimum_billed
    assert not photon_of(run_of()).is_minimum_billed


@given(any_run())
@settings(max_examples=40, deadline=None)
def test_any_run_gets_an_answer(profile: Profile) -> None:
    found = photon_of(profile, RunTerms(max(1.0, profile.wall_seconds)))
    assert 0 <= found.pays <= 1
    assert 0 < found.speed_up.low <= found.median_speed_up <= found.speed_up.high < math.inf
    assert judge_siblings(profile, DISKLESS, BOOK, RunTerms(max(1.0, profile.wall_seconds)))


def test_siblings_have_as_many_cores_and_as_much_memory() -> None:
    names = [each.name for each in siblings(BOOK.nodes["m5.xlarge"], SPEC, BOOK)]
    assert names == ["m6g.xlarge", "m7g.xlarge"]
    back = [each.name for each in siblings(BOOK.nodes["m6g.xlarge"], SPEC, BOOK)]
    assert back == ["m5.xlarge"]


def test_arm_is_judged_by_price_units_and_processor() -> None:
    (found,) = judge_siblings(run_of(), DISKLESS, BOOK, RunTerms(3600.0))
    assert isinstance(found, EngineAnswer)
    assert found.name == "m6g.xlarge"
    assert found.break_even.threshold == pytest.approx((0.154 + 0.61 * 0.15) / (0.192 + 0.1035))
    assert found.answer == "worth it"
    assert 1.0 < found.median_speed_up < 77 / 60
    assert found.then.driver == "m6g.xlarge"
    assert any("machines cost -20%" in line for line in found.changes)


def test_spot_interruptions_of_both_types_are_told() -> None:
    (found,) = judge_siblings(run_of(), replace(DISKLESS, first_on_demand=1), BOOK, RunTerms(3600.0))
    assert isinstance(found, EngineAnswer)
    assert any("10 % a month instead of 5 %" in line for line in found.changes)


def test_a_type_without_siblings_or_prices_has_no_answer() -> None:
    (alone,) = judge_siblings(run_of(), replace(SPEC, node_type="r6g.xlarge"), BOOK, RunTerms(3600.0))
    assert isinstance(alone, NoAnswer)
    assert "x86" in alone.reasons[0]
    (unheard,) = judge_siblings(run_of(), replace(SPEC, node_type="z9.large"), BOOK, RunTerms(3600.0))
    assert isinstance(unheard, NoAnswer)
    (unpriced,) = judge_siblings(run_of(), DISKLESS, replace(BOOK, dbu_rates={}), RunTerms(3600.0))
    assert isinstance(unpriced, NoAnswer)


def test_without_coremark_speed_is_wide_open() -> None:
    nodes = {name: replace(each, coremark=None) for name, each in BOOK.nodes.items()}
    (known,) = judge_siblings(run_of(), DISKLESS, BOOK, RunTerms(3600.0))
    (found,) = judge_siblings(run_of(), DISKLESS, replace(BOOK, nodes=nodes), RunTerms(3600.0))
    assert isinstance(known, EngineAnswer)
    assert isinstance(found, EngineAnswer)
    assert width(found) > width(known)


def test_native_code_is_a_risk_as_far_as_the_log_shows_it() -> None:
    assert "not visible" in native_code_risks(run_of())[0]
    shown = run_of(PYTHON, properties=(("spark.jars", "s3://x/native.jar"),), platform="databricks")
    said = " ".join(native_code_risks(shown))
    assert "spark.jars" in said
    assert "Python workers" in said
    assert "init scripts" in said


def test_runs_on_both_engines_are_a_measurement() -> None:
    plain = run_of()
    faster = replace(run_of(engine="photon"), wall_seconds=plain.wall_seconds / 2)
    pair = pair_of(plain, faster, "b.log")
    assert pair is not None
    assert pair.speed_up == pytest.approx(2.0)
    assert pair_of(plain, plain, "same engine") is None
    larger = replace(faster, stages=(even_stage(tasks=800, input_bytes=10**9),))
    assert pair_of(plain, larger, "more input") is None
    (middle,) = measured_pairs(plain, [plain, faster, faster, larger], "runs")
    assert middle.speed_up == pytest.approx(2.0)
    assert "2 run" in middle.source
    assert measured_pairs(plain, [plain], "runs") == ()


def test_other_projects_speak_as_far_as_they_are_alike() -> None:
    plain = run_of()
    faster = replace(run_of(engine="photon"), wall_seconds=plain.wall_seconds / 2)
    assert similarity(plain, plain) == 1.0
    assert similarity(plain, run_of(PYTHON)) < 0.5
    (pair,) = pairs_of_others(plain, [("other", [plain, faster]), ("none", []), ("one", [plain])])
    assert pair.similarity < 1
    assert "other" in pair.source


def test_a_distribution_keeps_its_promises() -> None:
    found = speed_up(0.9, 0.6, 8.0, Belief(2.0, 0.4, "made up"), 0.1)
    assert found.probability_above(found.quantile(0.3)) == pytest.approx(0.7, abs=1e-6)
    assert found.probability_above(None) == 0
    assert found.probability_above(0.0) == 1
    assert 1 / found.interval().high < found.mean_time < 1 / found.interval().low
    assert speed_up(0.9, 1.0, 8.0, PHOTON, 0.1).median == pytest.approx(1 / (0.1 + 0.9 / 2), rel=0.05)
