"""Restrictions as a policy writes them, and which of them add up."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from setpoint.core.autonomy.ladder import KINDS, MODES, modes_said, written
from setpoint.core.policies.document import Lines, Table, Text, Value
from setpoint.core.restrictions import Restrictions
from setpoint.core.windows import times_of

__all__ = ["ADDING_UP", "RULES", "STRICTNESS", "Rules", "restrictions_of", "rule_texts", "rules_of"]

Rules = tuple[tuple[str, tuple[str, ...]], ...]
"""Restrictions by their name, as they are written."""

_CRON = r"(?:[\d*/,\-]+\s+){2}[\d*/,\-]+\s+[\dA-Za-z*/,\-]+\s+[\dA-Za-z*/,\-]+"
_DATE = r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?Z?)?"
_TIMES = re.compile(
    rf"(?:{_CRON}\s+for\s+\d+\s*(?:m|min|h|d)(?:\s+in\s+[A-Za-z_]+(?:/[A-Za-z_+\-0-9]+)*)?)", re.IGNORECASE
)
_SPAN = re.compile(rf"{_DATE}\s+to\s+{_DATE}", re.IGNORECASE)
_BECAUSE = r"(?: because [^\n\r]{1,200})?"
_MONEY = re.compile(r"\$?\s*\d+(?:\.\d+)?\s*\$?\s*(?:/|per\s)\s*month", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SHARE = re.compile(r"\d{1,6}|\d{1,3}\s*%")
_AMOUNTS = {
    "slots": re.compile(r"\d{1,6}(?:\s*-\s*\d{1,6})?"),
    "memory": re.compile(r"\d{1,6}\s*[mg]", re.IGNORECASE),
    "partitions": re.compile(r"\d{1,6}(?:\s*-\s*\d{1,6})?"),
}
_MODES: Mapping[str, re.Pattern[str]] = {kind: re.compile("|".join(MODES)) for kind in KINDS}
_ANY_TIME = "any time"


@dataclass(frozen=True, slots=True)
class _Rule:
    """How one restriction is written."""

    pattern: re.Pattern[str] | None
    """Of each of its texts; None where it is a mapping of axes."""
    expected: str
    is_list: bool = False
    keys: Mapping[str, re.Pattern[str]] = field(default_factory=lambda: _AMOUNTS)
    """What may be named in a mapping, and what of each."""
    adds_up: bool = False
    """Whether what several policies say holds together: what forbids is not lifted by another that forbids less."""


RULES: dict[str, _Rule] = {
    "windows": _Rule(_TIMES, "write for example '0 20 * * 1-5 for 4h in Europe/Berlin'", is_list=True),
    "freezes": _Rule(
        re.compile(f"(?:{_TIMES.pattern}|{_SPAN.pattern}){_BECAUSE}", re.IGNORECASE),
        "write for example '2026-12-20 to 2027-01-06', or '0 0 28 * * for 4d'",
        is_list=True,
        adds_up=True,
    ),
    "pins": _Rule(None, "write for example {slots: 8}"),
    "allow": _Rule(None, "write for example {slots: [4, 8, 16], memory: [4g, 8g]}"),
    "deny": _Rule(None, "write for example {memory: [1g]}", adds_up=True),
    "exploration": _Rule(_MONEY, "write for example 20$/month"),
    "explore_until": _Rule(re.compile(_DATE), "write a date such as 2026-12-01"),
    "rescues": _Rule(re.compile(f"{_ANY_TIME}|in windows"), "write 'any time' or 'in windows'"),
    "modes": _Rule(None, "write for example {rescue: auto, scale down: approve}", keys=_MODES),
    "trials": _Rule(_SHARE, "write how many projects may be on trial at once, such as 3 or 10 %"),
    "reruns": _Rule(re.compile("harmless|harmful"), "write 'harmless' or 'harmful': whether a job may be run twice"),
}
"""Restrictions that a policy may set, by their name."""
_OF_TIME = (RULES["windows"].pattern, RULES["freezes"].pattern)
ADDING_UP = frozenset(name for name, rule in RULES.items() if rule.adds_up)
STRICTNESS: dict[str, Callable[[tuple[str, ...]], float]] = {
    "exploration": lambda texts: float(_NUMBER.findall(texts[0])[0]),
    "explore_until": lambda texts: _day(texts[0]).timestamp(),
    "reruns": lambda texts: 0.0 if texts == ("harmful",) else 1.0,
}
"""Restrictions of which the lower one is the stricter: what a project itself says more strictly stands."""


def rule_texts(name: str, value: Value) -> tuple[str, ...]:
    """What a restriction says, checked. Raises PolicyError with the place."""
    rule = RULES[name]
    if rule.pattern is None:
        return tuple(_axes(rule, value))
    items = value.items if isinstance(value, Lines) and rule.is_list else (value,)
    return tuple(_matched(item, rule.pattern, rule.expected) for item in items)


def _axes(rule: _Rule, value: Value) -> Iterator[str]:
    if not isinstance(value, Table):
        value.wrong(f"a mapping is expected; {rule.expected}")
    for axis, found in value.values.items():
        if axis not in rule.keys:
            value.keys[axis].wrong(f"unknown; known are {', '.join(rule.keys)}")
        items = found.items if isinstance(found, Lines) else (found,)
        for item in items:
            yield f"{axis} {_matched(item, rule.keys[axis], rule.expected)}"


def _matched(item: Value, pattern: re.Pattern[str], expected: str) -> str:
    if not isinstance(item, Text):
        item.wrong(expected)
    words = " ".join(item.text.split())
    if not pattern.fullmatch(words):
        item.wrong(expected)
    for date in re.findall(_DATE, words):
        try:
            datetime.fromisoformat(date)
        except ValueError:
            item.wrong(f"{date} is no date")
    if pattern in _OF_TIME:
        try:
            times_of(words)
        except ValueError as error:
            item.wrong(str(error))
    return words


_SINGLE = ("exploration", "explore_until", "trials", "reruns")


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def restrictions_of(rules: Rules) -> Restrictions:
    """The restrictions that these texts say."""
    said = dict(rules)
    money, until, trials, reruns = (said.get(name, ("",))[0] for name in _SINGLE)
    return Restrictions(
        pins=said.get("pins", ()),
        allow=said.get("allow", ()),
        deny=said.get("deny", ()),
        windows=said.get("windows", ()),
        freezes=said.get("freezes", ()),
        exploration_dollars_per_month=float(_NUMBER.findall(money)[0]) if money else None,
        explore_until=_day(until) if until else None,
        rescues=_ANY_TIME if said.get("rescues") == (_ANY_TIME,) else "",
        modes=written(modes_said(said.get("modes", ()))),
        trials=trials,
        reruns=reruns,
    )


def rules_of(restrictions: Restrictions) -> Rules:
    """The texts of restrictions; what is not restricted is left out."""
    money, until = restrictions.exploration_dollars_per_month, restrictions.explore_until
    said = {
        "pins": restrictions.pins,
        "allow": restrictions.allow,
        "deny": restrictions.deny,
        "windows": restrictions.windows,
        "freezes": restrictions.freezes,
        "exploration": () if money is None else (f"{money:.12g}$/month",),
        "explore_until": () if until is None else (until.isoformat().replace("+00:00", "Z"),),
        "rescues": (restrictions.rescues,) if restrictions.rescues else (),
        "modes": restrictions.modes,
        "trials": (restrictions.trials,) if restrictions.trials else (),
        "reruns": (restrictions.reruns,) if restrictions.reruns else (),
    }
    return tuple((name, said[name]) for name in sorted(said) if said[name])
