"""The meter: usage × prices → dollars, part by part; and the same for specs that ask for cores and not for machines.

What each part counts is DESIGN §6 in short: instances per second with a minimum of one minute in their market; disks
as long as their instance; Databricks units per second while Databricks counts; the EMR fee per instance.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from setpoint.core.cloud import CloudSpec, usage_of
from setpoint.core.domain import ClusterReport, ClusterSpec, Cost, CostKind, CostLabel, CostPart, Unpriceable
from setpoint.core.pricebook import (
    BILLED_MONTH_HOURS,
    SERVERLESS,
    Compute,
    CoreRates,
    DbuRate,
    DiskPrice,
    Market,
    Missing,
    Price,
    PriceBook,
)
from setpoint.core.usage import Disk, MachineUse, ServerlessUse, UnitUse, Usage
from setpoint.errors import InputError

__all__ = ["LEAST_BILLED_SECONDS", "charge", "dollars_per_second", "hourly_dollars", "meter", "price", "unit_name"]

LEAST_BILLED_SECONDS = 60.0
"""Of an instance and its disks, on AWS, Azure and Google Cloud."""

_ALL_IN_UNITS = "Serverless units include machines and disks: these are not counted."

Piece = CostPart | Missing
Known = TypeVar("Known", Price, DbuRate, CostPart)


def meter(usage: Usage, book: PriceBook, label: CostLabel) -> Cost | Unpriceable:
    """Dollars of what was used; Unpriceable, with the parts that have a price, where any price is missing."""
    pieces = [*_machines(usage, book), *_units(usage, book), *_fees(usage, book), *_serverless(usage.serverless, book)]
    parts = _together([piece for piece in pieces if isinstance(piece, CostPart)])
    reasons = tuple(dict.fromkeys(piece.reason for piece in pieces if isinstance(piece, Missing)))
    if reasons:
        return Unpriceable(reasons, parts)
    notes = (_ALL_IN_UNITS,) if usage.compute in SERVERLESS and usage.machines else ()
    return Cost(parts, label, (*usage.assumptions, *notes))


def _machines(usage: Usage, book: PriceBook) -> Iterator[Piece]:
    if usage.compute in SERVERLESS:
        return
    for use in usage.machines:
        hours = _billed_hours(use)
        kind: CostKind = "vm_on_demand" if use.market == "on_demand" else "vm_spot"
        found = book.machine(use.instance_type, use.market)
        yield found if isinstance(found, Missing) else _part(kind, use.instance_type, hours, "instance-hours", found)
        for disk in use.disks:
            yield _disk(disk, hours, book)


def _billed_hours(use: MachineUse) -> float:
    lifetime = max(0.0, use.ended - use.began)
    return use.count * max(LEAST_BILLED_SECONDS, lifetime) / 3600 if lifetime else 0.0


def _disk(disk: Disk, hours: float, book: PriceBook) -> Piece:
    found = book.disk(disk.kind)
    if isinstance(found, Missing):
        return found
    monthly = _monthly_dollars(disk, found)
    if isinstance(monthly, Missing):
        return monthly
    dollars = hours * monthly / BILLED_MONTH_HOURS
    origin, is_estimated = found.gib_month.origin, found.gib_month.is_estimated
    return CostPart("disk", disk.kind, hours * disk.gib, "GiB-hours", dollars, origin, is_estimated)


def _monthly_dollars(disk: Disk, prices: DiskPrice) -> float | Missing:
    extra = max(0, (disk.iops or 0) - prices.free_iops) * prices.iops_month_dollars
    extra += max(0, (disk.mb_per_second or 0) - prices.free_mb_per_second) * prices.mb_per_second_month_dollars
    if not prices.tiers:
        return disk.gib * prices.gib_month.dollars + extra
    size = next((dollars for gib, dollars in prices.tiers if gib >= disk.gib), None)
    return Missing(f"no {disk.kind} disk is as large as {disk.gib:g} GiB") if size is None else size + extra


def _units(usage: Usage, book: PriceBook) -> Iterator[Piece]:
    if not usage.units:
        return
    if usage.plan is None or usage.compute is None:
        yield Missing("the report does not say which plan and kind of compute Databricks bills")
        return
    found = book.dbu_price(usage.plan, usage.compute)
    if isinstance(found, Missing):
        yield found
        return
    for use in usage.units:
        rate = book.dbu_rate(use.instance_type)
        yield rate if isinstance(rate, Missing) else _unit_part(use, usage, usage.compute, rate, found)


def _unit_part(use: UnitUse, usage: Usage, compute: Compute, rate: DbuRate, unit_price: Price) -> CostPart:
    quantity = rate.per_hour(compute, photon=usage.photon) * _hours(use)
    part = _part("dbu", unit_name(usage), quantity, "DBU", unit_price)
    is_estimated = part.is_estimated or rate.is_estimated(photon=usage.photon)
    origin = f"{part.price_origin}; units an hour: {rate.origin(photon=usage.photon)}"
    return replace(part, price_origin=origin, is_estimated=is_estimated)


def unit_name(usage: Usage) -> str:
    """What Databricks units are billed as: `premium jobs Photon`."""
    engine = " Photon" if usage.photon and usage.compute not in SERVERLESS else ""
    return f"{usage.plan} {(usage.compute or '').replace('_', ' ')}{engine}"


def _hours(use: UnitUse) -> float:
    return use.count * max(0.0, use.ended - use.began) / 3600


def _fees(usage: Usage, book: PriceBook) -> Iterator[Piece]:
    if not usage.has_emr_fee:
        return
    for use in usage.machines:
        found = book.emr_fee(use.instance_type)
        yield (
            found
            if isinstance(found, Missing)
            else _part("emr_fee", use.instance_type, _billed_hours(use), "instance-hours", found)
        )


def _serverless(use: ServerlessUse | None, book: PriceBook) -> Iterator[Piece]:
    if use is None:
        return
    if book.cores is None:
        yield Missing(f"no serverless prices in {book.cloud} {book.region}")
        return
    yield _part("vcpu", "vCPU", use.vcpu_hours, "vCPU-hours", book.cores.vcpu_hour)
    yield _part("memory", "memory", use.gib_hours, "GiB-hours", book.cores.gib_hour)
    if use.storage_gib_hours and book.cores.storage_gib_hour is None:
        yield Missing(f"no price of serverless storage in {book.cloud} {book.region}")
    elif use.storage_gib_hours and book.cores.storage_gib_hour is not None:
        yield _part("storage", "storage", use.storage_gib_hours, "GiB-hours", book.cores.storage_gib_hour)


def _part(kind: CostKind, item: str, quantity: float, unit: str, unit_price: Price) -> CostPart:
    dollars = quantity * unit_price.dollars
    return CostPart(kind, item, quantity, unit, dollars, unit_price.origin, unit_price.is_estimated)


def _together(parts: list[CostPart]) -> tuple[CostPart, ...]:
    """One part for each kind and item, whatever order the intervals came in."""
    groups: dict[tuple[str, str, str], list[CostPart]] = {}
    for part in parts:
        groups.setdefault((part.kind, part.item, part.price_origin), []).append(part)
    return tuple(_sum(group) for _, group in sorted(groups.items()))


def _sum(group: list[CostPart]) -> CostPart:
    first = group[0]
    quantity = math.fsum(part.quantity or 0.0 for part in group)
    dollars = math.fsum(part.dollars for part in group)
    return CostPart(first.kind, first.item, quantity, first.unit, dollars, first.price_origin, first.is_estimated)


def dollars_per_second(spec: ClusterSpec, prices: PriceBook) -> float:
    """What a spec costs while it runs.

    >>> book = PriceBook.of_cores(0.36, 0.036, "example")
    >>> round(dollars_per_second(ClusterSpec.local(2, 1024), book) * 3600, 3)
    0.756
    """
    if spec.cloud is not None:
        held, units = hourly_dollars(spec.cloud.cluster, prices)
        return (held + units * (1 - spec.cloud.startup_share)) / 3600
    rates = _core_rates(prices)
    return (spec.vcpus * rates.vcpu_hour.dollars + spec.memory_gib * rates.gib_hour.dollars) / 3600


def price(spec: ClusterSpec, seconds: float, prices: PriceBook, label: CostLabel) -> Cost:
    """Dollars of `seconds` on a spec: everything asked for is paid from start to end, used or not.

    Of rented machines the start is in the seconds: Databricks units are not counted while they start. Raises
    InputError where a price is missing.
    """
    if spec.cloud is not None:
        startup = min(spec.cloud.startup_seconds, seconds)
        return _whole(meter(usage_of(spec.cloud.cluster, seconds - startup, startup), prices, label))
    rates, hours = _core_rates(prices), seconds / 3600
    cores = _part("vcpu", "vCPU", spec.vcpus * hours, "vCPU-hours", rates.vcpu_hour)
    memory = _part("memory", "memory", spec.memory_gib * hours, "GiB-hours", rates.gib_hour)
    return Cost((cores, memory), label)


def charge(report: ClusterReport, prices: PriceBook, label: CostLabel) -> Cost:
    """Dollars of a run: of what its platform says was used, else of its spec. Raises InputError as `price` does."""
    if report.usage is None:
        return price(report.spec, report.seconds, prices, label)
    return _whole(meter(report.usage, prices, label))


def _whole(found: Cost | Unpriceable) -> Cost:
    if isinstance(found, Unpriceable):
        raise InputError(f"It cannot be priced: {'; '.join(found.reasons)}.")
    return found


def hourly_dollars(cluster: CloudSpec, prices: PriceBook) -> tuple[float, float]:
    """What `meter` says of an hour of a cluster, without its parts: spaces have thousands of specs.

    First what is paid as long as the machines are there, then Databricks units. Raises InputError as `price` does.
    """
    market: Market = "on_demand" if cluster.is_driver_on_demand else "spot"
    count, reserved = cluster.mean_workers, cluster.on_demand_workers
    uses: tuple[tuple[str, Market, float], ...] = (
        (cluster.driver, market, 1.0),
        (cluster.node_type, "on_demand", reserved),
        (cluster.node_type, "spot", count - reserved),
    )
    dollars = (1 + count) * sum(_known(_disk(disk, 1.0, prices)).dollars for disk in cluster.node_disks)
    for node_type, market, many in uses:
        if many:
            dollars += many * _known(prices.machine(node_type, market)).dollars
            dollars += many * _known(prices.emr_fee(node_type)).dollars if cluster.service == "emr" else 0.0
    if cluster.service != "databricks":
        return dollars, 0.0
    kinds = ((cluster.driver, 1.0), (cluster.node_type, count))
    rates = [(many, _known(prices.dbu_rate(node_type))) for node_type, many in kinds if many]
    units = sum(many * rate.per_hour(cluster.compute, photon=cluster.photon) for many, rate in rates)
    return dollars, units * _known(prices.dbu_price(cluster.plan, cluster.compute)).dollars


def _known(found: Known | Missing) -> Known:
    if isinstance(found, Missing):
        raise InputError(f"It cannot be priced: {found.reason}.")
    return found


def _core_rates(prices: PriceBook) -> CoreRates:
    if prices.cores is None:
        where = f"{prices.cloud} {prices.region}"
        raise InputError(f"What a core costs in {where} is not known: set vcpu_hour_dollars and gib_hour_dollars.")
    return prices.cores
