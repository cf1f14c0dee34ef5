"""What runs cost, in dollars with their origin."""

import math
from dataclasses import dataclass
from typing import Literal

CostLabel = Literal["billed", "list-estimated", "modelled"]
CostKind = Literal["vm_on_demand", "vm_spot", "dbu", "disk", "emr_fee", "vcpu", "memory", "storage", "other"]
"""What dollars are spent on; `vcpu`, `memory` and `storage` where no machines are billed but what is asked of them."""


@dataclass(frozen=True, slots=True)
class CostPart:
    """Dollars of one thing that was paid for."""

    kind: CostKind
    item: str
    """Instance type, kind of disk, plan …"""
    quantity: float | None
    """None where it was not recorded."""
    unit: str
    """What the quantity counts: instance-hours, DBU, GiB-hours …"""
    dollars: float
    price_origin: str = ""
    """Where the unit price is from, in words."""
    is_estimated: bool = False
    """Whether nobody lists the unit price."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Dollars of one run or one prediction, by what they were spent on."""

    parts: tuple[CostPart, ...]
    label: CostLabel
    assumptions: tuple[str, ...] = ()
    """What was not known and how it was filled in, in words."""

    @property
    def dollars(self) -> float:
        """The total."""
        return math.fsum(part.dollars for part in self.parts)

    def of(self, *kinds: CostKind) -> float:
        """Dollars of these kinds."""
        return math.fsum(part.dollars for part in self.parts if part.kind in kinds)


@dataclass(frozen=True, slots=True)
class Unpriceable:
    """What cannot be priced whole: a price is missing."""

    reasons: tuple[str, ...]
    parts: tuple[CostPart, ...] = ()
    """What does have a price."""
