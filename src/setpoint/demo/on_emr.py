"""The demo on the platform `emr`: transient clusters of an emulated account, started by boto3."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from setpoint.core.configurations.emr_arguments import spec_of_arguments
from setpoint.core.domain import ClusterSpec, SearchSpace
from setpoint.core.pricebook import Missing, PriceBook
from setpoint.demo.on_cloud import SECONDS, OnCloud, begins, spark_of
from setpoint.demo.plants import Plant, Site
from setpoint.demo.simulated import SimulatedShop
from setpoint.errors import PlatformError
from setpoint.files import write_whole
from setpoint.platforms.emr import EmrPlatform, EmrProject
from setpoint.testing.emr import EmrEmulator, EmulatedClock
from setpoint.testing.emr.runner import Runner
from setpoint.testing.emr.spark_runner import SparkRunner
from setpoint.testing.real_spark import Scale
from setpoint.wiring import build_ledger, cloud_book

__all__ = ["EmrCloud", "on_emr"]

Json = dict[str, Any]
REGION = "us-east-1"
OWNED: Json = {
    "ReleaseLabel": "emr-7.1.0",
    "Applications": [{"Name": "Spark"}],
    "LogUri": "s3://shop/logs/",
    "ServiceRole": "EMR_DefaultRole",
    "JobFlowRole": "EMR_EC2_DefaultRole",
    "Configurations": [
        {
            "Classification": "spark-defaults",
            "Properties": {"spark.eventLog.enabled": "true", "spark.eventLog.dir": "s3://shop/events/"},
        }
    ],
    "Instances": {
        "KeepJobFlowAliveWhenNoSteps": False,
        "InstanceGroups": [
            {"InstanceRole": "MASTER", "InstanceType": "r5.xlarge", "InstanceCount": 1, "Market": "ON_DEMAND"},
            {"InstanceRole": "CORE", "InstanceType": "r5.xlarge", "InstanceCount": 8, "Market": "ON_DEMAND"},
        ],
    },
}
"""What the owner asks for each night, but for the name and the step."""
NODE_TYPES = ("r5.xlarge", "m5.xlarge")
"""With 32 GiB and 16 GiB for 4 vCPUs."""
NODE_COUNTS = (1, 2, 3, 4, 5, 6, 8)
SCALE = Scale(slots=1.0, most_slots=32, heap=0.1, seconds=SECONDS)
"""An executor of r5.xlarge is 2 GiB here, one of m5.xlarge 1 GiB: too little for the catalogue."""
_NEEDED = ("boto3", "moto", "flask", "flask_cors")
_DAY_SECONDS = 86_400.0


@contextmanager
def on_emr(site: Site) -> Iterator[Plant]:
    """The plant: runs of Spark on this machine, or simulated ones. Raises PlatformError where something is missing."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise PlatformError(f"The emulated EMR needs {' and '.join(missing)}: install setpoint[emulators].")
    with emulated(site, SimulatedShop() if site.is_simulated else SparkRunner(spark_of(site, SCALE))) as plant:
        yield plant


@contextmanager
def emulated(site: Site, runner: Runner) -> Iterator[Plant]:
    """The plant, with another runner."""
    start = begins(build_ledger(site.settings), datetime.now(UTC))
    prices = cloud_book(site.settings, "aws", REGION)
    # Ids of an earlier playing must not come again.
    with EmrEmulator(prices, runner, EmulatedClock(start), seed=int(start.timestamp())) as emulator:
        yield OnCloud(site, EmrCloud(site, emulator, prices))


class EmrCloud:
    """A `Cloud`: the account, and the owner who starts a cluster each night."""

    name = "emr"

    def __init__(self, site: Site, emulator: EmrEmulator, prices: PriceBook) -> None:
        self._site, self._emulator, self.prices = site, emulator, prices
        self.clock = emulator.clock
        home = site.settings.home
        self.platform = EmrPlatform(home, emulator.client, lambda *_: prices, self.clock, self.clock.wait)
        self.start = _spec(OWNED, prices)
        self.space = SearchSpace(node_types=tuple(prices.nodes[name] for name in NODE_TYPES), node_counts=NODE_COUNTS)

    def add(self, project: str) -> None:
        """See Cloud."""
        if project in self.platform.store.projects():
            return
        launcher = self._launcher(project)
        launcher.parent.mkdir(parents=True, exist_ok=True)
        write_whole(launcher, json.dumps(OWNED | {"Name": project}, indent=2).encode())
        self.platform.register(project, EmrProject(region=REGION, name=project, template=str(launcher)))

    def run(self, project: str, words: Sequence[str]) -> int:
        """See Cloud; the launcher fetches what was left for it, and puts in tonight's step."""
        owned: Json = json.loads(self._launcher(project).read_text(encoding="utf-8"))
        jar = {"Jar": "command-runner.jar", "Args": ["spark-submit", "--deploy-mode", "cluster", *words]}
        step = {"Name": "report", "ActionOnFailure": "TERMINATE_CLUSTER", "HadoopJarStep": jar}
        arguments = (self.platform.fetched(project) or owned) | {"Steps": [step]}
        cluster: str = self._emulator.client("emr", REGION).run_job_flow(**arguments)["JobFlowId"]
        self._emulator.clock.move(_DAY_SECONDS)
        report = self.platform.cluster_report(project, cluster)
        if report.exit_code != 0:
            with self._site.log.open("a", encoding="utf-8") as log:
                log.write(f"{project} {cluster}: {report.error}\n")
        return report.exit_code or 0

    def _launcher(self, project: str) -> Path:
        return self._site.settings.home / "launchers" / f"{project}.json"


def _spec(arguments: Json, prices: PriceBook) -> ClusterSpec:
    found = spec_of_arguments(arguments, prices)
    if isinstance(found, Missing):
        raise PlatformError(f"The demo's machines are not known: {found.reason}.")
    return found
