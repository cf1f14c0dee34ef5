from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.replay.worlds import Script, grid, some_of

from setpoint.core.replay import Episode, Grid, RandomDraws, Rules, Stay, Task, Trial, incumbent, play_bout
from setpoint.core.replay.bout import Bout
from setpoint.core.replay.episode import play
from setpoint.core.replay.oracle import Oracle
from setpoint.core.replay.plant import Plant, best_config, parents
from setpoint.errors import InputError


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    seconds = draw(st.lists(st.floats(1, 1e4), min_size=2, max_size=8))
    failed = draw(st.sets(st.integers(0, len(seconds) - 1), max_size=len(seconds) - 1))
    return grid(seconds, sorted(failed))


def played(tried: Grid, method: Script | Stay | RandomDraws | None, rules: Rules | None = None) -> tuple[Episode, ...]:
    return play_bout(Bout(tried, (), "it", method, rules or Rules()))


def one(tried: Grid, parent: int, tuner: Script | Oracle, task: Task | None = None, noise: float = 0.0) -> Episode:
    return play(Plant.of_episode(tried, task or Task(), parent, noise, 7), parent, tuner)


@given(grids())
def test_whoever_stays_pays_the_parent_every_time(tried: Grid) -> None:
    best = float(tried.dollars[best_config(tried, Task())])
    for parent, episode in zip(parents(tried, None), played(tried, Stay()), strict=True):
        assert episode.cumulative == pytest.approx(float(tried.dollars[parent]) / best)
        assert (episode.reduction, episode.misses, episode.tried) == (0.0, 0, 1)


@given(grids(), st.integers(0, 5))
def test_the_oracle_is_a_lower_bound(tried: Grid, seed: int) -> None:
    bounds = played(tried, None)
    for method in (Stay(), RandomDraws(seed)):
        for episode, bound in zip(played(tried, method), bounds, strict=True):
            assert bound.cumulative <= episode.cumulative + 1e-9
            assert bound.reduction >= episode.reduction - 1e-9


@given(grids(), st.randoms(use_true_random=False), st.sampled_from(["cost", "cost-under-deadline"]))
def test_the_order_of_the_configurations_changes_nothing(tried: Grid, chance: Random, goal: str) -> None:
    rows = list(range(len(tried)))
    chance.shuffle(rows)
    rules = Rules(goal=goal, deadline_factor=2.0, noise=0.1)  # type: ignore[arg-type]
    for method in (Stay(), None):
        usual, shuffled = played(tried, method, rules), played(some_of(tried, rows), method, rules)
        assert sorted(e.cumulative for e in usual) == pytest.approx(sorted(e.cumulative for e in shuffled))


@given(grids(), st.lists(st.integers(0, 7), min_size=1, max_size=6))
def test_a_run_is_charged_at_least_its_own_cost(tried: Grid, choices: list[int]) -> None:
    inside = [choice % len(tried) for choice in choices]
    parent = parents(tried, None)[0]
    task = Task(horizon=len(inside) + 1)
    episode = one(tried, parent, Script(inside), task)
    own = sum(float(tried.dollars[index]) for index in [parent, *inside])
    best = float(tried.dollars[best_config(tried, task)])
    assert episode.cumulative * best * task.horizon >= own - 1e-9
    assert episode.misses == sum(not tried.completed[index] for index in inside)


def test_a_failure_is_charged_with_a_rerun_on_the_incumbent_and_is_a_miss() -> None:
    # Dollars: 0.1, 0.04, 0.06 (failed).
    tried = grid([100, 20, 20], failed=[2])
    episode = one(tried, 0, Script([1, 2]), Task(horizon=3))
    assert episode.cumulative == pytest.approx((0.1 + 0.04 + (0.06 + 0.04)) / 3 / 0.04)
    assert (episode.misses, episode.misses_after_parent) == (1, 1)
    first = one(tried, 0, Script([2]), Task(horizon=3))
    assert first.reduction == pytest.approx(1 - (0.06 + 0.1) / 0.1)
    assert first.is_failed


def test_with_a_deadline_a_late_run_is_a_miss_and_pays_its_own_cost() -> None:
    tried = grid([100, 60, 30])
    task = Task("cost-under-deadline", 50.0, horizon=4)
    episode = one(tried, 0, Script([1, 2]), task)
    assert best_config(tried, task) == 2
    assert (episode.misses, episode.misses_after_parent) == (2, 1)
    assert episode.cumulative == pytest.approx((0.1 + 0.12 + 0.09 + 0.09) / 4 / 0.09)
    assert episode.best10 == pytest.approx(1.0)
    assert one(tried, 0, Script([0]), task).best10 is None


def test_the_deadline_is_so_many_times_the_fastest_completed_run() -> None:
    rules = Rules(goal="cost-under-deadline", deadline_factor=1.25)
    assert rules.task(grid([100, 40, 20], failed=[2])).deadline_seconds == 50.0
    assert Rules().task(grid([100, 40])).deadline_seconds is None


def test_the_incumbent_is_the_cheapest_in_time_and_else_the_parent() -> None:
    tried = grid([100, 40, 20, 10])
    seen = [Trial(0, 100.0, completed=True), Trial(1, 40.0, completed=True), Trial(3, 10.0, completed=False)]
    assert incumbent(seen, tried.space, Task()) == 1
    assert incumbent(seen, tried.space, Task("cost-under-deadline", 30.0)) == 0
    assert incumbent([*seen, Trial(1, 400.0, completed=True)], tried.space, Task()) == 0


def test_the_one_step_recommendation_is_asked_for_one_run_and_the_others_for_those_left() -> None:
    script = Script([1, 1, 1])
    one(grid([100, 40]), 0, script, Task(horizon=4))
    assert script.asked == [1, 3, 2, 1]


def test_after_five_chosen_runs_the_incumbent_is_held_against_the_parent() -> None:
    tried = grid([100, 45, 30, 20, 15, 10, 2])
    episode = one(tried, 0, Script([1, 2, 3, 4, 5, 6]), Task(horizon=8))
    assert episode.reduction_after_5 == pytest.approx(1 - 0.06 / 0.1)
    assert episode.runs_to_near == (7, 7)
    assert episode.tried == 7


def test_a_final_choice_is_not_asked_again() -> None:
    assert len(played(grid([100, 40]), Stay(), Rules(horizon=1000))) == 2


def test_noise_is_seeded_and_the_same_for_every_method() -> None:
    tried, rules = grid([100, 40, 30]), Rules(noise=0.2)
    assert played(tried, Stay(), rules) == played(tried, Stay(), rules)
    quiet = played(tried, Stay())
    assert [e.cumulative for e in played(tried, Stay(), rules)] != [e.cumulative for e in quiet]
    assert len(played(tried, Stay(), Rules(noise=0.2, seeds=3))) == 9
    plants = [Plant.of_episode(tried, Task(), 1, 0.2, 7) for _ in range(2)]
    assert np.array_equal(plants[0].factors, plants[1].factors)


def test_one_seed_says_it_all_where_nothing_is_random() -> None:
    tried = grid([100, 40, 30])
    assert len(played(tried, Stay(), Rules(seeds=3))) == 3
    assert len(played(tried, RandomDraws(), Rules(seeds=3))) == 9


def test_sampled_parents_spread_over_the_costs() -> None:
    tried = grid([100 / (number + 1) * (number + 2) for number in range(8)], failed=[0])
    assert len(parents(tried, None)) == 7
    few = parents(tried, 3)
    assert len(few) == 3
    assert list(tried.dollars[list(few)]) == sorted(tried.dollars[list(few)])
    assert parents(tried, 99) == parents(tried, None)


def test_a_choice_that_is_no_configuration_is_refused() -> None:
    with pytest.raises(InputError, match="configuration 5 of 2"):
        one(grid([100, 40]), 0, Script([5]))


def test_without_a_run_in_time_there_is_no_optimum() -> None:
    with pytest.raises(ValueError, match="nightly"):
        best_config(grid([100, 40]), Task("cost-under-deadline", 1.0))


def test_random_draws_end_where_nothing_is_left() -> None:
    episodes = played(grid([100, 40, 30]), RandomDraws(9))
    assert {episode.tried for episode in episodes} == {3}
