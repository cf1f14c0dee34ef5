"""Prices in words and in JSON, each with its origin."""

from collections.abc import Iterator, Mapping, Sequence

from setpoint.core.pricebook import DbuRate, DiskPrice, NodeType, Price, PriceBook
from setpoint.prices.difference import Change

__all__ = ["answer", "change_answer", "change_lines", "lines"]

_EXAMPLES = {"aws": "m5.*", "azure": "Standard_E8*", "gcp": "n2-standard-*"}


def lines(book: PriceBook, names: Sequence[str]) -> Iterator[str]:
    """The book for people: the types that were named, then what holds for all."""
    yield f"{book.cloud} {book.region}"
    yield from (f"  {part}" for part in book.source.split("; "))
    for name in names:
        yield ""
        yield from _type_lines(book, name)
    if not names:
        example = _EXAMPLES[book.cloud]
        yield f"  {len(book.machines)} instance types: name some with --node-type, such as --node-type '{example}'"
    yield ""
    yield "Databricks units"
    for (plan, compute), price in book.dbu.items():
        yield _line(f"{plan} {compute.replace('_', ' ')}", price, "a DBU")
    if book.disks:
        yield ""
        yield "Disks"
    for kind, disk in book.disks.items():
        yield from _disk_lines(kind, disk)
    if book.cores is not None:
        yield ""
        yield "Serverless and own clusters"
        yield _line("vCPU", book.cores.vcpu_hour, "an hour")
        yield _line("memory", book.cores.gib_hour, "a GiB-hour")
        if book.cores.storage_gib_hour is not None:
            yield _line("storage", book.cores.storage_gib_hour, "a GiB-hour")


def _type_lines(book: PriceBook, name: str) -> Iterator[str]:
    node, rate, fee = book.nodes.get(name), book.dbu_rates.get(name), book.emr_fees.get(name)
    yield f"{name}   {_hardware(node)}"
    machine = book.machines[name]
    yield _line("on-demand", machine.on_demand, "an hour")
    if machine.spot is None:
        yield _row("spot", "not known")
    else:
        taken = book.interruption_percent.get(name)
        yield _line("spot", machine.spot, "an hour") + (f"; taken back {taken:g} % a month" if taken else "")
    yield _row("Databricks", "units an hour are not known") if rate is None else _row("Databricks", _units(rate))
    if fee is not None:
        yield _line("EMR fee", fee, "an hour")
    elif book.cloud == "aws":
        yield _row("EMR fee", "not known")


def _hardware(node: NodeType | None) -> str:
    if node is None:
        return "hardware not known"
    parts = [f"{node.vcpus} vCPU", f"{node.memory_gib:g} GiB", node.arch]
    parts += [node.microarch] if node.microarch else []
    parts += [f"CoreMark {node.coremark:,.0f}"] if node.coremark else []
    parts += [f"{node.local_disk_gb:,.0f} GB local disk"] if node.local_disk_gb else []
    parts += [f"network {node.network_gbps:g} Gbit/s"] if node.network_gbps else []
    parts += [f"disks {node.disk_mb_per_second:g} MB/s"] if node.disk_mb_per_second else []
    parts += [f"{node.gpus} GPU"] if node.gpus else []
    return " · ".join(parts)


def _units(rate: DbuRate) -> str:
    mark = "" if rate.photon_method == "listed" else "≈ "
    photon = f"Photon {mark}× {rate.photon_jobs_factor:g} (jobs), × {rate.photon_all_purpose_factor:g} (all-purpose)"
    return f"{rate.dbu_per_hour:g} DBU an hour, {photon}   {rate.source}, {rate.as_of}"


def _disk_lines(kind: str, disk: DiskPrice) -> Iterator[str]:
    yield _line(kind, disk.gib_month, "a GiB-month")
    if disk.free_iops:
        yield _row(
            "",
            f"{disk.free_iops} IOPS and {disk.free_mb_per_second} MB/s are free; more:"
            f" ${disk.iops_month_dollars:g} an IOPS-month, ${disk.mb_per_second_month_dollars:g} a MB/s-month",
        )
    if disk.tiers:
        sizes = ", ".join(f"{gib} GiB ${dollars:g}" for gib, dollars in disk.tiers)
        yield _row("", f"a month, billed as the next larger: {sizes}")


def _line(name: str, price: Price, unit: str) -> str:
    return _row(name, f"{'≈' if price.is_estimated else ' '} ${price.dollars:g} {unit}   {price.origin}")


def _row(name: str, text: str) -> str:
    return f"  {name:<34}{text}"


def answer(book: PriceBook, names: Sequence[str]) -> Mapping[str, object]:
    """The book for programs; all types where none was named."""
    return {
        "cloud": book.cloud,
        "region": book.region,
        "source": book.source,
        "node_types": {name: _type(book, name) for name in names or book.machines},
        "dbu": [{"plan": plan, "compute": compute, **_price(price)} for (plan, compute), price in book.dbu.items()],
        "disks": {kind: _disk(disk) for kind, disk in book.disks.items()},
        "cores": None
        if book.cores is None
        else {
            "vcpu_hour": _price(book.cores.vcpu_hour),
            "gib_hour": _price(book.cores.gib_hour),
            "storage_gib_hour": _price(book.cores.storage_gib_hour),
        },
    }


def _type(book: PriceBook, name: str) -> Mapping[str, object]:
    machine = book.machines[name]
    return {
        "on_demand": _price(machine.on_demand),
        "spot": _price(machine.spot),
        "interruption_percent": book.interruption_percent.get(name),
        "dbu_rate": book.dbu_rates.get(name),
        "emr_fee": _price(book.emr_fees.get(name)),
        "hardware": book.nodes.get(name),
    }


def _disk(disk: DiskPrice) -> Mapping[str, object]:
    return {
        "gib_month": _price(disk.gib_month),
        "free_iops": disk.free_iops,
        "iops_month_dollars": disk.iops_month_dollars,
        "free_mb_per_second": disk.free_mb_per_second,
        "mb_per_second_month_dollars": disk.mb_per_second_month_dollars,
        "sizes": [{"gib": gib, "month_dollars": dollars} for gib, dollars in disk.tiers],
    }


def _price(price: Price | None) -> Mapping[str, object]:
    """A price with its origin; empty dollars where there is none."""
    if price is None:
        return {"dollars": None}
    return {
        "dollars": price.dollars,
        "method": price.method,
        "estimated": price.is_estimated,
        "source": price.source,
        "as_of": price.as_of,
        "origin": price.origin,
    }


def change_lines(before: PriceBook, after: PriceBook, changes: Sequence[Change], most: int) -> Iterator[str]:
    """What changed, the largest change first."""
    yield f"before  {before.cloud} {before.region}: {before.source}"
    yield f"after   {after.cloud} {after.region}: {after.source}"
    if not changes:
        yield "No price differs."
        return
    yield f"{len(changes)} prices differ."
    for change in changes[:most]:
        share = change.share
        moved = f"{share:+8.1%}" if share is not None else "     new" if change.before is None else "    gone"
        yield f"{moved}  {change.what:<34}{_dollars(change.before)} → {_dollars(change.after)}"
    if len(changes) > most:
        yield f"… and {len(changes) - most} more: --all shows them."


def _dollars(price: Price | None) -> str:
    return "–" if price is None else f"{'≈ ' if price.is_estimated else ''}${price.dollars:g}"


def change_answer(before: PriceBook, after: PriceBook, changes: Sequence[Change]) -> Mapping[str, object]:
    """The same for programs."""
    return {
        "before": {"cloud": before.cloud, "region": before.region, "source": before.source},
        "after": {"cloud": after.cloud, "region": after.region, "source": after.source},
        "changes": [
            {"what": it.what, "share": it.share, "before": _price(it.before), "after": _price(it.after)}
            for it in changes
        ],
    }
