"""A small workspace that obeys what `jobs/get` and `jobs/update` do: a fake for tests of the actuator."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from setpoint.platforms.databricks.transport import CallFailed

Json = dict[str, Any]
KEYS = {"tasks": "task_key", "job_clusters": "job_cluster_key"}


def job_of(block: Mapping[str, Any], **settings: Any) -> Json:  # noqa: ANN401 - JSON
    """A job of one task on one shared cluster."""
    clusters = [{"job_cluster_key": "main", "new_cluster": dict(block)}]
    tasks = [{"task_key": "load", "job_cluster_key": "main", "notebook_task": {"notebook_path": "/load"}}]
    return {"job_id": 7, "settings": {"name": "nightly", "job_clusters": clusters, "tasks": tasks, **settings}}


@dataclass
class Workspace:
    """One job; `before` is called ahead of every call with its number, and may edit the job as a person would."""

    job: Json
    before: Callable[[int], None] = lambda _: None
    faults: dict[int, str] = field(default_factory=dict)
    """By number of the call: "refused" did nothing, "lost" did it and the answer was lost."""
    updates: list[Json] = field(default_factory=list)
    calls: int = 0

    def read(self, path: str, query: Any = None, *, body: Any = None) -> Any:  # noqa: ANN401, ARG002 - the port's
        """Answer `jobs/get`, with a default filled in."""
        self._called()
        job = copy.deepcopy(self.job)
        for each in job["settings"].get("job_clusters", []):
            each["new_cluster"].setdefault("enable_elastic_disk", False)
        return job

    def write(self, path: str, body: Any) -> Any:  # noqa: ANN401 - the port's
        """Do `jobs/update`: fields replaced, lists merged by key, entries replaced whole."""
        assert path.endswith("jobs/update")
        fault = self._called()
        if fault == "refused":
            raise CallFailed("503", is_passing=True)
        self.updates.append(copy.deepcopy(body))
        for name, value in copy.deepcopy(body["new_settings"]).items():
            if name in KEYS:
                known = {each[KEYS[name]]: each for each in self.job["settings"].get(name, [])}
                known |= {each[KEYS[name]]: each for each in value}
                self.job["settings"][name] = list(known.values())
            else:
                self.job["settings"][name] = value
        if fault == "lost":
            raise CallFailed("timeout", is_passing=True)
        return {}

    def _called(self) -> str:
        self.calls += 1
        self.before(self.calls)
        return self.faults.get(self.calls, "")
