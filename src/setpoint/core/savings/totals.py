"""Sums of savings, and how their doubts add up.

The model of a project may be wrong about all its runs in the same direction, so these errors add up; projects are
wrong independently of each other, and so is chance from run to run, so these add up as squares:

    low = mid - sqrt( sum over projects (sum over its runs common_low)^2 + sum over runs own^2 )

and the same upwards with `common_high`.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC

from setpoint.core.domain import CostLabel
from setpoint.core.savings.rows import Account, RunSaving

__all__ = ["GROUPINGS", "Line", "Saved", "grouped", "months_of", "total"]

LABELS: tuple[CostLabel, ...] = ("billed", "list-estimated", "modelled")


@dataclass(frozen=True, slots=True)
class Saved:
    """Savings of some runs taken together, with the 90 % interval."""

    runs: int = 0
    known: int = 0
    """Runs of which it can be said what they would have cost."""
    actual_dollars: float = 0.0
    """Of those runs."""
    counterfactual_dollars: float = 0.0
    low_dollars: float | None = None
    """Of what was saved; None where nothing is known."""
    saved_dollars: float | None = None
    high_dollars: float | None = None
    exploration_dollars: float = 0.0
    """What trying cost; counted in the savings already."""
    failures: int = 0
    """Runs that failed for what our specs lacked."""
    failure_dollars: float = 0.0
    """What these cost; counted in the savings already."""
    unknown_dollars: float = 0.0
    """What the other runs cost, of which nothing is claimed."""
    by_label: tuple[tuple[CostLabel, float], ...] = ()
    """How the actual dollars are known."""

    @property
    def share(self) -> float | None:
        """Saved, of what it would have cost; None where nothing is known."""
        if self.saved_dollars is None or self.counterfactual_dollars <= 0:
            return None
        return self.saved_dollars / self.counterfactual_dollars


@dataclass(frozen=True, slots=True)
class Line:
    """The savings of one project, group or month."""

    name: str
    saved: Saved


def total(rows: Iterable[RunSaving]) -> Saved:
    """Savings of these runs taken together."""
    every = list(rows)
    known = [row for row in every if row.counterfactual_dollars is not None]
    low, mid, high = _interval(known)
    failures = [row.actual_dollars for row in known if row.is_our_failure]
    labels = [(label, math.fsum(row.actual_dollars for row in known if row.actual_label == label)) for label in LABELS]
    return Saved(
        runs=len(every),
        known=len(known),
        actual_dollars=math.fsum(row.actual_dollars for row in known),
        counterfactual_dollars=math.fsum(row.counterfactual_dollars or 0.0 for row in known),
        low_dollars=low,
        saved_dollars=mid,
        high_dollars=high,
        exploration_dollars=math.fsum(row.exploration_dollars for row in known),
        failures=len(failures),
        failure_dollars=math.fsum(failures),
        unknown_dollars=math.fsum(row.actual_dollars for row in every if row.counterfactual_dollars is None),
        by_label=tuple((label, amount) for label, amount in labels if amount),
    )


def _interval(known: Sequence[RunSaving]) -> tuple[float | None, float | None, float | None]:
    if not known:
        return None, None, None
    projects: dict[str, list[RunSaving]] = {}
    for row in known:
        projects.setdefault(row.project, []).append(row)
    own = math.hypot(*(row.own_dollars for row in known))
    down = math.hypot(own, *(math.fsum(row.common_low_dollars for row in rows) for rows in projects.values()))
    up = math.hypot(own, *(math.fsum(row.common_high_dollars for row in rows) for rows in projects.values()))
    mid = math.fsum(row.saved_dollars or 0.0 for row in known)
    return mid - down, mid, mid + up


def _project(account: Account) -> str:
    return account.project


def _owner(account: Account) -> str:
    return account.owner or "no owner"


def _group(account: Account) -> str:
    """Its policies, else who owns it."""
    return account.policy or account.owner or "no group"


GROUPINGS: Mapping[str, Callable[[Account], str]] = {"project": _project, "owner": _owner, "group": _group}
"""What savings are summed by, besides months and `tag:NAME`."""


def grouped(accounts: Iterable[Account], by: str) -> tuple[Line, ...]:
    """Savings by `project`, `owner`, `group`, `month` or the value of a tag: `tag:team`.

    Months in their order, else what saved most first and what is not known last.
    """
    rows: dict[str, list[RunSaving]] = {}
    if by == "month":
        for account in accounts:
            for month, each in months_of(account.runs).items():
                rows.setdefault(month, []).extend(each)
        return tuple(Line(month, total(rows[month])) for month in sorted(rows))
    for account in accounts:
        rows.setdefault(_name_of(account, by), []).extend(account.runs)
    lines = (Line(name, total(each)) for name, each in rows.items())
    return tuple(sorted(lines, key=lambda line: (-_or_least(line.saved.saved_dollars), line.name)))


def months_of(rows: Iterable[RunSaving]) -> dict[str, list[RunSaving]]:
    """Runs by the month in which they began, in UTC."""
    found: dict[str, list[RunSaving]] = {}
    for row in rows:
        found.setdefault(row.at.astimezone(UTC).strftime("%Y-%m"), []).append(row)
    return found


def _name_of(account: Account, by: str) -> str:
    kind, _, tag = by.partition(":")
    if kind != "tag":
        return GROUPINGS[by](account)
    return dict(account.tags).get(tag, f"no {tag}")


def _or_least(saved: float | None) -> float:
    return -math.inf if saved is None else saved
