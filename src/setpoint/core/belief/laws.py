"""Random physical scaling laws: what a Spark job's runtime may look like over clusters, before anything was seen.

    runtime = serial / speed + (work · (usual cores / cores)^beta / speed + io) · shortage + overhead · machines^delta

`serial` is what no worker shortens (driver, skew), `io` what disks and networks move, `overhead` what every machine
adds (coordination, shuffle connections). `shortage` ≥ 1 is the price of too little memory: a cliff or a slope below the
cluster memory a cache needs, and slopes below the memory that a machine and a core need. It follows Ernest
(Venkataraman et al., NSDI 2016), which has serial, parallel and per-machine terms, and adds what Ernest lacks.

Each law is one draw of all parameters. Only the shape of a law counts: its level is free.
"""

import math
from dataclasses import dataclass

import numpy as np

from setpoint.core.belief.points import Floats, Integers, Points

__all__ = ["Laws", "draw_laws"]


_LEAST_WITH_MASTER = 2
"""Machines of the smallest cluster up to which none of them is taken to be a master that does no work."""


@dataclass(frozen=True)
class Laws:
    """Parameters of many laws: each field has one row per law."""

    reference_cores: float
    reference_nodes: float
    reference_node_cores: float
    speed: Floats
    """Laws × machine kinds: how fast a core is."""
    kinds: Integers
    """The rows of kinds that the columns of `speed` stand for."""
    idle_nodes: Floats
    """Machines that do no work of their own (0 or 1: a master)."""
    beta: Floats
    serial: Floats
    io: Floats
    io_scale: Floats
    overhead: Floats
    delta: Floats
    reserved_gib: Floats
    """Of each machine's memory: what the system keeps."""
    need: Floats
    """Log of the cluster memory below which it is short."""
    is_cliff: Floats
    width: Floats
    penalty: Floats
    node_need: Floats
    node_penalty: Floats
    core_need: Floats
    core_penalty: Floats
    axis_slopes: Floats
    """Laws × further axes: how the log runtime moves with each."""

    def __len__(self) -> int:
        """How many laws."""
        return len(self.beta)

    def some(self, rows: Integers) -> "Laws":
        """Some of the laws."""
        shared = {"reference_cores", "reference_nodes", "reference_node_cores", "kinds"}
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return Laws(**{name: value if name in shared else value[rows] for name, value in fields.items()})

    def log_seconds(self, points: Points) -> Floats:
        """Laws × specs: logarithm of the runtime, up to each law's free level."""
        nodes = np.maximum(1.0, points.nodes[None] - self.idle_nodes)
        speed = self.speed[:, _columns(points.kinds, self.kinds)]
        work = (self.reference_cores / (nodes * points.cores)) ** self.beta
        moved = self.io * self._bandwidth(nodes, points.cores)
        overhead = self.overhead * (points.nodes[None] / self.reference_nodes) ** self.delta
        seconds = self.serial / speed + (work / speed + moved) * self._shortage(points, nodes) + overhead
        drift = self.axis_slopes @ (points.axes - _middle(points.axes)).T if points.axes.shape[1] else 0.0
        return np.asarray(np.log(seconds) + drift)

    def _bandwidth(self, nodes: Floats, cores: Floats) -> Floats:
        reference = self.reference_nodes * self.reference_node_cores**self.io_scale
        return np.asarray(reference / (nodes * cores**self.io_scale))

    def _shortage(self, points: Points, nodes: Floats) -> Floats:
        usable = np.maximum(points.memory_gib[None] - self.reserved_gib, 0.3 * points.memory_gib[None])
        have = np.log(nodes * usable)
        cliff = 1 / (1 + np.exp(np.clip((have - self.need) / self.width, -40, 40)))
        slope = np.maximum(0.0, 1 - np.exp(have - self.need))
        missing = np.where(self.is_cliff > 0, cliff, slope)
        of_node = np.maximum(0.0, 1 - np.exp(np.log(points.memory_gib)[None] - self.node_need))
        of_core = np.maximum(0.0, 1 - np.exp(np.log(points.memory_gib / points.cores)[None] - self.core_need))
        return np.asarray(
            (1 + self.penalty * missing + self.core_penalty * of_core) * (1 + self.node_penalty * of_node)
        )


def draw_laws(points: Points, count: int, seed: int) -> Laws:
    """So many laws for the space that these specs span."""
    chance = np.random.default_rng(seed)

    def uniform(low: float, high: float) -> Floats:
        return chance.uniform(low, high, (count, 1))

    def lognormal(mean: float, deviation: float) -> Floats:
        return np.exp(chance.normal(mean, deviation, (count, 1)))

    def happens(probability: float) -> Floats:
        return (chance.random((count, 1)) < probability).astype(float)

    kinds = np.unique(points.kinds, axis=0)
    cluster, node, core = _log_ranges(points)
    return Laws(
        reference_cores=float(np.median(points.nodes * points.cores)),
        reference_nodes=float(np.median(points.nodes)),
        reference_node_cores=float(np.median(points.cores)),
        speed=np.exp(chance.normal(0, np.where(happens(0.35) > 0, 0.35, 0.1), (count, len(kinds)))),
        kinds=kinds,
        idle_nodes=happens(0.5) * (points.nodes.min() > _LEAST_WITH_MASTER),
        beta=uniform(0.9, 1.1),
        serial=lognormal(-1.5, 1.8),
        io=lognormal(-1.5, 1.3) * happens(0.7),
        io_scale=uniform(0.2, 1.5),
        overhead=lognormal(-2.5, 1.5) * happens(0.9),
        delta=uniform(0.5, 0.9),
        reserved_gib=uniform(0.0, 2.5),
        need=uniform(cluster[0] - 1.05, cluster[1] + 0.2),
        is_cliff=happens(0.5),
        width=lognormal(math.log(0.1), 0.6),
        penalty=lognormal(1.0, 1.0) * happens(0.55),
        node_need=uniform(node[0] - 1, node[1] + 0.1),
        node_penalty=lognormal(-0.5, 1.0) * happens(0.25),
        core_need=uniform(core[0] - 0.5, core[1] + 0.1),
        core_penalty=lognormal(0.0, 1.2) * happens(0.2),
        axis_slopes=chance.normal(0, 0.05, (count, points.axes.shape[1])),
    )


def _log_ranges(points: Points) -> list[tuple[float, float]]:
    """Logarithms of the least and most GiB of memory: per cluster, per machine, per core."""
    columns = (points.nodes * points.memory_gib, points.memory_gib, points.memory_gib / points.cores)
    return [(float(np.log(column.min())), float(np.log(column.max()))) for column in columns]


def _columns(kinds: Integers, known: Integers) -> Integers:
    """Which row of `known` each row of `kinds` is; the first where it is none of them."""
    return np.asarray((kinds[:, None, :] == known[None, :, :]).all(axis=2).argmax(axis=1))


def _middle(axes: Floats) -> Floats:
    return np.asarray(np.median(axes, axis=0))
