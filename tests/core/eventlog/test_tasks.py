"""Tasks of a stage keep their sums, their spread and their longest in bounded memory, however they come together."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.eventlog.tasks_drawn import BEGIN_MS, Drawn, packed, tasks

from setpoint.core.eventlog import profiles, rows
from setpoint.core.eventlog.busy import BusyTime
from setpoint.core.eventlog.executors import Executors
from setpoint.core.eventlog.profiles import POINTS, points
from setpoint.core.eventlog.tasks import EXACT_WALLS, SUMMED, StageTasks

walls = st.lists(st.integers(0, 10**6), min_size=1, max_size=400)
cuts = st.lists(st.floats(0, 1), max_size=4)
of_one_stage = tasks(stages=1, most=200)


def of_wall(milliseconds: int, index: int = 0) -> Drawn:
    return Drawn((milliseconds, *[0] * 18, BEGIN_MS, BEGIN_MS + milliseconds, 0, 0, index, 0, 0))


def of_run(milliseconds: int) -> Drawn:
    return Drawn((milliseconds, *[0] * 18, 0, 0, 0, 0, 0, 0, 0))


def stage_of(*parts: list[Drawn]) -> StageTasks:
    executors, stage = Executors(), StageTasks()
    for executor_id in "abc":
        executors.number(executor_id)
    for part in parts:
        for _, columns in rows.batches(packed(part), executors, BusyTime()):
            stage.add(columns, executors)
        stage.pack()
    return stage


def split(drawn: list[Drawn], cuts: list[float]) -> list[list[Drawn]]:
    borders = [0, *sorted(int(cut * len(drawn)) for cut in cuts), len(drawn)]
    return [drawn[first:last] for first, last in pairwise(borders)]


def known(stage: StageTasks) -> tuple[object, ...]:
    times = stage.first_launch_ms, stage.last_finish_ms, stage.walls()
    return stage.count, stage.sums, stage.largest, stage.locality, stage.longest, stage.spreads(), times


def total(seconds: tuple[float, ...], count: int) -> float:
    if count <= POINTS:
        return sum(seconds)
    return sum(seconds[:-1]) * (count - 1) / (POINTS - 1) + seconds[-1]


@settings(max_examples=50)
@given(of_one_stage, cuts)
def test_parts_are_the_whole_in_any_order_added_or_merged(drawn: list[Drawn], cuts: list[float]) -> None:
    parts = split(drawn, cuts)
    whole = known(stage_of(drawn))
    merged, backwards = StageTasks(), StageTasks()
    for part in parts:
        merged.merge(stage_of(part))
    for part in reversed(parts):
        backwards.merge(stage_of(part))

    assert known(stage_of(*parts)) == whole
    assert known(merged) == whole
    assert known(backwards) == whole
    assert known(stage_of(drawn[::-1])) == whole


@pytest.mark.parametrize("sizes", [(300, 200), (300, 20), (20, 300), (80, 80), (2000, 300), (1500, 1500)])
def test_stages_of_many_tasks_merge_to_the_whole(sizes: tuple[int, int]) -> None:
    drawn = [of_wall(1 + i * 7919 % 10_007, i) for i in range(sum(sizes))]
    merged, rest = stage_of(drawn[: sizes[0]]), stage_of(drawn[sizes[0] :])
    merged.merge(rest)

    assert known(merged) == known(stage_of(drawn))
    assert known(stage_of(drawn[: sizes[0]], drawn[sizes[0] :])) == known(merged)
    assert [-wall for wall, *_ in merged.longest] == sorted((run.columns[0] for run in drawn), reverse=True)[:8]


@settings(max_examples=30)
@given(of_one_stage)
def test_sums_are_exact(drawn: list[Drawn]) -> None:
    stage = stage_of(drawn)
    for column, found in zip(SUMMED, stage.sums, strict=True):
        if column != rows.OVERHEAD:
            assert found == sum(min(max(0, task.columns[column]), 2**49 - 1) for task in drawn)
    assert stage.count == sum(stage.locality) == len(drawn)


@given(walls, st.integers(1, 40))
def test_sum_order_and_longest_are_kept(milliseconds: list[int], repeat: int) -> None:
    many = milliseconds * repeat
    seconds = points(stage_of([of_run(wall) for wall in many]).walls(), POINTS)

    assert len(seconds) == min(POINTS, len(many))
    assert list(seconds) == sorted(seconds)
    assert seconds[-1] == max(many) / 1000
    assert total(seconds, len(many)) == pytest.approx(sum(many) / 1000)


@given(walls.filter(lambda milliseconds: len(milliseconds) <= EXACT_WALLS), cuts)
def test_few_are_kept_exactly(milliseconds: list[int], cuts: list[float]) -> None:
    parts = split([of_wall(wall) for wall in milliseconds], cuts)
    wanted = tuple(wall / 1000 for wall in sorted(milliseconds))

    assert points(stage_of(*parts).walls(), POINTS) == wanted


@settings(max_examples=30)
@given(st.lists(st.integers(0, 10**7), min_size=EXACT_WALLS + 1, max_size=300))
def test_many_are_means_within_their_bins(milliseconds: list[int]) -> None:
    found = [wall for wall, count in stage_of([of_run(wall) for wall in milliseconds]).walls() for _ in range(count)]

    assert len(found) == len(milliseconds)
    for mean, exact in zip(found, sorted(milliseconds), strict=True):
        assert mean == pytest.approx(exact, rel=2**-7, abs=0.5)


@settings(max_examples=50)
@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=300))
def test_quantiles_are_within_four_percent(values: list[int]) -> None:
    (spread,) = [s for s in profiles._spreads(stage_of([of_run(v) for v in values])) if s.measure == "run_seconds"]
    ordered = [value / 1000 for value in sorted(values)]

    assert spread.most == pytest.approx(ordered[-1])
    assert spread.least == pytest.approx(ordered[0], rel=0.04)
    assert spread.median == pytest.approx(ordered[(len(ordered) - 1) // 2], rel=0.04)
    assert spread.p95 == pytest.approx(ordered[-(-95 * len(ordered) // 100) - 1], rel=0.04)


def test_tasks_without_a_measure_count_as_zero() -> None:
    (spread,) = profiles._spreads(stage_of([of_run(value) for value in (0, 0, 0, 8000)]))
    assert (spread.least, spread.median, spread.most) == (0.0, 0.0, 8.0)
    assert spread.p95 == pytest.approx(8.0, rel=0.04)


@pytest.mark.parametrize("count", [20, 3000])
def test_the_longest_are_exact_and_told_apart_by_their_index(count: int) -> None:
    stage = stage_of([of_wall(5000 + index // 4, index) for index in range(count)])
    last = 5000 + (count - 1) // 4

    assert stage.longest == [
        *[(-last, index, 0, "a") for index in range(count - 4, count)],
        *[(1 - last, index, 0, "a") for index in range(count - 8, count - 4)],
    ]


def test_memory_does_not_grow_with_the_number_of_tasks() -> None:
    stage = stage_of(*[[of_run((i * 7919 + part) % 10_007) for i in range(5000)] for part in range(10)])

    assert len(stage._wall_counts._packed) < 5000
    assert stage._walls is None
    assert stage.longest[0][0] == -10_006
    assert points(stage.walls(), POINTS)[63] == pytest.approx(5.0, rel=0.02)


def test_the_earliest_launch_and_the_latest_finish_are_kept() -> None:
    stage = stage_of([of_run(10)], [of_wall(100)], [of_wall(50)])
    assert (stage.first_launch_ms, stage.last_finish_ms) == (BEGIN_MS, BEGIN_MS + 100)
    assert stage_of([of_run(10)]).first_launch_ms == 0


@given(st.lists(st.tuples(st.floats(0, 1e9), st.integers(1, 1000)), min_size=1, max_size=50), st.integers(2, 40))
def test_points_never_leave_their_range(counted: list[tuple[float, int]], most: int) -> None:
    ordered = sorted(counted)
    found = points(ordered, most)

    assert list(found) == sorted(found)
    assert len(found) <= max(most, 1)
    assert found[-1] == ordered[-1][0] / 1000
    assert found[0] >= ordered[0][0] / 1000 * (1 - 1e-9)
