"""A Databricks workspace and an AWS account on this machine, seen by the adapters that commands use."""

import io
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from setpoint.client.clouds import Collected, RunQuery
from setpoint.client.logs import LogFile
from setpoint.clouds.databricks_site import DatabricksSite
from setpoint.clouds.machines import Watch
from setpoint.clouds.waiting import Waiter
from setpoint.platforms.databricks import CallFiles, Patience, workspace
from setpoint.testing.databricks import DatabricksEmulator

Json = dict[str, Any]
PROJECT = "7b155ae1-bbdf-444a-9654-f74757705178"
BLOCK: Json = {
    "spark_version": "15.4.x-scala2.12",
    "node_type_id": "m5.xlarge",
    "num_workers": 4,
    "init_scripts": [{"workspace": {"destination": "/agent.sh"}}],
    "spark_conf": {"spark.speculation": "true", "spark.hadoop.fs.s3a.secret.key": "hidden"},
    "spark_env_vars": {"DATABRICKS_TOKEN": "hidden"},
    "aws_attributes": {"first_on_demand": 1, "availability": "SPOT_WITH_FALLBACK", "zone_id": "auto"},
    "cluster_log_conf": {"dbfs": {"destination": "dbfs:/logs"}},
}
INSTANCES: Json = {
    "instances": [{"InstanceId": "i-1", "InstanceType": "m5.xlarge"}],
    "instance_timelines": [
        {
            "instance_id": "i-1",
            "first_seen_running_time": "2026-01-01T02:01:00Z",
            "last_seen_running_time": "2026-01-01T02:09:00Z",
        }
    ],
    "volumes": [],
}


def job(block: Json | None = None, *, tasks: int = 1, **settings: object) -> Json:
    """A job whose tasks share a cluster."""
    keys = [f"task{number}" for number in range(tasks)]
    return {
        "name": "nightly",
        "job_clusters": [{"job_cluster_key": "main", "new_cluster": block or BLOCK}],
        "tasks": [
            {"task_key": key, "job_cluster_key": "main", "notebook_task": {"notebook_path": "/n"}} for key in keys
        ],
        **settings,
    }


@dataclass
class Databricks:
    """A workspace, and what the adapter said while it waited."""

    emulator: DatabricksEmulator
    product: str = "aws-databricks"
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        address, token = self.emulator.start()
        calls = workspace(address, token=token)
        calls.sleep = self.emulator.advance
        waiter = Waiter(self.said.append, self.emulator.advance, lambda: self.now().timestamp())
        watch = Watch(self.product, address, token, None)
        self.site = DatabricksSite(
            self.product,
            calls,
            CallFiles(calls),
            waiter,
            watch,
            Patience(15.0, 60.0, 1200.0),
            lambda: self.now().timestamp(),
        )

    def now(self) -> datetime:
        return self.emulator.workspace.now.astimezone(UTC)

    def job(self, settings: Json) -> str:
        return str(self.emulator.workspace.add(settings).id)

    def settings(self, job_id: str) -> Json:
        return self.emulator.workspace.job(job_id).settings

    def block(self, job_id: str) -> Json:
        found: Json = self.settings(job_id)["job_clusters"][0]["new_cluster"]
        return found

    def ran(self, job_id: str, *, noted: bool = True) -> str:
        """A run of a job that has ended, with the notes of an agent; its id."""
        space = self.emulator.workspace
        space.has_agent = False  # its notes are those of a real cluster, or there are none
        run = space.start(space.job(job_id).settings, int(job_id))
        cluster = run.tasks[0].own
        if noted:
            path = f"/logs/{cluster.id}/sync_data/{cluster.context}/aws_cluster_info.json"
            self.leave(path, INSTANCES)
        self.emulator.advance((run.ended - space.now).total_seconds() + 1)
        return str(run.id)

    def leave(self, path: str, content: Json) -> None:
        import json

        self.emulator.workspace.files.leave(path, json.dumps(content).encode(), self.emulator.workspace.now)

    def collect(self, run_id: str, **more: Any) -> Collected:  # noqa: ANN401 - of RunQuery
        return self.site.collect(RunQuery(run_id, "Premium", "Jobs Compute", **more))


def names_in(log: object) -> list[str]:
    """Names in the zip of a log."""
    assert isinstance(log, LogFile)
    with log.open() as file, zipfile.ZipFile(io.BytesIO(file.read())) as archive:
        assert archive.testzip() is None
        return archive.namelist()
