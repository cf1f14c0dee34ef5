"""Rules on how SQL was carried out: adaptive execution, and operators that a native engine left to Spark."""

import re
from collections import Counter

from setpoint.core.diagnosis.case import Case, Finding
from setpoint.core.profile import Profile
from setpoint.core.words import counted

_FALLBACK_SHARE = 0.1
_NATIVE_SPEED_UP = 2.0
"""What native engines make of the computing they take over, cautiously."""
_NEUTRAL = re.compile(
    r"WholeStageCodegen|AdaptiveSparkPlan|InputAdapter|.*QueryStage|.*ColumnarToRow|.*RowToColumnar|ResultQueryStage"
    r"|AQEShuffleRead|CustomShuffleReader|ReusedExchange|Subquery.*|ReusedSubquery|Execute.*|CollectLimit|Command.*"
    r"|.*Command|SetCatalogAndNamespace|LocalTableScan|.*Transition.*"
)
"""Operators that compute nothing a native engine could take over."""


def adaptive_off(case: Case) -> Finding | None:
    """Adaptive execution is off, and shuffles show what it mends: skewed or far too many partitions."""
    profile = case.profile
    if not profile.counts.sql_executions or _is_adaptive(profile):
        return None
    shuffled = [(stage, share) for stage, share in case.stages if stage.totals.shuffle_read_bytes]
    skewed = [share for _, share in shuffled if share.straggling_seconds > 0]
    tiny = [
        stage for stage, _ in shuffled if stage.tasks > 4 * case.slots and stage.totals.run_seconds < stage.tasks / 10
    ]
    if not skewed and not tiny:
        return None
    gain = sum(share.straggling_seconds for share in skewed)
    gain += sum(stage.totals.overhead_seconds * (1 - case.slots / stage.tasks) for stage in tiny) / case.slots
    text = (
        f"adaptive execution is off (spark.sql.adaptive.enabled); of {counted(len(shuffled), 'stage')} that read a "
        f"shuffle {len(skewed)} were skewed and {len(tiny)} had far more partitions than work"
    )
    return Finding("adaptive-off", text, gain, "it splits the one and merges the other: turn it on")


def _is_adaptive(profile: Profile) -> bool:
    """Spark has adaptive execution since 3.0 and turns it on by itself since 3.2; Databricks did with 3.0."""
    if profile.counts.adaptive_updates:
        return True
    found = re.match(r"(\d+)\.(\d+)", profile.application.spark_version)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    if version < (3, 0):
        return True
    said = profile.property_value("spark.sql.adaptive.enabled")
    if said is not None:
        return said.strip().lower() == "true"
    return version >= (3, 2) or profile.platform == "databricks"


def engine_fallback(case: Case) -> Finding | None:
    """Operators that the native engine did not take over."""
    if case.profile.engine == "spark":
        return None
    native = 0
    left: Counter[str] = Counter()
    # The last plan of a query that failed still shows as Spark's own what had not come to run.
    finished = (execution for execution in case.profile.sql if execution.error is None)
    for operator in (each for execution in finished for each in execution.operators):
        if operator.engine != "spark":
            native += operator.nodes
        elif not _NEUTRAL.fullmatch(operator.name.strip()):
            left[operator.name.strip()] += operator.nodes
    every = native + left.total()
    if not every or left.total() < _FALLBACK_SHARE * every:
        return None
    names = ", ".join(f"{name} ({count})" for name, count in left.most_common(3))
    text = f"Spark itself carried out {left.total()} of {every} operators instead of {case.profile.engine}: {names}"
    computing = case.diagnosis.wall.computing_seconds
    gain = computing * left.total() / every * (1 - 1 / _NATIVE_SPEED_UP)
    advice = "user-defined functions and unusual types are what keeps engines out; conversions cost on top"
    return Finding("engine-fallback", text, gain, advice)
