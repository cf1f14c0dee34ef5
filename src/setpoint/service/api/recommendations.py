"""`/v1/projects/{id}/recommendations`: the cluster for the next run."""

from typing import Annotated

from fastapi import Depends, Path

from setpoint.service.access import Asking, guarded_router
from setpoint.service.api.projects import OwnProject
from setpoint.service.rooms import Here, as_id
from setpoint.service.wire.envelope import FEW, Page, PerPage, Result
from setpoint.service.wire.recommendations import Advised, Context, Recommendation, RecommendationOptions
from setpoint.store.rows import RecommendationRow

__all__ = ["router"]

router = guarded_router("recommendations")


@router.post("/v1/projects/{project_id}/recommendations")
def create_recommendation(
    project: OwnProject, asking: Asking, here: Here, options: RecommendationOptions | None = None
) -> Result[Recommendation]:
    """Ask for the cluster of the next run, from all runs that were submitted."""
    wishes = options.model_dump() if options is not None else {}
    row = here.store.recommendations.add(asking.account, project.id, options=wishes)
    here.enqueue(asking.account, "recommendation", row.id, project.id)
    return Result(result=recommendation_shape(row))


@router.get("/v1/projects/{project_id}/recommendations")
def list_recommendations(
    project: OwnProject,
    asking: Asking,
    here: Here,
    page: Page = 0,
    per_page: PerPage = FEW,
) -> Result[list[Recommendation]]:
    """The project's recommendations, newest first."""
    rows = here.store.recommendations.list(asking.account, project.id, page=page, per_page=per_page)
    return Result(result=[recommendation_shape(row) for row in rows])


def _own_recommendation(
    project: OwnProject,
    recommendation_id: Annotated[str, Path(description="UUID of the recommendation.")],
    asking: Asking,
    here: Here,
) -> RecommendationRow:
    identity = as_id(recommendation_id, "recommendation")
    return here.found(here.store.recommendations.get(asking.account, project.id, identity), "recommendation")


OwnRecommendation = Annotated[RecommendationRow, Depends(_own_recommendation)]


@router.get("/v1/projects/{project_id}/recommendations/{recommendation_id}")
async def get_recommendation(recommendation: OwnRecommendation, here: Here) -> Result[Recommendation]:
    """One recommendation; it is there once its state is SUCCESS. While it is worked on this takes some seconds."""

    def read() -> RecommendationRow | None:
        return here.store.recommendations.find(recommendation.account_id, recommendation.id)

    return Result(result=recommendation_shape(await here.patience.settled("recommendation", recommendation, read)))


def recommendation_shape(row: RecommendationRow) -> Recommendation:
    """A row as it goes over the wire."""
    made, context = row.recommendation, row.context or {}
    return Recommendation.model_construct(
        id=row.id,
        project_id=row.project_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        state=row.state,
        error=row.error,
        recommendation=None
        if made is None
        else Advised.model_construct(
            metrics=made.get("metrics", {}),
            configuration=made.get("configuration", {}),
            prediction_params=made.get("prediction_params", {}),
        ),
        context=Context.model_construct(
            latest_submission_id=context.get("latest_submission_id"),
            phase=context.get("phase", "LEARNING"),
            current_learning_iteration=context.get("current_learning_iteration", 0),
            total_learning_iterations=context.get("total_learning_iterations", 0),
        ),
    )
