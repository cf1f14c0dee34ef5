"""Two price books side by side: what changed, and by how much."""

from collections.abc import Iterator
from dataclasses import dataclass

from setpoint.core.pricebook import Price, PriceBook

__all__ = ["Change", "changes", "prices_of"]


@dataclass(frozen=True, slots=True)
class Change:
    """One price in two books; None where a book has none."""

    what: str
    """An instance and its market, a Databricks unit, a disk, an EMR fee, or what cores cost; DBU/h are no prices."""
    before: Price | None
    after: Price | None

    @property
    def share(self) -> float | None:
        """By how much of the old price; None where it came or went."""
        if self.before is None or self.after is None or not self.before.dollars:
            return None
        return self.after.dollars / self.before.dollars - 1


def prices_of(book: PriceBook) -> Iterator[tuple[str, Price]]:
    """Every price of a book, named."""
    for name, machine in book.machines.items():
        yield f"{name} on-demand", machine.on_demand
        if machine.spot is not None:
            yield f"{name} spot", machine.spot
    for (plan, compute), price in book.dbu.items():
        yield f"DBU {plan} {compute.replace('_', ' ')}", price
    for kind, disk in book.disks.items():
        yield f"{kind} GiB-month", disk.gib_month
        for gib, dollars in disk.tiers:
            yield (
                f"{kind} {gib} GiB",
                Price(dollars, disk.gib_month.source, disk.gib_month.as_of, disk.gib_month.method),
            )
    for name, fee in book.emr_fees.items():
        yield f"{name} EMR fee", fee
    if book.cores is not None:
        yield "vCPU-hour", book.cores.vcpu_hour
        yield "GiB-hour", book.cores.gib_hour
        if book.cores.storage_gib_hour is not None:
            yield "storage GiB-hour", book.cores.storage_gib_hour


def changes(before: PriceBook, after: PriceBook) -> tuple[Change, ...]:
    """What costs something else, the largest change first; then what came and what went."""
    old, new = dict(prices_of(before)), dict(prices_of(after))
    found = (Change(name, old.get(name), new.get(name)) for name in old | new)
    different = (
        change
        for change in found
        if change.before is None or change.after is None or change.before.dollars != change.after.dollars
    )
    return tuple(sorted(different, key=_order))


def _order(change: Change) -> tuple[bool, bool, float, str]:
    share = change.share
    return share is None, change.after is None, -abs(share or 0.0), change.what
