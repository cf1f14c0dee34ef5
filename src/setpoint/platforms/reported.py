"""What a platform owes of a run, from a report that was read: the span of its machines, its exit code, its failure."""

import re
from datetime import UTC, datetime

from setpoint.core.configurations import Reported
from setpoint.core.domain import ClusterReport

__all__ = ["cluster_report_of", "exit_code_of", "names_on_bills", "span_of"]

_EXIT = re.compile(r"exit(?:ed with)?(?: (?:code|status))?:? (-?\d{1,3})\b", re.IGNORECASE)


def cluster_report_of(reported: Reported, before: Reported | None) -> ClusterReport:
    """The report of a run, from the first machine's start to the last one's end; `before` is the run before it."""
    began, ended = span_of(reported)
    return ClusterReport(
        spec=reported.spec,
        started_at=began,
        finished_at=ended,
        exit_code=exit_code_of(reported.failure),
        host_cores=None,
        error=reported.failure,
        retry=before is not None and before.failure is not None,
        stopped=reported.was_stopped,
        usage=reported.run.usage,
        billed_as=names_on_bills(reported),
    )


def names_on_bills(reported: Reported) -> tuple[str, ...]:
    """By which ids bills may call a run: its cluster, runs of its tasks, its machines and disks."""
    run = reported.run
    return tuple(dict.fromkeys(name for name in (run.cluster_id, *run.run_ids, *run.resources) if name))


def span_of(reported: Reported) -> tuple[datetime, datetime]:
    """When its first machine was there, and when the last one was given back."""
    machines = reported.run.usage.machines
    began = min((use.began for use in machines), default=reported.run.began)
    ended = max((use.ended for use in machines), default=reported.run.ended)
    return datetime.fromtimestamp(began, UTC), datetime.fromtimestamp(max(began, ended), UTC)


def exit_code_of(failure: str | None) -> int:
    """The code that a failure names, or 1; 0 where there was none.

    >>> exit_code_of("The application exited with code 3"), exit_code_of("it failed"), exit_code_of(None)
    (3, 1, 0)
    """
    if failure is None:
        return 0
    found = _EXIT.search(failure)
    return (int(found[1]) if found else 1) or 1
