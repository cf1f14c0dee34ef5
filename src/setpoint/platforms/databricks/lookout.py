"""Which runs of a workspace have ended since it was last looked at: for all of its jobs together, from a mark.

The mark is data, so that whoever polls may be another process each time.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from setpoint.platforms.databricks.runs import RunCalls, has_ended
from setpoint.platforms.databricks.transport import CallFailed

__all__ = ["Mark", "look"]

Json = Mapping[str, Any]
_LIST, _GET = "/api/2.1/jobs/runs/list", "/api/2.1/jobs/runs/get"
_PAGE = 25
_OVERLAP_MS = 60_000
"""Clocks may differ; a run that is named twice is taken once."""
_DAY_MS = 86_400_000
_FEW = _PAGE
"""So many are asked for one by one. Lists go back to when the oldest of them began, and name all others on the way."""
_PATIENT_PAGES = 0.2
"""Pages of such a list for each run that is looked for, at the most."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the runs of a workspace were looked for."""

    looked_ms: int = 0
    """When, since the epoch; 0: never."""
    active: Mapping[str, int] = field(default_factory=dict)
    """Runs that had not ended then, and when they began."""


def look(
    calls: RunCalls, mark: Mark, now_ms: int, jobs: Container[str] | None = None, first_days: float = 1.0
) -> tuple[list[Json], Mark]:
    """Runs that have ended since, the one that began first first, and the next mark; the first time of `first_days`.

    Of these jobs, of all where None. Calls: a page for 25 runs that are at work, one for 25 that began and ended
    since, and one for each other run. Raises PlatformError, and then nothing was missed: the mark stays.
    """
    # What is at work is asked for first: what ends in between is in both answers, and not in neither.
    at_work = (run for run in _listed(calls, active_only="true") if _is_of(jobs, run))
    active = {str(run["run_id"]): int(run["start_time"]) for run in at_work}
    since = mark.looked_ms - _OVERLAP_MS if mark.looked_ms else now_ms - int(first_days * _DAY_MS)
    ended = {str(run["run_id"]): run for run in _ended(calls, start_time_from=since)}
    gone = {name: began for name, began in mark.active.items() if name not in active and name not in ended}
    if len(gone) > _FEW:
        ended |= _listed_back(calls, gone, since)
    for name in gone:
        if name not in ended:
            found = _get(calls, name)
            if found is not None:
                ended[name] = found
    runs = [run for name, run in ended.items() if has_ended(run) and name not in active and _is_of(jobs, run)]
    return sorted(runs, key=lambda run: (run.get("start_time") or 0, str(run["run_id"]))), Mark(now_ms, active)


def _is_of(jobs: Container[str] | None, run: Json) -> bool:
    return jobs is None or str(run.get("job_id")) in jobs


def _listed(calls: RunCalls, **query: object) -> Iterator[Json]:
    return calls.pages(_LIST, "runs", {"limit": _PAGE, **query})


def _ended(calls: RunCalls, **query: object) -> Iterator[Json]:
    return _listed(calls, completed_only="true", expand_tasks="true", **query)


def _listed_back(calls: RunCalls, gone: Mapping[str, int], until: int) -> dict[str, Json]:
    """As many of these as are found on some pages: after a long silence that is less than one call for each."""
    found: dict[str, Json] = {}
    most = int(len(gone) * _PATIENT_PAGES + 1) * _PAGE
    listed = _ended(calls, start_time_from=min(gone.values()), start_time_to=until)
    for number, run in enumerate(listed, 1):
        if str(run["run_id"]) in gone:
            found[str(run["run_id"])] = run
        if number >= most or len(found) == len(gone):
            break
    return found


def _get(calls: RunCalls, run_id: str) -> Json | None:
    """The run; None where it was deleted."""
    try:
        found: Json = calls.read(_GET, {"run_id": run_id})
    except CallFailed as failed:
        if failed.is_passing or failed.code in _NOT_LET_IN:
            raise
        return None
    return found


_NOT_LET_IN = frozenset({"PERMISSION_DENIED", "PermissionDenied", "UNAUTHENTICATED", "Unauthenticated"})
