"""SQL executions of bulk logs: plans whose operators own accumulators, and which of them each stage feeds."""

from collections.abc import Iterator
from dataclasses import dataclass, field

BROADCAST, JOIN, SUMS = 0, 1, 2
"""What the stages of a query do, by their position."""

Json = dict[str, object]
_Spec = tuple[str, str, str | None]
"""Name and type of a metric, and the measure of a task that it adds up, None where the driver counts it."""

_ROWS: _Spec = ("number of output rows", "sum", "rows")
_SCAN: tuple[_Spec, ...] = (
    ("number of files read", "sum", None),
    ("scan time", "timing", "scan_ms"),
    ("metadata time", "timing", None),
    ("size of files read", "size", None),
    _ROWS,
)
_BROADCAST: tuple[_Spec, ...] = (
    ("time to broadcast", "timing", None),
    ("time to build", "timing", None),
    ("time to collect", "timing", None),
    _ROWS,
    ("data size", "size", None),
)
_AGGREGATE: tuple[_Spec, ...] = (
    ("spill size", "size", "memory_spilled_bytes"),
    ("time in aggregation build", "timing", "sort_ms"),
    ("peak memory", "size", "peak_bytes"),
    _ROWS,
    ("number of sort fallback tasks", "sum", None),
    ("avg hash probes per key", "average", "probes"),
)
_DURATION: _Spec = ("duration", "timing", "run_ms")
_WRITTEN: tuple[_Spec, ...] = (
    ("shuffle records written", "sum", "shuffled_rows"),
    ("data size", "size", "data_bytes"),
    ("shuffle write time", "nsTiming", "shuffle_write_ns"),
    ("shuffle bytes written", "size", "shuffled_bytes"),
)
_FETCHED: tuple[_Spec, ...] = (
    ("remote merged reqs duration", "timing", None),
    ("remote merged blocks fetched", "sum", None),
    ("records read", "sum", "rows_fetched"),
    ("local bytes read", "size", "local_bytes"),
    ("merged fetch fallback count", "sum", None),
    ("local blocks read", "sum", "local_blocks"),
    ("remote merged chunks fetched", "sum", None),
    ("remote blocks read", "sum", "remote_blocks"),
    ("local merged bytes read", "size", None),
    ("local merged chunks fetched", "sum", None),
    ("remote merged bytes read", "size", None),
    ("local merged blocks fetched", "sum", None),
    ("corrupt merged block chunks", "sum", None),
    ("fetch wait time", "timing", "fetch_wait_ms"),
    ("remote bytes read", "size", "remote_bytes"),
    ("number of partitions", "sum", None),
    ("remote reqs duration", "timing", "request_ms"),
    ("remote bytes read to disk", "size", None),
)
_SINK: tuple[_Spec, ...] = (
    ("task commit time", "timing", "serialise_ms"),
    ("number of written files", "sum", None),
    ("job commit time", "timing", None),
    ("number of dynamic part", "sum", None),
    ("written output", "size", None),
)


@dataclass(frozen=True, slots=True)
class Accumulator:
    """One accumulator of an operator, and the measure of tasks that it adds up."""

    id: int
    name: str
    type: str
    measure: str | None


@dataclass(slots=True)
class _Operator:
    name: str
    text: str
    metrics: list[Accumulator]
    stage: int
    metadata: Json = field(default_factory=dict)

    def to_json(self, *children: Json) -> Json:
        metrics = [{"name": a.name, "accumulatorId": a.id, "metricType": a.type} for a in self.metrics]
        return {
            "nodeName": self.name,
            "simpleString": self.text,
            "children": list(children),
            "metadata": self.metadata,
            "metrics": metrics,
        }


class Query:
    """One SQL execution in up to three stages: broadcast a small table, join a large one to it, write the sums."""

    def __init__(self, number: int, stages: int, ids: Iterator[int]) -> None:
        self.number = number
        self.stages = stages
        self._ids = ids
        self._operators: list[_Operator] = []
        """From the leaf up."""
        for stage in range(stages):
            self._add_stage(stage)

    def accumulators(self, stage: int) -> tuple[Accumulator, ...]:
        """What the tasks of a stage update, by id: of its own operators and of the exchange that it reads."""
        own = [a for o in self._operators if o.stage == stage for a in o.metrics if a.measure is not None]
        fetched = [a for o in self._operators if o.stage == stage - 1 and o.name == "Exchange" for a in o.metrics]
        written = {name for name, _, _ in _WRITTEN}
        read = [a for a in fetched if a.measure is not None and a.name not in written]
        kept = [a for a in own if a.name in written or a.name not in {name for name, _, _ in _FETCHED}]
        return tuple(sorted((*kept, *read), key=lambda accumulator: accumulator.id))

    def driver_updates(self, stage: int) -> list[list[int]]:
        """What the driver itself counts for a stage."""
        counted = [a for o in self._operators if o.stage == stage for a in o.metrics if a.measure is None]
        return [[a.id, 8 + a.id % 90] for a in counted[:4]]

    def plan(self, finished_stages: int = 0) -> Json:
        """`sparkPlanInfo` while so many stages are over; adaptive execution shows those as query stages."""
        node: Json | None = None
        build: Json | None = None
        for operator in self._operators:
            is_over = operator.stage < finished_stages
            if operator.name.startswith("WholeStageCodegen") and not is_over:
                continue
            joined = [build] if operator.name == "BroadcastHashJoin" and build is not None else []
            node = operator.to_json(*([] if node is None else [node]), *joined)
            if operator.name.endswith("Exchange") and is_over:
                name = "BroadcastQueryStage" if operator.stage == BROADCAST else "ShuffleQueryStage"
                node = _Operator(name, f"{name} {operator.stage}", [], operator.stage).to_json(node)
            if operator.name == "BroadcastExchange":
                build, node = node, None
        text = f"AdaptiveSparkPlan isFinalPlan={str(finished_stages == self.stages).lower()}"
        return _Operator("AdaptiveSparkPlan", text, [], -1).to_json(*([] if node is None else [node]))

    def description(self, finished_stages: int = 0) -> str:
        """`physicalPlanDescription`: the operators as a tree, then each with its arguments."""
        names = [o.name for o in reversed(self._operators)]
        tree = "\n".join(f"{'   ' * depth}+- {name} ({depth})" for depth, name in enumerate(names))
        parts = "\n\n\n".join(f"({depth}) {o.text}\nOutput [3]: [customer#{depth}, day#{depth}, amount#{depth}]"
                              for depth, o in enumerate(reversed(self._operators)))  # fmt: skip
        return f"== Physical Plan ==\nAdaptiveSparkPlan ({finished_stages})\n{tree}\n\n\n{parts}\n"

    def _add_stage(self, stage: int) -> None:
        codegen = f"WholeStageCodegen ({stage + 1})"
        if stage == SUMS:
            self._add(stage, "HashAggregate", "HashAggregate(keys=[customer#1], functions=[sum(amount#3)])", _AGGREGATE)
            self._add(stage, codegen, codegen, (_DURATION,))
            text = "Execute InsertIntoHadoopFsRelationCommand s3://warehouse/sales/out, false, Parquet"
            self._add(stage, "Execute InsertIntoHadoopFsRelationCommand", text, _SINK)
            return
        self._add_scan(stage)
        self._add(stage, "Filter", "Filter isnotnull(customer#1)", (_ROWS,))
        if stage == JOIN:
            self._add(stage, "BroadcastHashJoin", "BroadcastHashJoin [customer#1], [customer#9], Inner", (_ROWS,))
        self._add(stage, codegen, codegen, (_DURATION,))
        if stage == BROADCAST and self.stages > 1:
            text = "BroadcastExchange HashedRelationBroadcastMode(List(input[0, bigint, true]),false), [plan_id=38]"
            self._add(stage, "BroadcastExchange", text, _BROADCAST)
        elif self.stages > SUMS:
            text = "Exchange hashpartitioning(customer#1, 200), ENSURE_REQUIREMENTS, [plan_id=41]"
            self._add(stage, "Exchange", text, _WRITTEN + _FETCHED)

    def _add_scan(self, stage: int) -> None:
        table = f"s3://warehouse/sales/table_{self.number % 7}_{stage}"
        metadata: Json = {
            "Format": "Parquet",
            "Batched": "true",
            "PartitionFilters": "[isnotnull(day#3)]",
            "Location": f"InMemoryFileIndex(1 paths)[{table}]",
            "ReadSchema": "struct<customer:bigint,day:date,amount:double>",
            "PushedFilters": "[IsNotNull(customer)]",
            "DataFilters": "[isnotnull(customer#1)]",
        }
        text = f"FileScan parquet [customer#1,day#2,amount#3] Batched: true, Format: Parquet, Location: {table}"
        self._add(stage, "Scan parquet ", text, _SCAN, metadata)

    def _add(self, stage: int, name: str, text: str, metrics: tuple[_Spec, ...], metadata: Json | None = None) -> None:
        owned = [Accumulator(next(self._ids), *metric) for metric in metrics]
        self._operators.append(_Operator(name, text, owned, stage, metadata or {}))
