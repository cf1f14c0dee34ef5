"""How busy the machines of runs were, as the platform itself measured it: no agent, and no event log."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from setpoint.core.billing.attribution import RunKey
from setpoint.core.domain import Run

__all__ = ["NodeUse", "RunUse", "utilisation"]


@dataclass(frozen=True, slots=True)
class NodeUse:
    """The machines of one cluster over some time: its driver, or all of its workers."""

    cluster_id: str
    is_driver: bool
    seconds: float
    """Of all machines together."""
    cpu_percent: float
    """Mean over machines and time."""
    memory_percent: float
    peak_memory_percent: float
    """Of any machine in any minute."""


@dataclass(frozen=True, slots=True)
class RunUse:
    """How busy the machines of one run were."""

    project: str
    run_id: str
    node_hours: float
    """Driver included."""
    worker_cpu_percent: float | None
    """None where there was no worker: the driver did the work."""
    worker_memory_percent: float | None
    worker_peak_memory_percent: float | None
    driver_cpu_percent: float | None
    driver_peak_memory_percent: float | None
    is_shared: bool
    """Whether other runs had the same cluster: then it is that of all of them together."""


def utilisation(runs: Iterable[tuple[str, Run]], uses: Sequence[NodeUse]) -> tuple[RunUse, ...]:
    """Of each run whose cluster was measured. A cluster may be measured in several pieces; their order is nothing."""
    by_cluster: dict[str, list[NodeUse]] = {}
    for use in uses:
        by_cluster.setdefault(use.cluster_id, []).append(use)
    clusters: dict[RunKey, list[str]] = {}
    users: dict[str, int] = {}
    for project, run in runs:
        found = [name for name in dict.fromkeys(run.report.billed_as) if name in by_cluster]
        for name in found:
            users[name] = users.get(name, 0) + 1
        if found:
            clusters[project, run.id] = found
    return tuple(
        _run_use(key, [use for name in names for use in by_cluster[name]], is_shared=any(users[it] > 1 for it in names))
        for key, names in clusters.items()
    )


def _run_use(key: RunKey, uses: Sequence[NodeUse], *, is_shared: bool) -> RunUse:
    drivers, workers = ([use for use in uses if use.is_driver is which] for which in (True, False))
    return RunUse(
        project=key[0],
        run_id=key[1],
        node_hours=math.fsum(use.seconds for use in uses) / 3600,
        worker_cpu_percent=_mean([(use.cpu_percent, use.seconds) for use in workers]),
        worker_memory_percent=_mean([(use.memory_percent, use.seconds) for use in workers]),
        worker_peak_memory_percent=max((use.peak_memory_percent for use in workers), default=None),
        driver_cpu_percent=_mean([(use.cpu_percent, use.seconds) for use in drivers]),
        driver_peak_memory_percent=max((use.peak_memory_percent for use in drivers), default=None),
        is_shared=is_shared,
    )


def _mean(weighted: Sequence[tuple[float, float]]) -> float | None:
    whole = math.fsum(weight for _, weight in weighted)
    return math.fsum(value * weight for value, weight in weighted) / whole if whole > 0 else None
