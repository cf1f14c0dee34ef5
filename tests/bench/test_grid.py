"""The parts of bench/record_grid.py that run nothing."""

import math
from dataclasses import replace
from functools import reduce
from pathlib import Path
from statistics import mean

import pytest
from bench.grid.plan import job_names, planned, repeated
from bench.grid.runs import Ended, classify, submit_command
from bench.grid.specs import HEAP_MIB, PARTITIONS, SLOTS, Spec, all_specs
from bench.grid.table import COLUMNS, Rates, again, cell, default_rates, put, read, recorded, row
from hypothesis import given
from hypothesis import strategies as st

from setpoint.replays import read_grids

RATES = Rates(vcpu_hour_dollars=0.05, gib_hour_dollars=0.006)
ENDED = Ended(runtime_seconds=12.5, outcome="succeeded", fault="", said="")
DIED = Ended(runtime_seconds=7.25, outcome="failed", fault="memory", said="java.lang.OutOfMemoryError: Java heap space")
SPECS = st.sampled_from(all_specs())
JOBS = st.sampled_from(job_names())


def test_specs_cover_every_slots_and_heap_and_spread_the_partitions() -> None:
    specs = all_specs()
    assert len({spec.name for spec in specs}) == len(specs) >= 12
    assert {(spec.slots, spec.memory_mib) for spec in specs} == {(slots, heap) for slots in SLOTS for heap in HEAP_MIB}
    for heap in HEAP_MIB:
        assert {spec.shuffle_partitions for spec in specs if spec.memory_mib == heap} == set(PARTITIONS)


def test_there_are_jobs_enough() -> None:
    assert len(set(job_names())) >= 8


@given(st.sets(st.tuples(JOBS, SPECS)))
def test_what_is_done_is_not_planned_again_and_the_order_of_the_rest_stays(done: set[tuple[str, Spec]]) -> None:
    everything = planned(job_names(), ())
    left = planned(job_names(), {(job, spec.name) for job, spec in done})
    assert left == [cell for cell in everything if cell not in done]
    assert len(everything) == len(job_names()) * len(all_specs())


def test_only_the_jobs_asked_for_are_planned() -> None:
    assert {job for job, _ in planned(job_names(), (), ["waiting"])} == {"waiting"}


@given(JOBS, SPECS)
def test_a_run_is_pinned_to_the_cores_of_its_spec(job: str, spec: Spec) -> None:
    command = submit_command("spark-submit", job, spec, Path("/folder"))
    assert command[:3] == ["taskset", "-c", "0" if spec.slots == 1 else "0,1"]
    assert command[-1] == job
    assert f"local[{spec.slots}]" in command
    assert f"spark.sql.shuffle.partitions={spec.shuffle_partitions}" in command


@pytest.mark.parametrize(
    ("exit_code", "said", "expected"),
    [
        (0, "WARN OutOfMemoryError was survived", ("succeeded", "")),
        (52, "", ("failed", "memory")),
        (1, "java.lang.OutOfMemoryError: Java heap space", ("failed", "memory")),
        (1, "Not enough memory to build and broadcast the table", ("failed", "memory")),
        (1, "AnalysisException", ("failed", "other")),
        (None, "GC overhead limit exceeded", ("timeout", "memory")),
        (None, "", ("timeout", "other")),
    ],
)
def test_how_a_run_ended(exit_code: int | None, said: str, expected: tuple[str, str]) -> None:
    assert classify(exit_code, said) == expected


def test_a_row_has_every_column_and_costs_what_its_spec_costs() -> None:
    made = row("waiting", Spec(4, 512, 64), ENDED, "waiting.zstd", RATES)
    assert tuple(made) == COLUMNS
    assert made["config"] == "4slots-512m-64p"
    assert float(made["price_per_node_hour"]) == pytest.approx(4 * 0.05 + 0.5 * 0.006)
    assert float(made["cost_usd"]) == pytest.approx((4 * 0.05 + 0.5 * 0.006) * 12.5 / 3600, rel=1e-4)
    assert made["completed"] == "1"


def test_the_default_rates_are_those_of_the_price_book() -> None:
    rates = default_rates()
    assert 0 < rates.gib_hour_dollars < rates.vcpu_hour_dollars < 1


def test_a_table_cut_short_at_any_byte_is_carried_on(tmp_path: Path) -> None:
    runs = [row("waiting", spec, ENDED, "", RATES) for spec in all_specs()[:3]]
    whole, torn = tmp_path / "whole.csv", tmp_path / "torn.csv"
    for one in runs:
        put(whole, one)
    text = whole.read_bytes()
    assert read(whole) == runs
    for length in range(0, len(text), 7):
        torn.write_bytes(text[:length])
        kept = recorded(torn, tmp_path)
        assert len(kept) < len(runs)
        for one in runs:
            if cell(one) not in kept:
                put(torn, one)
        assert torn.read_bytes() == text


def test_a_cell_has_one_row_the_latest(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    first, second = (row("waiting", spec, ENDED, "", RATES) for spec in all_specs()[:2])
    for one in (first, second, died := row("waiting", all_specs()[0], DIED, "", RATES)):
        put(path, one)
    assert read(path) == [died, second]


def test_a_cell_whose_log_is_gone_is_run_again(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    logs = zip(all_specs(), ("a", "b", ""), strict=False)
    kept, gone, none = (row("waiting", spec, ENDED, log, RATES) for spec, log in logs)
    for one in (kept, gone, none):
        put(path, one)
    (tmp_path / "a").touch()
    assert set(recorded(path, tmp_path)) == {cell(kept), cell(none)}


@given(st.lists(st.floats(1, 1000), min_size=2, max_size=6))
def test_repeats_of_a_cell_come_to_their_mean_and_range(seconds: list[float]) -> None:
    spec = Spec(4, 512, 64)
    runs = [row("waiting", spec, replace(ENDED, runtime_seconds=one), "log", RATES) for one in seconds]
    merged = reduce(again, runs)
    assert float(merged["runtime_s"]) == pytest.approx(mean(seconds), abs=0.01)
    assert float(merged["runtime_min_s"]) == pytest.approx(min(seconds), abs=0.001)
    assert float(merged["runtime_max_s"]) == pytest.approx(max(seconds), abs=0.001)
    assert int(merged["n_runs"]) == len(seconds)
    assert float(merged["cost_usd"]) == pytest.approx(RATES.per_hour(spec) * mean(seconds) / 3600, rel=1e-2)


def test_a_cell_that_failed_once_counts_as_failed() -> None:
    lived, died = (row("waiting", Spec(4, 512, 64), one, "log", RATES) for one in (ENDED, DIED))
    assert again(lived, died) == again(died, lived) == {**died, "n_runs": "2"}


@given(st.floats(0, 1))
def test_repeats_are_a_share_of_the_cells_and_none_is_repeated_twice(share: float) -> None:
    once = {(job, spec.name): 1 for job in job_names() for spec in all_specs()}
    sample = repeated(job_names(), once, share)
    assert len(sample) == math.ceil(share * len(once))
    assert not repeated(job_names(), {**once, **{(job, spec.name): 2 for job, spec in sample}}, share)
    assert not repeated(job_names(), {}, share)


def test_nothing_is_recorded_before_the_first_run(tmp_path: Path) -> None:
    assert recorded(tmp_path / "none.csv", tmp_path) == {}


def test_a_replay_can_read_the_table(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    for number, spec in enumerate(all_specs()):
        put(path, row("waiting", spec, DIED if number == 3 else ENDED, "", RATES))
    (grid,) = read_grids([path]).grids
    assert len(grid) == len(all_specs())
