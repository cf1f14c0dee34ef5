"""Databricks' `system.compute.node_timeline`: minute by minute, how busy each machine was.

Source: docs.databricks.com, admin/system-tables/compute. Only clusters of jobs are asked for; kept for 90 days.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from setpoint.bills.slices import number, rows_by_week
from setpoint.bills.statements import Statements
from setpoint.core.billing import NodeUse

__all__ = ["NodeTimeline"]

_STATEMENT = """
WITH minutes AS (
  SELECT cluster_id, driver, timestampdiff(SECOND, start_time, end_time) AS seconds,
         cpu_user_percent + cpu_system_percent AS cpu, mem_used_percent AS memory
  FROM system.compute.node_timeline
  WHERE start_time >= :since AND start_time < :until AND (:workspace = '' OR workspace_id = :workspace)
    AND cluster_id IN (SELECT cluster_id FROM system.compute.clusters WHERE cluster_source = 'JOB')
)
SELECT cluster_id, CAST(driver AS STRING) AS driver, CAST(SUM(seconds) AS STRING) AS seconds,
       CAST(SUM(seconds * cpu) / SUM(seconds) AS STRING) AS cpu,
       CAST(SUM(seconds * memory) / SUM(seconds) AS STRING) AS memory, CAST(MAX(memory) AS STRING) AS peak_memory
FROM minutes WHERE seconds > 0 GROUP BY cluster_id, driver
""".strip()


@dataclass(frozen=True, slots=True)
class NodeTimeline:
    """The table of a metastore's region."""

    statements: Statements
    workspace_id: str = ""

    def read(self, since: datetime, until: datetime) -> Iterator[NodeUse]:
        """How busy clusters of jobs were within these times: a statement a week for all of them."""
        for _, row in rows_by_week(self.statements, _STATEMENT, since, until, self.workspace_id):
            yield NodeUse(
                cluster_id=row["cluster_id"] or "",
                is_driver=row["driver"] == "true",
                seconds=number(row, "seconds"),
                cpu_percent=number(row, "cpu"),
                memory_percent=number(row, "memory"),
                peak_memory_percent=number(row, "peak_memory"),
            )
