"""Operations on recommendations: the cluster that a project should run on next."""

from collections.abc import Sequence

from setpoint.client.paging import patience
from setpoint.client.projects import path_of
from setpoint.client.records import Recommendation, document, documents, text
from setpoint.client.steps import Ask, Operation, Pause
from setpoint.errors import ServiceError

__all__ = ["create", "get", "latest", "listed", "wait"]


def create(project_id: str, **options: object) -> "Operation[str]":
    """Ask for a recommendation; its id."""
    answer = yield Ask("POST", f"{path_of(project_id)}/recommendations", options)
    return text(document(answer), "id")


def get(project_id: str, recommendation_id: str) -> "Operation[Recommendation]":
    """One recommendation."""
    path = f"{path_of(project_id)}/recommendations/{recommendation_id}"
    return Recommendation.read(document((yield Ask("GET", path))))


def listed(project_id: str, page: int = 0, per_page: int = 20) -> "Operation[Sequence[Recommendation]]":
    """A page of the recommendations of a project, newest first; pages count from 0."""
    query = [("page", str(page)), ("per_page", str(per_page))]
    answer = yield Ask("GET", f"{path_of(project_id)}/recommendations", query=query)
    return tuple(Recommendation.read(each) for each in documents(answer))


def latest(project_id: str) -> "Operation[Recommendation | None]":
    """The newest recommendation; None where there is none."""
    return next(iter((yield from listed(project_id, 0, 1))), None)


def wait(project_id: str, recommendation_id: str, every_seconds: float | None = None) -> "Operation[Recommendation]":
    """One recommendation, as soon as it is ready."""
    waits = patience(every_seconds)
    while (found := (yield from get(project_id, recommendation_id))).state not in {"SUCCESS", "FAILURE"}:
        yield Pause(next(waits), f"recommendation {recommendation_id} is {found.state.lower()}")
    if found.state == "FAILURE":
        why = found.document.get("error") or "the service gives no reason"
        raise ServiceError(f"Recommendation Error: Recommendation failed: {why}")
    return found
