"""A run on the emulator that really runs."""

from pathlib import Path

import pytest
from tests.platforms.emr.world import BOOK, GROUPS, World, world_of

from setpoint.core.eventlog import read_profile
from setpoint.testing.emr import EmrEmulator
from setpoint.testing.emr.spark_runner import SparkRunner
from setpoint.testing.platform_contract import PROJECT
from setpoint.testing.real_spark import RealSpark


@pytest.fixture(scope="module")
def runner(real_spark: RealSpark) -> SparkRunner:
    return SparkRunner(real_spark)


def arguments(code: int, entry: str = "s3://code/job.py") -> dict[str, object]:
    words = ["spark-submit", "--deploy-mode", "cluster", "--conf", "spark.app.x=1", entry, str(code)]
    jar = {"Jar": "command-runner.jar", "Args": words}
    return GROUPS | {"Steps": [{"Name": "job", "ActionOnFailure": "TERMINATE_CLUSTER", "HadoopJarStep": jar}]}


def world_with(runner: SparkRunner, cloud: EmrEmulator, home: Path) -> World:
    cloud.runner = runner
    return world_of("groups", cloud, home)


@pytest.mark.spark
def test_a_step_really_runs_and_leaves_its_log(runner: SparkRunner, tmp_path: Path) -> None:
    with EmrEmulator(BOOK) as cloud:
        world = world_with(runner, cloud, tmp_path)
        run = world.launch(arguments(7))
        cloud.clock.move(86_400)
        report = world.platform.cluster_report(PROJECT, run)
        assert report.exit_code == 7
        profile = read_profile(world.platform.event_log(PROJECT, run))
        assert profile.application.id == cloud.emr.clusters[run].steps[0].applications[0]
        assert profile.application.name == "really"
        assert runner.spark.scale.slots_of(world.spec) == 2
        assert 0 < profile.wall_seconds < report.seconds


def test_an_application_that_is_not_there_fails(runner: SparkRunner, tmp_path: Path) -> None:
    with EmrEmulator(BOOK) as cloud:
        world = world_with(runner, cloud, tmp_path)
        run = world.launch(arguments(0, "s3://code/other.py"))
        cloud.clock.move(86_400)
        assert "no such file" in (world.platform.cluster_report(PROJECT, run).error or "")
