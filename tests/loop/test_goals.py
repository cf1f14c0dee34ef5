"""Each kind of goal drives a project where it should, round simulated jobs whose physics is known."""

from dataclasses import replace

import pytest

from setpoint.core.domain import ClusterSpec, SearchSpace
from setpoint.core.goals import METRICS
from setpoint.core.pricebook import CorePower, PriceBook
from setpoint.ledger.memory import MemoryLedger
from setpoint.loop import Loop
from setpoint.testing.plant import Physics, SimulatedPlant

PRICES = replace(
    PriceBook.of_cores(0.052624, 0.0057785, "an example"), power=CorePower(1.0, 3.0, 0.4, 400.0, "an example")
)
MIDDLE = ClusterSpec.local(4, 4096)
SPACE = SearchSpace((1, 2, 4, 8, 16), (2048, 4096, 8192))


def settled(goal: str, physics: Physics | None = None, runs: int = 12) -> tuple[Loop, ClusterSpec]:
    plant = SimulatedPlant("nightly", MIDDLE, physics or Physics(noise=0.02), seed=3)
    loop = Loop(plant, MemoryLedger(), PRICES, plant.clock)
    loop.register("nightly", "spark", MIDDLE, SPACE)
    loop.set_goal("nightly", goal)
    for _ in range(runs):
        plant.run()
        loop.tick("nightly")
    return loop, loop.state("nightly").history.spec


def reason(loop: Loop) -> str:
    decided = loop.state("nightly").history.last_decided
    assert decided is not None
    return decided.decision.reason


def test_performance_takes_more_than_economy_and_balance_lies_between() -> None:
    slots = [settled(goal)[1].slots for goal in ("economy", "balanced", "performance")]
    assert slots == sorted(slots)
    assert slots[0] < slots[2]


def test_a_cost_set_point_is_spent_on_speed() -> None:
    """A ceiling is stayed below; a set point is there to be spent."""
    _, cheap = settled("cost <= 0.01$")
    loop, spent = settled("cost = 0.01$")
    assert spent.slots > cheap.slots
    assert loop.state("nightly").history.runs[-1].cost.dollars <= 0.01


@pytest.mark.parametrize("aim", ["energy", "carbon"])
def test_energy_and_carbon_fall(aim: str) -> None:
    runs = settled(f"minimise {aim}")[0].state("nightly").history.runs
    first, last = METRICS[aim].of_run(runs[0]), METRICS[aim].of_run(runs[-1])
    assert first is not None
    assert last is not None
    assert last < first


def test_utilisation_rises() -> None:
    runs = settled("maximise utilisation; runtime <= 10m")[0].state("nightly").history.runs
    first, last = METRICS["utilisation"].of_run(runs[0]), METRICS["utilisation"].of_run(runs[-1])
    assert first is not None
    assert last is not None
    assert last > first


def test_memory_that_is_never_used_is_given_back() -> None:
    physics = Physics(noise=0.02, needed_mib=700, logged_peak_mib=600)
    _, spec = settled("maximise memory_utilisation; runtime <= 10m", physics)
    assert spec.task_memory_mib < MIDDLE.task_memory_mib


def test_a_deadline_by_the_clock_is_a_deadline() -> None:
    """Runs start at 02:00 UTC: one minute is left, or one hour."""
    physics = Physics(noise=0.02, input_scale=3.0)
    loop, hurried = settled("minimise cost; ready by 03:01 Europe/Berlin", physics)
    _, late = settled("minimise cost; ready by 03:00 UTC", physics)
    assert hurried.slots > late.slots
    assert loop.state("nightly").history.runs[-1].seconds <= 60


def test_headroom_for_more_input_takes_more_than_today_needs() -> None:
    _, today = settled("minimise cost; runtime <= 60s")
    _, ready = settled("minimise cost; runtime <= 60s; scale 3x: runtime <= 60s")
    assert ready.slots > today.slots


def test_what_nothing_tells_is_said_and_the_rest_holds() -> None:
    loop, spec = settled("minimise cost; latency <= 1s; runtime <= 10m", runs=3)
    assert "Not looked at: latency: " in reason(loop)
    assert spec.slots <= MIDDLE.slots


def test_a_limit_on_failures_is_asked_of_the_memory() -> None:
    loop, spec = settled("minimise cost; failure_risk <= 0.5%", Physics(noise=0.02, needed_mib=3000))
    assert spec.task_memory_mib >= 4096
    assert all(run.succeeded for run in loop.state("nightly").history.runs)


def test_decisions_foresee_what_the_goal_names() -> None:
    loop, _ = settled("minimise energy; utilisation >= 5%", runs=3)
    decided = loop.state("nightly").history.last_decided
    assert decided is not None
    current = decided.decision.assessment.current
    assert current is not None
    assert [each.name for each in current.foreseen] == ["energy", "utilisation"]
    assert all(each.low <= each.median <= each.high for each in current.foreseen)
