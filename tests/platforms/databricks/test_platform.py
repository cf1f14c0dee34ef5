"""The platform on a small workspace that runs jobs at once: it owes what all platforms owe."""

import base64
import copy
from datetime import timedelta
from typing import Any

import pytest
from tests.core.rented import JOB, book
from tests.platforms.databricks.workspace import Workspace, job_of

from setpoint.core.eventlog import read_profile
from setpoint.errors import PlatformError, UnknownProject
from setpoint.platforms.databricks import CallFiles, Calls, DatabricksPlatform, JobOf
from setpoint.testing.cloud_reports import PushedLife, databricks_report
from setpoint.testing.platform_contract import PROJECT, PlatformContract, PlatformUnderTest
from setpoint.testing.pushed_plant import START, PushedPlant

BLOCK = {**JOB, "cluster_log_conf": {"dbfs": {"destination": "dbfs:/logs"}}, "enable_elastic_disk": False}
BOOK = book("aws", "us-east-1")


class MissingError(Exception):
    error_code = "RESOURCE_DOES_NOT_EXIST"


class Running:
    """Answers the calls of the platform; `run` lets the job run once."""

    def __init__(self) -> None:
        self.at = Workspace(job_of(BLOCK))
        self.runs: list[dict[str, Any]] = []
        self.reports: dict[str, dict[str, Any]] = {}
        self.logs: dict[str, bytes] = {}
        self.now = START.timestamp()

    def run(self, *, exit_code: int = 0, with_log: bool = True) -> None:
        number, began = len(self.runs) + 1, START + timedelta(hours=len(self.runs))
        life = PushedLife(began, 600.0, failure=f"exit code {exit_code}" if exit_code else None, number=number)
        settings = copy.deepcopy(self.at.job["settings"])
        report = databricks_report(settings["job_clusters"][0]["new_cluster"], life)
        cluster_id = report["cluster"]["cluster_id"]
        instance = {"cluster_id": cluster_id, "spark_context_id": f"{number}"}
        tasks = [{**report["tasks"][0], **settings["tasks"][0], "cluster_instance": instance}]
        clusters = {"job_clusters": settings["job_clusters"], "tasks": tasks, "state": tasks[0]["state"]}
        times = {"start_time": tasks[0]["start_time"], "end_time": tasks[0]["end_time"]}
        self.runs.append({"run_id": number, "job_id": 7, **clusters, **times})
        self.reports[cluster_id] = report
        self.now = life.ended.timestamp() + 3000
        if with_log:
            plant = PushedPlant(PROJECT, JOB, "aws-databricks", BOOK)
            log = b"".join(b"".join(part) for part in plant.platform.event_log(PROJECT, plant.run()))
            self.logs[f"/logs/{cluster_id}/eventlog/{cluster_id}_10_0_0_1/{number}/eventlog"] = log

    def do(self, method: str, path: str, query: Any, body: Any) -> Any:  # noqa: ANN401 - the port's
        what = path.partition("/api/2.")[2].partition("/")[2]
        if what.startswith("jobs/runs"):
            return {"runs": [] if "active_only" in query else self.runs[::-1]}
        if what.startswith("jobs/"):
            return self.at.read(path, query) if method == "GET" else self.at.write(path, body)
        return self._cluster(what, query, body) if what.startswith("clusters/") else self._file(what, query, method)

    def _cluster(self, what: str, query: Any, body: Any) -> Any:  # noqa: ANN401 - the port's
        if what == "clusters/get":
            return self.reports[query["cluster_id"]]["cluster"]
        if what == "clusters/events":
            return self.reports[body["cluster_id"]]["cluster_events"]
        return {"node_types": [{"node_type_id": name} for name in ("m5.xlarge", "m5.2xlarge")]}

    def _file(self, path: str, query: Any, method: str) -> Any:  # noqa: ANN401 - the port's
        assert method == "GET"
        if path == "dbfs/read":
            piece = self.logs[query["path"]][query["offset"] : query["offset"] + query["length"]]
            return {"bytes_read": len(piece), "data": base64.b64encode(piece).decode()}
        found = [
            {"path": name, "file_size": len(log), "modification_time": self.now * 1000}
            for name, log in self.logs.items()
            if name.startswith(query["path"] + "/")
        ]
        if not found:
            raise MissingError
        return {"files": found}

    def open(self) -> DatabricksPlatform:
        calls = Calls(self.do, lambda _: None)
        jobs = {PROJECT: JobOf("7")}
        return DatabricksPlatform(
            calls, CallFiles(calls), jobs, "aws-databricks", BOOK, poll_seconds=0.0, now=lambda: self.now
        )


class TestDatabricks(PlatformContract):
    """All that platforms owe."""

    @pytest.fixture
    def subject(self) -> PlatformUnderTest:
        """A job of one task."""
        there = Running()
        first = there.open().current_spec(PROJECT)
        specs = (first, first.with_size(first.slots // 2, first.task_memory_mib), first.with_size(8, 4096))
        return PlatformUnderTest(there.open(), specs, there.run, there.open)


def test_two_calls_for_a_run_and_a_constant() -> None:
    there = Running()
    platform = there.open()
    there.run()
    there.run()
    for run_id in platform.finished_runs(PROJECT):
        platform.cluster_report(PROJECT, run_id)
    counted = platform.calls.counted
    assert counted["GET /api/2.0/clusters/get"] + counted["POST /api/2.0/clusters/events"] == 4


def test_a_bundle_is_given_a_patch_and_not_written() -> None:
    there = Running()
    platform = there.open()
    first = platform.current_spec(PROJECT)
    assert platform.patch(PROJECT, first) is None
    there.at.job["settings"]["deployment"] = {"kind": "BUNDLE"}
    second = first.with_size(first.slots // 2, first.task_memory_mib)
    with pytest.raises(PlatformError, match="Bundle"):
        platform.apply(PROJECT, second, expect=first)
    patch = platform.patch(PROJECT, second, "nightly")
    assert patch is not None
    assert '"num_workers": 4' in patch.text


def test_a_log_is_the_runs_own_and_a_project_must_be_known() -> None:
    there = Running()
    there.run()
    assert read_profile(there.open().event_log(PROJECT, "1")).application.id
    with pytest.raises(UnknownProject):
        there.open().current_spec("another")
