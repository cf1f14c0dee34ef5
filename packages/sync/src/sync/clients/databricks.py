"""Raw answers of the Databricks workspace, as dictionaries; an error is one with `error_code` and `message`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from setpoint.clouds.databricks_site import calls_to
from setpoint.errors import PlatformError
from setpoint.platforms.databricks import Calls
from setpoint.settings import environment
from sync.config import DatabricksConf, get_databricks_config
from sync.models import Platform

__all__ = ["DatabricksClient", "get_default_client", "platform_of"]

Json = dict[str, Any]
_HERE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class DatabricksClient:
    """One workspace."""

    host: str
    calls: Calls

    def get_host(self) -> str:
        """Its address."""
        return self.host

    def get_platform(self) -> Platform:
        """The platform, by the workspace's address. Raises ValueError where that does not tell."""
        return platform_of(self.host)

    def get_current_user(self) -> Json:
        """Whoever the token is of."""
        return self._asked("/api/2.0/preview/scim/v2/Me", {})

    def get_job(self, job_id: str) -> Json:
        """A job."""
        return self._asked("/api/2.1/jobs/get", {"job_id": job_id})

    def update_job(self, job_id: str, new_settings: Json) -> Json:
        """Change settings of a job."""
        return self._written("/api/2.1/jobs/update", {"job_id": int(job_id), "new_settings": new_settings})

    def get_run(self, run_id: str) -> Json:
        """A run."""
        return self._asked("/api/2.1/jobs/runs/get", {"run_id": run_id})

    def create_run(self, run: Json) -> Json:
        """Submit a run without a job."""
        return self._written("/api/2.1/jobs/runs/submit", run)

    def create_job_run(self, run: Json) -> Json:
        """Run a job now."""
        return self._written("/api/2.1/jobs/run-now", run)

    def get_cluster(self, cluster_id: str) -> Json:
        """A cluster."""
        return self._asked("/api/2.0/clusters/get", {"cluster_id": cluster_id})

    def get_cluster_events(self, cluster_id: str, **params: object) -> Json:
        """A page of events of a cluster."""
        return _answered(lambda: self.calls.read("/api/2.0/clusters/events", body={"cluster_id": cluster_id, **params}))

    def create_cluster(self, config: Json) -> Json:
        """Make an all-purpose cluster."""
        return self._written("/api/2.0/clusters/create", config)

    def terminate_cluster(self, cluster_id: str) -> Json:
        """End a cluster."""
        return self._written("/api/2.0/clusters/delete", {"cluster_id": cluster_id})

    def delete_cluster(self, cluster_id: str) -> Json:
        """End a cluster and forget it."""
        return self._written("/api/2.0/clusters/permanent-delete", {"cluster_id": cluster_id})

    def list_dbfs_directory(self, path: str) -> Json:
        """What is in a folder of DBFS."""
        return self._asked("/api/2.0/dbfs/list", {"path": path})

    def read_dbfs_file_chunk(self, path: str, offset: int = 0, length: int = 1024 * 1024) -> Json:
        """A piece of a file of DBFS, in base64."""
        return self._asked("/api/2.0/dbfs/read", {"path": path, "offset": offset, "length": length})

    def _asked(self, path: str, query: Json) -> Json:
        return _answered(lambda: self.calls.read(path, query))

    def _written(self, path: str, body: Json) -> Json:
        return _answered(lambda: self.calls.write(path, body))


_clients: dict[tuple[str, str], DatabricksClient] = {}


def get_default_client() -> DatabricksClient:
    """The client of the configured workspace. Raises ValueError where none is configured."""
    known = get_databricks_config() or DatabricksConf()  # the latter says what is missing
    key = known.host, known.token
    if key not in _clients:
        calls = calls_to(known.host, known.token, environment())
        _clients[key] = DatabricksClient(known.host, calls)
    return _clients[key]


def platform_of(host: str) -> Platform:
    """The platform of a workspace's address; an emulator on this machine is taken for one on AWS.

    >>> platform_of("https://adb-1.2.azuredatabricks.net").value, platform_of("http://127.0.0.1:80").value
    ('azure-databricks', 'aws-databricks')
    """
    name = urlsplit(host).hostname or ""
    if name.endswith(".azuredatabricks.net"):
        return Platform.AZURE_DATABRICKS
    if name.endswith(".cloud.databricks.com") or name in _HERE:
        return Platform.AWS_DATABRICKS
    raise ValueError(f"which cloud the workspace at {host} is in cannot be told from its address")


def _answered(ask: Callable[[], Any]) -> Json:
    try:
        return dict(ask())
    except PlatformError as error:
        return {"error_code": getattr(error, "code", "") or "UNKNOWN", "message": str(error)}
