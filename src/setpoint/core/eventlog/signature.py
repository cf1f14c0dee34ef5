"""A fingerprint of the code that ran: the same for other data and other clusters, another one for other code.

Kept are call sites with their line numbers and the operators of SQL plans. Left out is what follows from sizes: ids,
counts, how a join is carried out and the sorts and exchanges that serve it, and everything adaptive execution changes.
Items form a set: loops over more data and threads in another order leave it as it is.
"""

import hashlib
import re
from collections.abc import Iterator

from setpoint.core.eventlog.events import JobStart, PlanNode, SqlExecutionStart

_RANDOM_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DIGITS = re.compile(r"\d+")

_JOINS = {"BroadcastHashJoin", "SortMergeJoin", "ShuffledHashJoin", "BroadcastNestedLoopJoin", "CartesianProduct"}
_WRAPPERS = re.compile(
    r"WholeStageCodegen.*|InputAdapter|AdaptiveSparkPlan|ResultQueryStage|ShuffleQueryStage|BroadcastQueryStage"
    r"|TableCacheQueryStage|AQEShuffleRead|CustomShuffleReader|BroadcastExchange|ReusedExchange|ColumnarToRow"
)
_TELLING = ("Aggregate", "Window", "Generate")
_ITEM_BYTES = 12
_LONGEST_TEXT = 1000
"""Of call sites and names: no code is longer."""
_LONGEST_EXPRESSIONS = 20_000
_ASKED_FOR = "REPARTITION_"
"""Origin of an exchange that the code asks for; Spark puts in and leaves out the others by size."""


class CodeSignature:
    """Collects what identifies the code while a log is read."""

    def __init__(self) -> None:
        self._items: set[bytes] = set()
        """Digests: the texts may be long and many."""

    def add_job(self, job: JobStart) -> None:
        """Take in a job that no SQL execution explains."""
        properties = job.properties
        if properties is not None and (properties.sql_execution_id or _depends_on_size(properties.description)):
            return
        for stage in job.stages or ():
            self._put(f"stage {call_site(stage.name or '')}")

    def add_sql(self, execution: SqlExecutionStart) -> None:
        """Take in a SQL execution as it was first planned."""
        shape = "" if execution.plan is None else plan_shape(execution.plan)
        self._put(f"sql {call_site(execution.description or '')}: {shape}")

    def merge(self, other: "CodeSignature") -> None:
        """Take in what another part of the log showed."""
        self._items |= other._items

    def digest(self) -> str:
        """The fingerprint, 16 hexadecimal digits."""
        return hashlib.sha256(b"".join(sorted(self._items))).hexdigest()[:16]

    def _put(self, item: str) -> None:
        self._items.add(hashlib.sha256(item.encode(errors="replace")).digest()[:_ITEM_BYTES])


def plan_shape(root: PlanNode) -> str:
    """Operators of a plan as first made, parents first, without what follows from sizes."""
    return " ".join(_operators(root))


def call_site(text: str) -> str:
    """Verb, file and line of a call site; of any other description the words without numbers and random ids.

    >>> call_site("collect at /tmp/spark-4711/job.py:14"), call_site("load day 2026-11-22")
    ('collect at job.py:14', 'load day #-#-#')
    """
    shown = text[:_LONGEST_TEXT]
    verb, at, place = shown.rpartition(" at ")
    name, _, line = place.rpartition(":")
    file = name.replace("\\", "/").rpartition("/")[2]
    if not at or not file or not (line.isascii() and line.isdecimal()):
        return _without_numbers(shown)
    return f"{_without_numbers(verb)} at {_without_numbers(file)}:{line}"


def _without_numbers(text: str) -> str:
    return _DIGITS.sub("#", _RANDOM_ID.sub("#", text))


def _depends_on_size(description: str | None) -> bool:
    """Whether Spark starts such a job only from some number of files on."""
    return description is not None and description.startswith("Listing leaf files")


def _operators(root: PlanNode) -> Iterator[str]:
    """Names of the operators, parents first."""
    waiting = [(root, False)]
    while waiting:
        node, feeds_join = waiting.pop()
        is_join = node.name in _JOINS
        is_passed_over = _is_from_size(node) or (feeds_join and node.name == "Sort")
        if not is_passed_over:
            yield "Join" if is_join else _operator(node)
        below = is_join or (feeds_join and is_passed_over)
        waiting.extend((child, below) for child in reversed(node.children))


def _operator(node: PlanNode) -> str:
    """The operator's name, and for those whose expressions are the work itself the expressions too.

    Filters and scans are known by name only: their expressions hold tonight's dates and paths.
    """
    shown = node.text[:_LONGEST_EXPRESSIONS] if node.name.endswith(_TELLING) else node.name[:_LONGEST_TEXT]
    return _without_numbers(shown).strip()


def _is_from_size(node: PlanNode) -> bool:
    if node.name == "Exchange":
        return _ASKED_FOR not in node.text
    return _WRAPPERS.fullmatch(node.name[:_LONGEST_TEXT]) is not None
