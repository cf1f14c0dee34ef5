"""Projects, and what belongs to them."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from setpoint.client import (
    LogAt,
    LogFile,
    Operation,
    Prediction,
    account,
    predictions,
    projects,
    recommendations,
    submissions,
)
from sync.api import generate_presigned_url
from sync.asking import ask, document_of, plain
from sync.merging import merged_cluster
from sync.models import Error, Platform, ProjectError, RecommendationError, Response, SubmissionError

__all__ = [
    "create_project",
    "create_project_recommendation",
    "create_project_submission",
    "create_project_submission_with_eventlog_bytes",
    "delete_project",
    "get_cluster_definition_and_recommendation",
    "get_latest_project_config_recommendation",
    "get_prediction",
    "get_products",
    "get_project",
    "get_project_by_app_id",
    "get_project_cluster_template",
    "get_project_recommendation",
    "get_project_submission",
    "get_projects",
    "get_submissions",
    "get_updated_cluster_definition",
    "get_updated_cluster_defintion",
    "reset_project",
    "update_project",
    "wait_for_recommendation",
]


def get_products() -> Response[list[str]]:
    """Product codes that the service knows."""
    return plain(ask(account.products()), list)


def create_project(name: str, product_code: str | None = None, **settings: Any) -> Response[dict[str, Any]]:  # noqa: ANN401
    """Make a project; settings of all versions are taken."""
    return document_of(ask(projects.create(name, product_code=product_code, **settings)))


def get_project(project_id: str, params: Mapping[str, Any] | None = None) -> Response[dict[str, Any]]:  # noqa: ARG001
    """One project."""
    return document_of(ask(projects.get(project_id)))


def get_project_cluster_template(project_id: str, region_name: str | None = None) -> Response[dict[str, Any]]:
    """What a cluster needs so that its runs count for the project."""
    return plain(ask(projects.template(project_id, region_name)), dict)


def update_project(project_id: str, description: str | None = None, **settings: Any) -> Response[dict[str, Any]]:  # noqa: ANN401
    """Change what is given."""
    return document_of(ask(projects.update(project_id, description=description, **settings)))


def get_project_by_app_id(app_id: str) -> Response[dict[str, Any]]:
    """The project with an app id."""
    found = ask(projects.listed(app_id))
    if found.result == ():
        return Response(error=ProjectError(message=f"No project found for '{app_id}'"))
    return plain(found, lambda each: dict(each[0].document))


def get_projects(app_id: str | None = None) -> Response[list[dict[str, Any]]]:
    """All projects, or those with an app id."""
    return plain(ask(projects.listed(app_id)), lambda found: [dict(each.document) for each in found])


def reset_project(project_id: str) -> Response[str]:
    """Let a project begin anew."""
    return ask(projects.reset(project_id))


def delete_project(project_id: str) -> Response[str]:
    """Delete a project."""
    return ask(projects.delete(project_id))


def get_prediction(project_id: str, preference: str | None = None) -> Response[dict[str, Any]]:
    """The newest prediction of a project."""
    found = ask(_newest(project_id, preference))
    if found.result == ():
        return Response(error=ProjectError(message="No predictions in the project"))
    return plain(found, lambda each: dict(each[0].document))


def _newest(project_id: str, preference: str | None) -> "Operation[tuple[Prediction, ...]]":
    found = yield from predictions.newest(project_id, preference)
    return () if found is None else (found,)


def create_project_submission(
    platform: Platform, cluster_report: Mapping[str, Any], eventlog_url: str, project_id: str
) -> Response[str]:
    """Hand a run to a project; its log is at an address."""
    scheme = urlsplit(eventlog_url).scheme
    if scheme not in {"http", "https", "s3"}:
        return Response(error=SubmissionError(message="Unsupported event log URL scheme"))
    link = generate_presigned_url(eventlog_url) if scheme == "s3" else Response(result=eventlog_url)
    if link.result is None:
        return link
    return ask(submissions.create(project_id, platform, cluster_report, LogAt(link.result)))


def create_project_submission_with_eventlog_bytes(
    platform: Platform, cluster_report: Mapping[str, Any], eventlog_name: str, eventlog_bytes: bytes, project_id: str
) -> Response[str]:
    """Hand a run to a project; its log is in memory."""
    log = LogFile.of(eventlog_name, eventlog_bytes)
    return ask(submissions.create(project_id, platform, cluster_report, log), SubmissionError)


def create_project_recommendation(project_id: str, **options: Any) -> Response[str]:  # noqa: ANN401 - as published
    """Ask for a recommendation; its id."""
    return ask(recommendations.create(project_id, **options))


def wait_for_recommendation(project_id: str, recommendation_id: str) -> Response[dict[str, Any]]:
    """A recommendation, as soon as it is ready."""
    return document_of(ask(recommendations.wait(project_id, recommendation_id), RecommendationError))


def get_project_recommendation(project_id: str, recommendation_id: str) -> Response[dict[str, Any]]:
    """One recommendation."""
    return document_of(ask(recommendations.get(project_id, recommendation_id)))


def get_project_submission(project_id: str, submission_id: str) -> Response[dict[str, Any]]:
    """One submission."""
    return document_of(ask(submissions.get(project_id, submission_id)))


def get_submissions(project_id: str) -> Response[list[dict[str, Any]]]:
    """Submissions of a project, newest first."""
    return plain(ask(submissions.listed(project_id)), lambda found: [dict(each.document) for each in found])


def get_latest_project_config_recommendation(project_id: str) -> Response[dict[str, Any]] | None:
    """The configuration of the newest recommendation; None where there is none, as the original has it."""
    found = ask(recommendations.listed(project_id, 0, 1))
    if found.error is not None:
        return Response(error=found.error)
    if not found.result:
        return None
    inner = found.result[0].document.get("recommendation")
    configuration = inner.get("configuration") if isinstance(inner, dict) else None
    if not configuration:
        return Response(error=RecommendationError(message="Recommendation configuration not found"))
    return Response(result=dict(configuration))


def get_cluster_definition_and_recommendation(project_id: str, cluster_spec_str: str) -> Response[dict[str, Any]]:
    """A cluster definition beside the newest recommendation for it."""
    newest = get_latest_project_config_recommendation(project_id)
    if newest is None or newest.error is not None:
        return Response(error=_no_recommendation(newest))
    return Response(
        result={"cluster_recommendation": newest.result, "cluster_definition": json.loads(cluster_spec_str)}
    )


def get_updated_cluster_definition(project_id: str, cluster_spec_str: str) -> Response[dict[str, Any]]:
    """A cluster definition with the newest recommendation merged in."""
    newest = get_latest_project_config_recommendation(project_id)
    if newest is None or newest.result is None:
        return Response(error=_no_recommendation(newest))
    return Response(result=merged_cluster(json.loads(cluster_spec_str), newest.result))


def _no_recommendation(newest: Response[dict[str, Any]] | None) -> Error:
    return (newest.error if newest else None) or RecommendationError(message="Recommendation failed")


get_updated_cluster_defintion = get_updated_cluster_definition
"""As it was misspelt once, and published."""
