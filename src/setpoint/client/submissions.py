"""Operations on submissions: finished runs that are handed to a project."""

from collections.abc import Mapping, Sequence

from setpoint.client.logs import EventLog, LogAt, uploading
from setpoint.client.paging import every, patience
from setpoint.client.projects import path_of
from setpoint.client.records import Submission, begun, document
from setpoint.client.steps import Ask, Operation, Pause

__all__ = ["create", "get", "listed", "wait"]

FINAL = frozenset({"SUCCESS", "FAILURE", "FAILED"})


def create(project_id: str, product_code: str, report: Mapping[str, object], log: EventLog) -> "Operation[str]":
    """Hand a run to a project; its id."""
    path = f"{path_of(project_id)}/submissions"
    if isinstance(log, LogAt):
        # The service names the field `product` here and `product_code` there.
        body = {"product": product_code, "cluster_report": report, "event_log_uri": log.url}
        return begun((yield Ask("POST", path, body)), "submission_id").id
    taken = begun((yield Ask("POST", path, {"product_code": product_code, "cluster_report": report})), "submission_id")
    yield from uploading(taken, log)
    return taken.id


def get(project_id: str, submission_id: str) -> "Operation[Submission]":
    """One submission."""
    return Submission.read(document((yield Ask("GET", f"{path_of(project_id)}/submissions/{submission_id}"))))


def listed(project_id: str) -> "Operation[Sequence[Submission]]":
    """Submissions of a project, newest first."""
    found = yield from every(f"{path_of(project_id)}/paged/submissions", key="items")
    return tuple(Submission.read(each) for each in found)


def wait(project_id: str, submission_id: str, every_seconds: float | None = None) -> "Operation[Submission]":
    """One submission, as soon as it is processed or has failed."""
    waits = patience(every_seconds)
    while (found := (yield from get(project_id, submission_id))).state not in FINAL:
        yield Pause(next(waits), f"submission {submission_id} is {found.state.lower()}")
    return found
