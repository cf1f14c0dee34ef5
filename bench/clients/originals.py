"""What the originals ask of Databricks, AWS and the service, call by call, as their interface is published.

They cannot be had here, so these few functions stand in for them: nothing of ours is between them and what they ask.
"""

import base64
import io
import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
import zipfile
from dataclasses import dataclass
from typing import Any

from bench.clients.clouds import EmulatedClouds
from bench.clients.session import Where

__all__ = ["Originals", "merged"]

Json = dict[str, Any]
PAGE = 500


@dataclass
class Originals:
    """One installation of either."""

    where: Where
    clouds: EmulatedClouds
    token: str = ""

    # Databricks

    def workspace(self, method: str, path: str, given: Json) -> Json:
        host, token = self.clouds.variables["DATABRICKS_HOST"], self.clouds.variables["DATABRICKS_TOKEN"]
        query = f"?{urllib.parse.urlencode(given)}" if method == "GET" else ""
        body = json.dumps(given).encode() if method == "POST" else None
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        try:
            return dict(json.loads(_answered(method, f"{host}{path}{query}", body, headers)[1]))
        except urllib.error.HTTPError as error:
            return dict(json.loads(error.read()))

    def report(self, run_id: str, *, newer: bool) -> tuple[Json, bytes]:
        """The cluster report and the packed log of a run, as the older or the newer versions collect them."""
        run = self.workspace("GET", "/api/2.1/jobs/runs/get", {"run_id": run_id})
        tasks = run["tasks"]
        if not newer and any(task["state"]["result_state"] != "SUCCESS" for task in tasks):
            raise ValueError("a task failed")
        instance = tasks[0]["cluster_instance"]
        cluster = self._terminated(instance["cluster_id"])
        base = f"{cluster['cluster_log_conf']['dbfs']['destination'].rstrip('/')}/{instance['cluster_id']}"
        noted = json.loads(self._file(f"{base}/sync_data/{instance['spark_context_id']}/aws_cluster_info.json"))
        found = {"plan_type": "Premium", "compute_type": "Jobs Compute", "cluster": cluster}
        found["cluster_events"] = self._events(instance["cluster_id"])
        if newer:
            found |= {"tasks": tasks, **noted}
        else:
            found["instances"] = {"Reservations": [{"Instances": noted["instances"]}]}
        ended = max(task["end_time"] for task in tasks) if newer else run["end_time"]
        return found, self._log(base, instance["spark_context_id"], ended)

    def _terminated(self, cluster_id: str) -> Json:
        for _ in range(120):
            found = self.workspace("GET", "/api/2.0/clusters/get", {"cluster_id": cluster_id})
            if found["state"] == "TERMINATED":
                return found
            if found["state"] != "TERMINATING":
                raise ValueError(f"unexpected state {found['state']}")
            time.sleep(0.1)
        raise ValueError("the cluster does not end")

    def _events(self, cluster_id: str) -> Json:
        page = self.workspace("POST", "/api/2.0/clusters/events", {"cluster_id": cluster_id, "limit": PAGE})
        found = page
        while page.get("next_page"):
            page = self.workspace("POST", "/api/2.0/clusters/events", page["next_page"])
            found["events"] += page["events"]
        return {"events": found["events"], "total_count": found["total_count"]}

    def _log(self, base: str, context: str, ended: int) -> bytes:
        for _ in range(200):
            folders = self.workspace("GET", "/api/2.0/dbfs/list", {"path": f"{base}/eventlog/"}).get("files", [])
            files = [each for folder in folders for each in self._within(folder["path"], context)]
            last = [each for each in files if each["path"].rpartition("/")[2].partition(".")[0] == "eventlog"]
            if last and last[0]["modification_time"] >= ended:
                packed = io.BytesIO()
                with zipfile.ZipFile(packed, "w") as archive:
                    for each in files:
                        archive.writestr(each["path"].rpartition("/")[2], self._file(each["path"]))
                return packed.getvalue()
            time.sleep(0.1)
        raise ValueError("no event log")

    def _within(self, folder: str, context: str) -> list[Json]:
        inner = self.workspace("GET", "/api/2.0/dbfs/list", {"path": folder}).get("files", [])
        ours = [each["path"] for each in inner if each["is_dir"] and context in each["path"]]
        return [each for path in ours for each in self.workspace("GET", "/api/2.0/dbfs/list", {"path": path})["files"]]

    def _file(self, path: str) -> bytes:
        content = b""
        while True:
            asked = {"path": path, "offset": len(content), "length": 1 << 20}
            piece = self.workspace("GET", "/api/2.0/dbfs/read", asked)
            if not piece["bytes_read"]:
                return content
            content += base64.b64decode(piece["data"])

    def submit(self, job_id: str, configuration: Json) -> str:
        """A copy of a job of one task, submitted with a configuration merged in."""
        settings = self.workspace("GET", "/api/2.1/jobs/get", {"job_id": job_id})["settings"]
        (task,) = settings["tasks"]
        cluster = {"cluster_name": "", **settings["job_clusters"][0]["new_cluster"]}
        del task["job_cluster_key"]
        task["new_cluster"] = {key: it for key, it in merged(cluster, configuration).items() if key != "cluster_name"}
        run = {"run_name": settings["name"], "tasks": [task]}
        return str(self.workspace("POST", "/api/2.1/jobs/runs/submit", run)["run_id"])

    def apply(self, job_id: str, configuration: Json) -> Json:
        """The job's cluster with a configuration merged in, written with nothing else."""
        settings = self.workspace("GET", "/api/2.1/jobs/get", {"job_id": job_id})["settings"]
        entry = settings["job_clusters"][0]
        changed = {
            "job_cluster_key": entry["job_cluster_key"],
            "new_cluster": merged(entry["new_cluster"], configuration),
        }
        asked = {"job_id": int(job_id), "new_settings": {"job_clusters": [changed]}}
        return self.workspace("POST", "/api/2.1/jobs/update", asked)

    # The service

    def service(self, method: str, path: str, given: Json | None = None) -> Json:
        if not self.token:
            key = {"api_key_id": self.where.key_id, "api_key_secret": self.where.key_secret}
            self.token = self._sent("POST", "/v1/auth/token", key, {})["result"]["access_token"]
        return self._sent(method, path, given, {"Authorization": f"Bearer {self.token}"})

    def _sent(self, method: str, path: str, given: Json | None, headers: dict[str, str]) -> Json:
        body = None if given is None else json.dumps(given).encode()
        said = headers | {"Content-Type": "application/json"}
        return dict(json.loads(_answered(method, f"{self.where.url}{path}", body, said)[1]))

    def uploaded(self, details: Json, name: str, content: bytes) -> int:
        """The status that answers a form with the log."""
        fields = {key: value.replace("${filename}", name) for key, value in details["fields"].items()}
        mark, parts = uuid.uuid4().hex, list[bytes]()
        for key, value in fields.items():
            parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode())
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="upload"\r\n'
        parts += [
            f"{head}Content-Type: application/octet-stream\r\n\r\n".encode(),
            content,
            f"\r\n--{mark}--\r\n".encode(),
        ]
        headers = {"Content-Type": f"multipart/form-data; boundary={mark}"}
        return _answered("POST", details["url"], b"".join(parts), headers)[0]

    def until(self, path: str, member: str, done: tuple[str, ...]) -> Json:
        """What is at a path once it is done."""
        for _ in range(300):
            found: Json = self.service("GET", path)["result"]
            if found.get(member) in done:
                return found
            time.sleep(0.2)
        raise ValueError(f"{path} is never done")

    # EMR

    def emr_report(self, cluster_id: str) -> Json:
        """First pages of all that EMR says; of a cluster that ended because its work was done."""
        client = self.clouds.aws.client("emr")
        cluster = client.describe_cluster(ClusterId=cluster_id)["Cluster"]
        status = cluster["Status"]
        if (status["State"], status["StateChangeReason"].get("Code")) != ("TERMINATED", "ALL_STEPS_COMPLETED"):
            raise ValueError(f"unexpected status {status}")
        cluster["BootstrapActions"] = client.list_bootstrap_actions(ClusterId=cluster_id)["BootstrapActions"]
        kind = {"INSTANCE_FLEET": "InstanceFleets", "INSTANCE_GROUP": "InstanceGroups"}[
            cluster["InstanceCollectionType"]
        ]
        listing = client.list_instance_fleets if kind == "InstanceFleets" else client.list_instance_groups
        cluster[kind] = listing(ClusterId=cluster_id)[kind]
        found = {"Cluster": cluster, "Region": "us-east-1"}
        found["Instances"] = client.list_instances(ClusterId=cluster_id)["Instances"]
        found["Steps"] = client.list_steps(ClusterId=cluster_id)["Steps"]
        return dict(json.loads(json.dumps(found, default=lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ"))))

    def emr_log(self, report: Json) -> tuple[str, bytes]:
        """The only object in the folder that spark-defaults name."""
        properties: Json = {}
        for each in report["Cluster"]["Configurations"]:
            properties |= each["Properties"] if each["Classification"] == "spark-defaults" else {}
        bucket, _, prefix = properties["spark.eventLog.dir"].partition("://")[2].partition("/")
        client = self.clouds.aws.client("s3")
        keys = [each["Key"] for each in client.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]]
        (key,) = [key for key in keys if key.removeprefix(prefix).startswith("application_")]
        return key.rpartition("/")[2], bytes(client.get_object(Bucket=bucket, Key=key)["Body"].read())

    def emr_run(self, configuration: Json, project_id: str, folder: str) -> str:
        """A cluster of a configuration, sent as it is but for tags and the folder of its log."""
        tags = {"sync:project-id": project_id, "sync:run-id": str(uuid.uuid4())}
        logged = {
            "spark.eventLog.dir": f"{folder.replace('s3://', 's3a://')}/eventlog/",
            "spark.eventLog.enabled": "true",
        }
        for each in configuration["Configurations"]:
            if each["Classification"] == "spark-defaults":
                each["Properties"] |= logged
        configuration["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        return str(self.clouds.aws.client("emr").run_job_flow(**configuration)["JobFlowId"])


def _answered(method: str, url: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
    asked = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - of this machine
    with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
        return int(answer.status), bytes(answer.read())


def merged(under: Json, over: Json) -> Json:
    """Objects are merged, lists appended, all else replaced; of sizes only the new one stays."""
    found = {key: value for key, value in under.items() if key not in ("num_workers", "autoscale")}
    return _deep(found, over)


def _deep(under: Json, over: Json) -> Json:
    found = dict(under)
    for key, value in over.items():
        before = found.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            found[key] = _deep(before, value)
        elif isinstance(before, list) and isinstance(value, list):
            found[key] = [*before, *value]
        else:
            found[key] = value
    return found
