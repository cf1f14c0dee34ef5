"""Prices that were refreshed: one dated file for each source and region, and how they change a book."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec

from setpoint.core.pricebook import Cloud, Compute, DiskPrice, MachinePrice, Method, Plan, Price, PriceBook
from setpoint.errors import InputError, PlatformError
from setpoint.files import write_whole

__all__ = ["Quote", "QuoteKind", "Refresh", "overlaid", "store", "stored"]

QuoteKind = Literal["on_demand", "spot", "dbu", "disk", "disk_size", "emr_fee"]
"""An hour of an instance (two markets), a Databricks unit, a GiB-month, a month of a disk of one size, an EMR fee."""
Dollars = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d$")]
Word = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,40}$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]

_LARGEST_FILE_BYTES = 32 * 1024 * 1024
_FILE = re.compile(r"[a-z0-9]+_(?P<cloud>[a-z]+)_(?P<region>[a-z0-9-]+)_(?P<day>\d{4}-\d\d-\d\d)\.json")


class Quote(msgspec.Struct, frozen=True, array_like=True):
    """One price as a source says it."""

    kind: QuoteKind
    item: Name
    """Instance type; `premium/jobs`; kind of disk; `premium_ssd/128` (GiB)."""
    dollars: Dollars


class Refresh(msgspec.Struct, frozen=True, kw_only=True):
    """What one source said about one region on one day."""

    source: Word
    """Name of the price source."""
    cloud: Cloud
    region: Word
    as_of: Day
    words: Name
    """What it is, for people."""
    quotes: tuple[Quote, ...]
    method: Method = "listed"
    """"own" where the prices are those of the user's account."""

    @property
    def file_name(self) -> str:
        """Name of its file."""
        return f"{self.source}_{self.cloud}_{self.region}_{self.as_of}.json"

    def price(self, quote: Quote) -> Price:
        """A price of it, with its origin."""
        return Price(quote.dollars, self.words, self.as_of, self.method)


def store(folder: Path, refresh: Refresh) -> Path:
    """Write a refresh; whoever interrupts it leaves what was there."""
    content = msgspec.json.encode(refresh)
    try:
        msgspec.json.decode(content, type=Refresh)
    except msgspec.ValidationError as error:
        raise PlatformError(f"{refresh.words} has a price that cannot be, so nothing is stored: {error}.") from None
    # What a contract makes of prices is nobody else's business.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / refresh.file_name
    write_whole(path, content)
    return path


def stored(folder: Path, cloud: Cloud, region: str, until: str = "") -> tuple[Refresh, ...]:
    """What was refreshed of a region up to a day, oldest first and the prices of the user's account last."""
    named = ((path, _FILE.fullmatch(path.name)) for path in sorted(folder.iterdir()))
    wanted = (
        path
        for path, match in named
        if match and (match["cloud"], match["region"]) == (cloud, region) and (not until or match["day"] <= until)
    )
    return tuple(sorted(map(_read, wanted), key=lambda it: (it.method == "own", it.as_of, it.source)))


def _read(path: Path) -> Refresh:
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"The refreshed prices in {path} are not used: it is no regular file. Delete it.")
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE_BYTES + 1)
        if len(content) > _LARGEST_FILE_BYTES:
            raise InputError(f"The refreshed prices in {path} are not used: the file is too large. Refresh them again.")
        refresh = msgspec.json.decode(content, type=Refresh)
    except OSError as error:
        raise InputError(f"The refreshed prices in {path} cannot be read: {error.strerror or error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path} holds no refreshed prices ({error}): delete it, or refresh them again.") from None
    if refresh.file_name != path.name:
        raise InputError(f"{path} holds prices of another region or day than its name says: delete it.")
    return refresh


def overlaid(book: PriceBook, refreshes: Iterable[Refresh]) -> PriceBook:
    """The book with newer prices in place of older ones; what is used and what is too old stands in its source.

    A refreshed price wins if it is as new as the one in place or newer, or if it is of the user's own account.
    """
    said = [book.source]
    for refresh in refreshes:
        draft = _Draft(book)
        for quote in refresh.quotes:
            draft.take(quote, refresh.price(quote))
        book = draft.book()
        said.append(_said(refresh, draft.taken))
    return replace(book, source="; ".join(said))


def _said(refresh: Refresh, taken: Counter[bool]) -> str:
    used = f"{taken[True]} price{'' if taken[True] == 1 else 's'} of {refresh.words}, {refresh.as_of}"
    return used + (f" ({taken[False]} more are older than those in place)" if taken[False] else "")


class _Draft:
    """A book in the making."""

    def __init__(self, book: PriceBook) -> None:
        self._book = book
        self._machines = dict(book.machines)
        self._dbu = dict(book.dbu)
        self._disks = dict(book.disks)
        self._fees = dict(book.emr_fees)
        self.taken: Counter[bool] = Counter()

    def book(self) -> PriceBook:
        """As it is now."""
        return replace(self._book, machines=self._machines, dbu=self._dbu, disks=self._disks, emr_fees=self._fees)

    def take(self, quote: Quote, price: Price) -> None:
        """Put a price in place, if it is not older than the one there."""
        match quote.kind:
            case "on_demand":
                there = self._machines.get(quote.item)
                if self._wins(price, None if there is None else there.on_demand):
                    self._machines[quote.item] = MachinePrice(
                        price, None if there is None else _kept_spot(there, price)
                    )
            case "spot":
                self._take_spot(quote.item, price)
            case "dbu":
                self._take_unit(quote.item, price)
            case "disk" | "disk_size":
                self._take_disk(quote, price)
            case "emr_fee":
                if self._wins(price, self._fees.get(quote.item)):
                    self._fees[quote.item] = price

    def _wins(self, price: Price, there: Price | None) -> bool:
        wins = there is None or price.method == "own" or price.as_of >= there.as_of
        self.taken[wins] += 1
        return wins

    def _take_spot(self, item: str, price: Price) -> None:
        there = self._machines.get(item)
        # Without an on-demand price there is nothing to hold it; sources say that one first.
        if there is not None and self._wins(price, there.spot):
            self._machines[item] = replace(there, spot=price)

    def _take_unit(self, item: str, price: Price) -> None:
        plan, _, compute = item.partition("/")
        key = _unit(plan, compute)
        if key is not None and self._wins(price, self._dbu.get(key)):
            self._dbu[key] = price

    def _take_disk(self, quote: Quote, price: Price) -> None:
        kind, _, size = quote.item.partition("/")
        there = self._disks.get(kind)
        in_place = None if there is None else there.gib_month
        if quote.kind == "disk":
            if self._wins(price, in_place):
                self._disks[kind] = DiskPrice(price) if there is None else replace(there, gib_month=price)
            return
        if not size.isdecimal() or not int(size) or not self._wins(price, in_place):
            return
        tiers = dict(there.tiers if there else ()) | {int(size): price.dollars}
        smallest = min(tiers)
        per_gib = replace(price, dollars=round(tiers[smallest] / smallest, 6))
        self._disks[kind] = replace(there or DiskPrice(per_gib), gib_month=per_gib, tiers=tuple(sorted(tiers.items())))


def _kept_spot(there: MachinePrice, on_demand: Price) -> Price | None:
    """The spot price that was there. It is never above on-demand: one that would be keeps its share, as an estimate."""
    if there.spot is None or there.spot.dollars <= on_demand.dollars:
        return there.spot
    share = min(1.0, there.spot.dollars / there.on_demand.dollars) if there.on_demand.dollars else 1.0
    source = f"{there.spot.source}, and its share of the on-demand price of {on_demand.source}"
    method: Method = "guessed" if there.spot.method == "guessed" else "estimated"
    return Price(round(on_demand.dollars * share, 6), source, on_demand.as_of, method)


_PLANS: Sequence[Plan] = get_args(Plan)
_COMPUTES: Sequence[Compute] = get_args(Compute)


def _unit(plan: str, compute: str) -> tuple[Plan, Compute] | None:
    known = ((p, c) for p in _PLANS for c in _COMPUTES if (p, c) == (plan, compute))
    return next(known, None)
