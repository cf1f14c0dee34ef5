"""YAML values → policies; every mistake is named with its place and its word."""

import math
import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import get_args

from setpoint.core.goals import METRICS
from setpoint.core.history import Mode
from setpoint.core.policies.clauses import clauses_of
from setpoint.core.policies.document import Lines, Table, Text, Value, read_documents
from setpoint.core.policies.policy import Budget, Policy, Selection
from setpoint.core.policies.rules import RULES, Rules, restrictions_of, rule_texts, rules_of
from setpoint.errors import PolicyError

__all__ = ["read_policies"]

MOST_POLICIES = 1_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_KEYS = ("name", "priority", "select", "except", "goal", "mode", "restrictions", "budget", "spend_on", "weight")
_SPEND_ON = ("deadlines", "time")
_BUDGET = re.compile(r"(?P<metric>\w+)\s*(?:<=|≤|<)\s*(?P<bound>.*?)\s*(?:/|per\s)\s*(?P<period>\w+)", re.IGNORECASE)
_DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
_CONDITIONS = ("name", "owner", "platform", "tags")
_BUDGETED = ("carbon", "cost", "energy")
"""Metrics of which runs add up."""
_YES, _NO = {"true", "yes"}, {"false", "no"}
_PRIORITIES = 1_000_000


def read_policies(files: Sequence[tuple[str, bytes]]) -> tuple[Policy, ...]:
    r"""All policies of these files (name, content), those that say most first. Raises PolicyError.

    >>> found = read_policies([("p.yml", b"name: nightly\nselect: {name: 'nightly-*'}\nmode: observe\n")])
    >>> found[0].name, found[0].mode, str(found[0].selection)
    ('nightly', 'observe', 'name nightly-*')
    """
    policies: dict[str, Policy] = {}
    for file, content in files:
        for document in read_documents(file, content):
            for value in _listed(document):
                policy = _policy(value)
                if policy.name in policies:
                    places = f"{policies[policy.name].place} and {policy.place}"
                    raise PolicyError(
                        f"Two policies are named “{policy.name}”, at {places}: nothing says which one counts. "
                        "Give one of them another name."
                    )
                policies[policy.name] = policy
                if len(policies) > MOST_POLICIES:
                    raise PolicyError(f"{policy.place}: there are more than {MOST_POLICIES:,} policies.")
    return tuple(sorted(policies.values(), key=lambda it: it.name))


def _listed(document: Value) -> Sequence[Value]:
    """A file holds one policy, a list of them, or a list under the key `policies`."""
    if isinstance(document, Table) and "policies" in document.keys:
        for key, at in document.keys.items():
            if key != "policies":
                at.wrong("beside `policies` nothing else stands at the top")
        value = document.values["policies"]
        if isinstance(value, Text) and not value.text:
            return ()
        return value.items if isinstance(value, Lines) else value.wrong("a list of policies is expected")
    return document.items if isinstance(document, Lines) else (document,)


def _policy(value: Value) -> Policy:
    table = _table(value, (*_KEYS, "overridable"), "a policy is a mapping with name, select and what it sets")
    if "name" not in table.keys or "select" not in table.keys:
        table.wrong("a policy needs a `name` and a `select`; `select: all` selects every project")
    name = _text(table.values["name"])
    if not _NAME.fullmatch(name.text):
        name.wrong(
            "a policy's name has up to 100 letters, digits, '.', '_' and '-', and begins with one of the first two"
        )
    policy = Policy(
        name=name.text,
        place=name.place,
        priority=int(_number(table, "priority", 0, -_PRIORITIES, _PRIORITIES, whole=True)),
        selection=_selection(table.values["select"]),
        exceptions=_exceptions(table.values.get("except")),
        clauses=clauses_of(table.values["goal"]) if "goal" in table.values else (),
        mode=_mode(table.values["mode"]) if "mode" in table.values else None,
        rules=_rules(table.values["restrictions"]) if "restrictions" in table.values else (),
        budget=_budget(table) if "budget" in table.values else None,
        weight=_number(table, "weight", 1.0, 0.001, 1000) if "weight" in table.values else None,
        overridable=_overridable(table.values["overridable"]) if "overridable" in table.values else frozenset(),
    )
    if "spend_on" in table.keys and policy.budget is None:
        table.keys["spend_on"].wrong("it says what a `budget` is spent on, and this policy has none")
    return policy


def _table(value: Value, known: Sequence[str], expected: str) -> Table:
    if not isinstance(value, Table):
        value.wrong(expected)
    for word, at in value.keys.items():
        if word not in known:
            near = get_close_matches(word, known, 1)
            at.wrong(f"unknown key; did you mean {near[0]}?" if near else f"unknown key; known are {', '.join(known)}")
    return value


def _text(value: Value) -> Text:
    if not isinstance(value, Text):
        value.wrong("one word is expected")
    return value if value.text else value.wrong("something is expected here, and nothing is written")


def _texts(value: Value) -> tuple[Text, ...]:
    """One word, or a list of words."""
    items = value.items if isinstance(value, Lines) else (value,)
    return tuple(_text(item) for item in items) or value.wrong("it is empty")


def _number(table: Table, key: str, default: float, least: float, most: float, *, whole: bool = False) -> float:
    if key not in table.values:
        return default
    text = _text(table.values[key])
    try:
        number = float(text.text) if not whole else int(text.text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        text.wrong(f"{key} is a {'whole ' if whole else ''}number from {least:,} to {most:,}")
    return number


def _selection(value: Value) -> Selection:
    if isinstance(value, Text) and value.text == "all":
        return Selection()
    table = _table(value, _CONDITIONS, "`all` is expected, or a mapping of name, owner, platform and tags")
    conditions: list[tuple[str, tuple[str, ...]]] = []
    for key, found in table.values.items():
        if key == "tags":
            tags = found if isinstance(found, Table) else found.wrong("a mapping is expected: tags: {team: sales}")
            named = {f"tag {tag}": patterns for tag, patterns in tags.values.items()}
        else:
            named = {key: found}
        conditions += [(name, tuple(text.text for text in _texts(patterns))) for name, patterns in named.items()]
    return (
        Selection(tuple(conditions))
        if conditions
        else table.wrong("no condition is given; write `all` for every project")
    )


def _exceptions(value: Value | None) -> tuple[Selection, ...]:
    if value is None:
        return ()
    items = value.items if isinstance(value, Lines) else (value,)
    return tuple(_selection(item) for item in items)


def _mode(value: Value) -> Mode:
    text = _text(value)
    modes: tuple[Mode, ...] = get_args(Mode)
    found = next((mode for mode in modes if mode == text.text), None)
    return found or text.wrong(f"a mode is one of {', '.join(modes)}")


def _rules(value: Value) -> Rules:
    table = _table(value, tuple(RULES), "a mapping of restrictions is expected")
    # There and back once, so that what is written into the ledger is what was compared with it.
    return rules_of(restrictions_of(tuple((name, rule_texts(name, found)) for name, found in table.values.items())))


def _budget(table: Table) -> Budget:
    text = _text(table.values["budget"])
    match = _BUDGET.fullmatch(text.text.strip())
    if match is None:
        text.wrong("write for example cost <= 500$/day")
    metric, period = match["metric"].lower(), match["period"].lower()
    if metric not in _BUDGETED:
        known = ", ".join(_BUDGETED)
        text.wrong(f"a group has a budget of {known}, not of {match['metric']}")
    bound = METRICS[metric].parse_bound(match["bound"])
    if bound is None or not 0 < bound < math.inf:
        text.wrong(f"“{match['bound']}” is no bound of {metric}; write for example {METRICS[metric].bound_example}/day")
    if period not in _DAYS:
        text.wrong(f"“{match['period']}” is no period; there are {', '.join(_DAYS)}")
    spend_on = _text(table.values["spend_on"]) if "spend_on" in table.values else Text("", _SPEND_ON[0])
    if spend_on.text not in _SPEND_ON:
        spend_on.wrong(f"a budget is spent on one of {', '.join(_SPEND_ON)}")
    return Budget(metric, bound / _DAYS[period], spend_on.text, " ".join(text.text.split()))


def _overridable(value: Value) -> frozenset[str]:
    every = frozenset({"goal", "mode", *RULES})
    if isinstance(value, Text) and value.text.lower() in _YES | _NO:
        return every if value.text.lower() in _YES else frozenset()
    words = _texts(value)
    for word in words:
        if word.text not in every:
            word.wrong(f"true, false, or some of {', '.join(sorted(every))}")
    return frozenset(word.text for word in words)
