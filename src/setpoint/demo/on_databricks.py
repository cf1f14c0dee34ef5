"""The demo on the platform `databricks`: a job of an emulated workspace, read and changed by the vendor's client."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from setpoint.core.domain import ClusterSpec, SearchSpace
from setpoint.core.pricebook import PriceBook
from setpoint.demo.on_cloud import SECONDS, OnCloud, begins, spark_of
from setpoint.demo.plants import Plant, Site
from setpoint.demo.simulated import SimulatedShopJob
from setpoint.errors import PlatformError
from setpoint.files import write_whole
from setpoint.platforms.databricks import workspace
from setpoint.platforms.databricks.edits import spec_of
from setpoint.platforms.databricks.home import DatabricksHome
from setpoint.platforms.databricks.project import DatabricksProject
from setpoint.testing.databricks import DatabricksEmulator, Runner, Workspace
from setpoint.testing.databricks.spark_runner import SparkRunner
from setpoint.testing.real_spark import Scale
from setpoint.wiring import build_ledger, cloud_book

__all__ = ["WorkspaceCloud", "on_databricks"]

Json = dict[str, Any]
REGION = "us-east-1"
OWNED: Json = {
    "spark_version": "16.4.x-scala2.12",
    "node_type_id": "r5.xlarge",
    "num_workers": 8,
    "aws_attributes": {"availability": "ON_DEMAND", "zone_id": "auto"},
    "cluster_log_conf": {"dbfs": {"destination": "dbfs:/logs"}},
}
"""The cluster that the owner gave the job."""
NODE_TYPES = ("r5.xlarge", "m5.xlarge")
"""With 32 GiB and 16 GiB for 4 vCPUs."""
NODE_COUNTS = (1, 2, 3, 4, 5, 6, 8)
SCALE = Scale(slots=1.0, most_slots=32, heap=0.1, seconds=SECONDS)
"""An executor of r5.xlarge is 2 GiB here."""
_DAY_SECONDS = 86_400.0


@contextmanager
def on_databricks(site: Site) -> Iterator[Plant]:
    """The plant: runs of Spark on this machine, or simulated ones. Raises PlatformError where something is missing."""
    if find_spec("databricks") is None:
        raise PlatformError("The emulated workspace needs databricks-sdk: install setpoint[databricks].")
    with emulated(site, SimulatedShopJob() if site.is_simulated else SparkRunner(spark_of(site, SCALE))) as plant:
        yield plant


@contextmanager
def emulated(site: Site, runner: Runner) -> Iterator[Plant]:
    """The plant, with another runner."""
    start = begins(build_ledger(site.settings), datetime.now(UTC))
    prices = cloud_book(site.settings, "aws", REGION)
    # Ids of an earlier playing must not come again.
    made = Workspace(runner, prices, now=start, last_id=int(start.timestamp()))
    with DatabricksEmulator(made) as emulator:
        yield OnCloud(site, WorkspaceCloud(site, emulator, prices))


class WorkspaceCloud:
    """A `Cloud`: the workspace, and the schedule that starts the job each night."""

    name = "databricks"

    def __init__(self, site: Site, emulator: DatabricksEmulator, prices: PriceBook) -> None:
        self._site, self._emulator, self.prices = site, emulator, prices
        self._host, token = emulator.start()
        self._calls = workspace(self._host, token=token, auth_type="pat")
        self.platform = DatabricksHome(
            site.settings.home, lambda *_: self._calls, lambda: self.clock().timestamp(), emulator.advance
        )
        self.start: ClusterSpec = spec_of(OWNED, "aws-databricks", prices)
        self.space = SearchSpace(node_types=tuple(prices.nodes[name] for name in NODE_TYPES), node_counts=NODE_COUNTS)
        self._jobs: dict[str, int] = {}
        for project in self.platform.store.projects():
            self.add(project)

    def clock(self) -> datetime:
        """See Cloud."""
        return self._emulator.workspace.now

    def add(self, project: str) -> None:
        """See Cloud; a demo that is resumed has its jobs as they were left."""
        if project in self._jobs:
            return
        kept = self._kept(project)
        settings = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else _settings(project)
        self._jobs[project] = int(self._calls.write("/api/2.2/jobs/create", settings)["job_id"])
        job = DatabricksProject(host=self._host, job_id=str(self._jobs[project]), region=REGION)
        self.platform.register(project, job)

    def run(self, project: str, words: Sequence[str]) -> int:
        """See Cloud."""
        _, *parameters = words
        started = {"job_id": self._jobs[project], "python_params": parameters}
        run = str(self._calls.write("/api/2.2/jobs/run-now", started)["run_id"])
        self._emulator.advance(_DAY_SECONDS)
        job = self._calls.read("/api/2.2/jobs/get", {"job_id": self._jobs[project]})
        write_whole(self._kept(project), json.dumps(job["settings"], indent=2).encode())
        report = self.platform.cluster_report(project, run)
        if report.exit_code != 0:
            with self._site.log.open("a", encoding="utf-8") as log:
                log.write(f"{project} {run}: {report.error}\n")
        return report.exit_code or 0

    def _kept(self, project: str) -> Path:
        folder = self._site.settings.home / "launchers"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{project}.json"


def _settings(project: str) -> Json:
    task = {"task_key": "report", "job_cluster_key": "main", "spark_python_task": {"python_file": "s3://shop/job.py"}}
    return {"name": project, "job_clusters": [{"job_cluster_key": "main", "new_cluster": OWNED}], "tasks": [task]}
