"""The service's answers word for word, as dictionaries: `{"result": …}` or `{"error": {"code", "message"}}`."""

from collections.abc import Mapping
from typing import Any

from setpoint.client.steps import Answer, Ask, Operation
from sync.asking import ask

__all__ = ["SyncClient", "get_default_client"]

PREDICTIONS = "/v1/autotuner/predictions"
PROJECTS = "/v1/projects"
WORKSPACES = "/v1/databricks/workspaces"
Params = Mapping[str, Any] | None


class SyncClient:
    """The service of the current configuration."""

    def get_products(self) -> dict[str, Any]:
        """Product codes."""
        return _raw("GET", f"{PROJECTS}/products")

    def create_prediction(self, prediction: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for a prediction."""
        return _raw("POST", PREDICTIONS, prediction)

    def get_prediction(self, prediction_id: str, params: Params = None) -> dict[str, Any]:
        """One prediction."""
        return _raw("GET", f"{PREDICTIONS}/{prediction_id}", params=params)

    def get_predictions(self, params: Params = None) -> dict[str, Any]:
        """Predictions, newest first."""
        return _raw("GET", PREDICTIONS, params=params)

    def get_prediction_status(self, prediction_id: str) -> dict[str, Any]:
        """How far a prediction is."""
        return _raw("GET", f"{PREDICTIONS}/{prediction_id}/status")

    def create_project(self, project: Mapping[str, Any]) -> dict[str, Any]:
        """Make a project."""
        return _raw("POST", PROJECTS, project)

    def update_project(self, project_id: str, project: Mapping[str, Any]) -> dict[str, Any]:
        """Change a project."""
        return _raw("PUT", f"{PROJECTS}/{project_id}", project)

    def get_project(self, project_id: str, params: Params = None) -> dict[str, Any]:
        """One project."""
        return _raw("GET", f"{PROJECTS}/{project_id}", params=params)

    def get_projects(self, params: Params = None) -> dict[str, Any]:
        """Projects."""
        return _raw("GET", PROJECTS, params=params)

    def delete_project(self, project_id: str) -> dict[str, Any]:
        """Delete a project."""
        return _raw("DELETE", f"{PROJECTS}/{project_id}")

    def reset_project(self, project_id: str) -> dict[str, Any]:
        """Let a project begin anew."""
        return _raw("POST", f"{PROJECTS}/{project_id}/reset")

    def create_project_submission(self, project_id: str, submission: Mapping[str, Any]) -> dict[str, Any]:
        """Hand a run to a project."""
        return _raw("POST", f"{PROJECTS}/{project_id}/submissions", submission)

    def create_project_recommendation(self, project_id: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401
        """Ask for a recommendation."""
        return _raw("POST", f"{PROJECTS}/{project_id}/recommendations", options)

    def get_project_recommendations(self, project_id: str, params: Params = None) -> dict[str, Any]:
        """Recommendations, newest first."""
        return _raw("GET", f"{PROJECTS}/{project_id}/recommendations", params=params)

    def get_project_recommendation(self, project_id: str, recommendation_id: str) -> dict[str, Any]:
        """One recommendation."""
        return _raw("GET", f"{PROJECTS}/{project_id}/recommendations/{recommendation_id}")

    def get_project_submission(self, project_id: str, submission_id: str) -> dict[str, Any]:
        """One submission."""
        return _raw("GET", f"{PROJECTS}/{project_id}/submissions/{submission_id}")

    def create_workspace_config(self, workspace_id: str, **config: Any) -> dict[str, Any]:  # noqa: ANN401
        """Make a workspace known."""
        return _raw("POST", f"{WORKSPACES}/{workspace_id}", config)

    def get_workspace_config(self, workspace_id: str) -> dict[str, Any]:
        """One workspace."""
        return _raw("GET", f"{WORKSPACES}/{workspace_id}")

    def get_workspace_configs(self) -> dict[str, Any]:
        """All workspaces."""
        return _raw("GET", WORKSPACES)

    def update_workspace_config(self, workspace_id: str, **updates: Any) -> dict[str, Any]:  # noqa: ANN401
        """Change a workspace."""
        return _raw("PUT", f"{WORKSPACES}/{workspace_id}", updates)

    def delete_workspace_config(self, workspace_id: str) -> dict[str, Any]:
        """Forget a workspace."""
        return _raw("DELETE", f"{WORKSPACES}/{workspace_id}")

    def reset_webhook_creds(self, workspace_id: str) -> dict[str, Any]:
        """New credentials for its notifications."""
        return _raw("POST", f"{WORKSPACES}/{workspace_id}/webhook-credentials")

    def apply_workspace_config(self, workspace_id: str) -> dict[str, Any]:
        """Apply the settings in the workspace."""
        return _raw("POST", f"{WORKSPACES}/{workspace_id}/setup")

    def onboard_workflow(self, workspace_id: str, job_id: str, project_id: str) -> dict[str, Any]:
        """Put a job under control of a project."""
        return _raw(
            "POST", f"{WORKSPACES}/{workspace_id}/onboard-workflow", {"job_id": job_id, "project_id": project_id}
        )


def get_default_client() -> SyncClient:
    """The service of the current configuration."""
    return SyncClient()


def _raw(method: str, path: str, body: Params = None, params: Params = None) -> dict[str, Any]:
    asked = ask(_one(Ask(method, path, body, tuple(_pairs(params)))))
    if asked.error is not None:
        return {"error": {"code": asked.error.code, "message": asked.error.message}}
    return dict(asked.result or {})


def _one(step: Ask) -> "Operation[Answer]":
    return (yield step)


def _pairs(params: Params) -> list[tuple[str, str]]:
    """A list repeats its name; what is None is not sent."""
    found: list[tuple[str, str]] = []
    for name, value in (params or {}).items():
        values = value if isinstance(value, list | tuple) else [value]
        found += [(name, str(each)) for each in values if each is not None]
    return found
