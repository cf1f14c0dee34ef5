"""Has what a job runs on changed? Another version of Spark or of the platform's runtime, or other prices."""

import math

from setpoint.core.domain import CostPart, Run
from setpoint.core.profile import Profile

__all__ = ["other_platform", "other_prices"]

RUNTIME_PROPERTIES = ("spark.databricks.clusterUsageTags.sparkVersion", "spark.emr.release.label")
"""Where platforms write which runtime of theirs ran."""
MATERIAL_PRICE = 0.005
"""Share by which a unit price must move to be told: below it is how quantities are rounded."""


def other_platform(before: Profile, now: Profile) -> str | None:
    """How the versions differ, in words; None where they do not, or a log does not say."""
    changes = [
        f"{name} {old} before, {new} now" for name, old, new in _versions(before, now) if old and new and old != new
    ]
    return "; ".join(changes) or None


def _versions(before: Profile, now: Profile) -> list[tuple[str, str, str]]:
    found = [("Spark", before.application.spark_version, now.application.spark_version)]
    found += [
        ("runtime", before.property_value(name) or "", now.property_value(name) or "") for name in RUNTIME_PROPERTIES
    ]
    return found


def other_prices(before: Run, now: Run) -> str | None:
    """Which unit prices moved between two runs, in words; None where none did.

    Runs keep what they cost. Only prices of the same things are compared: another spec is no other price.
    """
    if before.cost.label != now.cost.label:
        return None
    old, new = _unit_prices(before), _unit_prices(now)
    moved = [
        f"{item} {old[kind, item]:.4g} $ before, {price:.4g} $ now"
        for (kind, item), price in new.items()
        if (kind, item) in old and abs(math.log(price / old[kind, item])) > MATERIAL_PRICE
    ]
    return ", ".join(moved) or None


def _unit_prices(run: Run) -> dict[tuple[str, str], float]:
    """Dollars of one unit by kind and item. Spot prices move all the time, and are no change of the platform."""
    return {
        (part.kind, part.item): part.dollars / part.quantity
        for part in run.cost.parts
        if part.kind != "vm_spot" and _is_priced(part) and part.quantity
    }


def _is_priced(part: CostPart) -> bool:
    return part.quantity is not None and part.quantity > 0 and part.dollars > 0
