"""The loop closed over an emulated workspace, through the unmodified SDK, night after night."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.core.rented import book
from tests.platforms.databricks.emulated import calls_of, job

from setpoint.core.domain import ClusterSpec, Rollback, Run, SearchSpace
from setpoint.core.goals import parse_goal
from setpoint.core.history import Applied, Decided, Disturbed
from setpoint.ledger.memory import MemoryLedger
from setpoint.loop import Loop
from setpoint.platforms.databricks.home import DatabricksHome
from setpoint.platforms.databricks.project import DatabricksProject
from setpoint.testing.databricks import Asked, DatabricksEmulator, Ran, SimulatedRunner, Workspace
from setpoint.testing.platform_contract import PROJECT
from setpoint.testing.pushed_plant import RentedPhysics

BOOK = book("aws", "us-east-1")
PHYSICS = RentedPhysics(cpu_seconds=9_000.0, waiting_seconds=4_000.0, tasks=64, needed_mib_per_slot=4_000)
NODES = ("r5.xlarge",)
COUNTS = (2, 4, 8, 16)


class Cached:
    """A `Runner` of a job that keeps its tables in the memory of all of its workers together."""

    def __init__(self) -> None:
        self.inner, self.least_workers = SimulatedRunner(PHYSICS), 1

    def run(self, asked: Asked) -> Ran:
        """See Runner; of too few workers each has more than its memory to keep."""
        if asked.spec.workers < self.least_workers:
            self.inner.failures[asked.number] = "java.lang.OutOfMemoryError: Java heap space; exit code 137"
        return self.inner.run(asked)


class Nights:
    """One job in an emulated workspace, and the loop over it."""

    def __init__(self, home: Path, goal: str, **settings: object) -> None:
        self.runner = Cached()
        self.cloud = DatabricksEmulator(Workspace(self.runner))
        self.calls = calls_of(self.cloud)
        self.job_id = self.cloud.workspace.add(
            job("nightly", {"node_type_id": "r5.xlarge", "num_workers": 16}, **settings)
        ).id
        self.platform = DatabricksHome(home, lambda *_: self.calls, self.seconds, self.cloud.advance)
        self.platform.register(PROJECT, self.project)
        self.loop = Loop(self.platform, MemoryLedger(), BOOK, lambda: self.cloud.workspace.now)
        space = SearchSpace(node_types=tuple(BOOK.nodes[name] for name in NODES), node_counts=COUNTS)
        self.loop.register(PROJECT, "databricks", self.platform.current_spec(PROJECT), space)
        self.loop.set_goal(PROJECT, goal)

    @property
    def project(self) -> DatabricksProject:
        """Which job it is."""
        return DatabricksProject(host="https://x", job_id=str(self.job_id), region="us-east-1")

    @property
    def cluster(self) -> dict[str, object]:
        """The job's cluster as the workspace has it."""
        found: dict[str, object] = self.cloud.workspace.job(self.job_id).settings["job_clusters"][0]["new_cluster"]
        return found

    def seconds(self) -> float:
        """The time there, since 1970."""
        return self.cloud.workspace.now.timestamp()

    def night(self) -> Run:
        """A run, a day, and a look at it."""
        self.cloud.workspace.start(self.cloud.workspace.job(self.job_id).settings, self.job_id)
        self.cloud.advance(86_400)
        self.loop.tick(PROJECT)
        return self.loop.state(PROJECT).history.runs[-1]

    def nights(self, count: int) -> list[Run]:
        """So many of them."""
        return [self.night() for _ in range(count)]

    def is_broken_by(self, run: Run) -> bool:
        """Whether a run missed the goal."""
        goal = self.loop.state(PROJECT).history.goal
        assert goal is not None
        return bool(parse_goal(goal.goal).broken_by(run))

    def kinds(self) -> list[str]:
        """Of what disturbed it."""
        return [entry.kind for entry in self.loop.ledger.read(PROJECT) if isinstance(entry, Disturbed)]


@pytest.fixture
def opened() -> Iterator[list[Nights]]:
    made: list[Nights] = []
    yield made
    for each in made:
        each.cloud.stop()


def workers(spec: ClusterSpec) -> int:
    assert spec.cloud is not None
    return spec.cloud.cluster.workers


def test_from_the_first_run_to_the_rollback(opened: list[Nights], tmp_path: Path) -> None:
    """Created, run, recommended, applied, verified; then other code, to which it adapts; then a trial undone."""
    world = Nights(tmp_path, "minimise cost; runtime <= 25m")
    opened.append(world)
    first, second = world.nights(2)
    (applied, *_) = [entry for entry in world.loop.ledger.read(PROJECT) if isinstance(entry, Applied)]
    assert (workers(first.spec), second.spec) == (16, applied.spec)
    settled = world.nights(3)[-1]
    assert world.cluster["num_workers"] == workers(world.platform.current_spec(PROJECT))
    assert world.cluster["cluster_log_conf"] == {"dbfs": {"destination": "dbfs:/logs"}}
    assert not world.is_broken_by(settled)
    assert settled.cost.dollars < 0.8 * first.cost.dollars

    world.runner.inner.physics = replace(PHYSICS, code_version=2, cpu_seconds=18_000.0)
    changed_code, *_, healed = world.nights(5)
    assert world.kinds() == ["code change"]
    assert world.is_broken_by(changed_code)
    assert not world.is_broken_by(healed)
    assert workers(healed.spec) > workers(settled.spec)

    # Yet other code, quick again: fewer workers are tried, and all of them together have too little memory for it.
    world.runner.inner.physics, world.runner.least_workers = (
        replace(PHYSICS, code_version=3, cpu_seconds=4_000.0),
        workers(healed.spec),
    )
    later = world.nights(8)
    (failed,) = [run for run in later if not run.succeeded]
    assert failed.fault == "memory"
    decisions = [entry.decision for entry in world.loop.ledger.read(PROJECT) if isinstance(entry, Decided)]
    (rollback,) = [decision for decision in decisions if isinstance(decision, Rollback)]
    after = later[later.index(failed) + 1]
    assert (rollback.failed_spec, rollback.spec) == (failed.spec, after.spec)
    assert all(run.succeeded for run in later[later.index(failed) + 1 :])
    assert world.kinds() == ["code change", "code change"]
    assert world.cluster["num_workers"] == workers(healed.spec)


BUNDLE = {"deployment": {"kind": "BUNDLE", "metadata_file_path": "/bundle/state.json"}, "edit_mode": "UI_LOCKED"}


def git(checkout: Path, *words: str) -> str:
    told = ["git", "-c", "user.name=o", "-c", "user.email=o@example.com", "-C", str(checkout), *words]
    return subprocess.run(told, capture_output=True, text=True, check=True).stdout


def deployed(world: Nights, patch: dict[str, Any]) -> None:
    """The owner takes the patch and deploys the bundle, which resets the job."""
    (entry,) = patch["resources"]["jobs"]["nightly"]["job_clusters"]
    settings = world.cloud.workspace.job(world.job_id).settings
    settings["job_clusters"][0]["new_cluster"] = entry["new_cluster"]
    world.calls.write("/api/2.1/jobs/reset", {"job_id": world.job_id, "new_settings": settings})


def test_a_job_of_a_bundle_gets_a_commit_on_a_branch_and_the_loop_goes_on_once_it_is_deployed(
    opened: list[Nights], tmp_path: Path
) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    git(checkout, "init", "--quiet", "--initial-branch=main")
    (checkout / "databricks.yml").write_text("bundle: {name: shop}\n")
    git(checkout, "add", ".")
    git(checkout, "commit", "--quiet", "--message=begin")
    world = Nights(tmp_path / "home", "minimise cost; runtime <= 25m", **BUNDLE)
    opened.append(world)
    world.platform.register(PROJECT, replace(world.project, checkout=str(checkout)))
    before = dict(world.cluster)
    world.nights(3)
    assert world.cluster == before
    assert not any(entry for entry in world.loop.ledger.read(PROJECT) if isinstance(entry, Applied | Disturbed))
    assert not [call for call in world.calls.counted if "jobs/update" in call]
    waits = world.loop.waits(PROJECT)
    assert waits is not None
    assert f"branch setpoint/{PROJECT} of {checkout}" in waits
    assert git(checkout, "status", "--porcelain") == ""
    assert git(checkout, "branch", "--show-current").strip() == "main"
    commits = git(checkout, "log", "--format=%s", f"setpoint/{PROJECT}").splitlines()
    assert commits[-1] == "begin"
    assert commits[0].startswith(f"Run {PROJECT} on ")
    patch = json.loads(git(checkout, "show", f"setpoint/{PROJECT}:setpoint.nightly.yml"))

    deployed(world, patch)
    run = world.night()
    (applied, *_) = [entry for entry in world.loop.ledger.read(PROJECT) if isinstance(entry, Applied)]
    assert run.spec == applied.spec
    assert workers(run.spec) < 16
    assert world.kinds() == []
