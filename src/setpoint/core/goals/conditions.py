"""What metrics need to know of a project beside spec and runtime, read off its history when somebody asks.

Nothing is worked out before a metric asks for it: a goal of cost and runtime asks for none of it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from statistics import fmean, median
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from setpoint.core.domain import ClusterSpec, Run
from setpoint.core.history import History

if TYPE_CHECKING:
    # Workloads and predictors live by numpy, and a goal is read by commands that must start at once.
    from setpoint.core.prediction.growth import Elasticity
    from setpoint.core.workload import Workload

__all__ = ["NOTHING_SEEN", "Batches", "Conditions", "HeapUse", "SpotLosses", "batches_of", "next_deadline", "peak_mib"]

STARTS = 30
"""Latest runs whose starts are looked at."""
_NORMAL_95 = 1.645
FATAL_BEFORE, LOSSES_BEFORE = 0.5, 5.0
"""Runs that failed, of runs that lost a worker, as good as seen before any was: Spark computes again what is lost."""


@dataclass(frozen=True, slots=True)
class Batches:
    """The batches of a streaming run: those of the query whose p95 is highest."""

    p95_seconds: float
    busy_seconds: float
    """All of its batches together."""
    interval_seconds: float | None
    """From the start of a batch to that of the next: the trigger interval, where batches are faster than it."""


@dataclass(frozen=True, slots=True)
class HeapUse:
    """How a run filled its heap: with what it keeps alive, and with garbage as far as there is room."""

    live_mib: float
    garbage_share: float
    """Of the heap."""

    def at(self, heap_mib: float) -> float:
        """Share of another heap that would be in use at its peak."""
        return min(1.0, self.live_mib / heap_mib + self.garbage_share)


@dataclass(frozen=True, slots=True)
class SpotLosses:
    """How often a worker is taken away by the cloud, and what comes of it."""

    per_worker_hour: float
    fatal_share: float
    """Of the runs that lose a worker, how many fail."""

    def risk(self, spec: ClusterSpec, seconds: float) -> float:
        """P(a run loses a worker)."""
        return -math.expm1(-self.per_worker_hour * max(1, spec.workers) * seconds / 3600)

    def longer(self, spec: ClusterSpec) -> float:
        """By which factor a run that loses a worker takes longer.

        The worker goes half-way on average, and with it what it had computed: half of its share is done again.
        """
        return 1 + 1 / (2 * max(1, spec.workers))


@dataclass(frozen=True, eq=False)
class Conditions:
    """Under which the next run is expected to run."""

    history: History | None = None
    known: "Workload | None" = None
    """Where it was identified already."""
    scale: float = 1.0
    """Times the input that is expected of the next run."""
    _scaled: "dict[float, Conditions]" = field(default_factory=dict, init=False, repr=False)

    def at_scale(self, times: float) -> "Conditions":
        """The same at so many times the input."""
        if times == self.scale:
            return self
        if times not in self._scaled:
            self._scaled[times] = replace(self, known=self.workload, scale=times)
        return self._scaled[times]

    @cached_property
    def workload(self) -> "Workload | None":
        """None before the first run that succeeded."""
        if self.known is not None or self.history is None:
            return self.known
        from setpoint.core.workload import identify

        return identify(self.history)

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The latest runs that succeeded and have a log, oldest first."""
        from setpoint.core.workload import RECENT_RUNS

        runs = self.history.runs if self.history is not None else ()
        return tuple(run for run in runs if run.succeeded and run.profile is not None)[-RECENT_RUNS:]

    @cached_property
    def growing(self) -> "Elasticity":
        """By how much log runtime grows with log input."""
        from setpoint.core.prediction.growth import elasticity

        return elasticity(self.workload.measured if self.workload is not None else ())

    @cached_property
    def input_bytes(self) -> float | None:
        """What the next run is expected to read, at this scale."""
        from setpoint.core.prediction.growth import next_input

        found = next_input(self.workload.measured) if self.workload is not None else None
        return None if found is None else found.bytes * self.scale

    @property
    def log_growth(self) -> float:
        """Log of the runtime at this scale over that at the input that is expected."""
        return self.growing.mean * math.log(self.scale)

    @property
    def log_doubt(self) -> float:
        """Standard deviation of that."""
        return self.growing.deviation * abs(math.log(self.scale))

    @cached_property
    def core_seconds(self) -> float | None:
        """CPU time of the tasks of the next run; None where no recent log has it."""
        from setpoint.core.prediction.growth import growth_between

        found = [
            seconds * math.exp(growth_between(run.profile.input_bytes, self.input_bytes, self.growing.mean))
            for run in self.runs
            if run.profile is not None and (seconds := run.profile.core_seconds) is not None
        ]
        # Without input sizes nothing was brought to the scale yet.
        grown = math.exp(self.log_growth) if self.input_bytes is None else 1.0
        return median(found) * grown if found else None

    @cached_property
    def heap(self) -> HeapUse | None:
        """None where no log has heap sizes."""
        from setpoint.core.prediction.live_set import live_set

        workload = self.workload
        seen = [each for each in workload.memory.heaps if each.peak_mib > 0] if workload is not None else []
        if workload is None or not seen:
            return None
        last = seen[-1]
        then, now = (live_set(workload.memory.heaps, size).median_mib for size in (last.input_bytes, self.input_bytes))
        return HeapUse(now, max(0.0, last.peak_mib - then) / last.heap_mib)

    @cached_property
    def batches(self) -> Batches | None:
        """Of the latest run that streams; None where none does."""
        found = [batches for run in self.runs if (batches := batches_of(run)) is not None]
        if not found:
            return None
        grown = math.exp(self.log_growth)
        last = found[-1]
        return Batches(last.p95_seconds * grown, last.busy_seconds * grown, last.interval_seconds)

    @cached_property
    def idle_seconds(self) -> float:
        """Of the latest run that streams, the time outside of its batches: waiting for the next trigger, starting."""
        last = next((run for run in reversed(self.runs) if batches_of(run) is not None), None)
        found = batches_of(last) if last is not None else None
        return max(0.0, last.seconds - found.busy_seconds) if last is not None and found is not None else 0.0

    @cached_property
    def losses(self) -> SpotLosses:
        """Of workers, as the logs of the recent runs tell; none where they tell of none."""
        lost = hours = hit = 0.0
        from setpoint.core.workload import RECENT_RUNS

        for run in self.runs:
            taken, worked = _taken(run)
            lost, hours, hit = lost + taken, hours + worked, hit + (taken > 0)
        if not lost or hours <= 0:
            return SpotLosses(0.0, 0.0)
        recent = self.history.runs[-RECENT_RUNS:] if self.history is not None else ()
        failed = sum(run.fault == "infrastructure" for run in recent)
        return SpotLosses(lost / hours, (failed + FATAL_BEFORE) / (failed + hit + LOSSES_BEFORE))

    @cached_property
    def starts(self) -> tuple[datetime, ...]:
        """Of the latest runs that were no repeats."""
        runs = self.history.runs if self.history is not None else ()
        return tuple(sorted(run.report.started_at for run in runs[-STARTS:] if not run.report.retry))

    def until(self, clock_seconds: float, zone: str) -> tuple[float, float] | None:
        """Seconds from the usual start to a time of day, and the spread of their logarithm; None before any run.

        Where a project runs several times a day, the last start before the time is the one that counts. Runs that wait
        in a queue start late: the spread has that in it, by the latest starts.
        """
        last: dict[datetime, datetime] = {}
        for start in self.starts:
            deadline = next_deadline(start, clock_seconds, zone)
            last[deadline] = max(start, last.get(deadline, start))
        logs = sorted(math.log(max(1.0, (end - start).total_seconds())) for end, start in last.items())
        if not logs:
            return None
        middle = median(logs)
        tight = middle - logs[math.floor(0.05 * len(logs))]
        return math.exp(middle), tight / _NORMAL_95

    def memory_risks(self, specs: Sequence[ClusterSpec]) -> list[float]:
        """P(a run fails for want of memory) on each spec, at this scale."""
        from setpoint.core.prediction.memory import memory_risks

        if self.workload is None:
            return [0.0] * len(specs)
        return memory_risks(specs, self.workload.memory, self.input_bytes)


NOTHING_SEEN = Conditions()


def next_deadline(start: datetime, clock_seconds: float, zone: str) -> datetime:
    """The first moment after a start at which clocks in the zone show this time.

    >>> from datetime import UTC
    >>> next_deadline(datetime(2026, 7, 1, 22, 0, tzinfo=UTC), 6 * 3600, "Europe/Berlin").isoformat()
    '2026-07-02T04:00:00+00:00'
    """
    there = start.astimezone(ZoneInfo(zone))
    midnight = there.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    clock = timedelta(seconds=clock_seconds)
    for days in range(-1, 3):
        # Sums of aware times are of what the clock shows, so that 06:00 stays 06:00 when clocks change.
        found = (midnight + timedelta(days=days) + clock).astimezone(start.tzinfo)
        if found > start:
            return found
    raise AssertionError("a time of day comes every day")  # pragma: no cover


def batches_of(run: Run) -> Batches | None:
    """Of the slowest query of a streaming run; None where its log tells of no batches."""
    queries = run.profile.streaming if run.profile is not None else ()
    worst = max((each for each in queries if each.batches), key=lambda each: each.p95_seconds, default=None)
    if worst is None or worst.p95_seconds <= 0:
        return None
    # The mean of a right-skewed time lies between its median and its p95.
    usual = fmean((*(worst.median_seconds,) * 9, worst.p95_seconds))
    return Batches(worst.p95_seconds, min(run.seconds, worst.batches * usual), worst.interval_seconds)


def peak_mib(run: Run) -> float | None:
    """Highest heap in use of any process that ran tasks; None where the log has none."""
    executors = run.profile.workers if run.profile is not None else ()
    return max((each.peak_heap_bytes for each in executors), default=0) / 2**20 or None


def _taken(run: Run) -> tuple[float, float]:
    """Workers that the cloud took away, and the hours that all of them worked."""
    if run.profile is None:
        return 0.0, 0.0
    wall = run.profile.wall_seconds
    lost = hours = 0.0
    for each in run.profile.workers:
        lost += each.count * (each.removal == "spot")
        hours += each.count * max(0.0, (wall if each.removed is None else each.removed) - each.added) / 3600
    return lost, hours
