"""Projects on an emulated EMR, for the tests of the platform."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.core.rented import EMR_FLEETS, EMR_GROUPS, book

from setpoint.core.domain import ClusterSpec
from setpoint.platforms.emr import EmrPlatform, EmrProject
from setpoint.testing.emr import EmrEmulator, Ordered, SimulatedRunner
from setpoint.testing.platform_contract import PROJECT, PlatformUnderTest

Json = dict[str, Any]
BOOK = book("aws", "us-east-1")


def _tells_of_applications() -> bool:
    """Whether this botocore passes on which applications a step started; older ones drop what they do not know."""
    from botocore.session import get_session

    return "AdditionalInfo" in get_session().get_service_model("emr").shape_for("StepSummary").members


TELLS_OF_APPLICATIONS = _tells_of_applications()
needs_applications = pytest.mark.skipif(
    not TELLS_OF_APPLICATIONS, reason="this botocore does not tell which applications a step started"
)
"""Of tests in which time alone would not tell logs apart."""
LOGGED = [{"Classification": "spark-defaults", "Properties": {"spark.eventLog.dir": "s3://logs/events/"}}]
FLEETS: Json = EMR_FLEETS | {"Name": PROJECT, "Configurations": LOGGED}
GROUPS: Json = EMR_GROUPS | {"Name": PROJECT, "Configurations": LOGGED, "Steps": EMR_GROUPS["Steps"][:1]}
SERVERLESS_WORDS = "--conf spark.dynamicAllocation.maxExecutors=8 --conf spark.executor.memory=8g"


@dataclass
class World:
    """One project, the cloud it is in, and whoever launches its runs each night."""

    cloud: EmrEmulator
    home: Path
    project: EmrProject
    asked: Json
    """What the launcher asks for next, unless it fetches something else."""
    fetches: bool = True

    def __post_init__(self) -> None:
        self.platform = self.open()

    def open(self) -> EmrPlatform:
        """The platform, seen through another object."""
        return EmrPlatform(self.home, self.cloud.client, lambda *_: BOOK, self.cloud.clock, self.cloud.clock.wait)

    @property
    def runner(self) -> SimulatedRunner:
        """Of the cloud."""
        assert isinstance(self.cloud.runner, SimulatedRunner)
        return self.cloud.runner

    def launch(self, changes: Mapping[str, object] | None = None) -> str:
        """Start a run as the launcher does: with what was left where it fetches that; its id."""
        self.cloud.clock.move(1)
        arguments = (self.platform.fetched(PROJECT) if self.fetches else None) or self.asked
        arguments = {**arguments, **(changes or {})}
        if self.project.is_serverless:
            serverless = self.cloud.client("emr-serverless")
            token = f"launch-{len(self.cloud.serverless.runs)}"
            return str(serverless.start_job_run(**arguments, clientToken=token)["jobRunId"])
        return str(self.cloud.client("emr").run_job_flow(**arguments)["JobFlowId"])

    def run(self, *, exit_code: int = 0, with_log: bool = True, changes: Mapping[str, object] | None = None) -> str:
        """Launch one and let a day go by."""
        self.runner.orders.append(Ordered(exit_code=exit_code, with_log=with_log))
        name = self.launch(changes)
        self.cloud.clock.move(86_400)
        return name

    @property
    def spec(self) -> ClusterSpec:
        """What the next run would get."""
        return self.platform.current_spec(PROJECT)


def sized(spec: ClusterSpec, nodes: int) -> ClusterSpec:
    """With so many workers."""
    if spec.cloud is None:
        return spec.with_size(nodes * spec.worker_cores, spec.worker_memory_mib)
    per_node = spec.slots // spec.cloud.cluster.workers
    return spec.with_size(nodes * per_node, 1)


def world_of(kind: str, cloud: EmrEmulator, home: Path, **more: Any) -> World:  # noqa: ANN401 - of EmrProject
    """A project of a kind: groups, fleets, serverless; by default its launcher's file is known."""
    home.mkdir(parents=True, exist_ok=True)
    asked = {"groups": GROUPS, "fleets": FLEETS}.get(kind) or serverless_arguments(cloud)
    template = home / "launcher.json"
    template.write_bytes(msgspec.json.format(msgspec.json.encode(asked)))
    given: Json = {"region": "us-east-1", "name": PROJECT, "template": str(template)} | more
    if kind == "serverless":
        given["application"] = asked["applicationId"]
    world = World(cloud, home, EmrProject(**given), asked)
    world.platform.register(PROJECT, world.project)
    return world


def serverless_arguments(cloud: EmrEmulator) -> Json:
    """Of a job run on a new application with room for 100 executors."""
    client = cloud.client("emr-serverless")
    capacity = {"cpu": "404 vCPU", "memory": "1616 GB"}
    name = client.create_application(
        name="etl", releaseLabel="emr-7.1.0", type="SPARK", maximumCapacity=capacity, clientToken="once"
    )["applicationId"]
    logs = {"monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": "s3://logs/serverless/"}}}
    return {
        "applicationId": name,
        "name": PROJECT,
        "executionRoleArn": "arn:aws:iam::123456789012:role/job",
        "jobDriver": {"sparkSubmit": {"entryPoint": "s3://code/nightly.py", "sparkSubmitParameters": SERVERLESS_WORDS}},
        "configurationOverrides": logs,
    }


def contract_subject(kind: str, cloud: EmrEmulator, home: Path) -> PlatformUnderTest:
    """As the contract suite wants it."""
    world = world_of(kind, cloud, home)
    first = world.spec
    specs = (first, sized(first, 3), sized(first, 12))

    def run(*, exit_code: int = 0, with_log: bool = True) -> None:
        world.run(exit_code=exit_code, with_log=with_log)

    return PlatformUnderTest(world.platform, specs, run, world.open)


def left(world: World) -> Json:
    found = world.platform.fetched(PROJECT)
    assert found is not None
    return found


def apply(world: World, nodes: int) -> Json:
    before = world.spec
    world.platform.apply(PROJECT, sized(before, nodes), expect=before)
    return left(world)


def changed(arguments: Json, **instances: object) -> Json:
    return arguments | {"Instances": arguments["Instances"] | instances}
