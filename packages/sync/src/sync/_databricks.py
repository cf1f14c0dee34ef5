"""What both clouds of Databricks have, for the cloud that the configured workspace is in."""

from typing import Any

from sync.clients.databricks import platform_of
from sync.config import get_databricks_config
from sync.databricks_jobs import Databricks
from sync.databricks_runs import DatabricksRuns
from sync.models import Platform


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any function
    if name.startswith("__"):
        raise AttributeError(name)
    jobs = Databricks(_platform())
    return getattr(jobs if hasattr(jobs, name) else DatabricksRuns(jobs), name)


def _platform() -> Platform:
    known = get_databricks_config()
    try:
        return platform_of(known.host) if known else Platform.AWS_DATABRICKS
    except ValueError:
        return Platform.AWS_DATABRICKS
