"""Webhooks of emulated jobs reach whoever listens, and notes of the agent lie where a cluster has an init script."""

import base64
from collections.abc import Iterator
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import msgspec
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.service import settings as sdk_settings

from setpoint.testing.databricks import DatabricksEmulator, SimulatedRunner, Workspace
from setpoint.testing.pushed_plant import RentedPhysics

Json = dict[str, Any]
BLOCK: Json = {
    "spark_version": "16.4.x-scala2.12",
    "node_type_id": "m5.xlarge",
    "num_workers": 2,
    "cluster_log_conf": {"dbfs": {"destination": "dbfs:/logs"}},
    "init_scripts": [{"workspace": {"destination": "/agent.sh"}}],
}
JOB: Json = {
    "name": "nightly",
    "tasks": [{"task_key": "a", "new_cluster": BLOCK, "notebook_task": {"notebook_path": "/n"}}],
}


class Heard(HTTPServer):
    said: list[tuple[str, Json]]


class Listening(BaseHTTPRequestHandler):
    server: Heard

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.said.append((self.headers["authorization"], msgspec.json.decode(body)))
        self.send_response(204)
        self.end_headers()


@pytest.fixture
def heard() -> Iterator[Heard]:
    with Heard(("127.0.0.1", 0), Listening) as server:
        server.said = []
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def made() -> Iterator[DatabricksEmulator]:
    with DatabricksEmulator(Workspace(SimulatedRunner(RentedPhysics(tasks=8)))) as found:
        yield found


def client_of(made: DatabricksEmulator) -> WorkspaceClient:
    host, token = made.start()
    return WorkspaceClient(config=Config(host=host, token=token, auth_type="pat", retry_timeout_seconds=5))


def test_a_destination_is_called_when_a_run_begins_and_ends(made: DatabricksEmulator, heard: Heard) -> None:
    client = client_of(made)
    webhook = sdk_settings.GenericWebhookConfig(
        url=f"http://127.0.0.1:{heard.server_port}/hook",
        username="ada",
        password="word",  # noqa: S106 - of a test
    )
    config = sdk_settings.Config(generic_webhook=webhook)
    destination = client.notification_destinations.create(config=config, display_name="setpoint")
    assert destination.id is not None
    (listed,) = client.notification_destinations.list()
    assert "word" not in str(listed)
    named = [{"id": destination.id}]
    job = made.workspace.add(JOB | {"webhook_notifications": {"on_start": named, "on_success": named}})
    made.advance(60)
    run_id = made.workspace.start(job.settings, job.id).id
    made.advance(86_400)
    assert [told["event_type"] for _, told in heard.said] == ["jobs.on_start", "jobs.on_success"]
    assert {told["run"]["run_id"] for _, told in heard.said} == {run_id}
    assert {header for header, _ in heard.said} == {f"Basic {base64.b64encode(b'ada:word').decode()}"}
    made.advance(86_400)
    assert len(heard.said) == 2


def test_four_destinations_for_an_event_are_too_many_and_one_that_is_down_is_no_matter(
    made: DatabricksEmulator,
) -> None:
    client = client_of(made)
    body = JOB | {"webhook_notifications": {"on_failure": [{"id": str(number)} for number in range(4)]}}
    with pytest.raises(DatabricksError, match="At most 3"):
        client.api_client.do("POST", "/api/2.2/jobs/create", body=body)
    made.workspace.destinations["d"] = {"display_name": "", "url": "http://127.0.0.1:9/"}
    job = made.workspace.add(JOB | {"webhook_notifications": {"on_success": [{"id": "d"}]}})
    made.workspace.start(job.settings, job.id)
    made.advance(86_400)


@pytest.mark.parametrize("has_agent", [True, False])
def test_notes_name_as_many_machines_as_the_cluster_had(made: DatabricksEmulator, *, has_agent: bool) -> None:
    block = deepcopy(BLOCK) if has_agent else {key: it for key, it in BLOCK.items() if key != "init_scripts"}
    made.workspace.start({"name": "x", "tasks": [JOB["tasks"][0] | {"new_cluster": block}]}, 0)
    made.advance(86_400)
    ((identity, cluster),) = made.workspace.clusters.items()
    path = f"/logs/{identity}/sync_data/{cluster.context}/aws_cluster_info.json"
    content = made.workspace.files.content(path, made.workspace.now)
    assert (content is not None) == has_agent
    if content is not None:
        told = msgspec.json.decode(content)
        assert [each["InstanceType"] for each in told["instances"]] == ["m5.xlarge"] * 3
        assert len(told["instance_timelines"]) == 3
