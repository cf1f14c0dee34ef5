"""A service with one worker, and a workspace of Databricks that nobody submits anything from."""

import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.core.rented import book
from tests.service.world import World, new_world, result

from setpoint.core.pricebook import PriceBook
from setpoint.errors import PlatformError
from setpoint.intake import Allowed
from setpoint.platforms.databricks import CallFiles, Calls
from setpoint.platforms.databricks.logs import parts_of
from setpoint.processing.applying import Applying
from setpoint.processing.control import APPLYING, Control
from setpoint.processing.polling import POLLING, Polling, watch
from setpoint.processing.polling.bringing import BRINGING, Bringing
from setpoint.processing.polling.reaching import Reaching
from setpoint.processing.recommendations import Recommending
from setpoint.processing.submissions import Submitting
from setpoint.processing.worker import Worker
from setpoint.store.rows import ProjectRow, TaskRow
from setpoint.testing.databricks import DatabricksEmulator, Refused, SimulatedRunner, Workspace
from setpoint.testing.pushed_plant import RentedPhysics

Json = Mapping[str, Any]
PHYSICS = RentedPhysics(cpu_seconds=30_000.0, waiting_seconds=2_000.0, tasks=60, noise=0.02)
TOKEN = "dapi0123456789abcdef"  # noqa: S105 - looks like one, and is none
BLOCK: dict[str, Any] = {
    "spark_version": "16.4.x-scala2.12",
    "node_type_id": "m5.2xlarge",
    "num_workers": 6,
    "runtime_engine": "STANDARD",
    "aws_attributes": {"availability": "ON_DEMAND", "zone_id": "us-east-1a"},
    "cluster_log_conf": {"dbfs": {"destination": "dbfs:/logs"}},
    "spark_env_vars": {"SECRET": "in-clear-text"},
}
PLACE = "7474652260057818"


def job_of(name: str = "nightly", **block: object) -> dict[str, Any]:
    cluster = {"job_cluster_key": "main", "new_cluster": {**BLOCK, **block}}
    return {"name": name, "job_clusters": [cluster], "tasks": [{"task_key": "load", "job_cluster_key": "main"}]}


@dataclass
class Space:
    """An emulated workspace in this process."""

    emulator: DatabricksEmulator = field(
        default_factory=lambda: DatabricksEmulator(
            Workspace(SimulatedRunner(PHYSICS), now=datetime.now(UTC).replace(microsecond=0))
        )
    )
    down: Refused | None = None
    refused: dict[str, Refused] = field(default_factory=dict)
    """By path."""
    faults: dict[int, Exception] = field(default_factory=dict)
    """By the number of the call."""
    made: int = 0
    """Calls so far."""
    deaf: set[str] = field(default_factory=set)
    """Hosts where nobody answers."""
    during: Callable[[], object] = lambda: None
    """Done with every call."""
    opened: list[dict[str, Any]] = field(default_factory=list)

    def do(self, method: str, path: str, query: Json, body: Json) -> Any:  # noqa: ANN401 - JSON
        self.during()
        self.made += 1
        try:
            if self.made in self.faults:
                raise self.faults[self.made]
            name = path.removeprefix("/api/")[4:]
            if self.down is not None or name in self.refused:
                raise self.down or self.refused[name]
            return self.emulator._call(method, name, {**query, **body})
        except Refused as refused:
            # As the SDK raises it.
            error = OSError(refused.message)
            error.error_code = refused.code  # type: ignore[attr-defined]
            error.retry_after_secs = refused.retry_after_seconds  # type: ignore[attr-defined]
            raise error from None

    def opens(self, host: str, **said: Any) -> Calls:  # noqa: ANN401 - of the SDK
        self.opened.append({"host": host, **said})
        if host in self.deaf:
            raise PlatformError("nobody is there")
        return Calls(self.do, sleep=lambda _: None)

    def seconds(self) -> float:
        return self.emulator.workspace.now.timestamp()

    def fail_all(self, words: str) -> None:
        """From now on every application fails."""
        runner = self.emulator.workspace.runner
        assert isinstance(runner, SimulatedRunner)
        runner.failures.update(dict.fromkeys(range(1_000, 5_000), words))

    def log(self, run: Json) -> Iterator[bytes]:
        """The bytes of a run's log, put together."""
        api = self.opens("")
        files = CallFiles(api)
        cluster = run["tasks"][0]["cluster_instance"]["cluster_id"]
        for part in parts_of(files.below(f"dbfs:/logs/{cluster}/eventlog"), []):
            content = b"".join(files.read(part))
            yield gzip.decompress(content) if part.path.endswith(".gz") else content

    def run(self, job: int) -> int:
        return int(self.emulator._call("POST", "jobs/run-now", {"job_id": job})["run_id"])

    def job(self, job: int) -> dict[str, Any]:
        found: dict[str, Any] = self.emulator.workspace.jobs[job].settings
        return found

    def block(self, job: int) -> dict[str, Any]:
        found: dict[str, Any] = self.job(job)["job_clusters"][0]["new_cluster"]
        return found

    @property
    def jobs_calls(self) -> int:
        """All but files."""
        return sum(number for (_, name), number in self.emulator.calls.items() if not name.startswith("dbfs/"))


class Site:
    """The service, connected."""

    allowed = Allowed()

    def __init__(self, folder: Path, space: Space | None = None, *, account: str = "ours", place: str = PLACE) -> None:
        self.world: World = new_world(folder)
        self.folder, self.account, self.place_id = folder, account, place
        self.space = space or Space()
        self.client = self.world.client(account)
        said = {
            "databricks_host": "https://dbc-1.cloud.databricks.com",
            "databricks_token": TOKEN,
            "plan_type": "Premium",
            "compute_provider": "aws",
            "aws_region": "us-east-1",
        }
        result(self.client.post(f"/v1/databricks/workspaces/{place}", json=said))
        self.staff()

    def staff(self) -> None:
        """Whoever works, new."""
        rooms, store, space = self.world.rooms, self.world.store, self.space
        self.reaching = Reaching(
            store,
            rooms.identity.vault,
            self.allowed,
            _book,
            1 << 30,
            space.opens,
            now=space.seconds,
        )
        self.control = Control(
            store,
            rooms.artefacts,
            self.world.ledger,
            _book,
            self.folder / "prior",
            self.clock,
            actuator_of=self.reaching.actuator,
        )
        self.reach()

    def reach(self, **said: Any) -> None:  # noqa: ANN401 - of Reaching
        """Places are reached like this from now on."""
        rooms, store = self.world.rooms, self.world.store
        self.reaching = replace(self.reaching, **said)
        self.polling = Polling(store, self.reaching.place, 60.0, self.clock)
        self.worker = Worker(
            store.tasks,
            {
                POLLING: self.polling,
                BRINGING: Bringing(store, rooms.artefacts, self.reaching.place),
                APPLYING: Applying(self.control),
                "submission": Submitting(store, rooms.artefacts, self.control),
                "recommendation": Recommending(store, self.control),
            },
        )

    def clock(self) -> datetime:
        return self.space.emulator.workspace.now

    def project(self, job: int, **settings: object) -> ProjectRow:
        body = {"name": f"job {job}", "product_code": "aws-databricks", "job_id": str(job), **settings}
        made = result(self.client.post("/v1/projects", json={"workspace_id": self.place_id, **body}))
        row = self.world.store.projects.get(self.account, made["id"])
        assert row is not None
        return row

    def create(self, name: str = "nightly", **block: object) -> int:
        return int(self.space.emulator._call("POST", "jobs/create", job_of(name, **block))["job_id"])

    def watched(self) -> TaskRow:
        place = self.world.store.workspaces.get(self.account, self.place_id)
        assert place is not None
        watch(self.world.store, place)
        row = self.world.store.tasks.of_key(self.account, f"polling:{self.place_id}")
        assert row is not None
        return row

    def poll(self, rounds: int = 3) -> TaskRow:
        """Have everything done that is due, the look included, whatever was put off."""
        self.watched()
        for _ in range(rounds):
            self.make_due()
            for _ in range(2000):
                if not self.worker.once():
                    break
        return self.watched()

    def metrics(self) -> str:
        return self.world.rooms.metrics.text().decode()

    def end_leases(self) -> None:
        """Whoever held them was killed."""
        table = self.world.store.tasks._shelf.table
        with self.world.store.database.writing() as connection:
            change = table.update().where(table.c.state == "leased")
            connection.execute(change.values(leased_until=datetime(2020, 1, 1, tzinfo=UTC)))

    def make_due(self) -> None:
        table = self.world.store.tasks._shelf.table
        with self.world.store.database.writing() as connection:
            change = table.update().where(table.c.state == "waiting")
            connection.execute(change.values(due_at=datetime(2020, 1, 1, tzinfo=UTC)))

    def ran(self, job: int) -> int:
        """A run to its end, its log delivered, and all of it looked at."""
        run = self.space.run(job)
        self.poll()
        self.space.emulator.advance(20_000)
        self.poll()
        return run

    def entries(self, project: ProjectRow, kind: type[Any]) -> list[Any]:
        return [entry for entry in self.world.ledger.read(project.stream) if isinstance(entry, kind)]

    def audited(self, action: str) -> list[Json]:
        rows = self.world.store.audit.list(self.account, per_page=1000)
        return [dict(row.after or {}) for row in rows if row.action == action]

    def tasks(self, kind: str) -> list[TaskRow]:
        return [row for row in self.world.store.tasks.list(self.account) if row.kind == kind]


def _book(*_: str) -> PriceBook:
    return book()
