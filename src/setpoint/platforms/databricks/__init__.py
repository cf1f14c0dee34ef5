"""Jobs of Databricks on AWS, Azure and Google Cloud: what their runs had, and another cluster for the next one."""

from setpoint.platforms.databricks.jobs import PROJECT_TAGS
from setpoint.platforms.databricks.logs import CallFiles, Patience
from setpoint.platforms.databricks.ownership import Patch, committed, written
from setpoint.platforms.databricks.platform import DatabricksPlatform, JobOf
from setpoint.platforms.databricks.transport import Calls, workspace

__all__ = [
    "PROJECT_TAGS",
    "CallFiles",
    "Calls",
    "DatabricksPlatform",
    "JobOf",
    "Patch",
    "Patience",
    "committed",
    "workspace",
    "written",
]
