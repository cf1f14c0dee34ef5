"""A fingerprint of the code that ran: the same for other data and other clusters, another one for other code.

Kept are call sites with their line numbers and the operators of SQL plans. Left out is what follows from sizes: ids,
counts, how a join is carried out and the sorts and exchanges that serve it, and everything adaptive execution changes.
Items form a set: loops over more data and threads in another order leave it as it is.
"""

import hashlib
import re
from collections.abc import Iterator

from setpoint.core.eventlog.events import JobStart, PlanNode, SqlExecutionStart

_CALL_SITE = re.compile(r"(?P<verb>.*) at (?P<path>.*?)(?P<file>[^/\\]+):(?P<line>\d+)", re.DOTALL)
_RANDOM_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DIGITS = re.compile(r"\d+")

_JOINS = {"BroadcastHashJoin", "SortMergeJoin", "ShuffledHashJoin", "BroadcastNestedLoopJoin", "CartesianProduct"}
_WRAPPERS = re.compile(
    r"WholeStageCodegen.*|InputAdapter|AdaptiveSparkPlan|ResultQueryStage|ShuffleQueryStage|BroadcastQueryStage"
    r"|TableCacheQueryStage|AQEShuffleRead|CustomShuffleReader|BroadcastExchange|ReusedExchange|ColumnarToRow"
)
_TELLING = ("Aggregate", "Window", "Generate")
_ASKED_FOR = "REPARTITION_"
"""Origin of an exchange that the code asks for; Spark puts in and leaves out the others by size."""


class CodeSignature:
    """Collects what identifies the code while a log is read."""

    def __init__(self) -> None:
        self._items: set[str] = set()

    def add_job(self, job: JobStart) -> None:
        """Take in a job that no SQL execution explains."""
        properties = job.properties
        if properties is not None and (properties.sql_execution_id or _depends_on_size(properties.description)):
            return
        self._items.update(f"stage {call_site(stage.name or '')}" for stage in job.stages or ())

    def add_sql(self, execution: SqlExecutionStart) -> None:
        """Take in a SQL execution as it was first planned."""
        operators = () if execution.plan is None else _operators(execution.plan)
        self._items.add(f"sql {call_site(execution.description or '')}: {' '.join(operators)}")

    def digest(self) -> str:
        """The fingerprint, 16 hexadecimal digits."""
        return hashlib.sha256("\n".join(sorted(self._items)).encode()).hexdigest()[:16]


def call_site(text: str) -> str:
    """Verb, file and line of a call site; of any other description the words without numbers and random ids.

    >>> call_site("collect at /tmp/spark-4711/job.py:14"), call_site("load day 2026-11-22")
    ('collect at job.py:14', 'load day #-#-#')
    """
    match = _CALL_SITE.fullmatch(text)
    if match is None:
        return _without_numbers(text)
    return f"{_without_numbers(match['verb'])} at {_without_numbers(match['file'])}:{match['line']}"


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
    shown = node.text if node.name.endswith(_TELLING) else node.name
    return _without_numbers(shown).strip()


def _is_from_size(node: PlanNode) -> bool:
    if node.name == "Exchange":
        return _ASKED_FOR not in node.text
    return _WRAPPERS.fullmatch(node.name) is not None
