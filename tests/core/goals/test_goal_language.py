"""Goals are read as they are written, and every error points at the word."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.goals import DEFAULT_RISK, METRICS, Goal, Limit, parse_goal
from setpoint.errors import GoalError

blanks = st.text(" ", max_size=2)
bounds = {
    "cost": st.integers(1, 10_000).map(lambda n: f"{n / 100}$"),
    "runtime": st.integers(1, 900).map(lambda n: f"{n}m"),
}


@st.composite
def limits(draw: st.DrawFn) -> tuple[str, Limit]:
    metric = draw(st.sampled_from(sorted(bounds)))
    bound = draw(bounds[metric])
    sure = draw(st.none() | st.integers(50, 99))
    words = (
        f"{metric}{'' if sure is None else f' p{sure}'}{draw(blanks)}{draw(st.sampled_from(['<=', '≤', '<']))} {bound}"
    )
    amount = METRICS[metric].parse_bound(bound)
    assert amount is not None
    return words, Limit(metric, amount, DEFAULT_RISK if sure is None else 1 - sure / 100)


@given(
    st.sampled_from(sorted(name for name, it in METRICS.items() if it.role != "limit")),
    st.lists(limits(), max_size=4),
    blanks,
)
def test_what_is_written_is_what_is_read(minimise: str, made: list[tuple[str, Limit]], gap: str) -> None:
    verb = "maximise" if METRICS[minimise].is_high_better else "minimise"
    clauses = [f"{gap}{verb}{gap} {minimise}{gap}", *(f"{gap}{words}{gap}" for words, _ in made)]
    goal = parse_goal(";".join(clauses))
    assert goal.minimise == minimise
    assert [(x.metric, x.bound, round(x.risk, 9)) for x in goal.limits] == [
        (limit.metric, limit.bound, round(limit.risk, 9)) for _, limit in made
    ]


@given(st.lists(limits(), min_size=1, max_size=3))
def test_reading_again_what_was_read_changes_nothing(made: list[tuple[str, Limit]]) -> None:
    goal = parse_goal(" ; ".join(words for words, _ in made) + " ;")
    assert parse_goal(goal.text) == goal
    assert goal.minimise == "cost"


@given(st.lists(limits(), min_size=1, max_size=3))
def test_the_order_of_the_limits_does_not_matter(made: list[tuple[str, Limit]]) -> None:
    there = parse_goal("; ".join(words for words, _ in made))
    back = parse_goal("; ".join(words for words, _ in reversed(made)))
    assert set(there.limits) == set(back.limits)
    assert there.risk == back.risk


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("minimise   happiness", "happiness"),
        ("minimise cost; minimise runtime", "minimise"),
        ("runtime <= 1h;  speed <= 3", "speed"),
        ("runtime about 1h", "runtime about 1h"),
        ("runtime p95 <=  soon", "soon"),
        ("cost <= 0$", "0$"),
        ("cost <= 1e999$", "1e999$"),
        ("cost <= -3$", "-3$"),
        ("runtime <= 7", "7"),
        ("minimise cost;runtime p30 <= 1h", "p30"),
        ("runtime p99.99 <= 1h", "p99.99"),
        ("minimise cost runtime <= 1h", "cost runtime <= 1h"),
    ],
)
def test_an_error_points_at_the_word(text: str, wrong: str) -> None:
    with pytest.raises(GoalError) as caught:
        parse_goal(text)
    sentence, shown, pointer = str(caught.value).split("\n")
    assert f"“{wrong}”" in sentence
    assert shown == f"  {text}"
    begin = pointer.index("^")
    assert shown[begin : begin + pointer.count("^")] == wrong
    assert shown.rindex(wrong) == begin


@pytest.mark.parametrize("text", ["minimise", "minimise ; runtime <= 1h", "runtime <=", "runtime <= ; cost <= 1$"])
def test_a_missing_word_is_pointed_at_where_it_should_stand(text: str) -> None:
    with pytest.raises(GoalError) as caught:
        parse_goal(text)
    pointer = str(caught.value).split("\n")[2]
    assert pointer.count("^") == 1
    assert 0 < pointer.index("^") - 2 <= len(text.partition(" ;")[0]) + 1


@pytest.mark.parametrize("text", ["", "   ", ";;", " ; "])
def test_an_empty_goal_is_told_what_to_write(text: str) -> None:
    with pytest.raises(GoalError, match="empty; write for example"):
        parse_goal(text)


@given(st.text(max_size=40))
def test_any_text_is_a_goal_or_a_goal_error(text: str) -> None:
    try:
        goal = parse_goal(text)
    except GoalError:
        return
    assert all(0 < limit.bound < math.inf and 0 < limit.risk <= 0.5 for limit in goal.limits)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("30min", 1800.0),
        ("2 hours", 7200.0),
        ("90 seconds", 90.0),
        ("1 h 30 min", 5400.0),
        ("1h30m", 5400.0),
        ("1 HOUR 5 Minutes", 3900.0),
        ("45 sec", 45.0),
        ("1.5h", 5400.0),
    ],
)
def test_durations_are_read_as_people_write_them(written: str, seconds: float) -> None:
    assert parse_goal(f"runtime <= {written}").limits == (Limit("runtime", seconds),)


@pytest.mark.parametrize("written", ["3 months", "2 horses", "30 min soon", "30m 1h", "1h 2h"])
def test_other_words_are_no_durations(written: str) -> None:
    with pytest.raises(GoalError, match="a bound such as 1h 30m"):
        parse_goal(f"runtime <= {written}")


def test_american_spelling_and_capitals_are_understood() -> None:
    goal = parse_goal("Minimize Runtime; COST < 3 USD")
    assert (goal.minimise, goal.limits) == ("runtime", (Limit("cost", 3.0),))


def test_a_goal_without_limits_has_the_usual_risk() -> None:
    goal = parse_goal("minimise runtime")
    assert goal == Goal("runtime", (), "minimise runtime")
    assert goal.risk == DEFAULT_RISK


def test_the_strictest_limit_sets_the_risk() -> None:
    assert parse_goal("runtime p99 <= 1h; cost p80 <= 3$").risk == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("text", "minimise", "limits"),
    [
        ("performance", "runtime", ""),
        ("balanced; cost <= 30$", "balance", "cost <= 30$"),
        ("economy; runtime <= 1h", "cost", "runtime <= 1h"),
        ("cost = 30$", "runtime", "cost = 30$"),
        ("cost <= 30$", "cost", "cost <= 30$"),
        ("ready by 06:00 Europe/Berlin", "cost", "ready by 06:00 Europe/Berlin"),
        ("ready by 6:00", "cost", "ready by 06:00"),
        ("scale 10x: runtime p90 <= 4h", "cost", "scale 10x: runtime p90 <= 4h"),
        ("failure_risk <= 1%", "cost", "failure_risk <= 1%"),
        ("minimise carbon; latency p99 <= 10s", "carbon", "latency p99 <= 10s"),
        ("maximise utilisation; energy <= 80 Wh", "utilisation", "energy <= 0.08kWh"),
        ("memory_utilisation >= 50 %", "cost", "memory_utilisation >= 50%"),
    ],
)
def test_each_kind_of_goal_is_read_and_written(text: str, minimise: str, limits: str) -> None:
    goal = parse_goal(text)
    assert goal.minimise == minimise
    assert "; ".join(limit.text for limit in goal.limits) == limits
    again = parse_goal(str(goal))
    assert (again.minimise, again.limits) == (goal.minimise, goal.limits)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("minimise cost; ready by 25:00", "25:00"),
        ("ready by 06:00 Europe/Nowhere", "Europe/Nowhere"),
        ("minimise ready", "ready"),
        ("minimise utilisation", "utilisation"),
        ("maximise cost", "cost"),
        ("utilisation <= 60%", "<="),
        ("runtime >= 1h", ">="),
        ("scale 0.5x: runtime <= 1h", "0.5x"),
        ("scale ten: runtime <= 1h", "ten"),
        ("scale 2x: speed <= 1h", "speed"),
        ("failure_risk <= 90%", "90%"),
        ("balance <= 3$", "balance"),
        ("utilisation >= 160%", "160%"),
    ],
)
def test_errors_of_the_newer_clauses_point_at_the_word(text: str, wrong: str) -> None:
    with pytest.raises(GoalError) as caught:
        parse_goal(text)
    _, shown, pointer = str(caught.value).split("\n")
    begin = pointer.index("^")
    assert shown[begin : begin + pointer.count("^")] == wrong
