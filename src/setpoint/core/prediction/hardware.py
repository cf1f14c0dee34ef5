"""How much longer or shorter a stage's tasks take on other hardware, part by part."""

from collections.abc import Sequence
from dataclasses import dataclass

from setpoint.core.domain import ClusterSpec
from setpoint.core.pricebook import NodeType
from setpoint.core.profile import Stage

__all__ = [
    "SAME_HARDWARE",
    "Hardware",
    "driver_speed",
    "hardware_between",
    "hardware_factor",
    "machines_of",
    "section_factors",
]

CARRIED_OVER = 0.5
"""Exponent that turns a ratio of CoreMarks into one of speed. Medians of published grids of jobs on sibling types:
c4 against m4, 216 pairs of HiBench and spark-perf: CoreMark 1.20, speed 1.11 (exponent 0.57); c5 against m5, 135 pairs
of HiBench and Hive: 1.18 and 1.09 (0.50)."""
_BANDWIDTH_CARRIED_OVER, _MOST = 0.25, 4.0
"""The same exponent for bandwidths per slot, and the factor beyond which something else sets the pace. Local disks in
place of network disks (i2 against m4, 31 pairs of a published grid) changed the median runtime by no more than 4 %."""
_UNTIMED = 0.65
"""Of run time without waiting for blocks, what is taken for computing where the log has no CPU times (Spark 1)."""
_LOCAL_DISK_MB_PER_SECOND = 250.0
"""Per slot, of a machine with disks of its own, which no table has."""


@dataclass(frozen=True, slots=True)
class Hardware:
    """Speed of a machine relative to where the log is from; 1.0 means equal or not known."""

    cpu: float = 1.0
    """Of one core, as CoreMark measures it."""
    disk: float = 1.0
    """Bytes per second and slot: input, output, shuffle files, spilling."""
    network: float = 1.0
    """Bytes per second and slot: shuffle blocks of other machines."""


SAME_HARDWARE = Hardware()


def hardware_factor(stage: Stage, hardware: Hardware) -> float:
    """Task time there over task time here.

    Three parts of the run scale, each by its own speed: CPU time (garbage collection and the overhead around the run
    with it), waiting for shuffle blocks, and writing shuffle files. What is left, run time without CPU, is taken for
    disk where bytes were read or written outside of Spark, and else for waiting that no hardware shortens.
    """
    totals = stage.totals
    overhead = totals.overhead_seconds
    fetch = min(totals.fetch_wait_seconds, totals.run_seconds)
    computed = totals.cpu_seconds or _UNTIMED * (totals.run_seconds - fetch)
    cpu = min(computed, totals.run_seconds - fetch)
    rest = max(0.0, totals.run_seconds - fetch - cpu)
    moved = totals.input_bytes or totals.output_bytes or totals.disk_spilled_bytes
    disk = rest if moved else min(rest, totals.shuffle_write_seconds)
    whole = overhead + totals.run_seconds
    if whole <= 0:
        return 1.0
    there = (overhead + cpu) / hardware.cpu + fetch / hardware.network + disk / hardware.disk + rest - disk
    return there / whole


def machines_of(spec: ClusterSpec) -> tuple[str, str, bool] | None:
    """What tells the machines of a spec from those of others; None where none are rented."""
    if spec.cloud is None:
        return None
    return spec.cloud.cluster.node_type, spec.cloud.cluster.driver, spec.cloud.cluster.photon


def hardware_between(there: ClusterSpec, here: ClusterSpec) -> Hardware:
    """Speed of the workers of one spec relative to those of another; equal where nothing is known of either."""
    if there.cloud is None or here.cloud is None or there.cloud.worker == here.cloud.worker:
        return SAME_HARDWARE
    now, then = here.cloud.worker, there.cloud.worker
    return Hardware(
        cpu=driver_speed(then, now),
        disk=_ratio(_disk_per_slot(then), _disk_per_slot(now)),
        network=_ratio(_per_slot(then.network_gbps, then), _per_slot(now.network_gbps, now)),
    )


def driver_speed(then: NodeType, now: NodeType) -> float:
    """Computing speed of one core relative to another machine's."""
    if not then.coremark or not now.coremark:
        return 1.0
    return float(((then.coremark / then.vcpus) / (now.coremark / now.vcpus)) ** CARRIED_OVER)


def _disk_per_slot(node: NodeType) -> float | None:
    return _LOCAL_DISK_MB_PER_SECOND if node.local_disk_gb else _per_slot(node.disk_mb_per_second, node)


def _per_slot(value: float | None, node: NodeType) -> float | None:
    return value / node.vcpus if value else None


def _ratio(then: float | None, now: float | None) -> float:
    """By how much bandwidth there over here shortens what waits for it: it is shared, cached, seldom the only limit."""
    if not then or not now:
        return 1.0
    return float(max(1 / _MOST, min(_MOST, then / now)) ** _BANDWIDTH_CARRIED_OVER)


def section_factors(stages: Sequence[Stage], sections: Sequence[Sequence[int]], hardware: Hardware) -> list[float]:
    """The same section by section: the mean over its stages, by how long their tasks took."""
    factors = [hardware_factor(stage, hardware) for stage in stages]
    weights = [stage.totals.run_seconds + stage.totals.overhead_seconds for stage in stages]
    return [_mean([factors[i] for i in inside], [weights[i] for i in inside]) for inside in sections]


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    whole = sum(weights)
    return sum(v * w for v, w in zip(values, weights, strict=True)) / whole if whole > 0 else 1.0
