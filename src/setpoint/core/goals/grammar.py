"""Text → Goal. Clauses stand between semicolons; an error points at the word that is wrong.

    minimise cost; runtime p95 <= 1h; utilisation >= 60%; scale 10x: runtime <= 4h; ready by 06:00 Europe/Berlin

`pNN` says how sure a limit must hold (p95: in 95 of 100 runs); without it the limit holds with `DEFAULT_RISK`.
"""

import math
import re
from dataclasses import replace
from difflib import get_close_matches

from setpoint.core.goals.goal import Goal
from setpoint.core.goals.limit import DEFAULT_RISK, Limit
from setpoint.core.goals.metric import Metric
from setpoint.core.goals.ready import zone_of
from setpoint.core.goals.registry import METRICS, PREFERENCES
from setpoint.errors import GoalError

__all__ = ["Misread", "parse_goal", "read_clauses"]

_VERBS = {"minimise": False, "minimize": False, "maximise": True, "maximize": True}
_LIMIT = re.compile(
    r"(?P<metric>\w+)(?:\s+(?P<sure>p\d+(?:\.\d+)?))?\s*(?P<sign><=|≤|<|>=|≥|>|=|\bby\b)\s*(?P<bound>.*)",
    re.IGNORECASE | re.DOTALL,
)
_SCALE = re.compile(r"scale\s+(?P<times>\S+?)\s*:\s*(?P<limit>.*)", re.IGNORECASE | re.DOTALL)
_TIMES = re.compile(r"(\d+(?:\.\d+)?)\s*[x×]", re.IGNORECASE)
_MOST_TIMES = 1000.0
_AIMED_AT_COST = {"runtime", "ready", "latency"}
"""Who sets a time as the set point wants to pay no more than it takes; of anything else, to have the most of it."""
_EXAMPLE = "minimise cost; runtime <= 1h"
_LONGEST = 4_000
"""Characters of a goal."""


class Misread(Exception):  # noqa: N818 - it is no error before somebody says where the text stands
    """A word that is wrong, where in the text it begins, and why."""

    def __init__(self, start: int, word: str, problem: str) -> None:
        super().__init__(problem)
        self.start, self.word, self.problem = start, word, problem


def parse_goal(text: str) -> Goal:
    """Read a goal; raises GoalError that points at the word.

    >>> goal = parse_goal("minimise cost; runtime p90 <= 1h")
    >>> goal.minimise, goal.limits[0].bound, round(goal.limits[0].risk, 2)
    ('cost', 3600.0, 0.1)
    """
    if len(text) > _LONGEST:
        raise GoalError(f"The goal has {len(text):,} characters; {_LONGEST:,} are enough for any.")
    try:
        return read_clauses(text)
    except Misread as wrong:
        pointer = " " * wrong.start + "^" * max(1, len(wrong.word))
        message = f"The goal does not parse at “{wrong.word}”: {wrong.problem}.\n  {text}\n  {pointer}"
        raise GoalError(message) from None


def read_clauses(text: str) -> Goal:
    """Read a goal; raises Misread, or GoalError where there is none in the text."""
    aim: str | None = None
    limits: list[Limit] = []
    position = 0
    for clause in text.split(";"):
        words = clause.strip()
        start = position + len(clause) - len(clause.lstrip())
        position += len(clause) + 1
        if not words:
            continue
        found = _clause(words, start)
        if isinstance(found, Limit):
            limits.append(found)
        elif aim is not None:
            raise Misread(start, words.split(maxsplit=1)[0], "a goal minimises or maximises one metric")
        else:
            aim = found
    if aim is None and not limits:
        raise GoalError(f"The goal is empty; write for example: {_EXAMPLE}")
    return Goal(aim or _implied(limits), tuple(limits), text.strip())


def _implied(limits: list[Limit]) -> str:
    """What is minimised where nothing says so: cost; but what is set to be spent is there to be spent."""
    spent = [limit.metric for limit in limits if limit.is_set_point and limit.metric not in _AIMED_AT_COST]
    return "runtime" if spent else "cost"


def _clause(words: str, start: int) -> Limit | str:
    verb, *rest = words.split(maxsplit=1)
    if verb.lower() in _VERBS:
        word = "".join(rest)
        at = start + len(words) - len(word) if word else start + len(verb) + 1
        return _aim(word, at, is_maximised=_VERBS[verb.lower()])
    if words.lower() in PREFERENCES:
        return PREFERENCES[words.lower()]
    scaled = _SCALE.fullmatch(words)
    if scaled is None:
        return _limit(words, start)
    times = _TIMES.fullmatch(scaled["times"])
    if times is None or not 1 < float(times[1]) <= _MOST_TIMES:
        problem = f"expected times the input, such as 10x, above 1 and up to {_MOST_TIMES:g}"
        raise Misread(start + scaled.start("times"), scaled["times"], problem)
    limit = _limit(scaled["limit"], start + scaled.start("limit"))
    return replace(limit, scale=float(times[1]))


def _aim(word: str, start: int, *, is_maximised: bool) -> str:
    metric = _metric(word, start)
    if metric.role == "limit":
        raise Misread(start, word, f"{metric.name} is only a limit: {_as_limit(metric)}; minimise runtime instead")
    if metric.is_high_better != is_maximised:
        verb = "maximise" if metric.is_high_better else "minimise"
        raise Misread(start, word, f"{metric.name} is better {_better(metric)}: write {verb} {metric.name}")
    return metric.name


def _limit(words: str, start: int) -> Limit:
    match = _LIMIT.fullmatch(words)
    if match is None:
        raise Misread(start, words, f"expected `minimise METRIC` or `METRIC [p95] <= BOUND`{_near(words)}")
    metric = _metric(match["metric"], start)
    sign, at = match["sign"], start + match.start("sign")
    if not metric.bound_example:
        raise Misread(start, match["metric"], f"{metric.name} has no limits: write minimise {metric.name}")
    if (sign.lower() == "by") != (metric.name == "ready") and not (metric.name == "ready" and sign[0] == "<"):
        raise Misread(at, sign, f"write {_as_limit(metric)}")
    if sign[0] in ("<≤" if metric.is_high_better else ">≥"):
        raise Misread(at, sign, f"{metric.name} is better {_better(metric)}: write {_as_limit(metric)}")
    bound = _bound(metric, match["bound"].strip(), start + match.start("bound"))
    zone = (zone_of(match["bound"].strip()) or "UTC") if metric.name == "ready" else "UTC"
    risk = DEFAULT_RISK if match["sure"] is None else _risk(match["sure"], start + match.start("sure"))
    return Limit(metric.name, bound, risk, zone="" if zone == "UTC" else zone, is_set_point=sign == "=")


def _bound(metric: Metric, word: str, start: int) -> float:
    bound = metric.parse_bound(word)
    if bound is not None and 0 < bound < math.inf:
        return bound
    if metric.name == "ready" and word and zone_of(word) is None:
        zone = word.partition(" ")[2].strip()
        raise Misread(start + len(word) - len(zone), zone, "no such time zone is known; write for example UTC")
    limits = {"failure_risk": "from 0.1% to 50%", "ready": "a time of day"}.get(metric.name, "above zero and finite")
    limits = "up to 100%" if metric.is_high_better else limits
    raise Misread(start, word, f"{metric.name} needs a bound such as {metric.bound_example}, {limits}")


def _risk(word: str, start: int) -> float:
    percent = float(word[1:])
    if not 50 <= percent <= 99.9:  # noqa: PLR2004 - below one half a limit would ask for missing it; more is beyond any data
        raise Misread(start, word, "expected p50 to p99.9")
    return 1 - percent / 100


def _metric(word: str, start: int) -> Metric:
    found = METRICS.get(word.lower())
    if found is None:
        raise Misread(start, word, f"unknown metric; known are {', '.join(sorted(METRICS))}{_near(word)}")
    return found


def _near(word: str) -> str:
    near = get_close_matches(word.lower(), [*METRICS, *PREFERENCES], 1)
    return f"; did you mean {near[0]}?" if near else ""


def _as_limit(metric: Metric) -> str:
    sign = "by" if metric.name == "ready" else ">=" if metric.is_high_better else "<="
    return f"{metric.name} {sign} {metric.bound_example}"


def _better(metric: Metric) -> str:
    return "high" if metric.is_high_better else "low"
