import json

import numpy as np
import pytest
from tests.core.replay.worlds import Script, Told, grid

from setpoint.core.replay import Episode, Rules, Stay, play_bout, summary
from setpoint.core.replay.bout import Bout
from setpoint.core.replay.episode import play
from setpoint.core.replay.method import Task
from setpoint.core.replay.plant import Plant

TRIED = grid([100, 45, 30, 20, 15, 10, 2], failed=[3])


def one(script: Script, horizon: int = 8) -> Episode:
    return play(Plant.of_episode(TRIED, Task(horizon=horizon), 0, 0.0, 7), 0, script)


def test_the_figures_have_the_keys_that_are_promised() -> None:
    stay, oracle = (play_bout(Bout(TRIED, (), "it", method, Rules())) for method in (Stay(), None))
    figures = json.loads(json.dumps(summary("made", "stay", 1, stay, oracle)))
    assert set(figures) >= {"dataset", "method", "workloads", "episodes", "one_step", "online", "oracle", "coverage"}
    assert set(figures["one_step"]) == {"improved", "median", "p10", "p90", "failed"}
    online = {"cum25_mean", "cum25_median", "cum25_p90", "best10_median", "improved_after_5", "median_after_5"}
    assert set(figures["online"]) >= online | {"misses", "misses_after_parent", "runs_to_5", "runs_to_10"}
    assert {key: set(figures["oracle"][key]) for key in figures["oracle"]} == {
        key: set(figures[key]) for key in ("one_step", "online")
    }
    assert set(figures["coverage"]) >= {"50", "80", "90"}
    assert set(figures["mape"]) == {"1", "2", "5", "10"}
    assert figures["coverage"]["90"] is None
    assert figures["oracle"]["online"]["cum25_mean"] <= figures["online"]["cum25_mean"]
    assert figures["oracle"]["online"]["best10_median"] == 1.0


def test_never_within_five_percent_of_the_optimum_is_no_number() -> None:
    episodes = [one(Script([0]))]
    online = summary("made", "it", 1, episodes, episodes)["online"]
    assert isinstance(online, dict)
    assert online["runs_to_5"] is None


def test_a_failed_recommendation_is_no_improvement() -> None:
    episodes = [one(Script([3]))]
    first = summary("made", "it", 1, episodes, episodes)["one_step"]
    assert first == {"improved": 0.0, "median": pytest.approx(-0.8), "p10": pytest.approx(-0.8),
                     "p90": pytest.approx(-0.8), "failed": 1.0}  # fmt: skip


def test_intervals_are_graded_on_completed_runs_of_new_configurations_only() -> None:
    exact = Told(TRIED.seconds)
    grades = one(Script([1, 3, 1, 1, 2], exact)).grades
    assert grades.intervals == 2
    assert grades.within == (2, 2, 2)
    assert (grades.all_intervals, grades.all_within) == (5, (5, 5, 5))
    assert grades.errors == (0.0, 0.0, 0.0, None)


def test_a_forecast_that_is_off_is_within_the_wider_intervals_only() -> None:
    # Intervals reach from −share/2 to +share/2 of the spread on the log scale.
    off = Told(TRIED.seconds * np.exp(0.3))
    grades = one(Script([1, 2], off)).grades
    assert (grades.intervals, grades.within) == (2, (0, 2, 2))
    assert grades.errors[0] == pytest.approx(np.exp(0.3) - 1)


def test_stated_risks_are_counted_by_bucket_against_the_misses() -> None:
    stated = (([3, 3, 1], 0.05), ([1], 0.0), ([2], 1.0))
    episodes = [one(Script(choices, miss_risk=risk)) for choices, risk in stated]
    buckets = summary("made", "it", 1, episodes, episodes)["risk"]
    assert isinstance(buckets, list)
    counted = {(each["from"], each["to"]): (each["runs"], each["expected"], each["misses"]) for each in buckets}
    assert counted[0.02, 0.05] == (2, pytest.approx(0.1), 1)
    assert counted[0.0, 0.02] == (1, 0, 0)
    assert counted[0.5, 1.0] == (1, 1.0, 0)
    assert sum(runs for runs, _, _ in counted.values()) == 4


def test_nothing_is_graded_where_everything_was_measured() -> None:
    tried = grid([100, 45])
    told = Told(tried.seconds)
    grades = play(Plant.of_episode(tried, Task(horizon=4), 0, 0.0, 7), 0, Script([1, 1, 1], told)).grades
    assert grades.errors == (0.0, None, None, None)
