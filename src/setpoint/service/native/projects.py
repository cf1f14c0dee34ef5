"""What is told of one project: runs, decisions, why, savings, forecast, calibration."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from setpoint.core.history import Entry
from setpoint.core.reliability import reliability
from setpoint.core.savings import account, total
from setpoint.errors import NotFound
from setpoint.service.access import guarded_router
from setpoint.service.api.projects import OwnProject
from setpoint.service.native.telling import (
    told_calibration,
    told_decision,
    told_forecast,
    told_run,
    told_saved,
)
from setpoint.service.rooms import Here, as_json
from setpoint.service.rows import ProjectView
from setpoint.service.summaries import forecast_of
from setpoint.service.wire.envelope import FEW, Items, Page, PerPage, Result
from setpoint.service.wire.told import Calibration, Decision, Forecast, Run, Saved

__all__ = ["router"]

router = guarded_router("control")


@router.get("/v1/projects/{project_id}/runs", response_model=Items[Run])
def list_runs(project: OwnProject, here: Here, page: Page = 0, per_page: PerPage = FEW) -> Response:
    """The project's runs, newest first: what was predicted for each, and what happened."""

    def told(view: ProjectView) -> bytes:
        rows = view.runs[::-1]
        shown = [told_run(row) for row in rows[page * per_page : (page + 1) * per_page]]
        after = page + 1 if len(rows) > (page + 1) * per_page else None
        return Items[Run](items=shown, next_page=after).model_dump_json().encode()

    return as_json(here.views.answer(project.stream, ("runs", page, per_page), told))


@router.get("/v1/projects/{project_id}/decisions", response_model=Items[Decision])
def list_decisions(project: OwnProject, here: Here, page: Page = 0, per_page: PerPage = FEW) -> Response:
    """The project's decisions with their reasons, newest first."""

    def told(view: ProjectView) -> bytes:
        rows = list(enumerate(view.decisions, start=1))[::-1]
        shown = [told_decision(number, row) for number, row in rows[page * per_page : (page + 1) * per_page]]
        after = page + 1 if len(rows) > (page + 1) * per_page else None
        return Items[Decision](items=shown, next_page=after).model_dump_json().encode()

    return as_json(here.views.answer(project.stream, ("decisions", page, per_page), told))


@router.get("/v1/projects/{project_id}/explain", response_model=Result[Decision])
def explain_decision(
    project: OwnProject,
    here: Here,
    number: Annotated[int | None, Query(ge=1, le=1_000_000_000, description="From 1; the last one without it.")] = None,
) -> Response:
    """Why a decision was taken: what was weighed, what was refused, and at what risk."""

    def told(view: ProjectView) -> bytes:
        decisions = view.decisions
        chosen = len(decisions) if number is None else number
        if not 1 <= chosen <= len(decisions):
            raise NotFound(
                f"The project has decisions 1 to {len(decisions)}." if decisions else "Nothing has been decided yet."
            )
        return Result[Decision](result=told_decision(chosen, decisions[chosen - 1])).model_dump_json().encode()

    return as_json(here.views.answer(project.stream, ("explain", number), told))


@router.get("/v1/projects/{project_id}/savings", response_model=Result[Saved])
def get_savings(project: OwnProject, here: Here) -> Response:
    """What was saved: what its runs would have cost without us, less what they cost."""

    def told(entries: Sequence[Entry]) -> bytes:
        found = account(project.stream, entries)
        return Result[Saved](result=told_saved(total(found.runs))).model_dump_json().encode()

    return as_json(here.views.answer_from_entries(project.stream, "savings", told))


@router.get("/v1/projects/{project_id}/forecast", response_model=Result[Forecast])
def get_forecast(project: OwnProject, here: Here) -> Response:
    """When growth breaks the goal."""

    def told(entries: Sequence[Entry]) -> bytes:
        found = forecast_of(entries)
        if found is None:
            raise NotFound("There is no forecast: the project has too few runs to tell a trend, or no goal.")
        return Result[Forecast](result=told_forecast(found)).model_dump_json().encode()

    return as_json(here.views.answer_from_entries(project.stream, "forecast", told))


@router.get("/v1/projects/{project_id}/calibration", response_model=Result[Calibration])
def get_calibration(project: OwnProject, here: Here) -> Response:
    """How true predictions were."""

    def told(entries: Sequence[Entry]) -> bytes:
        found = reliability(project.stream, entries)
        return Result[Calibration](result=told_calibration(found)).model_dump_json().encode()

    return as_json(here.views.answer_from_entries(project.stream, "calibration", told))
