from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.service.story import SMALL, Story, whole_story

from setpoint.core.domain import Outcome
from setpoint.core.history import Entry, RunRecorded
from setpoint.service.charts import RUNS_DRAWN, figures
from setpoint.service.sparkline import cost_sparkline, outcome_strip
from setpoint.service.view import project_view


def drawn(entries: Iterable[Entry], metric: str) -> dict[str, Any]:
    """The figure as the browser gets it."""
    figure: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode(figures(project_view("orders", tuple(entries)))[metric])
    )
    return figure


def trace(figure: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in figure["data"] if each["name"] == name)
    return found


def names(figure: dict[str, Any]) -> set[str]:
    return {each["name"] for each in figure["data"]}


@given(st.integers(0, 12), st.integers(0, 2**16))
def test_every_measured_point_and_every_limit_lies_within_the_axis(runs: int, seed: int) -> None:
    story = Story().begin()
    story.chance.seed(seed)
    for _ in range(runs):
        story.run().hold("wait")
    for metric in ("cost", "runtime"):
        figure = drawn(story.entries, metric)
        low, high = figure["layout"]["yaxis"]["range"]
        points = trace(figure, "actual")["y"] + [y for y in trace(figure, "set point")["y"] if y is not None]
        assert all(low <= y <= high for y in points)


@given(st.integers(1, 10))
def test_traces_have_as_many_places_as_values(runs: int) -> None:
    story = Story().begin()
    for _ in range(runs):
        story.run().change(SMALL, "it is cheaper")
    for metric in ("cost", "runtime"):
        for each in drawn(story.entries, metric)["data"]:
            assert len(each["x"]) == len(each["y"])
            assert len(each.get("text", each["x"])) == len(each["x"])


def test_the_story_draws_everything() -> None:
    for metric in ("cost", "runtime"):
        figure = drawn(whole_story(), metric)
        assert names(figure) == {
            *("predicted, 90 %", "set point", "actual", "failed run", "next run"),
            *("applied", "rollback", "disturbance", "goal"),
        }
        assert len(trace(figure, "actual")["x"]) == 24
        assert trace(figure, "failed run")["x"] == [7]
        assert trace(figure, "next run")["x"] == [26]
        assert trace(figure, "rollback")["x"] == [7.5]
        assert trace(figure, "disturbance")["x"] == [14, 19]
        assert len(figure["layout"]["shapes"]) > 5


def test_a_change_of_the_goal_is_a_step() -> None:
    steps = trace(drawn(whole_story(), "runtime"), "set point")
    levels = dict(zip(steps["x"], steps["y"], strict=True))
    assert (levels[0.5], levels[19.5], levels[25.5], levels[26.5]) == (20.0, 20.0, 24.0, 24.0)


def test_a_metric_without_a_limit_has_no_line() -> None:
    entries = Story().begin(goal="minimise cost; runtime <= 20s").run().entries
    assert set(trace(drawn(entries, "cost"), "set point")["y"]) == {None}


def test_a_mark_gives_the_reason_in_words() -> None:
    text = trace(drawn(whole_story(), "cost"), "rollback")["text"][0]
    assert "Rolled back to 8 slots" in text
    assert "want of memory" in text.replace("<br>", " ")


def test_words_of_others_are_no_markup() -> None:
    bad = "<script>alert(1)</script><a href='x'>"
    story = Story().begin().run(Outcome.FAILED, "application", bad).change(SMALL, bad).run(Outcome.KILLED)
    for metric in ("cost", "runtime"):
        shown = " ".join(text for each in drawn(story.entries, metric)["data"] for text in each.get("text", []))
        assert "<script" not in shown
        assert "<a " not in shown
        assert "&lt;script&gt;" in shown


def test_a_very_wide_prediction_does_not_crush_what_was_measured() -> None:
    story = Story().begin().run()
    story.doubt = 3.0
    figure = drawn(story.hold("wait").entries, "runtime")
    assert figure["layout"]["yaxis"]["range"][1] < 2 * 20.0


def test_long_runs_are_drawn_in_minutes_or_hours() -> None:
    entries = list(Story().begin(goal="minimise cost").run().entries)
    for seconds, suffix, shown in ((30, " s", 30), (1800, " min", 30), (4 * 3600, " h", 4)):
        recorded = entries[2]
        assert isinstance(recorded, RunRecorded)
        report = recorded.run.report
        long = replace(report, finished_at=report.started_at + timedelta(seconds=seconds))
        figure = drawn([*entries[:2], replace(recorded, run=replace(recorded.run, report=long))], "runtime")
        assert figure["layout"]["yaxis"]["ticksuffix"] == suffix
        assert trace(figure, "actual")["y"] == [pytest.approx(shown)]


def test_only_the_newest_runs_are_drawn() -> None:
    story = Story().begin()
    for _ in range(RUNS_DRAWN + 5):
        story.run()
    assert trace(drawn(story.entries, "cost"), "actual")["x"][0] == 6


def test_colours_are_left_to_the_style_sheet() -> None:
    shown = msgspec.json.encode(figures(project_view("orders", whole_story()))).decode()
    assert "#" not in shown.replace("&#", "")
    assert '"--chart-actual"' in shown


def test_small_pictures_say_in_words_what_they_show() -> None:
    runs = project_view("orders", whole_story()).runs
    assert "Cost of the last 25 runs, from $0.00326 (list-estimated) to $0.00266 (list-estimated)" in cost_sparkline(
        runs
    )
    assert "Of the last 25 runs 18 met the goal and 1 failed" in outcome_strip(runs)
    assert cost_sparkline(()) == outcome_strip(()) == ""


def test_a_sparkline_of_one_run_without_limit_or_cost_is_drawn() -> None:
    run = project_view("orders", Story().begin(goal="minimise cost").run().entries).runs[0]
    assert "nan" not in cost_sparkline((replace(run, dollars=0.0),))
