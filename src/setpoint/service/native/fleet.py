"""What is told of all projects of an account together: savings and calibration."""

from typing import Annotated

from fastapi import Query

from setpoint.core.reliability import pooled
from setpoint.core.savings import GROUPINGS, grouped, total
from setpoint.errors import InputError
from setpoint.service.access import Asking, guarded_router
from setpoint.service.native.telling import told_calibration, told_saved
from setpoint.service.rooms import Here
from setpoint.service.wire.envelope import Line, Result
from setpoint.service.wire.told import CalibrationBook, SavedLine, Savings

__all__ = ["router"]

router = guarded_router("control")


@router.get("/v1/savings")
def get_all_savings(
    asking: Asking,
    here: Here,
    by: Annotated[
        Line, Query(description="What is summed: project, month, group, owner, or tag:NAME.", examples=["month"])
    ] = "project",
) -> Result[Savings]:
    """What was saved over all projects of the account."""
    if by not in GROUPINGS and by != "month" and not (by.startswith("tag:") and len(by) > len("tag:")):
        raise InputError(f"by={by[:40]}: it is one of {', '.join(GROUPINGS)}, month, or tag:NAME.")
    found = here.summaries(asking.account).accounts.of(here.reader(asking.account).versions())
    whole = total(row for account in found.made for row in account.runs)
    lines = [SavedLine(name=line.name, saved=told_saved(line.saved)) for line in grouped(found.made, by)]
    return Result(result=Savings(by=by, total=told_saved(whole), lines=lines, pending=found.pending))


@router.get("/v1/calibration")
def get_all_calibration(asking: Asking, here: Here) -> Result[CalibrationBook]:
    """How true predictions were, over all projects of the account."""
    found = here.summaries(asking.account).reliabilities.of(here.reader(asking.account).versions())
    return Result(
        result=CalibrationBook(
            total=told_calibration(pooled(found.made)),
            projects=[told_calibration(each) for each in found.made],
            pending=found.pending,
        )
    )
