"""The table of a study as a CSV file."""

import csv
from io import StringIO

from setpoint.core.study import Study
from setpoint.core.study.table import COLUMNS, Value, table

__all__ = ["as_csv"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With these a spreadsheet begins to compute, and names come from anywhere."""


def as_csv(study: Study) -> str:
    """One line per spec; the columns are those of `setpoint.core.study.table`."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in table(study):
        writer.writerow([_cell(value) for value in line.values()])
    return text.getvalue()


def _cell(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.10g}"
        case str() if value.startswith(_FORMULA):
            return f"'{value}"
        case _:
            return str(value)
