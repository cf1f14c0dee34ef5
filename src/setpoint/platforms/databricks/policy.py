"""Whether a cluster policy allows a block, by the policy's definition, before anything is asked for.

Source: Databricks, "Compute policy definitions".
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["violations"]

Json = Mapping[str, Any]
_VIRTUAL = ("dbus_per_hour", "cluster_type")
"""Attributes that no block has."""


def violations(definition: Json, block: Json) -> tuple[str, ...]:
    """What a policy forbids of a block, a phrase each.

    >>> violations({"autoscale.max_workers": {"type": "range", "maxValue": 8}}, {"autoscale": {"max_workers": 9}})
    ('autoscale.max_workers is 9, above 8',)
    """
    found = []
    for path, rule in definition.items():
        if path in _VIRTUAL or not isinstance(rule, Mapping):
            continue
        for value in _at(block, path):
            said = _broken(rule, value)
            if said:
                found.append(f"{path} is {value}, {said}")
    return tuple(found)


def _at(block: Json, path: str) -> Iterator[object]:
    """Values at a path; keys of `spark_conf` and tags have dots themselves."""
    head, _, rest = path.partition(".")
    if head in ("spark_conf", "custom_tags", "spark_env_vars"):
        inner = block.get(head) or {}
        yield from [inner[rest]] if rest in inner else []
        return
    value = block.get(head)
    if value is None:
        return
    if not rest:
        yield value
    elif isinstance(value, Mapping):
        yield from _at(value, rest)


def _broken(rule: Json, value: object) -> str:
    said, values = "", [_text(each) for each in rule.get("values") or ()]
    match rule.get("type"):
        case "forbidden":
            said = "which is forbidden"
        case "fixed" if _text(value) != _text(rule.get("value")):
            said = f"and must be {rule.get('value')}"
        case "allowlist" if _text(value) not in values:
            said = f"and must be one of {', '.join(values)}"
        case "blocklist" if _text(value) in values:
            said = "which is not allowed"
        case "regex" if not re.fullmatch(str(rule.get("pattern", ".*")), str(value)):
            said = f"which is not as {rule.get('pattern')}"
        case "range" if isinstance(value, int | float):
            said = _out_of(rule, value)
    return said


def _out_of(rule: Json, value: float) -> str:
    if rule.get("minValue") is not None and value < rule["minValue"]:
        return f"below {rule['minValue']}"
    if rule.get("maxValue") is not None and value > rule["maxValue"]:
        return f"above {rule['maxValue']}"
    return ""


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
