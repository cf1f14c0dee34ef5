"""`/v1/projects/{id}/submissions`: finished runs that clients bring."""

from typing import Annotated

from fastapi import Path, Request

from setpoint.errors import InputError
from setpoint.service.access import Asking, guarded_router
from setpoint.service.api.projects import OwnProject
from setpoint.service.arrivals import Arrival, begin, check_address
from setpoint.service.rooms import Here, as_id
from setpoint.service.wire.envelope import FEW, Items, Page, PerPage, Result
from setpoint.service.wire.predictions import PRODUCTS
from setpoint.service.wire.submissions import NewSubmission, Submission, SubmissionBegun
from setpoint.store.rows import SubmissionRow

__all__ = ["router"]

router = guarded_router("submissions")


@router.post("/v1/projects/{project_id}/submissions", response_model_exclude_none=True)
def create_submission(
    project: OwnProject, new: NewSubmission, asking: Asking, here: Here, request: Request
) -> Result[SubmissionBegun]:
    """Bring a finished run. Without `event_log_uri` the answer says where to bring the event log."""
    product = new.product_code or new.product or project.product_code
    if product not in PRODUCTS:
        raise InputError(f"Say which product it is as `product_code`: one of {', '.join(PRODUCTS)}.")
    if project.product_code not in {None, product}:
        raise InputError(f"The project is on {project.product_code}, the run on {product}: submit it to another one.")
    check_address(new.event_log_uri)
    row = here.store.submissions.add(
        asking.account,
        project.id,
        product_code=product,
        report=new.cluster_report,
        event_log_url=new.event_log_uri,
    )
    details = begin(here, asking, Arrival("submission", row.id, project.id, new.event_log_uri), request)
    return Result(result=SubmissionBegun(submission_id=row.id, upload_details=details))


@router.get("/v1/projects/{project_id}/submissions")
def list_submissions(
    project: OwnProject, asking: Asking, here: Here, page: Page = 0, per_page: PerPage = FEW
) -> Result[list[Submission]]:
    """The project's submissions, newest first."""
    rows = here.store.submissions.list(asking.account, project.id, page=page, per_page=per_page)
    return Result(result=[submission_shape(row) for row in rows])


@router.get("/v1/projects/{project_id}/paged/submissions")
def page_submissions(
    project: OwnProject, asking: Asking, here: Here, page: Page = 0, per_page: PerPage = FEW
) -> Items[Submission]:
    """The same under `items`, without `result`: this is how newer clients read it."""
    rows = here.store.submissions.list(asking.account, project.id, page=page, per_page=per_page)
    after = page + 1 if len(rows) == per_page else None
    return Items(items=[submission_shape(row) for row in rows], next_page=after)


@router.get("/v1/projects/{project_id}/submissions/{submission_id}")
def get_submission(
    project: OwnProject,
    submission_id: Annotated[str, Path(description="UUID of the submission.")],
    asking: Asking,
    here: Here,
) -> Result[Submission]:
    """One submission."""
    identity = as_id(submission_id, "submission")
    row = here.found(here.store.submissions.get(asking.account, project.id, identity), "submission")
    return Result(result=submission_shape(row))


def submission_shape(row: SubmissionRow) -> Submission:
    """A row as it goes over the wire."""
    cluster = row.report.get("cluster")
    return Submission.model_construct(
        id=row.id,
        project_id=row.project_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        state=row.state,
        error=row.error,
        product_code=row.product_code,
        run_id=row.run_id,
        configuration=cluster if isinstance(cluster, dict) else {},
    )
