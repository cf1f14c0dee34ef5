"""Runs of a whole workspace in a few calls, and what a run says of its end."""

from collections.abc import Iterator, Mapping
from functools import partial
from random import Random
from typing import Any

from setpoint.platforms.databricks.runs import RunFeed, failure_of, has_ended, is_repaired, last_attempts, was_stopped

HOUR = 3_600_000


class Runs:
    """Answers `runs/list` and `runs/get` over spans of time; counts calls."""

    def __init__(self) -> None:
        self.now, self.calls = 10**12, 0
        self.runs: list[tuple[int, int, int, int]] = []

    def start(self, job: int, lasts: int) -> None:
        self.runs.append((len(self.runs) + 1, job, self.now, self.now + lasts))

    def read(self, path: str, query: Any = None, *, body: Any = None) -> Any:  # noqa: ANN401, ARG002 - the port's
        self.calls += 1
        return self._shown(next(run for run in self.runs if str(run[0]) == query["run_id"]))

    def pages(self, path: str, member: str, query: Mapping[str, Any] | None = None) -> Iterator[Mapping[str, Any]]:
        assert path.endswith("list")
        assert member == "runs"
        asked = query or {}
        assert 1 <= asked["limit"] <= 25
        found = [run for run in self.runs if (run[3] <= self.now) == ("completed_only" in asked)]
        found = [run for run in found if run[2] >= asked.get("start_time_from", 0)]
        self.calls += max(1, -(-len(found) // 25))
        yield from map(self._shown, reversed(found))

    def _shown(self, run: tuple[int, int, int, int]) -> Mapping[str, Any]:
        state = {"life_cycle_state": "TERMINATED" if run[3] <= self.now else "RUNNING", "result_state": "SUCCESS"}
        return {"run_id": run[0], "job_id": run[1], "start_time": run[2], "state": state}


def test_every_run_is_found_once_however_long_it_took() -> None:
    for seed in range(50):
        chance, at = Random(seed), Runs()
        feed = RunFeed(at, partial(getattr, at, "now"))
        for _ in range(40):
            at.now += chance.randint(1, 2 * HOUR)
            for _ in range(chance.randint(0, 3)):
                at.start(chance.randint(1, 3), chance.choice((1, HOUR, 9 * HOUR, 50 * HOUR)))
            at.now += chance.randint(0, HOUR)
            feed.poll()
            assert sorted(map(int, feed.ended)) == [run[0] for run in at.runs if run[3] <= at.now]
        assert [run["start_time"] for run in feed.of("1")] == [r[2] for r in at.runs if r[1] == 1 and r[3] <= at.now]


def test_500_jobs_cost_a_constant_and_less_than_a_call_a_run() -> None:
    """Two more a run, for its cluster and its events, keep to two and a constant where polls are not too many."""
    at = Runs()
    feed = RunFeed(at, lambda: at.now)
    feed.poll()
    calls = []
    for _ in range(24):
        before, ended = at.calls, len(feed.ended)
        for job in range(0, 500, 5):
            at.start(job, HOUR // 2)
        at.now += HOUR
        feed.poll()
        calls.append(at.calls - before)
        assert len(feed.ended) - ended == 100
    assert max(calls) <= 6


def test_fact_03_repairs_and_retries_are_told_apart() -> None:
    tasks = [{"task_key": "a", "attempt_number": n, "run_id": n} for n in (1, 0)] + [{"task_key": "b", "run_id": 9}]
    assert [task["run_id"] for task in last_attempts({"tasks": tasks})["tasks"]] == [1, 9]
    assert is_repaired({"repair_history": [{"type": "ORIGINAL"}, {"type": "REPAIR"}]})
    assert not is_repaired({"repair_history": [{"type": "ORIGINAL"}]})


def test_fact_19_success_with_failures_is_a_success() -> None:
    state = {"life_cycle_state": "TERMINATED", "result_state": "SUCCESS_WITH_FAILURES"}
    assert failure_of({"state": state}) is None


def test_fact_20_a_failure_has_the_code_of_its_end() -> None:
    run = {
        "state": {"life_cycle_state": "INTERNAL_ERROR", "result_state": "FAILED", "state_message": "no capacity"},
        "status": {"termination_details": {"code": "CLOUD_FAILURE", "type": "CLOUD_FAILURE"}},
    }
    assert has_ended(run)
    assert failure_of(run) == "CLOUD_FAILURE: no capacity"
    assert not has_ended({"state": {"life_cycle_state": "SKIPPED"}})
    stopped = {"state": {"life_cycle_state": "TERMINATED", "result_state": "CANCELED"}}
    assert was_stopped(stopped)
    assert failure_of(stopped) is None
