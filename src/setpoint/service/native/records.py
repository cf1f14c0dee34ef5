"""`/v1/audit` and `/v1/tasks`: what people did, and what the service does."""

from typing import Annotated, Literal

from fastapi import Path, Query

from setpoint.service.access import Asking, guarded_router
from setpoint.service.rooms import Here, as_id
from setpoint.service.wire.envelope import FEW, Items, Page, PerPage, Result
from setpoint.service.wire.records import Recorded, Task
from setpoint.store.rows import AuditRow, TaskRow

__all__ = ["router"]

router = guarded_router("records")


@router.get("/v1/audit", openapi_extra={"x-role": "admin"})
def list_audit(asking: Asking, here: Here, page: Page = 0, per_page: PerPage = FEW) -> Items[Recorded]:
    """Who did what, newest first."""
    rows = here.store.audit.list(asking.account, page=page, per_page=per_page)
    return Items(items=[_recorded(row) for row in rows], next_page=page + 1 if len(rows) == per_page else None)


@router.get("/v1/tasks")
def list_tasks(
    asking: Asking,
    here: Here,
    state: Annotated[
        Literal["waiting", "leased", "done", "dead"] | None, Query(description="`dead`: given up after many tries.")
    ] = None,
    page: Page = 0,
    per_page: PerPage = FEW,
) -> Items[Task]:
    """The account's work in the queue, newest first."""
    rows = here.store.tasks.list(asking.account, state=state, page=page, per_page=per_page)
    return Items(items=[_task(row) for row in rows], next_page=page + 1 if len(rows) == per_page else None)


@router.post("/v1/tasks/{task_id}/retry", openapi_extra={"x-role": "admin"})
def retry_task(
    task_id: Annotated[str, Path(description="UUID of the task.")], asking: Asking, here: Here
) -> Result[Task]:
    """Have work that was given up tried again; other work is left as it is."""
    identity = as_id(task_id, "task")
    row = here.found(here.store.tasks.get(asking.account, identity), "task")
    if row.state == "dead":
        row = here.store.tasks.retry(asking.account, identity)
        here.audit(asking, "task retried", identity, before={"state": "dead"}, after={"state": row.state})
    return Result(result=_task(row))


def _recorded(row: AuditRow) -> Recorded:
    return Recorded(
        id=row.id,
        at=row.at,
        key=row.key_id,
        action=row.action,
        subject=row.subject,
        before=None if row.before is None else dict(row.before),
        after=None if row.after is None else dict(row.after),
    )


def _task(row: TaskRow) -> Task:
    return Task(
        id=row.id,
        kind=row.kind,
        state=row.state,
        attempts=row.attempts,
        error=row.error,
        created_at=row.created_at,
        subject=row.payload.get("id"),
    )
