"""Spec × seconds × prices → dollars, and back."""

from setpoint.core.domain import ClusterSpec, Cost, CostLabel, PriceBook

__all__ = ["dollars_per_second", "price"]


def dollars_per_second(spec: ClusterSpec, prices: PriceBook) -> float:
    """What a spec costs while it runs.

    >>> book = PriceBook(vcpu_hour_dollars=0.36, gib_hour_dollars=0.036, source="example")
    >>> round(dollars_per_second(ClusterSpec.local(2, 1024), book) * 3600, 3)
    0.756
    """
    return (spec.vcpus * prices.vcpu_hour_dollars + spec.memory_gib * prices.gib_hour_dollars) / 3600


def price(spec: ClusterSpec, seconds: float, prices: PriceBook, label: CostLabel) -> Cost:
    """Dollars of `seconds` on a spec: everything asked for is paid from start to end, used or not."""
    hours = seconds / 3600
    return Cost(
        vcpu_dollars=spec.vcpus * hours * prices.vcpu_hour_dollars,
        memory_dollars=spec.memory_gib * hours * prices.gib_hour_dollars,
        label=label,
    )
