"""A Databricks workspace and an AWS account on this machine, in which time flies while commands wait for it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from setpoint.platforms.databricks import workspace
from setpoint.prices.embedded import embedded_book
from setpoint.testing.databricks import DatabricksEmulator, SimulatedRunner, Workspace
from setpoint.testing.emr import EmrEmulator, EmulatedClock
from setpoint.testing.pushed_plant import RentedPhysics

__all__ = ["AZURE_CLUSTER", "CLUSTER", "EmulatedClouds", "emulated_clouds", "job"]

Json = dict[str, Any]
TICK_SECONDS, WORLD_SECONDS = 0.1, 20.0
"""So much passes in the clouds with each tick: a run of minutes takes seconds."""
BEHIND = timedelta(hours=20)
"""Where their clocks begin: the service takes in no run that is yet to end."""
PHYSICS = RentedPhysics(cpu_seconds=400.0, waiting_seconds=100.0, tasks=16)
SECRET = "dapi-do-not-tell"  # noqa: S105 - what must not be seen anywhere
CLUSTER: Json = {
    "spark_version": "15.4.x-scala2.12",
    "node_type_id": "m5.xlarge",
    "num_workers": 4,
    "init_scripts": [{"workspace": {"destination": "/agent.sh"}}],
    "spark_env_vars": {"DATABRICKS_TOKEN": SECRET},
    "aws_attributes": {"first_on_demand": 1, "availability": "SPOT_WITH_FALLBACK", "zone_id": "auto"},
    "cluster_log_conf": {"dbfs": {"destination": "dbfs:/logs"}},
}


AZURE_CLUSTER: Json = {
    "spark_version": "15.4.x-scala2.12",
    "node_type_id": "Standard_D4ds_v5",
    "driver_node_type_id": "Standard_D4ds_v5",
    "num_workers": 4,
    "init_scripts": [{"workspace": {"destination": "/agent.sh"}}],
    "azure_attributes": {"first_on_demand": 1, "availability": "ON_DEMAND_AZURE", "spot_bid_max_price": -1},
    "cluster_log_conf": {"dbfs": {"destination": "dbfs:/logs"}},
}


def job(name: str, cluster: Json | None = None, **settings: object) -> Json:
    task = {"task_key": "load", "job_cluster_key": "main", "notebook_task": {"notebook_path": "/load"}}
    clusters = [{"job_cluster_key": "main", "new_cluster": cluster or CLUSTER}]
    return {"name": name, "job_clusters": clusters, "tasks": [task], **settings}


@dataclass
class EmulatedClouds:
    """Both, and the variables by which a process finds them."""

    databricks: DatabricksEmulator
    aws: EmrEmulator
    variables: dict[str, str]
    on_azure: "EmulatedClouds | None" = None
    """The same with a workspace on Azure."""

    def __post_init__(self) -> None:
        self.calls = workspace(self.variables["DATABRICKS_HOST"], token=self.variables["DATABRICKS_TOKEN"])

    def make_job(self, settings: Json) -> str:
        return str(self.calls.read("/api/2.1/jobs/create", body=settings)["job_id"])

    def block(self, job_id: str) -> Json:
        """The cluster of a job as it is now."""
        found = self.calls.read("/api/2.1/jobs/get", {"job_id": job_id})
        return dict(found["settings"]["job_clusters"][0]["new_cluster"])

    def asked(self, run_id: str) -> Json:
        """The cluster of a run."""
        found = self.calls.read("/api/2.1/jobs/runs/get", {"run_id": run_id})
        cluster = found["tasks"][0]["cluster_instance"]["cluster_id"]
        return dict(self.calls.read("/api/2.0/clusters/get", {"cluster_id": cluster}))

    def run_job(self, job_id: str) -> str:
        """A run that has ended, as a schedule would have started it."""
        run_id = self.calls.read("/api/2.1/jobs/run-now", body={"job_id": int(job_id)})["run_id"]
        while "end_time" not in self.calls.read("/api/2.1/jobs/runs/get", {"run_id": run_id}):
            time.sleep(TICK_SECONDS)
        return str(run_id)

    def tick(self) -> None:
        """Let time pass."""
        self.databricks.advance(WORLD_SECONDS)
        if self.on_azure is not None:
            self.aws.clock.move(WORLD_SECONDS)
            self.on_azure.tick()


@contextmanager
def emulated_clouds() -> Iterator[EmulatedClouds]:
    now = datetime.now(UTC).replace(microsecond=0) - BEHIND
    on_aws, on_azure = embedded_book("aws", "us-east-1"), embedded_book("azure", "eastus")
    stop = threading.Event()
    with (
        DatabricksEmulator(Workspace(SimulatedRunner(PHYSICS), on_aws, now)) as databricks,
        DatabricksEmulator(Workspace(SimulatedRunner(PHYSICS), on_azure, now)) as azure,
        EmrEmulator(on_aws, clock=EmulatedClock(now)) as aws,
    ):
        aws.put("s3://home/.keep", b"", now)
        aws.put("s3://logs/.keep", b"", now)
        other = EmulatedClouds(azure, aws, _variables(azure, aws))
        clouds = EmulatedClouds(databricks, aws, _variables(databricks, aws), other)

        def fly() -> None:
            while not stop.wait(TICK_SECONDS):
                clouds.tick()

        flying = threading.Thread(target=fly, daemon=True)
        flying.start()
        try:
            yield clouds
        finally:
            stop.set()
            flying.join()


def _variables(databricks: DatabricksEmulator, aws: EmrEmulator) -> dict[str, str]:
    """By which a process finds them."""
    address, token = databricks.start()
    place = {"DATABRICKS_HOST": address, "DATABRICKS_TOKEN": token, "DATABRICKS_AWS_REGION": "us-east-1"}
    return place | {"AWS_ENDPOINT_URL": aws.url}
