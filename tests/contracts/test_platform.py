"""Every platform of the registry keeps the contract, and so does the one for tests."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from tests.platforms.databricks.emulated import calls_of, databricks_subject, emulator
from tests.platforms.emr.world import BOOK, contract_subject

from setpoint.core.domain import ClusterReport, ClusterSpec
from setpoint.platforms import PLATFORMS
from setpoint.platforms.databricks import Calls
from setpoint.platforms.spark import SparkPlatform, launch, read_submission
from setpoint.testing.databricks import DatabricksEmulator
from setpoint.testing.emr import EmrEmulator
from setpoint.testing.memory_platform import MemoryPlatform
from setpoint.testing.platform_contract import PROJECT, PlatformContract, PlatformUnderTest
from setpoint.testing.spark_emulator import install

LOCAL = (ClusterSpec.local(2, 1024), ClusterSpec.local(4, 2048), ClusterSpec.local(4, 512))
STANDALONE = (ClusterSpec(2, 2, 1024, 1, 1024, 64), ClusterSpec(4, 2, 2048, 1, 1024, 200))
START = datetime(2026, 1, 1, 3, tzinfo=UTC)


def spark(tmp_path: Path, specs: tuple[ClusterSpec, ...], *options: str) -> PlatformUnderTest:
    platform = SparkPlatform(tmp_path / "home")
    environment = {"SPARK_HOME": str(install(tmp_path / "spark"))}
    platform.register(PROJECT, specs[0])

    def run(*, exit_code: int = 0, with_log: bool = True) -> None:
        words = [*options, "job.py", f"exit={exit_code}", *([] if with_log else ["no-log"])]
        submission = read_submission(words, environment)
        assert submission.spec == specs[0]
        launched = launch(platform, PROJECT, submission)
        assert (launched.exit_code, launched.problems) == (exit_code, ())

    return PlatformUnderTest(platform, specs, run, lambda: SparkPlatform(tmp_path / "home"))


def spark_local(tmp_path: Path) -> PlatformUnderTest:
    return spark(tmp_path, LOCAL, "--master", "local[2]")


def spark_standalone(tmp_path: Path) -> PlatformUnderTest:
    sizes = ("--total-executor-cores", "4", "--executor-cores", "2", "--conf", "spark.sql.shuffle.partitions=64")
    return spark(tmp_path, STANDALONE, "--master", "spark://127.0.0.1:7077", *sizes)


@cache
def aws() -> EmrEmulator:
    """One for all: a server is quickly emptied."""
    cloud = EmrEmulator(BOOK)
    cloud.start()
    return cloud


def emr(kind: str, tmp_path: Path) -> PlatformUnderTest:
    aws().forget()
    return contract_subject(kind, aws(), tmp_path)


def emr_groups(tmp_path: Path) -> PlatformUnderTest:
    return emr("groups", tmp_path)


def emr_fleets(tmp_path: Path) -> PlatformUnderTest:
    return emr("fleets", tmp_path)


def emr_serverless(tmp_path: Path) -> PlatformUnderTest:
    return emr("serverless", tmp_path)


@cache
def databricks_workspace() -> tuple[DatabricksEmulator, Calls]:
    """One for all: each test has a job of its own in it."""
    made = emulator()
    return made, calls_of(made)


def databricks(tmp_path: Path) -> PlatformUnderTest:
    made, calls = databricks_workspace()
    return databricks_subject(made, calls, tmp_path)


def memory(_: Path) -> PlatformUnderTest:
    platform = MemoryPlatform({PROJECT: LOCAL[0]})
    codes: list[int] = []

    def run(*, exit_code: int = 0, with_log: bool = True) -> None:
        number, retry = len(codes), bool(codes) and codes[-1] != 0
        codes.append(exit_code)
        at = START + timedelta(days=number)
        error = "it was told to fail" if exit_code else None
        report = ClusterReport(
            platform.current_spec(PROJECT), at, at + timedelta(seconds=9), exit_code, 2, error, retry=retry
        )
        start = {"Event": "SparkListenerApplicationStart", "App Name": "a", "App ID": f"app-{number}", "Timestamp": 1}
        platform.hand_in(PROJECT, f"run-{number}", report, [json.dumps(start).encode()] if with_log else None)

    return PlatformUnderTest(platform, LOCAL, run, lambda: platform)


WAYS: dict[str, tuple[Callable[[Path], PlatformUnderTest], ...]] = {
    "spark": (spark_local, spark_standalone),
    "emr": (emr_groups, emr_fleets, emr_serverless),
    "databricks": (databricks,),
}
"""How each platform of the registry is set up for the contract. A new entry fails here until it is declared."""


def test_every_platform_of_the_registry_is_under_contract() -> None:
    assert WAYS.keys() == PLATFORMS.keys()


class TestEveryPlatform(PlatformContract):
    """The contract over the registry."""

    @pytest.fixture(params=[way for ways in WAYS.values() for way in ways] + [memory], ids=lambda way: way.__name__)
    def subject(self, request: pytest.FixtureRequest, tmp_path: Path) -> PlatformUnderTest:
        """A platform, set up."""
        way: Callable[[Path], PlatformUnderTest] = request.param
        return way(tmp_path)
