"""How many tasks a stage has on another spec: Spark cuts some work by the number of slots, some by a property.

Formulas: files are split as `FilePartition.maxSplitBytes` does, AQE merges shuffle partitions as
`CoalesceShufflePartitions` does (https://spark.apache.org/docs/latest/sql-performance-tuning.html). A formula is used
only where it gives the number of tasks that was recorded; where it does not, the number stays.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from setpoint.core.domain import ClusterSpec
from setpoint.core.profile import Profile, Stage

__all__ = ["Partitioning", "Rule", "partitioning"]

_MIB = 2**20
_ADVISORY_BYTES, _LEAST_MERGED_BYTES = 64 * _MIB, _MIB
_MOST_SPLIT_BYTES, _FILE_OPENING_BYTES = 128 * _MIB, 4 * _MIB
_DEFAULT_SHUFFLE_PARTITIONS = 200
_AQE_SINCE = (3, 2)
_FOLLOWS_FROM = 2
"""A stage of one task had one for other reasons (a single file, a result) than that there was one slot."""

Rule = Callable[[int, int], int]
"""Number of tasks by slots and shuffle partitions."""


@dataclass(frozen=True, slots=True)
class Partitioning:
    """What decides the number of tasks in one application."""

    slots: int
    """Those of the recorded run."""
    shuffle_partitions: int
    merges: bool
    """Whether AQE merges small shuffle partitions."""
    parallelism: int | None
    """`spark.default.parallelism` where it was set; else it is the number of slots."""

    def rule(self, stage: Stage) -> Rule | None:
        """Tasks of the stage by slots and shuffle partitions; None where their number is its own."""
        if stage.tasks == 0 or stage.failed_tasks or stage.killed_tasks:
            return None
        rules: tuple[Rule, ...] = (partial(self._shuffled, stage), partial(self._split, stage), self._parallel(stage))
        for rule in rules:
            if rule(self.slots, self.shuffle_partitions) == stage.tasks:
                return rule
        return _all_partitions if self._reads_all(stage) else None

    def _reads_all(self, stage: Stage) -> bool:
        """Whether each shuffle partition has a task, merging or not."""
        return stage.totals.shuffle_read_bytes > 0 and stage.tasks == self.shuffle_partitions

    def _shuffled(self, stage: Stage, slots: int, partitions: int) -> int:
        """What reads a shuffle: as many as the property says, merged under AQE."""
        size = stage.totals.shuffle_read_bytes
        if not size:
            return 0
        target = min(_ADVISORY_BYTES, max(_LEAST_MERGED_BYTES, size / (self.parallelism or slots)))
        return min(partitions, math.ceil(size / target)) if self.merges else partitions

    def _split(self, stage: Stage, slots: int, partitions: int) -> int:  # noqa: ARG002 - a rule
        """What reads files: splits of equal size, so that each slot has one, within bounds."""
        size = stage.totals.input_bytes
        if not size or stage.totals.shuffle_read_bytes:
            return 0
        share = (size + _FILE_OPENING_BYTES) / (self.parallelism or slots)
        return math.ceil(size / min(_MOST_SPLIT_BYTES, max(_FILE_OPENING_BYTES, share)))

    def _parallel(self, stage: Stage) -> Rule:
        """What neither reads nor shuffles: made-up rows and collections are cut by the default parallelism."""
        has_source = stage.totals.input_bytes or stage.totals.shuffle_read_bytes
        return _none if has_source or self.parallelism or self.slots < _FOLLOWS_FROM else _all_slots


def _none(slots: int, partitions: int) -> int:  # noqa: ARG001 - a rule
    return 0


def _all_slots(slots: int, partitions: int) -> int:  # noqa: ARG001 - a rule
    return slots


def _all_partitions(slots: int, partitions: int) -> int:  # noqa: ARG001 - a rule
    return partitions


def partitioning(profile: Profile, spec: ClusterSpec) -> Partitioning:
    """What the log of a run on the spec says."""
    version = tuple(int(part) for part in profile.application.spark_version.split(".")[:2] if part.isdecimal())
    parallelism = _count(profile.property_value("spark.default.parallelism"))
    recorded = _count(profile.property_value("spark.sql.shuffle.partitions"))
    return Partitioning(
        slots=max(1, spec.slots),
        shuffle_partitions=spec.shuffle_partitions or recorded or _DEFAULT_SHUFFLE_PARTITIONS,
        merges=_is_on(profile, "spark.sql.adaptive.enabled", otherwise=version >= _AQE_SINCE)
        and _is_on(profile, "spark.sql.adaptive.coalescePartitions.enabled", otherwise=True),
        parallelism=parallelism,
    )


def _is_on(profile: Profile, name: str, *, otherwise: bool) -> bool:
    stated = profile.property_value(name)
    return otherwise if stated is None else stated == "true"


def _count(value: str | None) -> int | None:
    return int(value) if value is not None and value.isdecimal() and 0 < len(value) < 7 and int(value) else None  # noqa: PLR2004
