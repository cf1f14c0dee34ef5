"""Which operators Photon carries out, and how much each weighs where only their names are known.

Source: Databricks' page on Photon (docs.databricks.com/compute/photon, read 2026): scan, filter, project; hash
aggregate, join and shuffle; nested-loop join, union, expand, sort, window; writing Delta and Parquet. Not: user-defined
functions, RDD and typed Dataset code, stateful streaming. Queries under two seconds gain nothing.
"""

import re
from dataclasses import dataclass

from setpoint.core.profile import Operator

__all__ = ["SHORT_QUERY_SECONDS", "OperatorClass", "class_of"]

SHORT_QUERY_SECONDS = 2.0
"""Below it a query gains nothing (same source)."""


@dataclass(frozen=True, slots=True)
class OperatorClass:
    """Operators that Photon treats alike."""

    pattern: str
    covered: float
    """Share of their work that it takes over; between 0 and 1 where that hangs on what no log shows."""
    weight: float
    """Work of one of them against that of a join."""


_CLASSES = (
    # Wrappers and bookkeeping compute nothing worth counting.
    OperatorClass(
        r"WholeStageCodegen.*|AdaptiveSparkPlan|InputAdapter|.*QueryStage|.*ColumnarToRow|.*RowToColumnar|AQEShuffleRead"
        r"|CustomShuffleReader|Reused.*|.*Subquery.*|CollectLimit|LocalTableScan|Range|SetCatalogAndNamespace"
        r"|EventTimeWatermark|.*Transition.*|.*Result.*",
        0.0,
        0.0,
    ),
    OperatorClass(r".*(Python|Pandas|InArrow|UDTF).*", 0.0, 1.5),
    OperatorClass(
        r"Map(Elements|Partitions|Groups).*|FlatMap.*|CoGroup.*|DeserializeToObject|SerializeFromObject|AppendColumns.*"
        r"|TypedFilter|.*(ExternalRDD|ExistingRDD).*|(State|Streaming|Session).*|TransformWithState.*",
        0.0,
        1.0,
    ),
    OperatorClass(r".*Scan (parquet|delta)\b.*", 1.0, 1.0),
    # Vectorised readers of ORC, and of CSV and JSON in streams, are named without saying how much they take over.
    OperatorClass(r".*Scan (orc|csv|json)\b.*|BatchScan", 0.5, 1.0),
    OperatorClass(r".*Scan.*", 0.0, 1.0),
    OperatorClass(r"Project|Filter|Union|Expand|(Local|Global)Limit|Coalesce", 1.0, 0.2),
    OperatorClass(
        r"HashAggregate|(BroadcastHash|ShuffledHash|SortMerge|BroadcastNestedLoop)Join|(Shuffle|Broadcast)?Exchange"
        r"|Sort|Window|TakeOrderedAndProject",
        1.0,
        1.0,
    ),
    OperatorClass(r"(ObjectHash|Sort)Aggregate|Generate|.*Window.*|.*Exchange.*|.*Join.*", 0.5, 1.0),
    OperatorClass(r".*(InsertInto|WriteFiles|CreateDataSourceTableAsSelect|WriteIntoDelta|MergeInto).*", 0.75, 1.0),
    OperatorClass(r"Execute.*|.*Command.*", 0.0, 0.0),
)
_OTHERS = OperatorClass(".*", 0.25, 0.5)
"""What the list does not name: more likely left out than taken over."""
_COMPILED = tuple((re.compile(each.pattern), each) for each in _CLASSES)


def class_of(operator: Operator) -> OperatorClass:
    """How Photon treats an operator of Spark; one of its own is wholly its.

    >>> class_of(Operator("SortMergeJoin", "spark", 1)).covered, class_of(Operator("MapInPandas", "spark", 1)).covered
    (1.0, 0.0)
    """
    name = operator.name.strip()
    if operator.engine != "spark":
        like = class_of(Operator(name.removeprefix("Photon"), "spark", 1))
        return OperatorClass(name, 1.0, like.weight)
    return next((each for pattern, each in _COMPILED if pattern.fullmatch(name)), _OTHERS)
