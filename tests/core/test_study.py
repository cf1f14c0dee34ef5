"""The study as arithmetic: parts add up, fronts hold nobody who is beaten, the order of lines means nothing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.cloud import CloudSpec
from setpoint.core.domain import ClusterSpec, Cost, Outcome, Unpriceable
from setpoint.core.pricebook import CoreRates, DbuRate, DiskPrice, MachinePrice, NodeType, Price, PriceBook
from setpoint.core.study import Sample, Study, StudySpec, study
from setpoint.core.study.explained import counted_in, left_out
from setpoint.core.study.findings import findings
from setpoint.core.study.front import knee, pareto_front
from setpoint.core.study.noise import Noise, noise_of
from setpoint.core.study.rows import PARTS
from setpoint.core.study.samples import by_spec
from setpoint.core.study.table import COLUMNS, answer, table

TYPES = {"m5.xlarge": (0.192, 0.69, 4, 16), "m6g.xlarge": (0.154, 0.65, 4, 16), "m6i.xlarge": (0.192, 0.69, 4, 16),
         "r5.xlarge": (0.252, 0.86, 4, 32), "c5.2xlarge": (0.34, 1.2, 8, 16)}  # fmt: skip


def book(factor: float = 1.0) -> PriceBook:
    def cents(dollars: float) -> Price:
        return Price(dollars * factor, "made up", "2026-01-01")

    return PriceBook(
        source="made up",
        region="us-east-1",
        cores=CoreRates(cents(0.05), cents(0.005)),
        nodes={
            name: NodeType(name, vcpus, gib, "arm64" if name[2] == "g" else "x86_64")
            for name, (_, _, vcpus, gib) in TYPES.items()
        },
        machines={name: MachinePrice(cents(it[0]), cents(it[0] / 3)) for name, it in TYPES.items()},
        dbu={("premium", "jobs"): cents(0.15)},
        dbu_rates={name: DbuRate(it[1], 2.9, 2.0, "made up", "") for name, it in TYPES.items()},
        disks={"gp3": DiskPrice(cents(0.08))},
        emr_fees={name: cents(it[0] / 4) for name, it in TYPES.items()},
    )


def spec(node_type: str = "m5.xlarge", **changes: object) -> CloudSpec:
    plain = CloudSpec(cloud="aws", region="us-east-1", node_type=node_type, workers=4)
    return replace(plain, **changes)  # type: ignore[arg-type]


def made(*samples: Sample, factor: float = 1.0) -> Study:
    prices = book(factor)
    return study(samples, lambda _: prices)


SPECS: st.SearchStrategy[StudySpec] = st.one_of(
    st.builds(
        spec,
        st.sampled_from([*TYPES, "zz9.large"]),
        workers=st.integers(0, 3),
        photon=st.booleans(),
        first_on_demand=st.sampled_from([None, 0, 1, 2]),
    ),
    st.builds(spec, st.sampled_from([*TYPES]), service=st.sampled_from(["emr", "machines"])),
    st.builds(ClusterSpec.local, st.integers(1, 4), st.sampled_from([1024, 2048])),
)
SAMPLES = st.lists(
    st.builds(
        Sample,
        spec=SPECS,
        name=st.sampled_from(["", "", "a", "b"]),
        seconds=st.floats(1, 1e5),
        startup_seconds=st.floats(0, 600),
        outcome=st.sampled_from([Outcome.SUCCEEDED, Outcome.SUCCEEDED, Outcome.FAILED]),
        dbu=st.none() | st.floats(0.1, 50),
        billed_dollars=st.none() | st.floats(0.1, 50),
    ),
    min_size=1,
    max_size=12,
)


@given(SAMPLES)
def test_the_total_is_the_sum_of_the_columns(samples: list[Sample]) -> None:
    for row in made(*samples).rows:
        if row.dollars is not None:
            assert row.dollars == pytest.approx(sum(row.part(key) or 0.0 for key in PARTS))


@given(SAMPLES)
def test_nobody_on_a_front_is_beaten_and_everybody_off_it_is(samples: list[Sample]) -> None:
    found = made(*samples)
    for view in (found.total, found.dbu):
        for place in view.places if view else ():
            beaten = any(
                other.seconds <= place.seconds
                and other.dollars <= place.dollars
                and (other.seconds, other.dollars) != (place.seconds, place.dollars)
                for other in view.places  # type: ignore[union-attr]
            )
            assert place.on_front is not beaten


@given(SAMPLES, st.randoms(use_true_random=False))
def test_the_order_of_the_samples_means_nothing(samples: list[Sample], random: object) -> None:
    mixed = list(samples)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = made(*samples), made(*mixed)
    assert answer(one) == answer(other)
    assert one == other


@given(SAMPLES, st.floats(1.0, 5.0))
def test_dearer_prices_change_no_runtime_and_lower_no_cost(samples: list[Sample], factor: float) -> None:
    cheap, dear = made(*samples), made(*samples, factor=factor)
    assert {row.label: row.seconds for row in cheap.rows} == {row.label: row.seconds for row in dear.rows}
    before = {row.label: row.dollars for row in cheap.rows}
    assert all((row.dollars or 0.0) >= (before[row.label] or 0.0) * (1 - 1e-9) for row in dear.rows)


@given(SAMPLES)
def test_labels_tell_specs_apart_and_no_run_is_lost(samples: list[Sample]) -> None:
    found = made(*samples)
    labels = [row.label for row in found.rows]
    assert len(set(labels)) == len(labels)
    assert found.runs == len(samples)
    assert [line["spec"] for line in table(found)] == labels
    assert all(tuple(line) == COLUMNS for line in table(found))


@given(SAMPLES)
def test_units_alone_are_never_dearer_than_the_total(samples: list[Sample]) -> None:
    for row in made(*samples).rows:
        if isinstance(row.cost, Cost) and isinstance(row.units, Cost):
            assert row.units.dollars <= row.cost.dollars * (1 + 1e-9)
            assert row.units.dollars == pytest.approx(row.part("dbu") or 0.0)


@given(SAMPLES)
def test_every_study_has_something_to_say(samples: list[Sample]) -> None:
    found = made(*samples)
    assert findings(found)
    assert left_out(found, "total")
    assert counted_in(found, "dbu")


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20))
def test_a_front_descends_and_its_knee_is_on_it(points: list[tuple[int, int]]) -> None:
    front = [points[position] for position in pareto_front(points)]
    assert front == sorted(front)
    assert [y for _, y in front] == sorted((y for _, y in front), reverse=True)
    bend = knee(front)
    if bend is not None:
        assert len(set(front)) > 2
        assert front[bend] not in (front[0], front[-1])


@given(st.lists(st.lists(st.floats(1, 1e4), min_size=1, max_size=5), max_size=6), st.floats(0.1, 100))
def test_noise_has_no_unit(groups: list[list[float]], factor: float) -> None:
    one, other = noise_of(groups), noise_of([[value * factor for value in group] for group in groups])
    assert (one is None) is (other is None)
    if one is not None and other is not None:
        assert other.log_deviation == pytest.approx(one.log_deviation, abs=1e-6)


@given(st.floats(1, 1e4), st.floats(1, 1e4), st.integers(1, 9), st.integers(1, 9))
def test_a_tie_is_one_from_both_sides(one: float, other: float, runs: int, other_runs: int) -> None:
    noise = Noise(0.05, 6)
    assert noise.is_tie(one, other, runs, other_runs) is noise.is_tie(other, one, other_runs, runs)
    assert noise.is_tie(one, one, runs, other_runs)


def test_medians_are_compared_and_the_spread_is_kept() -> None:
    found = made(*(Sample(spec=spec(), seconds=seconds) for seconds in (130.0, 100.0, 110.0)))
    (row,) = found.rows
    assert (row.seconds, row.samples.run_seconds) == (110.0, (100.0, 110.0, 130.0))
    assert found.noise is not None
    assert found.noise.degrees_of_freedom == 2


def test_a_spec_without_a_price_stays_in_the_table_and_out_of_the_views() -> None:
    found = made(Sample(spec=spec(), seconds=100.0), Sample(spec=spec("zz9.large"), seconds=50.0))
    assert [row.label for row in found.rows] == ["m5.xlarge", "zz9.large"]
    assert isinstance(found.rows[1].cost, Unpriceable)
    assert "no price of zz9.large" in found.rows[1].reason
    assert found.total is not None
    assert [place.label for place in found.total.places] == ["m5.xlarge"]
    assert found.dbu is not None
    assert [place.label for place in found.dbu.places] == ["m5.xlarge"]
    assert any("Without a price" in line and "zz9.large" in line for line in findings(found))


def test_a_spec_that_failed_stays_with_its_outcome() -> None:
    broken = Sample(spec=spec("r5.xlarge"), seconds=None, outcome=Outcome.FAILED, error="java.lang.OutOfMemoryError")
    found = made(Sample(spec=spec(), seconds=100.0), broken)
    assert found.rows[1].cost is None
    assert found.rows[1].reason == "no run did its work: java.lang.OutOfMemoryError"
    assert any("No run did its work on r5.xlarge" in line for line in findings(found))


def test_groups_are_told_by_processor_and_engine() -> None:
    specs = [spec(name, photon=photon) for name in ("m5.xlarge", "m6g.xlarge") for photon in (False, True)]
    found = made(*(Sample(spec=it, seconds=100.0) for it in specs))
    assert {row.label: row.group.name for row in found.rows} == {
        "m5.xlarge": "standard",
        "m5.xlarge Photon": "Photon",
        "m6g.xlarge": "Graviton",
        "m6g.xlarge Photon": "Graviton + Photon",
    }


@pytest.mark.parametrize(("name", "group"), [("m9g.large", "Graviton"), ("g5.large", "standard"), ("x1", "standard")])
def test_a_type_that_the_book_does_not_know_is_told_by_its_name(name: str, group: str) -> None:
    assert made(Sample(spec=spec(name), seconds=1.0)).rows[0].group.name == group


def test_plain_spark_is_grouped_by_what_differs_least() -> None:
    sizes = [ClusterSpec.local(slots, mib) for slots in (1, 2, 4) for mib in (1024, 2048)]
    found = made(*(Sample(spec=size, seconds=100.0 / size.slots) for size in sizes))
    assert {row.group.name for row in found.rows} == {"1 GiB", "2 GiB"}
    assert found.dbu is None
    alone = made(Sample(spec=sizes[0], seconds=1.0))
    assert alone.rows[0].group.name == "plain Spark"


def test_photon_and_graviton_are_compared_at_equal_hardware() -> None:
    found = made(
        Sample(spec=spec("m5.xlarge"), seconds=1000.0),
        Sample(spec=spec("m6i.xlarge"), seconds=900.0),
        Sample(spec=spec("m6g.xlarge"), seconds=950.0),
        Sample(spec=spec("r5.xlarge"), seconds=1.0),
        Sample(spec=spec("m5.xlarge", photon=True), seconds=500.0),
        Sample(spec=spec("m5.xlarge", photon=True, workers=2), seconds=7.0),
    )
    assert found.photon is not None
    assert found.photon.runtime_ratios == (0.5,)
    assert found.arm is not None
    assert [(one.spec, other.spec) for one, other in found.arm.pairs] == [(spec("m6i.xlarge"), spec("m6g.xlarge"))]
    said = " ".join(findings(found)).replace("\N{NO-BREAK SPACE}", " ")
    assert "Photon at equal hardware (1 pair): runtime −50 %" in said
    assert "Graviton at equal hardware (1 pair): runtime +6 %" in said


def test_the_views_may_rank_differently() -> None:
    found = made(
        Sample(spec=spec("m5.xlarge"), seconds=1000.0),
        Sample(spec=spec("m5.xlarge", first_on_demand=1), seconds=1050.0),
    )
    said = " ".join(findings(found))
    assert "By Databricks units alone, the cheapest would be m5.xlarge × 4 + driver and not" in said


def test_small_differences_are_ties_and_large_ones_are_not() -> None:
    def runs(node_type: str, *seconds: float) -> list[Sample]:
        return [Sample(spec=spec(node_type), seconds=each) for each in seconds]

    found = made(*runs("m5.xlarge", 100, 104, 96), *runs("m6i.xlarge", 101, 97, 105), *runs("r5.xlarge", 300, 310, 290))
    said = " ".join(findings(found))
    assert "a tie" in said or "Cheapest and fastest at once" in said
    assert found.noise is not None
    assert found.noise.is_tie(100, 101, 3, 3)
    assert not found.noise.is_tie(100, 300, 3, 3)
    assert "with r5.xlarge" not in said


def test_without_repeats_chance_is_not_known() -> None:
    assert any("not known" in line for line in findings(made(Sample(spec=spec(), seconds=1.0))))


def test_units_that_the_platform_counted_take_the_place_of_the_books() -> None:
    (row,) = made(Sample(spec=spec("zz9.large", workers=1), seconds=3600.0, dbu=10.0)).rows
    assert isinstance(row.units, Cost)
    assert row.units.dollars == pytest.approx(1.5)
    (row,) = made(Sample(spec=spec(workers=1), seconds=3600.0, dbu=10.0)).rows
    assert row.part("dbu") == pytest.approx(1.5)
    assert isinstance(row.cost, Cost)
    assert row.cost.assumptions == ("Databricks units as the platform counted them",)


def test_startup_is_paid_for_machines_and_not_for_units() -> None:
    plain, late = (
        made(Sample(spec=spec(), seconds=1000.0, startup_seconds=startup)).rows[0] for startup in (0.0, 300.0)
    )
    assert late.part("dbu") == plain.part("dbu")
    assert late.part("vm") == pytest.approx(1.3 * (plain.part("vm") or 0.0))


def test_specs_of_one_name_get_labels_of_their_own() -> None:
    found = by_spec([
        Sample(spec=spec(), name="big", seconds=1.0),
        Sample(spec=spec(workers=9), name="big", seconds=1.0),
        Sample(spec=spec(disks=()), seconds=1.0),
        Sample(spec=spec(), seconds=1.0),
        Sample(spec=spec(region="eu-west-1"), seconds=1.0),
    ])  # fmt: skip
    assert len({each.label for each in found}) == 5
    assert "big (m5.xlarge × 9 + driver)" in {each.label for each in found}
