"""What was said of a project before its first run: kept with its settings until its history begins."""

from collections.abc import Mapping
from datetime import datetime

from setpoint.core.history import Described, Entry, Restricted
from setpoint.core.policies.rules import RULES, Rules, restrictions_of

__all__ = ["said_before", "said_described", "said_rules"]


def said_rules(settings: Mapping[str, object]) -> Rules:
    """The restrictions among the settings of a project.

    >>> said_rules({"rules": {"pins": ["slots 8"], "no rule": ["x"]}, "goal": "minimise cost"})
    (('pins', ('slots 8',)),)
    """
    kept = settings.get("rules")
    said = kept if isinstance(kept, Mapping) else {}
    listed = {name: said[name] for name in RULES if isinstance(said.get(name), list | tuple) and said[name]}
    return tuple((name, tuple(map(str, values))) for name, values in listed.items())


def said_described(settings: Mapping[str, object], at: datetime) -> Described | None:
    """Whose the project is and what it is like, where somebody said."""
    kept = settings.get("described")
    if not isinstance(kept, Mapping):
        return None
    tags = tuple((str(name), str(value)) for name, value in dict(kept.get("tags") or {}).items())
    return Described(str(kept.get("owner") or ""), tags, at, kept.get("is_idempotent"))


def said_before(settings: Mapping[str, object], at: datetime) -> tuple[Entry, ...]:
    """The entries with which its history goes on after it came under control."""
    rules, described = said_rules(settings), said_described(settings, at)
    restricted = (Restricted(restrictions_of(rules), at),) if rules else ()
    return (*restricted, *(() if described is None else (described,)))
