from dataclasses import replace
from datetime import timedelta

import pytest
from tests.core.made import PRICES, START, WIDE, applied, change, entries, folded, recorded, run, waiting_profile
from tests.core.savings.plants import plant

from setpoint.core.domain import ClusterSpec
from setpoint.core.forecast import Forecast, forecast
from setpoint.core.goals import parse_goal
from setpoint.core.history import Entry

GOAL = parse_goal("minimise cost; runtime <= 40s")


def of(book: list[Entry], goal: str = GOAL.text) -> Forecast:
    found = forecast(folded(book), parse_goal(goal), PRICES)
    assert found is not None
    return found


@pytest.mark.parametrize("growth", [0.0, -0.01])
def test_without_growth_the_goal_lasts(growth: float) -> None:
    found = of(plant(1, growth=growth).entries)
    assert (found.current.at, found.current.earliest, found.best.at) == (None, None, None)
    assert not found.current.is_broken


def test_growth_breaks_the_goal_the_sooner_the_faster_and_later_on_the_best_spec() -> None:
    slow, fast = (of(plant(1, growth=growth).entries, "runtime <= 70s") for growth in (0.006, 0.012))
    assert slow.measure == "input"
    assert slow.trend.slope == pytest.approx(0.006, rel=0.02)
    for found in (slow, fast):
        assert found.current.at is not None
        assert found.current.earliest is not None
        assert found.since <= found.current.earliest <= found.current.at
        assert found.best.at is None or found.best.at > found.current.at
        assert found.best.growth >= found.current.growth
    assert slow.current.at is not None
    assert fast.current.at is not None
    assert fast.current.at - fast.since < slow.current.at - slow.since


def test_the_date_comes_true() -> None:
    """The physics of the plant say when 95 % of the runs no longer end in time."""
    import math
    import random

    growth, limit = 0.01, 70.0
    chance = random.Random(1)
    serial, work = chance.uniform(2, 8), chance.uniform(30, 120)
    found = of(plant(1, growth=growth).entries, f"runtime <= {limit:g}s")
    today = (serial + work / 4) * (1 + growth) ** 59 * math.exp(1.645 * 0.08)
    days = math.log(limit / today) / math.log(1 + growth)
    assert found.current.earliest is not None
    assert (found.current.earliest - found.since).days <= days
    assert found.current.latest is None or (found.current.latest - found.since).days >= days - 1


def test_a_goal_that_is_missed_already_says_so() -> None:
    found = of(plant(1, growth=0.01).entries, "runtime <= 5s")
    assert found.current.is_broken
    assert found.current.at == found.since


def test_without_inputs_the_runtime_itself_tells_the_growth_apart_from_the_spec() -> None:
    small = ClusterSpec.local(4, 8192)
    seconds = [10 * 1.02**day for day in range(20)]
    before = [run(day, WIDE, seconds[day], has_profile=False) for day in range(10)]
    after = [run(day, small, 1.7 * seconds[day], has_profile=False) for day in range(10, 20)]
    found = of([*entries(*before), *applied(change(small)), *recorded(*after)])
    assert found.measure == "runtime"
    assert found.trend.slope == pytest.approx(0.02, abs=0.012)
    assert found.exponent == 1.0
    assert found.current.at is not None


def test_memory_may_be_what_gives_out_first() -> None:
    tight = ClusterSpec.local(8, 1024)
    runs = [run(day, tight, 12, made=_with_heap(day, 1024 * (0.35 + 0.01 * day))) for day in range(25)]
    found = of(entries(*runs, baseline=tight), "runtime <= 10h")
    assert found.current.cause == "memory"
    assert found.current.at is not None
    assert found.best.spec.task_memory_mib > 1024
    assert found.best.growth > found.current.growth


def _with_heap(day: int, peak_mib: float):  # type: ignore[no-untyped-def] # noqa: ANN202
    made = waiting_profile(8, input_bytes=int(1e9 * 1.03**day))
    return replace(
        made, executors=tuple(replace(each, peak_heap_bytes=int(peak_mib * 2**20)) for each in made.executors)
    )


def test_too_few_runs_are_no_trend() -> None:
    assert forecast(folded(entries()), GOAL, PRICES) is None
    assert forecast(folded(entries(run(1), run(2))), GOAL, PRICES) is None
    assert forecast(folded(entries(run(1, has_profile=False))), GOAL, PRICES) is None


def test_what_grew_within_hours_is_no_trend() -> None:
    hourly = []
    for number in range(16):
        made = run(number, made=waiting_profile(8, input_bytes=int(1e9 * 1.05**number)))
        begins = START + timedelta(minutes=number)
        hourly.append(replace(made, report=replace(made.report, started_at=begins, finished_at=begins)))
    assert forecast(folded(entries(*hourly)), GOAL, PRICES) is None
