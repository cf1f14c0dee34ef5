"""The agent on a driver: what it writes, where, and what it does when things go wrong."""

import base64
import json
import urllib.error
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from setpoint.agent import on_driver
from setpoint.agent.on_driver import AzureVms, Ec2, Notes, Workspace, look, place_of, run

CLUSTER = "0101-120000-abc"
TOKEN = "dapi-very-secret"  # noqa: S105 - made up


class Cloud(ThreadingHTTPServer):
    """A workspace with DBFS and volumes, an Azure directory and its machines: as much as the agent asks."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.cluster: dict[str, Any] = {}
        self.vms: list[dict[str, Any]] = []
        self.open: dict[int, str] = {}
        self.failing = 0
        self.elsewhere = self.url

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Cloud

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nothing."""

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    do_PUT = do_POST  # noqa: N815 - the library's name

    def _answer(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if self.server.failing:
            self.server.failing -= 1
            self._send(429, {})
        elif parts.path == "/api/2.0/clusters/get":
            assert self.headers["Authorization"] == f"Bearer {TOKEN}"
            self._send(200, self.server.cluster)
        elif parts.path.startswith("/api/2.0/dbfs/"):
            self._dbfs(parts.path.rpartition("/")[2], asked or json.loads(body))
        elif parts.path.startswith("/api/2.0/fs/files/"):
            self._volume(parts.path.removeprefix("/api/2.0/fs/files"), body)
        elif parts.path.endswith("/oauth2/v2.0/token"):
            self._send(200, {"access_token": "azure", "expires_in": 3600})
        else:
            half = len(self.server.vms) // 2
            page: dict[str, Any] = {"value": self.server.vms[half:]}
            if "page" not in asked:
                page = {"value": self.server.vms[:half], "nextLink": f"{self.server.elsewhere}{parts.path}?page=2"}
            self._send(200, page)

    def _dbfs(self, verb: str, asked: dict[str, Any]) -> None:
        files = self.server.files
        if verb == "read":
            if asked["path"] not in files:
                self._send(404, {"error_code": "RESOURCE_DOES_NOT_EXIST"})
                return
            start = int(asked["offset"])
            piece = files[asked["path"]][start : start + min(int(asked["length"]), 1000)]
            self._send(200, {"bytes_read": len(piece), "data": base64.b64encode(piece).decode()})
        elif verb == "create":
            handle = len(self.server.open) + 1
            self.server.open[handle] = asked["path"]
            files[asked["path"]] = b""
            self._send(200, {"handle": handle})
        else:
            if verb == "add-block":
                files[self.server.open[asked["handle"]]] += base64.b64decode(asked["data"])
            self._send(200, {})

    def _volume(self, path: str, body: bytes) -> None:
        if self.command == "PUT":
            self.server.files[path] = body
            self._send(200, {})
        elif path in self.server.files:
            self._send(200, json.loads(self.server.files[path]))
        else:
            self._send(404, {})

    def _send(self, status: int, content: dict[str, Any]) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def cluster(kind: str, destination: str, **more: str) -> dict[str, Any]:
    conf: dict[str, Any] = {kind: {"destination": destination}}
    return {"cluster_id": CLUSTER, "spark_context_id": 77, "state": "RUNNING", "cluster_log_conf": conf, **more}


def vm(name: str, cluster_id: str = CLUSTER) -> dict[str, Any]:
    return {
        "name": name,
        "location": "eastus",
        "tags": {"Vendor": "Databricks", "ClusterId": cluster_id},
        "properties": {"hardwareProfile": {"vmSize": "Standard_DS3_v2"}, "provisioningState": "Succeeded"},
    }


def azure(cloud: Cloud) -> AzureVms:
    said = {f"AZURE_{name}": name.lower() for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "SUBSCRIPTION_ID")}
    return AzureVms(said | {"AZURE_AUTHORITY_HOST": cloud.url, "AZURE_RESOURCE_MANAGER": cloud.url})


@pytest.mark.parametrize(("kind", "destination"), [("dbfs", "dbfs:/logs/nightly"), ("volumes", "/Volumes/a/b/logs")])
def test_machines_that_come_and_go_are_noted_beside_the_event_log(kind: str, destination: str, cloud: Cloud) -> None:
    cloud.cluster = cluster(kind, destination)
    workspace, keep = Workspace(cloud.url, TOKEN), dict[str, Notes]()
    cloud.vms = [vm("driver"), vm("first"), vm("other", "0101-other")]
    assert look(CLUSTER, workspace, azure(cloud), keep, "2026-01-01T00:00:00+00:00")
    cloud.vms = [vm("driver"), vm("second")]
    # Another process goes on with the file: the agent, or its driver, was started again.
    assert look(CLUSTER, workspace, azure(cloud), {}, "2026-01-01T00:10:00+00:00")
    cloud.cluster["state"] = "TERMINATING"
    assert not look(CLUSTER, workspace, azure(cloud), {}, "2026-01-01T00:20:00+00:00")
    path = f"{destination.removeprefix('dbfs:')}/{CLUSTER}/sync_data/77/azure_cluster_info.json"
    found = json.loads(cloud.files[path])
    times = {each["instance_id"]: each for each in found["timelines"]}
    assert set(times) == {"driver", "first", "second"}
    assert times["first"]["last_seen_running_time"] == "2026-01-01T00:00:00+00:00"
    assert times["driver"]["first_seen_running_time"] == "2026-01-01T00:00:00+00:00"
    assert times["driver"]["last_seen_running_time"] == "2026-01-01T00:20:00+00:00"
    assert {each["hardware_profile"]["vm_size"] for each in found["instances"]} == {"Standard_DS3_v2"}
    assert TOKEN.encode() not in cloud.files[path]


def test_before_there_is_a_context_nothing_is_written(cloud: Cloud) -> None:
    cloud.cluster = {"cluster_id": CLUSTER, "state": "PENDING"}
    assert look(CLUSTER, Workspace(cloud.url, TOKEN), azure(cloud), {}, "2026-01-01T00:00:00+00:00")
    assert cloud.files == {}


def test_a_list_that_goes_on_at_another_host_is_not_followed(cloud: Cloud) -> None:
    """Our token would go with the request."""
    cloud.elsewhere = "https://example.com"
    with pytest.raises(ValueError, match="another host"):
        azure(cloud).seen(CLUSTER)


def test_on_aws_disks_are_noted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    ec2 = Ec2("us-east-1")
    machine = {"InstanceId": "i-1", "InstanceType": "m5.xlarge", "State": {"Name": "running"}}
    gone = {"InstanceId": "i-2", "InstanceType": "m5.xlarge", "State": {"Name": "terminated"}}
    disk = {"VolumeId": "vol-1", "Size": 100, "VolumeType": "gp3"}
    with Stubber(ec2._client) as stub:
        stub.add_response("describe_instances", {"Reservations": [{"Instances": [machine]}], "NextToken": "more"})
        stub.add_response("describe_instances", {"Reservations": [{"Instances": [gone]}]})
        stub.add_response("describe_volumes", {"Volumes": [disk]})
        notes = Notes(ec2, b"")
        machines, disks = ec2.seen(CLUSTER)
        notes.add(machines, disks, "2026-01-01T00:00:00+00:00")
    found = json.loads(notes.written())
    assert [each["InstanceId"] for each in found["instances"]] == ["i-1", "i-2"]
    assert [each["instance_id"] for each in found["instance_timelines"]] == ["i-1"]
    assert found["volumes"] == [disk]


def test_the_bucket_of_the_logs_is_written_as_its_owner_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    conf = {"destination": "s3://logs/nightly/", "region": "us-east-1", "enable_encryption": True}
    described = {"cluster_id": CLUSTER, "cluster_log_conf": {"s3": {**conf, "canned_acl": "bucket-owner-full-control"}}}
    place, folder = place_of(described, Workspace("https://example.com", TOKEN))
    assert isinstance(place, on_driver.Bucket)
    assert folder == f"nightly/{CLUSTER}"
    asked = {
        "Bucket": "logs",
        "Key": f"{folder}/notes",
        "Body": b"x",
        "ServerSideEncryption": "AES256",
        "ACL": "bucket-owner-full-control",
    }
    with Stubber(place._client) as stub:
        stub.add_response("put_object", {}, asked)
        place.write(f"{folder}/notes", b"x")
        stub.add_client_error("get_object", "NoSuchKey")
        assert place.read(f"{folder}/notes") == b""


def test_without_a_place_for_logs_it_says_what_to_set() -> None:
    with pytest.raises(ValueError, match="cluster_log_conf"):
        place_of({"cluster_id": CLUSTER}, Workspace("https://example.com", TOKEN))


@given(outcomes=st.lists(st.sampled_from(["ok", "error"]), max_size=12))
def test_it_goes_on_whatever_happens_and_hammers_nobody(outcomes: list[str]) -> None:
    left, pauses, words = [*outcomes, "end"], list[float](), list[str]()

    def look_once() -> bool:
        outcome = left.pop(0)
        if outcome == "error":
            raise urllib.error.HTTPError(f"https://example.com/?signature={TOKEN}", 503, TOKEN, {}, None)  # type: ignore[arg-type]
        return outcome == "ok"

    run(look_once, pauses.append, words.append)
    assert left == []
    assert len(pauses) == len(outcomes)
    assert all(on_driver.EVERY_SECONDS <= pause <= on_driver.LONGEST_PAUSE_SECONDS for pause in pauses)
    for outcome, before, pause in zip(outcomes[1:], pauses, pauses[1:], strict=False):
        expected = on_driver.EVERY_SECONDS if outcome == "ok" else min(2 * before, on_driver.LONGEST_PAUSE_SECONDS)
        assert pause == expected
    assert not any(TOKEN in said for said in words)


def test_a_refusal_for_now_passes(cloud: Cloud) -> None:
    cloud.cluster, cloud.failing = cluster("dbfs", "dbfs:/logs"), 2
    cloud.vms = [vm("driver"), vm("worker")]
    workspace, words = Workspace(cloud.url, TOKEN), list[str]()
    states = iter([True, False])

    def look_once() -> bool:
        look(CLUSTER, workspace, azure(cloud), {}, "2026-01-01T00:00:00+00:00")
        return next(states)

    run(look_once, lambda _: None, words.append)
    assert len(words) == 2
    assert "429" in words[0]
    assert len(cloud.files) == 1
