"""An emulated workspace with jobs that ran, for tests that go through the unmodified SDK."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from setpoint.platforms.databricks import Calls, workspace
from setpoint.platforms.databricks.home import DatabricksHome
from setpoint.platforms.databricks.project import DatabricksProject
from setpoint.testing.databricks import DatabricksEmulator, Refused, SimulatedRunner, Workspace
from setpoint.testing.platform_contract import PROJECT, PlatformUnderTest
from setpoint.testing.pushed_plant import RentedPhysics

Json = dict[str, Any]
DENIED = Refused(403, "PERMISSION_DENIED", "You do not have permission.")
CLUSTER: Json = {
    "spark_version": "16.4.x-scala2.12",
    "node_type_id": "m5.xlarge",
    "num_workers": 4,
    "cluster_log_conf": {"dbfs": {"destination": "dbfs:/logs"}},
}


def job(name: str, cluster: Mapping[str, object] | None = None, **more: object) -> Json:
    """Settings of a job with one task on a cluster of the job."""
    task = {"task_key": "main", "job_cluster_key": "main", "notebook_task": {"notebook_path": "/n"}}
    clusters = [{"job_cluster_key": "main", "new_cluster": CLUSTER | dict(cluster or {})}]
    return {"name": name, "job_clusters": clusters, "tasks": [task]} | more


def emulator() -> DatabricksEmulator:
    """A workspace in which nothing is yet."""
    return DatabricksEmulator(Workspace(SimulatedRunner(RentedPhysics(tasks=16))))


def calls_of(made: DatabricksEmulator) -> Calls:
    """Calls through the SDK that wait for nothing."""
    host, token = made.start()
    found = workspace(host, token=token)
    found.sleep = lambda _: None
    return found


def run_all(made: DatabricksEmulator, jobs: Iterable[Json], nights: int = 1) -> list[int]:
    """Create jobs and run each of them once a night; their ids."""
    ids = [made.workspace.add(settings).id for settings in jobs]
    for _ in range(nights):
        for job_id in ids:
            made.workspace.start(made.workspace.job(job_id).settings, job_id)
        made.advance(86_400)
    return ids


def deny(made: DatabricksEmulator, method: str, path: str) -> None:
    """Have a workspace refuse a call from now on."""
    made.faults |= {(method, path, made.calls[method, path] + number): DENIED for number in range(1, 100)}


def home_of(made: DatabricksEmulator, calls: Calls, home: Path) -> DatabricksHome:
    """The platform of a home, over one workspace whose time is the emulated one."""

    def now() -> float:
        # Each look is a moment later, so that nothing is taken for fresh.
        made.advance(60)
        return made.workspace.now.timestamp()

    return DatabricksHome(home, lambda *_: calls, now, lambda _: None)


def databricks_subject(made: DatabricksEmulator, calls: Calls, home: Path) -> PlatformUnderTest:
    """As the contract suite wants it: a job of its own in a workspace."""
    job_id = made.workspace.add(job(f"job {len(made.workspace.jobs)}")).id
    platform = home_of(made, calls, home)
    platform.register(PROJECT, DatabricksProject(host="https://x", job_id=str(job_id), region="us-east-1"))
    first = platform.current_spec(PROJECT)
    per_node = first.slots // 4
    specs = (first, first.with_size(2 * per_node, 1), first.with_size(8 * per_node, 1))
    runner = made.workspace.runner
    assert isinstance(runner, SimulatedRunner)

    def run(*, exit_code: int = 0, with_log: bool = True) -> None:
        settings = made.workspace.job(job_id).settings
        block = settings["job_clusters"][0]["new_cluster"]
        kept = block.get("cluster_log_conf")
        if exit_code:
            runner.failures[made.workspace.last_id + 2] = f"The application exited with code {exit_code}"
        if not with_log:
            del block["cluster_log_conf"]
        made.workspace.start(settings, job_id)
        if not with_log:
            block["cluster_log_conf"] = kept
        made.advance(86_400)

    return PlatformUnderTest(platform, specs, run, lambda: home_of(made, calls, home))
