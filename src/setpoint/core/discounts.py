"""What a contract makes of list prices: the user's discounts and rates, applied to a price book."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Annotated, Literal

import msgspec

from setpoint.core.pricebook import (
    HOW_KNOWN,
    Cloud,
    Compute,
    CoreRates,
    DiskPrice,
    MachinePrice,
    Market,
    Plan,
    Price,
    PriceBook,
)

__all__ = ["Charge", "Discount", "discount_notes", "with_discounts"]

Charge = Literal["vm", "dbu", "disk", "emr_fee", "cores"]
"""What is charged for."""
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
Dollars = Annotated[float, msgspec.Meta(ge=0, le=1e6)]

_WILD = frozenset("*?[")


class Discount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a contract: a rate, or percent off the list, for the prices that it names.

    A Struct and no dataclass, as it is read straight from the settings file and a misspelt word must not pass.
    """

    on: Charge
    types: str = "*"
    """Instance types (vm, emr_fee), kinds of disks (disk), or vcpu, memory, storage (cores); `m5.*` is a family."""
    cloud: Cloud | None = None
    region: str = "*"
    market: Market | None = None
    """Of a vm; None: both."""
    plan: Plan | None = None
    """Of a Databricks unit; None: all."""
    compute: Compute | None = None
    percent: Percent | None = None
    """Off the price."""
    dollars: Dollars | None = None
    """Instead of the price: an hour of a vm, an EMR fee or a core, a Databricks unit, a GiB-month of a disk."""

    def __post_init__(self) -> None:
        """Refuse what says too little or what says two things."""
        if (self.percent is None) == (self.dollars is None):
            raise ValueError("a discount has either percent or dollars")
        if self.market is not None and self.on != "vm":
            raise ValueError("only vm has a market")
        if (self.plan or self.compute) and self.on != "dbu":
            raise ValueError("only dbu has a plan and compute")
        if self.on == "dbu" and self.types != "*":
            raise ValueError("dbu goes by plan and compute, not by types")
        if self.on == "vm" and self.dollars is not None and self.market is None:
            raise ValueError("dollars of a vm need a market, on_demand or spot")

    def __str__(self) -> str:
        """Words for people: `12 % off vm m5.* on_demand`."""
        what = f"{self.percent:g} % off" if self.percent is not None else f"${self.dollars:g} for"
        named = (self.types if self.on != "dbu" else "", self.market, self.plan, self.compute, self.cloud, self.region)
        return " ".join([what, self.on, *(word for word in named if word and word != "*")])

    def is_for(self, book: PriceBook) -> bool:
        """Whether it speaks about the cloud and region of a book."""
        return self.cloud in (None, book.cloud) and fnmatchcase(book.region, self.region)

    def names(self, key: "Key") -> bool:
        """Whether it speaks about a price."""
        on, item, detail = key
        if on != self.on:
            return False
        if on == "dbu":
            return self.plan in (None, item) and self.compute in (None, detail)
        return fnmatchcase(item, self.types) and (not detail or self.market in (None, detail))

    def of(self, listed: Price | None) -> Price | None:
        """What it makes of a price; None: percent of a price that is not there."""
        if self.dollars is not None:
            instead = "" if listed is None else f" instead of {_words(listed)}"
            return Price(self.dollars, f"your contract{instead}", "", "own")
        if listed is None or self.percent is None:
            return None
        # What was an estimate stays one: a discount does not make it any better known.
        method = listed.method if listed.is_estimated else "own"
        dollars = listed.dollars * (1 - self.percent / 100)
        return Price(dollars, f"{_words(listed)}, less your {self.percent:g} %", "", method)


Key = tuple[Charge, str, str]
"""Charge, item, and market or compute."""


def with_discounts(book: PriceBook, discounts: Sequence[Discount]) -> PriceBook:
    """The book as the user pays it. Of the discounts that name a price the first counts, and no other.

    A rate in dollars also stands where the list has no price, if it names the type, or the plan and compute, in full.

    >>> listed = PriceBook(source="a list", machines={"m5.xlarge": MachinePrice(Price(0.2, "a list", "2026-07-20"))})
    >>> own = with_discounts(listed, [Discount(on="vm", types="m5.*", percent=10)])
    >>> own.machines["m5.xlarge"].on_demand.origin
    'your rate, listed 0.2 on 2026-07-20 (a list), less your 10 %'
    """
    rules = [discount for discount in discounts if discount.is_for(book)]
    if not rules:
        return book
    applied = _Rules(rules)
    own = replace(
        book,
        machines=_machines(book.machines, applied),
        dbu=_dbu(book.dbu, applied),
        disks=_disks(book.disks, applied),
        emr_fees=_fees(book.emr_fees, applied),
        cores=_cores(book.cores, applied),
    )
    return replace(own, source=f"{book.source}, with your discounts") if own != book else book


def discount_notes(book: PriceBook, discounts: Sequence[Discount]) -> tuple[str, ...]:
    """Which discounts name no price of the book, and which do not count for some as an earlier one does."""
    rules = [(number, rule) for number, rule in enumerate(discounts, 1) if rule.is_for(book)]
    named: dict[int, int] = {}
    beaten: dict[tuple[int, int], list[str]] = {}
    for key in [*_keys(book), *(key for _, rule in rules for key in _added(rule))]:
        first, *later = [number for number, rule in rules if rule.names(key)] or [0]
        for number in (first, *later):
            named[number] = named.get(number, 0) + 1
        for number in later:
            beaten.setdefault((number, first), []).append(" ".join(part for part in key[1:] if part))
    unused = [
        f"Discount {number} ({rule}) names no price of {book.cloud} {book.region}."
        for number, rule in rules
        if number not in named
    ]
    return (*unused, *(_beaten(discounts, *pair, items) for pair, items in sorted(beaten.items())))


def _beaten(discounts: Sequence[Discount], later: int, first: int, items: Sequence[str]) -> str:
    count = f"{len(items)} price{'s' if len(items) > 1 else ''} such as {items[0]}"
    return f"Discount {later} ({discounts[later - 1]}) does not count for {count}: discount {first} comes first."


class _Rules:
    """Which discount counts for which price."""

    def __init__(self, rules: Sequence[Discount]) -> None:
        self.rules = rules

    def of(self, key: Key, listed: Price | None) -> Price | None:
        """The price as the user pays it."""
        rule = next((rule for rule in self.rules if rule.names(key)), None)
        return listed if rule is None else rule.of(listed) or listed

    def sure(self, key: Key, listed: Price) -> Price:
        """The same for a price that is there."""
        return self.of(key, listed) or listed

    def added(self, charge: Charge) -> Iterator[Key]:
        """Prices that rates of the user name in full."""
        for rule in self.rules:
            yield from (key for key in _added(rule) if key[0] == charge)


def _added(rule: Discount) -> Iterator[Key]:
    if rule.dollars is None:
        return
    if rule.on == "dbu":
        if rule.plan and rule.compute:
            yield ("dbu", rule.plan, rule.compute)
    elif not _WILD & set(rule.types):
        yield (rule.on, rule.types, rule.market or "")


def _keys(book: PriceBook) -> Iterator[Key]:
    for name, machine in book.machines.items():
        yield ("vm", name, "on_demand")
        if machine.spot is not None:
            yield ("vm", name, "spot")
    yield from (("dbu", plan, compute) for plan, compute in book.dbu)
    yield from (("disk", kind, "") for kind in book.disks)
    yield from (("emr_fee", name, "") for name in book.emr_fees)
    if book.cores is not None:
        yield from (("cores", name, "") for name in ("vcpu", "memory", "storage"))


def _machines(listed: Mapping[str, MachinePrice], rules: _Rules) -> Mapping[str, MachinePrice]:
    own = {
        name: MachinePrice(
            rules.sure(("vm", name, "on_demand"), price.on_demand), rules.of(("vm", name, "spot"), price.spot)
        )
        for name, price in listed.items()
    }
    for _, name, market in rules.added("vm"):
        rate = rules.of(("vm", name, "on_demand"), None)
        if name not in own and market == "on_demand" and rate is not None:
            own[name] = MachinePrice(rate, rules.of(("vm", name, "spot"), None))
    return own


def _dbu(listed: Mapping[tuple[Plan, Compute], Price], rules: _Rules) -> Mapping[tuple[Plan, Compute], Price]:
    own = {key: rules.sure(("dbu", *key), price) for key, price in listed.items()}
    for rule in rules.rules:
        if rule.plan and rule.compute and (rule.plan, rule.compute) not in own:
            rate = rules.of(("dbu", rule.plan, rule.compute), None)
            own |= {} if rate is None else {(rule.plan, rule.compute): rate}
    return own


def _fees(listed: Mapping[str, Price], rules: _Rules) -> Mapping[str, Price]:
    own = {name: rules.sure(("emr_fee", name, ""), price) for name, price in listed.items()}
    for key in rules.added("emr_fee"):
        rate = rules.of(key, None)
        if key[1] not in own and rate is not None:
            own[key[1]] = rate
    return own


def _disks(listed: Mapping[str, DiskPrice], rules: _Rules) -> Mapping[str, DiskPrice]:
    own = {kind: _disk(disk, rules.sure(("disk", kind, ""), disk.gib_month)) for kind, disk in listed.items()}
    for key in rules.added("disk"):
        rate = rules.of(key, None)
        if key[1] not in own and rate is not None:
            own[key[1]] = DiskPrice(rate)
    return own


def _disk(disk: DiskPrice, paid: Price) -> DiskPrice:
    """A percentage is off everything; a rate is for every GiB, whatever sizes the disk is sold in."""
    if paid is disk.gib_month:
        return disk
    if paid.source.startswith("your contract"):
        return replace(disk, gib_month=paid, tiers=())
    share = paid.dollars / disk.gib_month.dollars if disk.gib_month.dollars else 1.0
    return replace(
        disk,
        gib_month=paid,
        iops_month_dollars=disk.iops_month_dollars * share,
        mb_per_second_month_dollars=disk.mb_per_second_month_dollars * share,
        tiers=tuple((gib, dollars * share) for gib, dollars in disk.tiers),
    )


def _cores(listed: CoreRates | None, rules: _Rules) -> CoreRates | None:
    if listed is None:
        return None
    return CoreRates(
        rules.sure(("cores", "vcpu", ""), listed.vcpu_hour),
        rules.sure(("cores", "memory", ""), listed.gib_hour),
        rules.of(("cores", "storage", ""), listed.storage_gib_hour),
    )


def _words(price: Price) -> str:
    day = f" on {price.as_of}" if price.as_of else ""
    source = f" ({price.source})" if price.source else ""
    return f"{HOW_KNOWN[price.method]} {price.dollars:g}{day}{source}"
