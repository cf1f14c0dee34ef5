"""The loop closed over an emulated workspace, through the unmodified SDK, night after night."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.core.rented import book
from tests.platforms.databricks.emulated import calls_of, job

from setpoint.core.domain import ClusterSpec, Rollback, Run, SearchSpace
from setpoint.core.goals import parse_goal
from setpoint.core.history import Applied, Decided, Disturbed
from setpoint.ledger.memory import MemoryLedger
from setpoint.loop import Loop
from setpoint.platforms.databricks import CallFiles, DatabricksPlatform, JobOf
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

    def __init__(self, goal: str, **settings: object) -> None:
        self.runner = Cached()
        self.cloud = DatabricksEmulator(Workspace(self.runner))
        self.calls = calls_of(self.cloud)
        self.job_id = self.cloud.workspace.add(
            job("nightly", {"node_type_id": "r5.xlarge", "num_workers": 16}, **settings)
        ).id
        self.platform = DatabricksPlatform(
            self.calls,
            CallFiles(self.calls),
            {PROJECT: JobOf(str(self.job_id))},
            "aws-databricks",
            BOOK,
            now=self.seconds,
            sleep=self.cloud.advance,
        )
        self.loop = Loop(self.platform, MemoryLedger(), BOOK, lambda: self.cloud.workspace.now)
        space = SearchSpace(node_types=tuple(BOOK.nodes[name] for name in NODES), node_counts=COUNTS)
        self.loop.register(PROJECT, "databricks", self.platform.current_spec(PROJECT), space)
        self.loop.set_goal(PROJECT, goal)

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


def test_from_the_first_run_to_the_rollback(opened: list[Nights]) -> None:
    """Created, run, recommended, applied, verified; then other code, to which it adapts; then a trial undone."""
    world = Nights("minimise cost; runtime <= 25m")
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
