"""Goals as YAML come to the same as in text, and errors name line and column."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.goal_file import read_goal_file
from setpoint.core.goals import parse_goal
from setpoint.errors import GoalError

WHOLE = """\
minimise: cost
limits:
  runtime p90: 1h 30m
  cost: = 30$
  ready: "06:00 Europe/Berlin"
  utilisation: 60%
  scale 10x: {runtime: 4h, failure_risk: 1%}
"""


def test_a_mapping_says_the_same_as_the_text() -> None:
    said = parse_goal(read_goal_file("goal.yaml", WHOLE.encode()))
    text = (
        "minimise cost; runtime p90 <= 1h 30m; cost = 30$; ready by 06:00 Europe/Berlin; utilisation >= 60%; "
        "scale 10x: runtime <= 4h; scale 10x: failure_risk <= 1%"
    )
    assert (said.minimise, said.limits) == (parse_goal(text).minimise, parse_goal(text).limits)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("goal: balanced", "balanced"),
        ("minimise cost; runtime <= 1h", "minimise cost; runtime <= 1h"),
        ("maximise: utilisation", "maximise utilisation"),
        ("limits:\n- runtime <= 1h\n- scale 2x: runtime <= 2h\n", "runtime <= 1h; scale 2x: runtime <= 2h"),
        ("limits: runtime <= 1h; cost <= 3$", "runtime <= 1h; cost <= 3$"),
        ("goal: economy\nlimits: {runtime: <= 1h}", "economy; runtime <= 1h"),
    ],
)
def test_other_ways_to_write_it(content: str, text: str) -> None:
    assert read_goal_file("goal.yaml", content.encode()) == text


@pytest.mark.parametrize(
    ("content", "place", "word"),
    [
        ("minimise: happiness", "1:11", "happiness"),
        ("minimise: cost\nlimits:\n  runtime: soon", "3:12", "soon"),
        ("minimise: cost\nlimits:\n  speed: 3", "3:3", "speed"),
        ("limits:\n  runtime: 1h; minimise carbon", "2:12", "1h; minimise carbon"),
        ("minimise: cost\nlimit: x", "2:1", "limit"),
        ("minimise: cost\nmaximise: utilisation", "2:11", "maximise utilisation"),
        ("minimise: {cost: 1}", "1:11", "this mapping"),
        ("limits:\n  scale 2x: {scale 3x: {runtime: 1h}}", "2:14", "scale 3x"),
        ("limits:\n  runtime: [1h]", "2:12", "this list"),
        ("limits: {runtime: &a 1h}", "1:19", "anchors"),
        ("- minimise cost", "1:1", "this list"),
        ("limits: {}", "1:1", "this mapping"),
        ("minimise: [", "1:12", ""),
    ],
)
def test_an_error_names_line_and_column_and_word(content: str, place: str, word: str) -> None:
    with pytest.raises(GoalError) as caught:
        read_goal_file("goal.yaml", content.encode())
    assert str(caught.value).startswith(f"goal.yaml:{place}")
    assert word in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"a: 1\n---\nb: 2", b"\xff"])
def test_what_is_no_document_is_an_error(content: bytes) -> None:
    with pytest.raises(GoalError, match=r"goal\.yaml"):
        read_goal_file("goal.yaml", content)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_a_goal_or_an_error(content: bytes) -> None:
    try:
        read_goal_file("goal.yaml", content)
    except GoalError:
        return
