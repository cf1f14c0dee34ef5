"""Jobs as objects: with the cluster of a project, a prediction or a recommendation in them, run once and recorded."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from setpoint.client import predictions, projects, recommendations
from setpoint.clouds import chosen_cluster
from setpoint.clouds.waiting import Waiter
from setpoint.errors import PlatformError
from setpoint.platforms.databricks.actuator import read_job
from setpoint.platforms.databricks.edits import configured
from setpoint.platforms.databricks.one_off import submit_settings, with_block
from setpoint.platforms.databricks.runs import is_over
from sync.asking import client, guarded
from sync.clients.databricks import get_default_client
from sync.databricks_jobs import Databricks, told
from sync.merging import merged
from sync.models import DatabricksError, Response

__all__ = ["DatabricksRuns"]

Json = dict[str, Any]
Result = TypeVar("Result")


@dataclass(frozen=True)
class DatabricksRuns:
    """Functions over one product code."""

    databricks: Databricks

    def get_project_job(self, job_id: str, project_id: str, region_name: str | None = None) -> Response[Json]:
        """A job with what its project needs merged into its cluster."""

        def work() -> Json:
            template = client().call(projects.template(project_id, region_name))
            return _job(job_id, project_id, lambda block: merged(block, template))

        return _answer(work)

    def get_prediction_job(self, job_id: str, prediction_id: str, preference: str = "economy") -> Response[Json]:
        """A job with a prediction in its cluster."""

        def work() -> Json:
            found = client().call(predictions.get(prediction_id, preference))
            wanted = found.configuration(preference)
            project = found.project_id or ""
            return _job(job_id, project, lambda block: configured(block, wanted, project))

        return _answer(work)

    def get_recommendation_job(self, job_id: str, project_id: str, recommendation_id: str) -> Response[Json]:
        """A job with a recommendation in its cluster."""

        def work() -> Json:
            found = client().call(recommendations.get(project_id, recommendation_id)).configuration()
            return _job(job_id, project_id, lambda block: configured(block, found, project_id))

        return _answer(work)

    def run_job_object(self, job: Mapping[str, Any]) -> Response[tuple[str, str | None]]:
        """Run a job object once; the run, and the cluster that was made for it if tasks share one."""

        def work() -> tuple[str, str | None]:
            started = submit_settings(get_default_client().calls, job["settings"], uuid.uuid4().hex)
            return started.run_id, started.cluster_id

        return _answer(work)

    def create_run(self, run: Mapping[str, Any]) -> Response[str]:
        """Submit a run; its id."""

        def work() -> str:
            token = {"idempotency_token": uuid.uuid4().hex}
            found = get_default_client().calls.read("/api/2.1/jobs/runs/submit", body=token | dict(run))
            return str(found["run_id"])

        return _answer(work)

    def wait_for_final_run_status(self, run_id: str) -> Response[str]:
        """Wait until a run has ended; its result."""

        def work() -> str:
            state: Mapping[str, Any] = _ended(run_id).get("state") or {}
            return str(state.get("result_state") or state.get("life_cycle_state"))

        return _answer(work)

    def wait_for_and_record_run(
        self, run_id: str, plan_type: str, compute_type: str, project_id: str | None = None
    ) -> Response[str]:
        """Wait until a run has ended, and ask for a prediction of it; its id."""
        ended = self.wait_for_final_run_status(run_id)
        if ended.error is not None:
            return Response(error=ended.error)
        return self.databricks.create_prediction_for_run(run_id, plan_type, compute_type, project_id)

    def create_and_record_run(
        self, run: Mapping[str, Any], plan_type: str, compute_type: str, project_id: str | None = None
    ) -> Response[str]:
        """Submit a run, wait until it has ended, and ask for a prediction of it; its id."""
        started = self.create_run(run)
        return self._recorded(started, started.result, plan_type, compute_type, project_id)

    def run_and_record_job_object(
        self, job: Mapping[str, Any], plan_type: str, compute_type: str, project_id: str | None = None
    ) -> Response[str]:
        """Run a job object once, wait until it has ended, and ask for a prediction of it; its id."""
        started = self.run_job_object(job)
        run_id = started.result[0] if started.result else None
        return self._recorded(started, run_id, plan_type, compute_type, project_id)

    def run_and_record_prediction_job(
        self,
        job_id: str,
        prediction_id: str,
        plan_type: str,
        compute_type: str,
        project_id: str | None = None,
        preference: str = "economy",
    ) -> Response[str]:
        """Run a job once on the cluster of a prediction, and ask for a prediction of that run; its id."""
        job = self.get_prediction_job(job_id, prediction_id, preference)
        return self._run(job, plan_type, compute_type, project_id)

    def run_and_record_project_job(
        self, job_id: str, plan_type: str, compute_type: str, project_id: str, region_name: str | None = None
    ) -> Response[str]:
        """Run a job once with what its project needs, and ask for a prediction of that run; its id."""
        return self._run(self.get_project_job(job_id, project_id, region_name), plan_type, compute_type, project_id)

    def _run(self, job: Response[Json], plan: str, compute: str, project_id: str | None) -> Response[str]:
        if job.result is None:
            return Response(error=job.error)
        return self.run_and_record_job_object(job.result, plan, compute, project_id)

    def _recorded(
        self, started: Response[Any], run_id: str | None, plan: str, compute: str, project_id: str | None
    ) -> Response[str]:
        if run_id is None:
            return Response(error=started.error)
        return self.wait_for_and_record_run(run_id, plan, compute, project_id)


def _job(job_id: str, project_id: str, edit: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Json:
    job = read_job(get_default_client().calls, job_id)
    settings = job["settings"]
    path = client().call(projects.get(project_id)).cluster_path if project_id else ""
    ours = chosen_cluster.project_cluster(settings, project_id, path)
    return {**job, "settings": with_block(settings, ours.place, edit(ours.block))}


def _ended(run_id: str) -> Json:
    calls = get_default_client().calls
    return Waiter(told).until(
        lambda: dict(calls.read("/api/2.1/jobs/runs/get", {"run_id": run_id})),
        is_over,
        lambda _: f"Run {run_id} goes on",
    )


def _answer(work: Callable[[], Result]) -> Response[Result]:
    def plainly() -> Result:
        try:
            return work()
        except ValueError as error:
            raise PlatformError(f"{error}.") from None

    return guarded(plainly, DatabricksError)
