"""A cost in words: its total with its label, what it was spent on, and what is not in it. The one place for that."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from setpoint.core.domain import Cost, CostKind, CostLabel, CostPart, Unpriceable
from setpoint.core.words import amount, dollars

__all__ = [
    "LABELS",
    "Breakdown",
    "BreakdownLine",
    "about_costs",
    "breakdown",
    "cost_as_data",
    "labelled",
    "text_lines",
]

LABELS: dict[CostLabel, str] = {
    "billed": "what the invoice says",
    "list-estimated": "from measured use and list prices",
    "modelled": "from a model, not measured",
}
_NOT_PRICED = "not priced"
_ESTIMATED = "estimated"
_KINDS: dict[CostKind, str] = {
    "vm_on_demand": "on-demand instances",
    "vm_spot": "spot instances",
    "dbu": "Databricks units",
    "disk": "disks",
    "emr_fee": "EMR fee",
    "vcpu": "cores",
    "memory": "memory",
    "storage": "storage",
    "other": "other charges",
}
_SELF_SPEAKING = {"vcpu", "memory", "storage"}
"""Kinds of which there is one item only, which would say the same again."""
_DISKS: set[CostKind] = {"disk", "storage"}
_NEVER_COUNTED = ("stored data", "network traffic", "support", "taxes")
"""Nothing that Setpoint reads says how much of these a run used."""


@dataclass(frozen=True, slots=True)
class BreakdownLine:
    """One part of a cost in words."""

    name: str
    quantity: str
    """With its unit and what one of them costs; empty where it was not recorded."""
    dollars: str
    origin: str
    """Where the unit price is from, an estimated one beginning so; empty where it was not recorded."""
    is_estimated: bool


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A cost in words, or why there is none."""

    total: str
    label: str
    """How the dollars are known; empty where there is no price."""
    meaning: str
    """What the label means."""
    lines: tuple[BreakdownLine, ...]
    """What it was spent on; where a price is missing, what does have one."""
    missing: tuple[str, ...]
    """Why there is no price."""
    assumptions: tuple[str, ...]
    left_out: tuple[str, ...]
    """What costs money too and is not in it."""


def labelled(cost: Cost | Unpriceable) -> str:
    """Dollars with their label.

    >>> labelled(Cost((CostPart("dbu", "premium jobs", 2.0, "DBU", 0.3),), "modelled"))
    '$0.300 (modelled)'
    >>> labelled(Unpriceable(("no price of m9.large in aws us-east-1",)))
    'not priced: no price of m9.large in aws us-east-1'
    """
    if isinstance(cost, Unpriceable):
        return f"{_NOT_PRICED}: {'; '.join(cost.reasons) or 'the reason was not recorded'}"
    return f"{dollars(cost.dollars)} ({cost.label})"


def breakdown(cost: Cost | Unpriceable) -> Breakdown:
    """A cost in words, the dearest part first."""
    lines = tuple(_line(part) for part in sorted(cost.parts, key=lambda part: -part.dollars))
    left_out = _left_out(cost)
    if isinstance(cost, Unpriceable):
        return Breakdown(_NOT_PRICED, "", "", lines, cost.reasons, (), left_out)
    return Breakdown(dollars(cost.dollars), cost.label, LABELS[cost.label], lines, (), cost.assumptions, left_out)


def _line(part: CostPart) -> BreakdownLine:
    kind = _KINDS.get(part.kind, part.kind)
    name = kind if part.kind in _SELF_SPEAKING or not part.item else f"{kind}: {part.item}"
    quantity = "" if part.quantity is None else f"{amount(part.quantity)} {part.unit}"
    if part.quantity:
        quantity += f" at {dollars(part.dollars / part.quantity)}"
    return BreakdownLine(name, quantity, dollars(part.dollars), _origin(part), part.is_estimated)


def _origin(part: CostPart) -> str:
    if not part.is_estimated or part.price_origin.startswith(_ESTIMATED):
        return part.price_origin
    return f"{_ESTIMATED}: {part.price_origin}" if part.price_origin else _ESTIMATED


def _left_out(cost: Cost | Unpriceable) -> tuple[str, ...]:
    if isinstance(cost, Cost) and cost.label == "billed":
        return ("what the invoice counts elsewhere",)
    has_disks = any(part.kind in _DISKS for part in cost.parts)
    return _NEVER_COUNTED if has_disks else ("disks", *_NEVER_COUNTED)


def text_lines(cost: Cost | Unpriceable) -> Iterator[str]:
    """What a cost was spent on, for a terminal: a line per part in columns, then what was assumed or is missing.

    >>> part = CostPart("vcpu", "vCPU", 0.5, "vCPU-hours", 0.02, "your rate", True)
    >>> print(*text_lines(Cost((part,), "modelled")))
    cores  0.5 vCPU-hours at $0.0400  $0.0200  estimated: your rate
    """
    words = breakdown(cost)
    columns = [[line.name, line.quantity, line.dollars] for line in words.lines]
    widths = [max(map(len, column)) for column in zip(*columns, strict=True)]
    for cells, line in zip(columns, words.lines, strict=True):
        row = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True) if width]
        yield "  ".join([*row, line.origin]).rstrip()
    yield from (f"assumed: {each}" for each in words.assumptions)
    yield from (f"missing: {each}" for each in words.missing)


def about_costs(costs: Iterable[Cost | Unpriceable]) -> str:
    """What the labels of these costs mean, and what is not in all of them; empty where there is no cost.

    >>> print(about_costs([Cost((CostPart("disk", "gp3", 1.0, "GiB-hours", 0.1),), "modelled")]))
    modelled: from a model, not measured. Not counted: stored data, network traffic, support, taxes.
    """
    found = [breakdown(cost) for cost in costs]
    if not found:
        return ""
    meanings = dict.fromkeys(f"{words.label}: {words.meaning}. " for words in found if words.label)
    left_out = dict.fromkeys(item for words in found for item in words.left_out)
    return f"{''.join(meanings)}Not counted: {', '.join(left_out)}."


def cost_as_data(cost: Cost | Unpriceable) -> dict[str, object]:
    """A cost for JSON, with its total; the total of what cannot be priced is null."""
    if isinstance(cost, Unpriceable):
        return {"total_dollars": None, "label": None, "parts": cost.parts, "unpriceable": cost.reasons}
    return {"total_dollars": cost.dollars, "label": cost.label, "parts": cost.parts, "assumptions": cost.assumptions}
