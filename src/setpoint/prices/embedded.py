"""The price book that comes with the package: packed tables → PriceBook."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import starmap

import msgspec

from setpoint.core.places import CLOUDS, region_of
from setpoint.core.pricebook import (
    Cloud,
    Compute,
    CoreRates,
    DbuRate,
    DiskPrice,
    MachinePrice,
    Method,
    NodeType,
    Plan,
    Price,
    PriceBook,
)
from setpoint.errors import InputError
from setpoint.prices.packed import load_packed

__all__ = ["embedded_book", "known_regions"]

Origins = Sequence[tuple[str, str, Method]]
"""(source, day, how it is known); a number in a table is a place in here."""


class Nodes(msgspec.Struct, frozen=True):
    """A column for each field of NodeType; those that a cloud says nothing about are empty."""

    name: list[str]
    vcpus: list[int]
    memory_gib: list[float]
    is_arm: list[int]
    microarch: list[str | None] = []
    coremark: list[float | None] = []
    local_disk_gb: list[float] = []
    network_gbps: list[float | None] = []
    disk_mb_per_second: list[float | None] = []
    gpus: list[int] = []
    on_databricks: list[int] = []
    on_emr: list[int] = []


class DbuRates(msgspec.Struct, frozen=True):
    """Databricks units an hour; the origin tells how the Photon factors are known."""

    name: list[str]
    dbu_per_hour: list[float]
    photon_jobs_factor: list[float]
    photon_all_purpose_factor: list[float]
    origin: list[int]


class Fees(msgspec.Struct, frozen=True):
    """What EMR adds to an instance."""

    name: list[str]
    dollars: list[float]
    origin: list[int]


class CloudTable(msgspec.Struct, frozen=True):
    """What holds in every region of a cloud."""

    regions: list[str]
    nodes: Nodes
    dbu_rates: DbuRates
    origins: list[tuple[str, str, Method]]
    emr_fees: Fees | None = None
    spot_share: tuple[float, int] | None = None
    """Of the on-demand price, where no spot prices are known: a guess, with its origin."""


class Machines(msgspec.Struct, frozen=True):
    """Prices of instances in both markets."""

    name: list[str]
    on_demand: list[float]
    on_demand_origin: list[int]
    spot: list[float | None]
    spot_origin: list[int | None]


class Interruption(msgspec.Struct, frozen=True):
    """How often spot instances are taken back."""

    name: list[str]
    percent: list[float]


class PackedDisk(msgspec.Struct, frozen=True):
    """One kind of disk."""

    gib_month: float
    origin: int
    free_iops: int = 0
    iops_month_dollars: float = 0.0
    free_mb_per_second: int = 0
    mb_per_second_month_dollars: float = 0.0
    tiers: list[tuple[int, float]] = []


class RegionTable(msgspec.Struct, frozen=True):
    """What holds in one region."""

    machines: Machines
    dbu: list[tuple[Plan, Compute, float, int]]
    origins: list[tuple[str, str, Method]]
    interruption: Interruption | None = None
    disks: dict[str, PackedDisk] = {}
    cores: tuple[float, float, float, int] | None = None


def known_regions(cloud: Cloud) -> list[str]:
    """Regions of a cloud that have prices."""
    return _cloud_table(cloud).regions


def embedded_book(cloud: Cloud, region: str) -> PriceBook:
    """The prices that come with the package. Raises InputError where it has none, naming the regions it has."""
    shared = _cloud_table(cloud)
    name = region_of(cloud, region)
    if name not in shared.regions:
        known = ", ".join(shared.regions)
        raise InputError(f"No prices are known for {cloud} region “{region}”; known: {known}.")
    table = msgspec.json.decode(load_packed(f"{cloud}-{name}"), type=RegionTable)
    everywhere, here = _heads(shared.origins), _heads(table.origins)
    return PriceBook(
        source=f"list prices that come with Setpoint, {cloud} {name}, {_span(table.origins)}",
        cloud=cloud,
        region=name,
        cores=_cores(table, here),
        nodes=_Hardware(shared.nodes),
        machines=_machines(table.machines, here, _spot_guess(shared, everywhere)),
        interruption_percent=_interruption(table.interruption),
        dbu={(plan, compute): here[origin].of(dollars) for plan, compute, dollars, origin in table.dbu},
        dbu_rates=_dbu_rates(shared.dbu_rates, shared.origins),
        disks={kind: _disk(disk, here) for kind, disk in table.disks.items()},
        emr_fees=_fees(shared.emr_fees, everywhere),
    )


def _cloud_table(cloud: Cloud) -> CloudTable:
    if cloud not in CLOUDS:
        raise InputError(f"No prices are known for the cloud “{cloud}”; known: {', '.join(CLOUDS)}.")
    return msgspec.json.decode(load_packed(cloud), type=CloudTable)


class _Head:
    """Makes the prices of one origin."""

    __slots__ = ("as_of", "method", "source")

    def __init__(self, source: str, as_of: str, method: Method) -> None:
        self.source, self.as_of, self.method = source, as_of, method

    def of(self, dollars: float) -> Price:
        return Price(dollars, self.source, self.as_of, self.method)


def _heads(origins: Origins) -> list[_Head]:
    return list(starmap(_Head, origins))


def _span(origins: Origins) -> str:
    days = sorted(as_of for _, as_of, _ in origins if as_of)
    return f"of {days[0]} to {days[-1]}"


def _spot_guess(shared: CloudTable, heads: Sequence[_Head]) -> Callable[[float], Price | None]:
    if shared.spot_share is None:
        return lambda _: None
    share, origin = shared.spot_share
    return lambda on_demand: heads[origin].of(round(on_demand * share, 6))


def _machines(
    table: Machines, heads: Sequence[_Head], guess: Callable[[float], Price | None]
) -> Mapping[str, MachinePrice]:
    columns = zip(table.name, table.on_demand, table.on_demand_origin, table.spot, table.spot_origin, strict=True)
    return {
        name: MachinePrice(
            heads[on_demand_head].of(on_demand),
            guess(on_demand) if spot is None or spot_head is None else heads[spot_head].of(spot),
        )
        for name, on_demand, on_demand_head, spot, spot_head in columns
    }


def _interruption(table: Interruption | None) -> Mapping[str, float]:
    return {} if table is None else dict(zip(table.name, table.percent, strict=True))


def _dbu_rates(table: DbuRates, origins: Origins) -> Mapping[str, DbuRate]:
    columns = zip(
        table.name,
        table.dbu_per_hour,
        table.photon_jobs_factor,
        table.photon_all_purpose_factor,
        table.origin,
        strict=True,
    )
    return {name: DbuRate(plain, jobs, other, *origins[origin]) for name, plain, jobs, other, origin in columns}


def _fees(table: Fees | None, heads: Sequence[_Head]) -> Mapping[str, Price]:
    if table is None:
        return {}
    return {
        name: heads[head].of(dollars)
        for name, dollars, head in zip(table.name, table.dollars, table.origin, strict=True)
    }


def _disk(disk: PackedDisk, heads: Sequence[_Head]) -> DiskPrice:
    return DiskPrice(
        heads[disk.origin].of(disk.gib_month),
        disk.free_iops,
        disk.iops_month_dollars,
        disk.free_mb_per_second,
        disk.mb_per_second_month_dollars,
        tuple(disk.tiers),
    )


def _cores(table: RegionTable, heads: Sequence[_Head]) -> CoreRates | None:
    if table.cores is None:
        return None
    vcpu, gib, storage, origin = table.cores
    head = heads[origin]
    return CoreRates(head.of(vcpu), head.of(gib), head.of(storage))


class _Hardware(Mapping[str, NodeType]):
    """Hardware by type, made when somebody first asks: pricing a run does not, and it takes a third of the loading."""

    def __init__(self, table: Nodes) -> None:
        self._table = table

    @cached_property
    def _nodes(self) -> Mapping[str, NodeType]:
        return _nodes(self._table)

    def __getitem__(self, name: str) -> NodeType:
        return self._nodes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)


def _nodes(table: Nodes) -> Mapping[str, NodeType]:
    count = len(table.name)
    unknown: list[None] = [None] * count
    none = [0] * count
    columns = zip(
        table.name,
        table.vcpus,
        table.memory_gib,
        table.is_arm,
        table.microarch or unknown,
        table.coremark or unknown,
        table.local_disk_gb or none,
        table.network_gbps or unknown,
        table.disk_mb_per_second or unknown,
        table.gpus or none,
        table.on_databricks or none,
        table.on_emr or none,
        strict=True,
    )
    return {
        name: NodeType(
            name,
            vcpus,
            gib,
            "arm64" if is_arm else "x86_64",
            kind,
            mark,
            ssd,
            net,
            mb,
            gpus,
            bool(databricks),
            bool(emr),
        )
        for name, vcpus, gib, is_arm, kind, mark, ssd, net, mb, gpus, databricks, emr in columns
    }
