"""Savings as a table from which anyone can compute every total again: one line for each run."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import get_args

from setpoint.core.domain import CostLabel, Outcome
from setpoint.core.savings.rows import RunSaving
from setpoint.errors import InputError

__all__ = ["COLUMNS", "cells", "row_of"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ENDS = ("counterfactual_low_dollars", "counterfactual_high_dollars", "saved_dollars")
COLUMNS = (*(field.name for field in fields(RunSaving)), *_ENDS)
"""In this order. The last three follow from the others."""


def cells(row: RunSaving) -> dict[str, str]:
    """One line. Dollars are written in full; they are rounded only where they are shown."""
    values: dict[str, object] = {field.name: getattr(row, field.name) for field in fields(RunSaving)}
    values |= dict(zip(_ENDS, (row.low_dollars, row.high_dollars, row.saved_dollars), strict=True))
    return {name: _text(value) for name, value in values.items()}


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.isoformat()
        case float():
            return repr(value)
        case str():
            # A spreadsheet takes what begins so for a formula.
            return f"'{value}" if value.startswith(_FORMULA) else value
        case _:
            return str(value)


def row_of(line: Mapping[str, str]) -> RunSaving:
    """The same, read again. Raises InputError."""
    try:
        without = line["counterfactual_dollars"]
        return RunSaving(
            project=_name(line["project"]),
            run_id=line["run_id"],
            at=datetime.fromisoformat(line["at"]),
            regime=int(line["regime"]),
            spec=line["spec"],
            owner_spec=line["owner_spec"],
            decision_id=line["decision_id"],
            outcome=Outcome(line["outcome"]),
            retry=line["retry"] == "yes",
            actual_dollars=float(line["actual_dollars"]),
            actual_label=_label(line["actual_label"]),
            counterfactual_dollars=float(without) if without else None,
            counterfactual_label=_label(line["counterfactual_label"]),
            common_low_dollars=float(line["common_low_dollars"]),
            common_high_dollars=float(line["common_high_dollars"]),
            own_dollars=float(line["own_dollars"]),
            exploration_dollars=float(line["exploration_dollars"]),
            is_our_failure=line["is_our_failure"] == "yes",
            # Exports that are older than bills do not have it.
            billed_dollars=float(line.get("billed_dollars") or 0.0),
        )
    except (KeyError, ValueError) as error:
        raise InputError(f"This is no line of a savings export: {error}.") from None


def _name(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:].startswith(_FORMULA) else text


def _label(text: str) -> CostLabel:
    found = next((label for label in get_args(CostLabel) if label == text), None)
    if found is None:
        raise ValueError(f"no label {text!r}")
    label: CostLabel = found
    return label
