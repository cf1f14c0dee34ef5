"""Operations on predictions: three clusters for one finished run."""

from collections.abc import Mapping, Sequence

from setpoint.client.logs import EventLog, LogAt, uploading
from setpoint.client.paging import every, patience
from setpoint.client.records import Prediction, begun, document, documents, text
from setpoint.client.steps import Ask, Operation, Pause
from setpoint.errors import ServiceError

__all__ = ["create", "final_status", "get", "listed", "newest", "status", "wait"]

PATH = "/v1/autotuner/predictions"


def create(
    product_code: str, report: Mapping[str, object], log: EventLog, project_id: str | None = None
) -> "Operation[str]":
    """Ask for a prediction of a finished run; its id."""
    body: dict[str, object] = {"project_id": project_id, "product_code": product_code, "configs": report}
    if isinstance(log, LogAt):
        return begun((yield Ask("POST", PATH, body | {"eventlog_url": log.url})), "prediction_id").id
    taken = begun((yield Ask("POST", PATH, body)), "prediction_id")
    yield from uploading(taken, log)
    return taken.id


def get(prediction_id: str, preference: str | None = None) -> "Operation[Prediction]":
    """One prediction, with the solution of one preference or all three."""
    query = [("preference", preference)] if preference else []
    return Prediction.read(document((yield Ask("GET", f"{PATH}/{prediction_id}", query=query))))


def status(prediction_id: str) -> "Operation[str]":
    """How far a prediction is; SUCCESS and FAILURE are final."""
    return text(document((yield Ask("GET", f"{PATH}/{prediction_id}/status"))), "status")


def listed(
    product_code: str | None = None, project_id: str | None = None, preference: str | None = None
) -> "Operation[Sequence[Prediction]]":
    """Predictions, newest first."""
    given = {"products": product_code, "project_id": project_id, "preference": preference}
    found = yield from every(PATH, [(name, value) for name, value in given.items() if value])
    return tuple(Prediction.read(each) for each in found)


def newest(project_id: str, preference: str | None = None) -> "Operation[Prediction | None]":
    """The newest prediction of a project; None where there is none."""
    given = {"project_id": project_id, "preference": preference or "", "page": "0", "per_page": "1"}
    answer = yield Ask("GET", PATH, query=[(name, value) for name, value in given.items() if value])
    return next((Prediction.read(each) for each in documents(answer)), None)


def final_status(prediction_id: str, every_seconds: float | None = None) -> "Operation[str]":
    """SUCCESS or FAILURE, as soon as it is either."""
    waits = patience(every_seconds)
    while (now := (yield from status(prediction_id))) not in {"SUCCESS", "FAILURE"}:
        yield Pause(next(waits), f"prediction {prediction_id} is {now.lower()}")
    return now


def wait(
    prediction_id: str, preference: str | None = None, every_seconds: float | None = None
) -> "Operation[Prediction]":
    """One prediction, as soon as it is ready."""
    now = yield from final_status(prediction_id, every_seconds)
    if now == "FAILURE":
        failed = yield from get(prediction_id)
        why = failed.document.get("error") or "the service gives no reason"
        raise ServiceError(f"Prediction Error: Prediction failed: {why}")
    return (yield from get(prediction_id, preference))
