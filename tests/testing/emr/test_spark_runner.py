"""A run on the emulator that really runs."""

import os
from pathlib import Path

import pytest
from tests.platforms.emr.world import BOOK, GROUPS, World, world_of

from setpoint.core.eventlog import read_profile
from setpoint.errors import JavaMissing
from setpoint.platforms.java import find_java
from setpoint.platforms.spark.surroundings import find_spark
from setpoint.testing.emr import EmrEmulator
from setpoint.testing.emr.spark_runner import SparkRunner
from setpoint.testing.platform_contract import PROJECT
from setpoint.testing.real_spark import RealSpark, Scale

SCRIPT = """
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("really").getOrCreate()
print(spark.range(1000, numPartitions=6).selectExpr("sum(id)").first()[0])
spark.stop()
sys.exit(int(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> SparkRunner:
    pytest.importorskip("pyspark", reason="pyspark is not installed (extra `spark`)")
    folder = tmp_path_factory.mktemp("spark")
    try:
        java = find_java(os.environ, folder)
    except JavaMissing as error:
        pytest.skip(str(error))
    script = folder / "job.py"
    script.write_text(SCRIPT)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))}
    environment |= {"JAVA_HOME": str(java.path)}
    files = {"s3://code/job.py": script}
    return SparkRunner(RealSpark(find_spark(environment), environment, files, Scale(slots=0.125, seconds=60.0)))


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
