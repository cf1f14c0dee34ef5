"""Two accounts on one fresh service, with keys of every role."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.service.story import PRICES, whole_story

from setpoint.artefacts import Artefacts
from setpoint.identity import Identity
from setpoint.ledger import VersionedLedger, open_ledger
from setpoint.service.access import ROLES, Role
from setpoint.service.assembly import create_service
from setpoint.service.rooms import LoopOf, Options, Rooms, nobody_s_loop
from setpoint.store import Store, open_store

HERE = "http://127.0.0.1:8765"
ROLE = "arn:aws:iam::123456789012:role/setpoint"
REPORT = {"plan_type": "Standard", "compute_type": "Jobs Compute", "cluster": {"cluster_id": "1-2-3"}}


@dataclass(frozen=True)
class Key:
    id: str
    secret: str
    account: str
    role: Role


@dataclass
class World:
    app: FastAPI
    store: Store
    ledger: VersionedLedger
    keys: dict[tuple[str, str], Key]
    loop_of: LoopOf = nobody_s_loop

    @property
    def rooms(self) -> Rooms:
        rooms: Rooms = self.app.state.rooms
        return rooms

    def anybody(self) -> TestClient:
        return TestClient(self.app, base_url=HERE, follow_redirects=False)

    def token(self, account: str, role: Role = "admin") -> str:
        key = self.keys[account, role]
        answer = self.anybody().post("/v1/auth/token", json={"api_key_id": key.id, "api_key_secret": key.secret})
        token: str = answer.json()["result"]["access_token"]
        return token

    def client(self, account: str, role: Role = "admin") -> TestClient:
        client = self.anybody()
        client.headers["Authorization"] = f"Bearer {self.token(account, role)}"
        return client


def new_world(folder: Path, options: Options | None = None) -> World:
    store, ledger = open_store(_database()), open_ledger("memory:")
    chosen = options or Options(tries_a_minute=10_000, scratch=folder, patience_seconds=0.0)
    app = create_service(
        store,
        Artefacts(str(folder / "artefacts")),
        Identity.passing(),
        ledger,
        PRICES,
        options=chosen,
        loop_of=lambda project: world.loop_of(project),  # noqa: PLW0108 - it is set later
    )
    world = World(app, store, ledger, {})
    for name in ("ours", "theirs"):
        for role in ROLES:
            row, secret = world.rooms.new_key(name, f"{name} {role}", role)
            world.keys[name, role] = Key(row.id, secret, name, role)
    return world


def _database() -> str:
    """In memory; an empty database of the PostgreSQL server that was named."""
    server = os.environ.get("SETPOINT_TEST_POSTGRESQL", "")
    if not server:
        return "sqlite://"
    name = f"t{os.urandom(6).hex()}"
    engine = sa.create_engine(server.replace("postgresql:", "postgresql+psycopg:") + "/postgres")
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql(f"create database {name}")
    engine.dispose()
    return f"{server}/{name}"


def result(answer: Any) -> Any:  # noqa: ANN401 - JSON
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


@dataclass(frozen=True)
class Belongings:
    """Ids of one thing of every noun in an account, by the name of the path parameter."""

    ids: dict[str, str]


def belongings(world: World, account: str) -> Belongings:
    client = world.client(account)
    project = result(client.post("/v1/projects", json={"name": f"nightly of {account}", "app_id": account}))["id"]
    begun = result(
        client.post(
            f"/v1/projects/{project}/submissions", json={"product_code": "aws-databricks", "cluster_report": REPORT}
        )
    )
    recommended = result(client.post(f"/v1/projects/{project}/recommendations", json={}))
    predicted = result(
        client.post("/v1/autotuner/predictions", json={"product_code": "aws-databricks", "configs": REPORT})
    )
    workspace = f"74746522600{len(account)}"
    result(client.post(f"/v1/databricks/workspaces/{workspace}", json={"databricks_token": "dapi-secret"}))
    region = result(client.post("/v1/emr/regions", json={"region": "us-east-1", "role_arn": ROLE}))["region_id"]
    row = world.store.projects.get(account, project)
    assert row is not None
    world.ledger.append(row.stream, *whole_story())
    tasks = client.get("/v1/tasks").json()["items"]
    return Belongings(
        {
            "project_id": project,
            "submission_id": begun["submission_id"],
            "recommendation_id": recommended["id"],
            "prediction_id": predicted["prediction_id"],
            "workspace_id": workspace,
            "region_id": region,
            "key_id": world.keys[account, "viewer"].id,
            "task_id": tasks[0]["id"],
        }
    )
