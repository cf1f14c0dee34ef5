"""A goal as a YAML mapping: the same clauses as in the text, each under a word of its own.

    minimise: cost
    limits:
      runtime p95: 1h
      failure_risk: 1%
      scale 10x: {runtime: 4h}

Limits may be a list of clauses as well (`- runtime p95 <= 1h`), and `goal: balanced` stands for a preference.
"""

from collections.abc import Iterator

from setpoint.core.goals import METRICS, parse_goal
from setpoint.core.goals.grammar import Misread, read_clauses
from setpoint.core.policies.document import Lines, Table, Text, Value, read_documents
from setpoint.errors import GoalError, PolicyError

__all__ = ["goal_clauses", "read_goal_file"]

_AIMS = ("minimise", "minimize", "maximise", "maximize")
_KEYS = ("goal", *_AIMS, "limits")
_HINT = "write for example minimise: cost, and limits: {runtime p95: 1h}"


def read_goal_file(file: str, content: bytes) -> str:
    r"""The text of the goal in a YAML file; raises GoalError with line and column.

    >>> read_goal_file("goal.yaml", b"minimise: cost\nlimits: {runtime p95: 1h, utilisation: 60%}\n")
    'minimise cost; runtime p95 <= 1h; utilisation >= 60%'
    """
    try:
        documents = read_documents(file, content)
        if len(documents) != 1:
            raise GoalError(f"{file}: a goal is one YAML document, and there are {len(documents)}; {_HINT}.")
        clauses = goal_clauses(documents[0])
    except PolicyError as error:
        raise GoalError(str(error)) from None
    return parse_goal("; ".join(clause.text for clause in clauses)).text


def goal_clauses(value: Value) -> tuple[Text, ...]:
    """The clauses of a goal in their places; raises PolicyError, which names the place of what is wrong."""
    if isinstance(value, Lines):
        value.wrong(f"a goal is text, or a mapping; {_HINT}")
    clauses = tuple(_parts(value) if isinstance(value, Text) else _clauses(value))
    if not clauses:
        value.wrong(f"it is empty; {_HINT}")
    for clause in clauses:
        _check(clause)
    aims = [clause for clause in clauses if not _is_limit(clause)]
    return clauses if len(aims) <= 1 else aims[1].wrong("a goal minimises or maximises one metric")


def _parts(value: Text) -> Iterator[Text]:
    yield from (Text(value.place, " ".join(part.split())) for part in value.text.split(";") if part.strip())


def _clauses(table: Table) -> Iterator[Text]:
    for key, found in table.values.items():
        at = table.keys[key]
        if key not in _KEYS:
            at.wrong(f"unknown; known are {', '.join(_KEYS)}")
        if key == "limits":
            yield from _limits(found)
        elif not isinstance(found, Text):
            found.wrong(f"a word is expected; {_HINT}")
        elif key == "goal":
            yield from _parts(found)
        else:
            yield Text(found.place, f"{key} {found.text}")


def _limits(value: Value, before: str = "") -> Iterator[Text]:
    if isinstance(value, Text):
        yield from (Text(part.place, before + part.text) for part in _parts(value))
    elif isinstance(value, Lines):
        for item in value.items:
            yield from _limits(item, before)
    else:
        for key, found in value.values.items():
            yield from _limit(value.keys[key], found, before)


def _limit(key: Text, found: Value, before: str) -> Iterator[Text]:
    """`runtime p95: 1h`; or what must hold at a scale, which YAML reads as a mapping even where it is meant as text."""
    words = " ".join(key.text.split())
    if words.lower().startswith("scale "):
        if before:
            key.wrong("one scale within another; write each by itself")
        yield from _limits(found, f"{words}: ")
        return
    if not isinstance(found, Text):
        found.wrong("a bound is expected, such as 1h")
    if ";" in found.text:
        found.wrong("one bound is expected, such as 1h; write further clauses under words of their own")
    name = words.partition(" ")[0].lower()
    metric = METRICS.get(name)
    sign = "by" if name == "ready" else ">=" if metric is not None and metric.is_high_better else "<="
    bound = found.text.strip()
    joined = f"{words} {bound}" if bound[:1] in ("<", ">", "=", "≤", "≥") else f"{words} {sign} {bound}"
    yield Text(found.place if metric is not None else key.place, before + joined)


def _check(clause: Text) -> None:
    try:
        read_clauses(clause.text)
    except Misread as wrong:
        Text(clause.place, wrong.word or clause.text).wrong(wrong.problem)


def _is_limit(clause: Text) -> bool:
    return bool(read_clauses(clause.text).limits)
