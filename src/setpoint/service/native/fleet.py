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
    read, kept = here.reader(asking.account), here.summaries(asking.account)
    accounts = [kept.account(name, read.read(name)) for name in read.projects()]
    whole = total(row for account in accounts for row in account.runs)
    lines = [SavedLine(name=line.name, saved=told_saved(line.saved)) for line in grouped(accounts, by)]
    return Result(result=Savings(by=by, total=told_saved(whole), lines=lines))


@router.get("/v1/calibration")
def get_all_calibration(asking: Asking, here: Here) -> Result[CalibrationBook]:
    """How true predictions were, over all projects of the account."""
    read, kept = here.reader(asking.account), here.summaries(asking.account)
    found = [kept.reliability(name, read.read(name)) for name in read.projects()]
    return Result(
        result=CalibrationBook(
            total=told_calibration(pooled(found)), projects=[told_calibration(each) for each in found]
        )
    )
