"""Looks at a workspace: whatever happens between them, each run that ends is named once, in few calls."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.platforms.databricks.lookout import Mark, look
from setpoint.platforms.databricks.transport import CallFailed

MINUTE = 60_000
START = 1_800_000_000_000


@dataclass
class Runs:
    """Runs with a beginning and an end, listed as a workspace does."""

    lives: Mapping[int, tuple[int, int]]
    """By id, in ms."""
    now: int = START
    calls: Counter[str] = field(default_factory=Counter)
    deleted: frozenset[int] = frozenset()
    fails: bool = False

    def read(self, path: str, query: Any = None, *, body: Any = None) -> Any:  # noqa: ANN401, ARG002 - the port's
        self.calls["get"] += 1
        if self.fails:
            raise CallFailed("busy", is_passing=True)
        run_id = int(query["run_id"])
        if run_id in self.deleted:
            raise CallFailed("gone", is_passing=False, code="INVALID_PARAMETER_VALUE")
        return self.told(run_id)

    def pages(self, path: str, member: str, query: Any = None) -> Iterator[Any]:  # noqa: ANN401, ARG002 - the port's
        begun = [name for name, (began, _) in self.lives.items() if began <= self.now and name not in self.deleted]
        found = sorted(begun, key=lambda name: self.lives[name], reverse=True)
        since, until = query.get("start_time_from", 0), query.get("start_time_to", 1 << 62)
        within = [name for name in found if since <= self.lives[name][0] <= until]
        listed = [name for name in within if (self.lives[name][1] <= self.now) == ("completed_only" in query)]
        for number, name in enumerate(listed):
            self.calls["page"] += number % 25 == 0
            yield self.told(name)
        self.calls["page"] += not listed

    def told(self, name: int) -> Mapping[str, Any]:
        began, ended = self.lives[name]
        state = "TERMINATED" if ended <= self.now else "RUNNING"
        return {"run_id": name, "job_id": name % 7, "start_time": began, "state": {"life_cycle_state": state}}


LIFE = st.tuples(st.integers(0, 600), st.integers(0, 900)).map(
    lambda it: (START + it[0] * MINUTE, START + (it[0] + it[1]) * MINUTE)
)


@given(
    st.lists(LIFE, max_size=60),
    st.lists(st.integers(1, 300), min_size=1, max_size=20),
)
def test_each_run_is_named_once_after_its_end_however_often_it_is_looked(
    lives: list[tuple[int, int]], pauses: list[int]
) -> None:
    runs, mark, named = Runs(dict(enumerate(lives, 1))), Mark(), Counter[str]()
    for pause in [0, *pauses]:
        runs.now += pause * MINUTE
        found, mark = look(runs, mark, runs.now, first_days=1)
        named.update(str(run["run_id"]) for run in found)
        assert all(run["state"]["life_cycle_state"] == "TERMINATED" for run in found)
        ended = {str(name) for name, (_, end) in runs.lives.items() if end <= runs.now}
        assert set(named) == ended
    # Those that began and ended within the minute by which looks overlap are named twice at the most.
    assert all(number <= 2 for number in named.values())


def test_a_failed_look_misses_nothing() -> None:
    runs = Runs({1: (START, START + 90 * MINUTE)})
    runs.now += 10 * MINUTE
    _, mark = look(runs, Mark(), START + 10 * MINUTE)
    runs.now, runs.fails = START + 100 * MINUTE, True
    with pytest.raises(CallFailed):
        look(runs, mark, runs.now)
    runs.fails = False
    assert [run["run_id"] for run in look(runs, mark, runs.now)[0]] == [1]


def test_a_run_that_was_deleted_meanwhile_holds_nothing_up() -> None:
    runs = Runs({1: (START, START + 90 * MINUTE), 2: (START, START + 90 * MINUTE)})
    runs.now += 10 * MINUTE
    _, mark = look(runs, Mark(), START + 10 * MINUTE)
    runs.now, runs.deleted = START + 100 * MINUTE, frozenset({1})
    assert [run["run_id"] for run in look(runs, mark, runs.now)[0]] == [2]


def test_after_a_long_silence_lists_are_read_and_not_run_by_run() -> None:
    lives = {name: (START - name, START + 60 * MINUTE + name) for name in range(1, 501)}
    runs = Runs(lives)
    runs.now += 10 * MINUTE
    _, mark = look(runs, Mark(), runs.now)
    runs.now, runs.calls = START + 600 * MINUTE, Counter()
    found, _ = look(runs, mark, runs.now)
    assert len(found) == 500
    assert sum(runs.calls.values()) <= 500 / 25 + 3


def test_in_a_steady_state_it_is_a_call_for_each_run_at_the_most() -> None:
    lives = {name: (START + name * MINUTE, START + (name + 45) * MINUTE) for name in range(600)}
    runs, mark = Runs(lives, START + 100 * MINUTE), Mark()
    _, mark = look(runs, mark, runs.now)
    runs.calls.clear()
    named = 0
    for _ in range(400):
        runs.now += MINUTE
        found, mark = look(runs, mark, runs.now)
        named += len(found)
    assert named == 400
    assert runs.calls["get"] <= named
