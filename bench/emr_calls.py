"""What hundreds of projects on one emulated EMR account ask of it: calls and CPU per finished run, and of idle rounds.

python bench/emr_calls.py [--projects 500] [--nights 3]
"""

import argparse
import json
import os
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from setpoint.core.domain import SearchSpace
from setpoint.ledger.memory import MemoryLedger
from setpoint.loop import Loop
from setpoint.platforms.emr import EmrPlatform, EmrProject
from setpoint.prices.embedded import embedded_book
from setpoint.testing.emr import EmrEmulator, SimulatedRunner
from setpoint.testing.pushed_plant import RentedPhysics

REGION = "us-east-1"
BOOK = embedded_book("aws", REGION)
OWNED: dict[str, Any] = {
    "ReleaseLabel": "emr-7.1.0",
    "Applications": [{"Name": "Spark"}],
    "JobFlowRole": "EMR_EC2_DefaultRole",
    "ServiceRole": "EMR_DefaultRole",
    "Configurations": [{"Classification": "spark-defaults", "Properties": {"spark.eventLog.dir": "s3://logs/events/"}}],
    "Steps": [
        {
            "Name": "only",
            "ActionOnFailure": "TERMINATE_CLUSTER",
            "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["spark-submit", "s3://code/x.py"]},
        }
    ],
    "Instances": {
        "KeepJobFlowAliveWhenNoSteps": False,
        "InstanceGroups": [
            {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1, "Market": "ON_DEMAND"},
            {"InstanceRole": "CORE", "InstanceType": "m5.xlarge", "InstanceCount": 3, "Market": "ON_DEMAND"},
        ],
    },
}


class Account:
    """Projects by name, all started each night."""

    def __init__(self, cloud: EmrEmulator, home: Path, projects: int) -> None:
        self.cloud = cloud
        self.platform = EmrPlatform(home, cloud.client, lambda *_: BOOK, cloud.clock, cloud.clock.wait)
        self.loop = Loop(self.platform, MemoryLedger(), BOOK, cloud.clock)
        self.names = [f"team-{number}" for number in range(projects)]
        for name in self.names:
            self.platform.register(name, EmrProject(region=REGION, name=name))

    def night(self) -> None:
        emr = self.cloud.client("emr")
        for name in self.names:
            emr.run_job_flow(**OWNED, Name=name)
        self.cloud.clock.move(timedelta(days=1).total_seconds())

    def observe(self) -> tuple[Counter[str], float]:
        """One round over all projects: the calls it took, and the CPU seconds, the emulator's included."""
        before, began = len(self.cloud.faults.calls), time.process_time()
        known = set(self.loop.ledger.projects())
        for name in self.names:
            if name not in known:
                self.loop.register(name, "emr", self.platform.current_spec(name), SearchSpace())
            self.loop.observe(name)
        return Counter(self.cloud.faults.calls[before:]), time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=500)
    parser.add_argument("--nights", type=int, default=3)
    asked = parser.parse_args()
    os.fsync = lambda _: None  # the disk is not what is measured
    runner = SimulatedRunner(RentedPhysics(cpu_seconds=100.0, waiting_seconds=50.0, tasks=4))
    with tempfile.TemporaryDirectory() as home, EmrEmulator(BOOK, runner) as cloud:
        account = Account(cloud, Path(home), asked.projects)
        for night in range(asked.nights):
            account.night()
            calls, seconds = account.observe()
            told = {key: round(count / asked.projects, 3) for key, count in sorted(calls.items())}
            print(
                f"night {night + 1}: {calls.total() / asked.projects:.3f} calls per finished run, {seconds:.1f} CPU s"
            )
            print(json.dumps(told, indent=1))
        cloud.clock.move(60)
        calls, seconds = account.observe()
        print(f"a round in which nothing had ended: {calls.total()} calls, {seconds:.1f} CPU s")


if __name__ == "__main__":
    main()
