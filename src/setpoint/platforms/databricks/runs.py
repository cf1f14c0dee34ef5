"""Runs of all jobs of a workspace, listed together: one poll for hundreds of jobs, and what a run's tasks ran on.

Source: Databricks REST API, `jobs/runs/list` (at most 25 a page, the one that began last first).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = ["RunCalls", "RunFeed", "failure_of", "has_ended", "is_over", "is_repaired", "last_attempts", "was_stopped"]

Json = Mapping[str, Any]
_LIST, _GET = "/api/2.1/jobs/runs/list", "/api/2.1/jobs/runs/get"
_PAGE = 25
_LONG_MS = 6 * 3600 * 1000
"""A run that ends after so long is asked for by itself: listing back to its start would name all others again."""
_ENDED = ("TERMINATED", "INTERNAL_ERROR", "SKIPPED", "BLOCKED")
_STOPPED = ("CANCELED", "CANCELLED")
_WELL = ("SUCCESS", "SUCCESS_WITH_FAILURES")


class RunCalls(Protocol):
    """What the feed needs of `Calls`."""

    def read(self, path: str, query: Json | None = None, *, body: Json | None = None) -> Any:  # noqa: ANN401 - JSON
        """Ask."""
        ...

    def pages(self, path: str, member: str, query: Json | None = None) -> Iterator[Json]:
        """Ask for a list."""
        ...


def has_ended(run: Json) -> bool:
    """Whether a run has ended and had a cluster, or could have had: one that was skipped never had."""
    state = run.get("state") or {}
    return state.get("life_cycle_state") in _ENDED[:2]


def is_over(run: Json) -> bool:
    """Whether nothing of it is still to come, whatever became of it."""
    return (run.get("state") or {}).get("life_cycle_state") in _ENDED[:3]


def was_stopped(run: Json) -> bool:
    """Whether somebody stopped it."""
    return (run.get("state") or {}).get("result_state") in _STOPPED


def failure_of(run: Json) -> str | None:
    """Why it failed: the code of its end and Databricks' words; None where it did its work or was stopped."""
    state = run.get("state") or {}
    result = state.get("result_state")
    if result in _WELL or was_stopped(run):
        return None
    details = (run.get("status") or {}).get("termination_details") or {}
    code = details.get("code") or result or state.get("life_cycle_state")
    said = state.get("state_message") or details.get("message") or ""
    return f"{code}: {said}"[:1000] if said else f"The run ended with {code}."


def last_attempts(run: Json) -> dict[str, Any]:
    """The run with only the last attempt of each task; repairs and retries are attempts too."""
    last: dict[str, Json] = {}
    for task in run.get("tasks") or ():
        known = last.get(task["task_key"])
        if known is None or (task.get("attempt_number") or 0) >= (known.get("attempt_number") or 0):
            last[task["task_key"]] = task
    return {**run, "tasks": list(last.values())}


def is_repaired(run: Json) -> bool:
    """Whether it was repaired: then tasks of one run may have run on clusters of different settings."""
    return sum(1 for each in run.get("repair_history") or () if each.get("type") == "REPAIR") > 0


@dataclass(slots=True)
class RunFeed:
    """The ended runs of a workspace, as far as they were looked for."""

    calls: RunCalls
    now_ms: Callable[[], int]
    first_days: int = 7
    """How far back the first look goes."""
    ended: dict[str, Json] = field(default_factory=dict)
    """By run id."""
    _active: dict[str, int] = field(default_factory=dict)
    _looked_ms: int | None = None

    def poll(self) -> None:
        """Look for runs that have ended since the last time: a page or two, however many jobs there are."""
        now = self.now_ms()
        active = {str(run["run_id"]): int(run["start_time"]) for run in self._list(active_only="true")}
        gone = {run_id: began for run_id, began in self._active.items() if run_id not in active}
        if self._looked_ms is None:
            since = now - self.first_days * 86_400_000
        else:
            looked = self._looked_ms
            since = min([looked, *(began for began in gone.values() if looked - began <= _LONG_MS)])
        for run in self._list(completed_only="true", start_time_from=since, expand_tasks="true"):
            self._keep(run)
        for run_id in gone:
            if run_id not in self.ended:
                self._keep(self.calls.read(_GET, {"run_id": run_id}))
        self._active, self._looked_ms = active, now

    def of(self, job_id: str) -> Sequence[Json]:
        """Ended runs of a job, the one that began first first."""
        found = [run for run in self.ended.values() if str(run.get("job_id")) == job_id]
        return sorted(found, key=lambda run: (run.get("start_time") or 0, int(run["run_id"])))

    def _list(self, **query: object) -> Iterator[Json]:
        return self.calls.pages(_LIST, "runs", {"limit": _PAGE, **query})

    def _keep(self, run: Json) -> None:
        if has_ended(run):
            self.ended[str(run["run_id"])] = run
