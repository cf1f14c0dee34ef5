"""Notes which machines a Databricks cluster has and when each was seen, in a file beside the cluster's event log.

Runs on the driver, outside of Setpoint: nothing but the standard library, and boto3 (which Databricks brings) on AWS.
It reads DB_CLUSTER_ID, DATABRICKS_HOST and DATABRICKS_TOKEN; on AWS DATABRICKS_AWS_REGION (else the machine's own) and
the credentials of the instance profile or the usual variables; on Azure AZURE_TENANT_ID, AZURE_CLIENT_ID,
AZURE_CLIENT_SECRET and AZURE_SUBSCRIPTION_ID. It ends when the cluster does.

https://docs.databricks.com/api/workspace/clusters/get, …/dbfs, …/files
https://learn.microsoft.com/rest/api/compute/virtual-machines/list-all
"""

import base64
import json
import os
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

Json = dict[str, Any]
EVERY_SECONDS = 20.0
LONGEST_PAUSE_SECONDS = 300.0
REQUEST_SECONDS = 20.0
LARGEST_ANSWER_BYTES = 32 << 20
VOLUMES_A_CALL = 199
DBFS_BLOCK_BYTES = 700_000
LIVING = {"PENDING", "RUNNING", "RESIZING", "RESTARTING"}
AZURE_API = "2024-07-01"
NOT_FOUND = 404


class Workspace:
    """The workspace of the cluster, as far as the agent asks it."""

    def __init__(self, host: str, token: str) -> None:
        self._host = host if "://" in host else f"https://{host}"
        self._token = token

    def cluster(self, cluster_id: str) -> Json:
        """What the cluster is."""
        found: Json = json.loads(
            self._ask("GET", f"/api/2.0/clusters/get?{urllib.parse.urlencode({'cluster_id': cluster_id})}")
        )
        return found

    def read(self, path: str) -> bytes:
        """A small file of DBFS or of a volume; empty where there is none."""
        try:
            if path.startswith("/Volumes/"):
                return self._ask("GET", f"/api/2.0/fs/files{urllib.parse.quote(path)}")
            return self._read_dbfs(path)
        except urllib.error.HTTPError as error:
            if error.code == NOT_FOUND:
                return b""
            raise

    def write(self, path: str, content: bytes) -> None:
        """Put a file there, in place of the one that there may be."""
        if path.startswith("/Volumes/"):
            self._ask("PUT", f"/api/2.0/fs/files{urllib.parse.quote(path)}?overwrite=true", content)
            return
        handle = json.loads(self._dbfs("create", {"path": path, "overwrite": True}))["handle"]
        for start in range(0, len(content), DBFS_BLOCK_BYTES):
            block = base64.b64encode(content[start : start + DBFS_BLOCK_BYTES]).decode("ascii")
            self._dbfs("add-block", {"handle": handle, "data": block})
        self._dbfs("close", {"handle": handle})

    def _read_dbfs(self, path: str) -> bytes:
        content = b""
        while True:
            asked = {"path": path, "offset": len(content), "length": DBFS_BLOCK_BYTES}
            piece = json.loads(self._ask("GET", f"/api/2.0/dbfs/read?{urllib.parse.urlencode(asked)}"))
            if not piece.get("bytes_read"):
                return content
            content += base64.b64decode(piece["data"])

    def _dbfs(self, verb: str, body: Json) -> bytes:
        return self._ask("POST", f"/api/2.0/dbfs/{verb}", json.dumps(body).encode())

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        headers = {"Authorization": f"Bearer {self._token}", "User-Agent": "setpoint-agent"}
        return answer_of(urllib.request.Request(f"{self._host}{path}", body, headers, method=method))  # noqa: S310 - the owner's workspace


class Bucket:
    """The S3 bucket that logs are delivered to."""

    def __init__(self, conf: Json) -> None:
        import boto3

        self._bucket = str(conf["destination"]).partition("://")[2].partition("/")[0]
        self._client: Any = boto3.client(
            "s3", region_name=conf.get("region") or None, endpoint_url=conf.get("endpoint") or None
        )
        self._extra: Json = {}
        if conf.get("enable_encryption"):
            kind = str(conf.get("encryption_type") or "sse-s3")
            self._extra["ServerSideEncryption"] = "aws:kms" if kind == "sse-kms" else "AES256"
            if conf.get("kms_key"):
                self._extra["SSEKMSKeyId"] = conf["kms_key"]
        if conf.get("canned_acl"):
            self._extra["ACL"] = conf["canned_acl"]

    def read(self, path: str) -> bytes:
        """An object; empty where there is none."""
        try:
            return bytes(self._client.get_object(Bucket=self._bucket, Key=path)["Body"].read())
        except self._client.exceptions.NoSuchKey:
            return b""

    def write(self, path: str, content: bytes) -> None:
        """Put an object there."""
        self._client.put_object(Bucket=self._bucket, Key=path, Body=content, **self._extra)


class Ec2:
    """Machines and disks on AWS."""

    file_name, machines, timelines, key = "aws_cluster_info.json", "instances", "instance_timelines", "InstanceId"

    def __init__(self, region: str) -> None:
        import boto3

        self._client: Any = boto3.client("ec2", region_name=region)

    def seen(self, cluster_id: str) -> tuple[list[Json], list[Json]]:
        """The cluster's machines that are there now, and their disks."""
        tags = [{"Name": "tag:Vendor", "Values": ["Databricks"]}, {"Name": "tag:ClusterId", "Values": [cluster_id]}]
        pages = self._client.get_paginator("describe_instances").paginate(Filters=tags)
        found = [machine for page in pages for group in page["Reservations"] for machine in group["Instances"]]
        ids = [machine["InstanceId"] for machine in found]
        return found, [disk for start in range(0, len(ids), VOLUMES_A_CALL) for disk in self._disks(ids, start)]

    def is_running(self, machine: Json) -> bool:
        """Whether it is paid for."""
        return (machine.get("State") or {}).get("Name") == "running"

    def _disks(self, ids: list[str], start: int) -> list[Json]:
        named = [
            {"Name": "tag:Vendor", "Values": ["Databricks"]},
            {"Name": "attachment.instance-id", "Values": ids[start : start + VOLUMES_A_CALL]},
        ]
        pages = self._client.get_paginator("describe_volumes").paginate(Filters=named)
        return [disk for page in pages for disk in page["Volumes"]]


class AzureVms:
    """Machines on Azure."""

    file_name, machines, timelines, key = "azure_cluster_info.json", "instances", "timelines", "name"

    def __init__(self, variables: dict[str, str]) -> None:
        self._variables = variables
        self._hosts = variables.get("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com").rstrip("/")
        self._manager = variables.get("AZURE_RESOURCE_MANAGER", "https://management.azure.com").rstrip("/")
        self._token, self._token_until = "", 0.0

    def seen(self, cluster_id: str) -> tuple[list[Json], list[Json]]:
        """The cluster's machines that are there now; their disks are in them."""
        found: list[Json] = []
        subscription = urllib.parse.quote(self._variables["AZURE_SUBSCRIPTION_ID"])
        url = f"{self._manager}/subscriptions/{subscription}/providers/Microsoft.Compute/virtualMachines"
        url += f"?api-version={AZURE_API}"
        while url:
            if not url.startswith(f"{self._manager}/"):
                raise ValueError("the list of machines goes on at another host")
            headers = {"Authorization": f"Bearer {self._bearer()}"}
            page = json.loads(answer_of(urllib.request.Request(url, headers=headers)))  # noqa: S310 - checked above
            found += [machine for machine in page.get("value", []) if _is_of(machine, cluster_id)]
            url = page.get("nextLink") or ""
        return [_flat(machine) for machine in found], []

    def is_running(self, machine: Json) -> bool:
        """Whether it is paid for."""
        return str(machine.get("provisioning_state", "")).lower() in {"succeeded", "updating"}

    def _bearer(self) -> str:
        if time.monotonic() >= self._token_until:
            said = self._variables
            form = {
                "grant_type": "client_credentials",
                "client_id": said["AZURE_CLIENT_ID"],
                "client_secret": said["AZURE_CLIENT_SECRET"],
                "scope": f"{self._manager}/.default",
            }
            url = f"{self._hosts}/{urllib.parse.quote(said['AZURE_TENANT_ID'])}/oauth2/v2.0/token"
            asked = urllib.request.Request(url, urllib.parse.urlencode(form).encode())  # noqa: S310 - the owner's directory
            answer = json.loads(answer_of(asked))
            self._token = str(answer["access_token"])
            self._token_until = time.monotonic() + max(60.0, float(answer.get("expires_in", 0)) - 120.0)
        return self._token


class Notes:
    """All machines that were ever seen, with the first and the last time; what was written before is gone on with."""

    def __init__(self, cloud: Any, before: bytes) -> None:  # noqa: ANN401 - Ec2 or AzureVms
        self._cloud = cloud
        known = json.loads(before) if before else {}
        self._machines: dict[str, Json] = {each[cloud.key]: each for each in known.get(cloud.machines, [])}
        self._disks: dict[str, Json] = {each["VolumeId"]: each for each in known.get("volumes", [])}
        self._times: dict[str, Json] = {each["instance_id"]: each for each in known.get(cloud.timelines, [])}

    def add(self, machines: list[Json], disks: list[Json], at: str) -> None:
        """Who is there now."""
        for machine in machines:
            name = machine[self._cloud.key]
            self._machines[name] = machine
            if self._cloud.is_running(machine):
                first = self._times.get(name, {}).get("first_seen_running_time", at)
                self._times[name] = {
                    "instance_id": name,
                    "first_seen_running_time": first,
                    "last_seen_running_time": at,
                }
        self._disks.update({disk["VolumeId"]: disk for disk in disks})

    def written(self) -> bytes:
        """As the file holds them."""
        said: Json = {
            self._cloud.machines: list(self._machines.values()),
            self._cloud.timelines: list(self._times.values()),
        }
        if isinstance(self._cloud, Ec2):
            said["volumes"] = list(self._disks.values())
        return json.dumps(said, default=_plain).encode()


def answer_of(request: urllib.request.Request) -> bytes:
    """What is answered, up to a limit."""
    with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as answer:  # noqa: S310 - see where requests are made
        return bytes(answer.read(LARGEST_ANSWER_BYTES))


def place_of(cluster: Json, workspace: Workspace) -> tuple[Bucket | Workspace, str]:
    """Where the cluster's logs are delivered, and the folder of this cluster there."""
    conf = cluster.get("cluster_log_conf") or {}
    for kind in ("s3", "dbfs", "volumes"):
        if kind in conf:
            destination = str(conf[kind]["destination"])
            path = (
                destination.partition("://")[2].partition("/")[2] if kind == "s3" else destination.removeprefix("dbfs:")
            )
            folder = f"{path.strip('/')}/{cluster['cluster_id']}"
            return (Bucket(conf["s3"]), folder) if kind == "s3" else (workspace, f"/{folder}")
    raise ValueError("the cluster delivers its logs nowhere: set cluster_log_conf, and the notes go there too")


def look(cluster_id: str, workspace: Workspace, cloud: Any, keep: dict[str, Notes], at: str) -> bool:  # noqa: ANN401 - Ec2 or AzureVms
    """Look once, and write what was seen; whether the cluster still lives."""
    cluster = workspace.cluster(cluster_id)
    context = cluster.get("spark_context_id")
    if context:
        place, folder = place_of(cluster, workspace)
        path = f"{folder}/sync_data/{context}/{cloud.file_name}"
        notes = keep.get(path) or Notes(cloud, place.read(path))
        keep[path] = notes
        machines, disks = cloud.seen(cluster_id)
        notes.add(machines, disks, at)
        place.write(path, notes.written())
    return cluster.get("state") in LIVING


def run(look_once: Callable[[], bool], sleep: Callable[[float], None], say: Callable[[str], None]) -> None:
    """Look again and again until the cluster ends. What goes wrong is said, and tried again ever more seldom."""
    pause, is_living = EVERY_SECONDS, True
    while is_living:
        try:
            is_living = look_once()
            pause = EVERY_SECONDS
        except Exception as error:  # noqa: BLE001 - whatever it is, the job goes on
            # Its text may hold an address with a signature, so only its kind is said, and the status of an answer.
            say(f"not this time ({type(error).__name__} {getattr(error, 'code', '')})")
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        if is_living:
            sleep(pause)


def _is_of(machine: Json, cluster_id: str) -> bool:
    tags = machine.get("tags") or {}
    return tags.get("Vendor") == "Databricks" and tags.get("ClusterId") == cluster_id


def _flat(machine: Json) -> Json:
    """As the SDK's `as_dict` writes it: names in lower case with lines between, properties beside the rest."""
    plain = {name: value for name, value in machine.items() if name != "properties"}
    return {**_snake(plain), **_snake(machine.get("properties") or {}), "tags": machine.get("tags") or {}}


def _snake(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower(): _snake(each) for name, each in value.items()}
    return [_snake(each) for each in value] if isinstance(value, list) else value


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _own_region() -> str:
    """Of the machine we are on, from the instance metadata service (version 2)."""
    place = "http://169.254.169.254/latest"
    headers = {"X-aws-ec2-metadata-token-ttl-seconds": "300"}
    asked = urllib.request.Request(f"{place}/api/token", headers=headers, method="PUT")  # noqa: S310 - of this machine
    headers = {"X-aws-ec2-metadata-token": answer_of(asked).decode()}
    asked = urllib.request.Request(f"{place}/meta-data/placement/region", headers=headers)  # noqa: S310 - of this machine
    return answer_of(asked).decode()


def main() -> int:
    """Look until the cluster ends."""
    variables = dict(os.environ)
    missing = [name for name in ("DB_CLUSTER_ID", "DATABRICKS_HOST", "DATABRICKS_TOKEN") if not variables.get(name)]
    if missing:
        print(f"not set: {', '.join(missing)}", file=sys.stderr)  # noqa: T201 - its own log
        return 0
    workspace, keep = Workspace(variables["DATABRICKS_HOST"], variables["DATABRICKS_TOKEN"]), dict[str, Notes]()
    is_azure = bool(variables.get("AZURE_SUBSCRIPTION_ID"))
    cloud = AzureVms(variables) if is_azure else Ec2(variables.get("DATABRICKS_AWS_REGION") or _own_region())

    def look_once() -> bool:
        return look(variables["DB_CLUSTER_ID"], workspace, cloud, keep, datetime.now(timezone.utc).isoformat())  # noqa: UP017 - older Pythons run this

    run(look_once, time.sleep, lambda words: print(words, file=sys.stderr, flush=True))  # noqa: T201 - its own log
    return 0


if __name__ == "__main__":
    sys.exit(main())
