"""`/v1/autotuner`: predictions, as old clients ask for them."""

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request

from setpoint.service.access import Asking, guarded_router
from setpoint.service.arrivals import Arrival, begin, check_address
from setpoint.service.rooms import Here, as_id
from setpoint.service.wire.envelope import Line, Result
from setpoint.service.wire.predictions import (
    PRODUCTS,
    Metered,
    NewPrediction,
    Prediction,
    PredictionBegun,
    Progress,
)
from setpoint.service.wire.projects import Preference
from setpoint.store.rows import PredictionRow

__all__ = ["router"]

router = guarded_router("predictions")

MOST_LISTED = 1_000


@router.get("/v1/autotuner/products")
def list_autotuner_products() -> Result[list[str]]:
    """Codes of the platforms that there are predictions for."""
    return Result(result=list(PRODUCTS))


@router.post("/v1/autotuner/predictions", response_model_exclude_none=True, openapi_extra={"x-refusals": ["404"]})
def create_prediction(new: NewPrediction, asking: Asking, here: Here, request: Request) -> Result[PredictionBegun]:
    """Have a finished run looked at. Without `eventlog_url` the answer says where to bring the event log."""
    project = None if new.project_id is None else here.project(asking, as_id(new.project_id, "project")).id
    check_address(new.eventlog_url)
    row = here.store.predictions.add(
        asking.account,
        product_code=new.product_code,
        report=new.configs,
        project_id=project,
        event_log_url=new.eventlog_url,
    )
    details = begin(here, asking, Arrival("prediction", row.id, row.project_id, new.eventlog_url), request)
    return Result(result=PredictionBegun(prediction_id=row.id, upload_details=details))


@router.get("/v1/autotuner/predictions", response_model_exclude_none=True, openapi_extra={"x-refusals": ["404"]})
def list_predictions(
    asking: Asking,
    here: Here,
    products: Annotated[list[Line] | None, Query(description="Only of these platforms.")] = None,
    project_id: Annotated[str | None, Query(description="Only of this project; empty counts as absent.")] = None,
    preference: Annotated[Preference | None, Query(description="Only this solution; all without it.")] = None,
    page: Annotated[int, Query(ge=0, le=1_000_000, description="From 0.")] = 0,
    per_page: Annotated[int, Query(ge=1, le=MOST_LISTED)] = MOST_LISTED,
) -> Result[list[Prediction]]:
    """The account's predictions, newest first."""
    project = here.project(asking, as_id(project_id, "project")).id if project_id else None
    rows = here.store.predictions.list(
        asking.account, project_id=project, product_codes=products or None, page=page, per_page=per_page
    )
    return Result(result=[prediction_shape(row, preference) for row in rows])


def _own_prediction(
    prediction_id: Annotated[str, Path(description="UUID of the prediction.")], asking: Asking, here: Here
) -> PredictionRow:
    return here.found(here.store.predictions.get(asking.account, as_id(prediction_id, "prediction")), "prediction")


OwnPrediction = Annotated[PredictionRow, Depends(_own_prediction)]


@router.get("/v1/autotuner/predictions/{prediction_id}", response_model_exclude_none=True)
def get_prediction(
    prediction: OwnPrediction,
    preference: Annotated[Preference | None, Query(description="Only this solution; all without it.")] = None,
) -> Result[Prediction]:
    """One prediction; its solutions are there once its status is SUCCESS."""
    return Result(result=prediction_shape(prediction, preference))


@router.get("/v1/autotuner/predictions/{prediction_id}/status")
async def get_prediction_status(prediction: OwnPrediction, here: Here) -> Result[Progress]:
    """How far it is; SUCCESS and FAILURE are final. While it is worked on the answer takes some seconds."""

    def read() -> PredictionRow | None:
        return here.store.predictions.get(prediction.account_id, prediction.id)

    found = await here.patience.settled("prediction", prediction, read)
    return Result(result=Progress.model_construct(status=found.state))


def prediction_shape(row: PredictionRow, preference: Preference | None) -> Prediction:
    """A row as it goes over the wire."""
    solved = row.solution or {}
    solutions: dict[str, Any] = solved.get("solutions", {})
    return Prediction.model_construct(
        prediction_id=row.id,
        project_id=row.project_id,
        application_name=row.application_name or "",
        created_at=row.created_at,
        product_code=row.product_code,
        product_name=PRODUCTS.get(row.product_code, row.product_code),
        status=row.state,
        error=row.error,
        basis=Metered.model_validate(solved["basis"]) if "basis" in solved else None,
        event_log=row.event_log,
        solutions={
            name: Metered.model_validate(solution) for name, solution in solutions.items() if preference in (None, name)
        },
    )
