"""Real Spark, as little of it as shows that what we ask for is what runs."""

import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from setpoint.core.domain import ClusterSpec, Outcome
from setpoint.core.eventlog import read_profile
from setpoint.core.failure import classify
from setpoint.core.profile import Profile
from setpoint.errors import JavaMissing
from setpoint.platforms.java import find_java
from setpoint.platforms.spark import SparkPlatform, Streams, launch, read_submission

pytestmark = pytest.mark.spark

PROJECT = "nightly"
PATIENCE_SECONDS = 240.0
QUICK = (
    "--driver-java-options", "-XX:TieredStopAtLevel=1",
    "--conf", "spark.ui.enabled=false",
    "--conf", "spark.driver.host=127.0.0.1",
    "--conf", "spark.driver.bindAddress=127.0.0.1",
)  # fmt: skip
# Waits until the executors are there, so that the log shows them; runs in the JVM alone, without Python workers.
APPLICATION = """
import sys, time
from pathlib import Path
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("real").getOrCreate()
wanted = int(sys.argv[1])
registered = lambda: spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1
give_up = time.monotonic() + 120
while registered() < wanted and time.monotonic() < give_up:
    time.sleep(0.1)
print("sum", spark.range(1000, numPartitions=4).selectExpr("sum(id)").first()[0])
if len(sys.argv) > 2:
    Path(sys.argv[2]).touch()
    time.sleep(600)
spark.stop()
"""
SUBMIT = """
import sys
from pathlib import Path
from setpoint.platforms.spark import SparkPlatform, launch, read_submission
from setpoint.settings import environment
submission = read_submission(sys.argv[2:], environment())
sys.exit(launch(SparkPlatform(Path(sys.argv[1])), "nightly", submission).exit_code)
"""


@dataclass(frozen=True, slots=True)
class RealSpark:
    home: Path
    environment: Mapping[str, str]
    application: Path


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> RealSpark:
    pyspark = pytest.importorskip("pyspark", reason="pyspark is not installed (extra `spark`)")
    try:
        java = find_java(os.environ, tmp_path_factory.mktemp("java"))
    except JavaMissing as error:
        pytest.skip(str(error))
    application = tmp_path_factory.mktemp("application") / "job.py"
    application.write_text(APPLICATION)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))}
    path = os.pathsep.join(sys.path)
    return RealSpark(
        Path(pyspark.__file__).parent,
        {**environment, "JAVA_HOME": str(java.path), "PYTHONPATH": path, "SPARK_LOCAL_IP": "127.0.0.1"},
        application,
    )


@pytest.fixture(scope="session")
def master(real: RealSpark, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A standalone master with one worker of 2 cores and 2 GiB, on loopback."""
    folder = tmp_path_factory.mktemp("standalone")
    environment = {**real.environment, "SPARK_HOME": str(real.home), "SPARK_WORKER_DIR": str(folder)}
    deploy = "org.apache.spark.deploy"
    url = f"spark://127.0.0.1:{free_port()}"
    address = ["--host", "127.0.0.1", "--port"]
    commands = [
        [f"{deploy}.master.Master", *address, url.rpartition(":")[2], "--webui-port", "0"],
        [f"{deploy}.worker.Worker", *address, "0", "--webui-port", "0", "--cores", "2", "--memory", "2g", url],
    ]
    processes = []
    try:
        for number, (command, sign) in enumerate(
            zip(commands, ("New state: ALIVE", "Successfully registered"), strict=True)
        ):
            log = folder / f"{number}.log"
            with log.open("wb") as output:
                program = str(real.home / "bin/spark-class")
                processes.append(subprocess.Popen([program, *command], env=environment, stdout=output, stderr=output))
            until(lambda log=log, sign=sign: sign in log.read_text(errors="replace"))  # type: ignore[misc]
        yield url
    finally:
        for process in processes:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(holds: Callable[[], object]) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.1)


def run(real: RealSpark, platform: SparkPlatform, *words: str) -> tuple[ClusterSpec, Profile]:
    """Run to a good end; the spec that was reported, and the profile."""
    submission = read_submission([*words[:-1], *QUICK, str(real.application), words[-1]], real.environment)
    stderr = io.BytesIO()
    launched = launch(platform, PROJECT, submission, Streams(stdout=subprocess.DEVNULL, stderr=stderr))
    assert launched.exit_code == 0, stderr.getvalue().decode()[-4000:]
    assert launched.run_id is not None
    report = platform.cluster_report(PROJECT, launched.run_id)
    profile = read_profile(platform.event_log(PROJECT, launched.run_id))
    assert classify(report, profile) == (Outcome.SUCCEEDED, None)
    assert profile.completeness.state == "complete"
    assert profile.property_value("spark.setpoint.run") == launched.run_id
    return report.spec, profile


def test_local_mode_runs_on_the_spec_that_was_applied(real: RealSpark, tmp_path: Path) -> None:
    platform = SparkPlatform(tmp_path / "home with a space")
    owner, wanted = ClusterSpec.local(1, 1024), ClusterSpec.local(2, 600, 3)
    platform.register(PROJECT, owner)
    platform.apply(PROJECT, wanted, expect=owner)
    spec, profile = run(real, platform, "--master", "local[1]", "0")
    assert spec == wanted
    assert profile.slots == 2
    assert profile.property_value("spark.driver.memory") == "600m"
    assert profile.property_value("spark.sql.shuffle.partitions") == "3"


def test_a_standalone_master_gives_the_executors_of_the_spec(real: RealSpark, master: str, tmp_path: Path) -> None:
    platform = SparkPlatform(tmp_path)
    owner = ["--master", master, "--total-executor-cores", "1", "--executor-cores", "1", "--executor-memory", "512m"]
    spec, profile = run(real, platform, *owner, "1")
    assert spec == ClusterSpec(1, 1, 512, 1, 1024)
    assert executors(profile) == [1]
    platform.apply(PROJECT, spec.with_size(2, 600), expect=spec)
    spec, profile = run(real, platform, *owner, "2")
    assert spec == ClusterSpec(2, 1, 600, 1, 1024)
    assert executors(profile) == [1, 1]
    assert profile.property_value("spark.executor.memory") == "600m"


def executors(profile: Profile) -> list[int]:
    return [executor.cores for executor in profile.executors if executor.id != "driver"]


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no /proc to see what is left behind")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_submit_leaves_nothing_behind(real: RealSpark, tmp_path: Path, number: signal.Signals) -> None:
    ready = tmp_path / "ready"
    command = [sys.executable, "-c", SUBMIT, str(tmp_path), "--master", "local[1]", *QUICK, str(real.application), "0"]
    quiet = subprocess.DEVNULL
    submit = subprocess.Popen([*command, str(ready)], env=real.environment, stdin=quiet, stdout=quiet, stderr=quiet)
    until(ready.exists)
    submit.send_signal(number)
    code = submit.wait(PATIENCE_SECONDS)
    platform = SparkPlatform(tmp_path)
    until(lambda: platform.finished_runs(PROJECT))
    (run_id,) = platform.finished_runs(PROJECT)
    report = platform.cluster_report(PROJECT, run_id)
    profile = read_profile(platform.event_log(PROJECT, run_id))
    assert profile.jobs
    if number is signal.SIGINT:
        assert (report.exit_code, report.stopped) == (code, True)
        assert code != 0
        assert classify(report, profile) == (Outcome.KILLED, None)
    else:
        assert report.exit_code is None
    until(lambda: not processes_with(str(real.application), str(ready)))


def processes_with(*words: str) -> list[str]:
    """Command lines of the processes of this machine that name all of them."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            lines.append(file.read_text(errors="replace").replace("\0", " "))
    return [line for line in lines if all(word in line for word in words)]
