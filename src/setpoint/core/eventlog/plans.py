"""Physical plans as the log draws them: which operators there are, whose they are, what they measure and read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from setpoint.core.eventlog.events import PlanNode
from setpoint.core.eventlog.properties import without_credentials
from setpoint.core.profile import Engine

__all__ = ["Plan", "PlanScan", "engine_of", "read_plan"]

_WRAPPERS = re.compile(
    r"WholeStageCodegen.*|InputAdapter|AdaptiveSparkPlan|\w*QueryStage.*|ReusedExchange|.*Subquery.*"
)
_CODEGEN_NUMBER = re.compile(r"\s*\(\d+\)")
_LOCATION = re.compile(r"\w+\s*(?:\(\d+ paths?\))?\[(?P<paths>[^\]]*)")
_NOT_OUTSIDE = {"ExistingRDD", "OneRowRelation"}
"""Scans of what the application itself holds."""
_LONGEST_NAME = 200
_LONGEST_TEXT = 5000
_SCALES = {"timing": 1e-3, "nsTiming": 1e-9, "size": 1.0, "sum": 1.0, "v2Custom_sum": 1.0}
"""Kinds of metrics that can be added up, and what makes them seconds and bytes; averages cannot."""


def engine_of(operator: str) -> Engine:
    """Whose operator this is, told by how the engines name theirs.

    >>> engine_of("PhotonScan parquet"), engine_of("GpuHashAggregate"), engine_of("HashAggregate")
    ('photon', 'rapids', 'spark')
    """
    if operator.startswith("Photon"):
        return "photon"
    if operator.startswith(("Gpu", "GPU")):
        return "rapids"
    if operator.startswith("Comet"):
        return "comet"
    is_gluten = operator.startswith(("Velox", "CH")) and operator.endswith(("Exec", "Transformer", "Exchange"))
    return "gluten" if is_gluten or "Transformer" in operator else "spark"


@dataclass(frozen=True, slots=True)
class PlanScan:
    """A node that reads from outside Spark: from what, and which accumulators count it."""

    name: str
    format: str
    bytes_id: int
    rows_id: int
    files_id: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What is kept of a plan."""

    nodes: tuple[tuple[str, tuple[tuple[str, float, int], ...]], ...]
    """Operators by name, each with its metrics: name, scale to seconds or bytes, accumulator."""
    scans: tuple[PlanScan, ...]


def read_plan(root: PlanNode) -> Plan:
    """Keep what matters of a plan: wrappers that do no work of their own are left out."""
    nodes, scans = [], []
    for node in _walk(root):
        name = _CODEGEN_NUMBER.sub("", node.name[:_LONGEST_NAME]).strip()
        if _WRAPPERS.fullmatch(name):
            continue
        kept = tuple((m.name, _SCALES[m.kind], m.accumulator_id) for m in node.metrics if m.kind in _SCALES)
        nodes.append((_operator(name), kept))
        if (scan := _scan(node)) is not None:
            scans.append(scan)
    return Plan(tuple(nodes), tuple(scans))


def _walk(root: PlanNode) -> Iterator[PlanNode]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def _read_name(name: str) -> tuple[str, str, str]:
    """Operator, format and table of a node that reads, as far as its name tells them.

    >>> _read_name("FileScan parquet sales.orders"), _read_name("BatchScan lake.orders"), _read_name("Scan csv")
    (('FileScan', 'parquet', 'sales.orders'), ('BatchScan', '', 'lake.orders'), ('Scan', 'csv', ''))
    """
    operator, _, rest = name.strip().partition(" ")
    first, _, second = rest.strip().partition(" ")
    if operator.endswith("BatchScan") and not second:
        return operator, "", first
    return operator, first, second.strip()


def _operator(name: str) -> str:
    """Name without what is read: `Scan parquet db.table` is a `Scan parquet`."""
    operator, kind, _ = _read_name(name)
    return f"{operator} {kind}" if operator.endswith("Scan") and kind else operator


def _scan(node: PlanNode) -> PlanScan | None:
    operator, kind, table = _read_name(node.name[:_LONGEST_NAME])
    if not operator.endswith("Scan") or not (kind or table) or kind in _NOT_OUTSIDE:
        return None
    metadata = node.metadata or {}
    told = metadata.get("Location") or node.text[:_LONGEST_TEXT].partition("Location: ")[2]
    location = _LOCATION.match(told[: 4 * _LONGEST_NAME])
    where = table or (location["paths"] if location else "") or node.name
    ids = {metric.name: metric.accumulator_id for metric in node.metrics}
    return PlanScan(
        name=without_credentials(where.strip())[:_LONGEST_NAME],
        format=(metadata.get("Format") or kind or operator).lower()[:_LONGEST_NAME],
        bytes_id=_first_of(ids, "size of files read", "bytes read", "size of data read", "cloud storage request size"),
        rows_id=_first_of(ids, "number of output rows", "output rows", "rows read"),
        files_id=_first_of(ids, "number of files read", "files read"),
    )


def _first_of(ids: dict[str, int], *names: str) -> int:
    return next((ids[name] for name in names if name in ids), -1)
