"""How much heap a job keeps alive, from every heap it ran with: whether that was enough, what was collected, the peak.

The live set is L at the next run's input, and L · (input / next input)^g at another. What tells of it:

* a run that came to its end kept less alive than the JVM can use of its heap; one that ran out of memory kept more;
* the highest heap in use that was logged holds it, and garbage besides;
* collecting costs c · L / (H - L) of the work done (Appel, Information Processing Letters 25(4), 1987), c being the
  job's own: two heaps, or two inputs, tell both c and L.

A grid over L and g carries the posterior; c is integrated out. Heaps of executors are taken alike.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from setpoint.core.workload import HeapSeen

if TYPE_CHECKING:
    import numpy as np

__all__ = ["USABLE", "LiveSet", "live_set"]

USABLE = 0.9
"""Share of the heap that objects can fill before the JVM gives up (the rest: Spark's reserve, fragmentation)."""
PEAK_SHARE, PEAK_SPREAD = 0.5, 0.45
"""Live set over logged peak, and the standard deviation of its logarithm, before anything else is known."""
BLIND_SHARE, BLIND_SPREAD = 0.15, 0.6
"""Live set over the first heap that was enough, nothing being logged: half of it fails with 3 %."""
SPILLED_SHARE, SPILLED_SPREAD = 0.6, 0.3
"""Of the heap under which tasks spilled to disk: it is short, whatever else is seen."""
COLLECTING, COLLECTING_SPREAD = 0.05, 1.6
"""Garbage collection over work where the heap is twice the live set, and the spread of its logarithm between jobs."""
HEAP_NOISE, RUN_NOISE = 0.3, 0.2
"""Standard deviation of the logarithm, from heap to heap and from run to run: no collector follows the law to the
letter."""
LEAST_COLLECTING = 5e-4
"""Below, the clock of the collector says nothing."""
JITTER = 0.06
"""Standard deviation of the logarithm of the live set between runs on one input."""
GROWTHS = ((0.4, 0.25), (0.8, 0.45), (1.1, 0.3))
"""How the live set may grow with the input, and how likely that is."""
_LEAST_FREE = 0.02
"""Of the heap: with less the collector does nothing else."""
_LEAST_MIB = 1.0
"""A peak below is none."""
_POINTS = 100
_SPAN = 5.5
"""Powers of e below the largest heap that the live set is looked for in."""


@dataclass(frozen=True)
class LiveSet:
    """What is believed of the live set of the next run."""

    log_mib: "np.ndarray"
    weights: "np.ndarray"
    """Of each of them; they add up to one."""

    def risk(self, heap_mib: float) -> float:
        """P(a run with this heap runs out of it)."""
        from scipy.special import ndtr

        return float(ndtr((self.log_mib - math.log(USABLE * heap_mib)) / JITTER) @ self.weights)

    @cached_property
    def median_mib(self) -> float:
        """As likely above as below."""
        import numpy as np

        return float(np.exp(np.interp(0.5, np.cumsum(self.weights), self.log_mib)))


def live_set(heaps: Sequence[HeapSeen], next_bytes: float | None) -> LiveSet:
    """The belief after these runs, oldest first, of which at least one came to its end."""
    import numpy as np

    top = math.log(2 * max(each.heap_mib for each in heaps))
    grid = np.linspace(top - _SPAN, top, _POINTS)
    steps = np.array([_log_ratio(each, next_bytes) for each in heaps])
    # Where all read the same, how the need grows says nothing.
    growths = GROWTHS if steps.any() else ((0.0, 1.0),)
    logs = np.array([math.log(share) + _log_likelihood(heaps, grid, growth * steps) for growth, share in growths])
    total = np.exp(logs - logs.max()).sum(axis=0)
    return LiveSet(grid, total / total.sum())


def _log_ratio(seen: HeapSeen, next_bytes: float | None) -> float:
    """Log of what it read over what the next run will."""
    return math.log(seen.input_bytes / next_bytes) if seen.input_bytes and next_bytes else 0.0


def _log_likelihood(seen: Sequence[HeapSeen], grid: "np.ndarray", shifts: "np.ndarray") -> "np.ndarray":
    """Of the live set at the next input, up to a constant that is the same for all growths."""
    import numpy as np
    from scipy.special import log_ndtr

    there = grid[None, :] + shifts[:, None]
    heaps = np.log(np.array([each.heap_mib for each in seen]))[:, None]
    is_enough = np.array([each.is_enough for each in seen])[:, None]
    room = (math.log(USABLE) + heaps - there) / JITTER
    found = log_ndtr(np.where(is_enough, room, -room)).sum(axis=0)
    peaks = np.array([each.peak_mib for each in seen])
    if (logged := peaks > _LEAST_MIB).any():
        found += log_ndtr((np.log(peaks[logged])[:, None] - there[logged]) / JITTER).sum(axis=0)
    if (spilled := np.array([each.spilled for each in seen])).any():
        least = (there - math.log(SPILLED_SHARE) - heaps)[spilled] / SPILLED_SPREAD
        found += log_ndtr(least).min(axis=0)  # once is as much as often
    return np.asarray(_log_prior(seen, grid, shifts) + found + _collected(seen, there))


def _log_prior(seen: Sequence[HeapSeen], grid: "np.ndarray", shifts: "np.ndarray") -> "np.ndarray":
    import numpy as np

    peaks = [
        math.log(each.peak_mib) - step for each, step in zip(seen, shifts, strict=True) if each.peak_mib > _LEAST_MIB
    ]
    if peaks:
        middle, spread = math.log(PEAK_SHARE) + min(peaks), PEAK_SPREAD
    else:
        first = next((row for row, each in enumerate(seen) if each.is_enough), 0)
        middle, spread = math.log(BLIND_SHARE * seen[first].heap_mib) - float(shifts[first]), BLIND_SPREAD
    return np.asarray(-0.5 * ((grid - middle) / spread) ** 2)


def _collected(seen: Sequence[HeapSeen], there: "np.ndarray") -> "np.ndarray":
    """Log likelihood of the garbage collection that was seen."""
    import numpy as np

    rows: dict[int, list[int]] = {}
    for row, each in enumerate(seen):
        if each.is_enough and each.collecting > 0:
            rows.setdefault(each.heap_mib, []).append(row)
    if not rows:
        return np.zeros(there.shape[1])
    middles, apart = [], np.zeros(there.shape[1])
    for heap, members in rows.items():
        shares = [math.log(max(LEAST_COLLECTING, seen[row].collecting)) for row in members]
        live = np.exp(there[members])
        left = np.array(shares)[:, None] - np.log(COLLECTING * live / np.maximum(heap - live, _LEAST_FREE * heap))
        middles.append(left.mean(axis=0))
        apart += ((left - middles[-1]) ** 2).sum(axis=0) / RUN_NOISE**2
    # The middles share the job's own c, with variance COLLECTING_SPREAD² (Sherman-Morrison).
    found, noise, shared = np.array(middles), HEAP_NOISE**2, COLLECTING_SPREAD**2
    in_common = shared / (noise + len(found) * shared) * found.sum(axis=0) ** 2 / noise
    return np.asarray(-0.5 * ((found**2).sum(axis=0) / noise - in_common + apart))
