"""SQL executions while the log is read: when they ran, what their plans do, what their operators measured."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from setpoint.core.eventlog.clock import Clock, plausible
from setpoint.core.eventlog.events import Accumulable, AdaptiveUpdate, DriverUpdates, SqlExecutionEnd, SqlExecutionStart
from setpoint.core.eventlog.faults import first_line
from setpoint.core.eventlog.plans import Plan, PlanScan, engine_of, read_plan
from setpoint.core.eventlog.signature import plan_shape
from setpoint.core.integers import whole_number
from setpoint.core.profile import Engine, InputSource, Operator, SqlExecution

_PLANS_KEPT = 64
"""Of so many executions that are over, the longest, the operators are kept."""
_LONGEST_DESCRIPTION = 200


@dataclass(slots=True)
class SqlRecord:
    """One SQL execution while the log is read."""

    id: int
    has_started: bool = False
    description: str = ""
    started_ms: int | None = None
    ended_ms: int | None = None
    has_ended: bool = False
    error: str | None = None
    plan_hash: str = ""
    adaptive_updates: int = 0
    nodes: tuple[tuple[str, tuple[tuple[str, float, int], ...]], ...] = ()
    scans: tuple[PlanScan, ...] = ()

    @property
    def weight(self) -> tuple[int, int]:
        """What the longest are chosen by."""
        return ((self.ended_ms or 0) - (self.started_ms or 0), -self.id)

    def show(self, plan: Plan) -> None:
        """Take in a plan: the latest one counts."""
        self.nodes, self.scans = plan.nodes, plan.scans or self.scans

    def merge(self, later: "SqlRecord") -> None:
        """Take in what the lines that follow say."""
        if later.has_started:
            self.has_started, self.description, self.plan_hash = True, later.description, later.plan_hash
            self.started_ms = later.started_ms
        if later.has_ended:
            self.has_ended, self.ended_ms, self.error = True, later.ended_ms, later.error
        self.adaptive_updates += later.adaptive_updates
        self.nodes, self.scans = later.nodes or self.nodes, later.scans or self.scans


class SqlExecutions:
    """All SQL executions of an application."""

    def __init__(self) -> None:
        self._records: dict[int, SqlRecord] = {}
        self._values: dict[int, int] = {}
        """Accumulators of operators: their value when the last stage that counted in them was over."""
        self._driver_values: dict[int, int] = {}
        """What the driver itself added to them."""
        self._with_plans: set[int] = set()
        """Executions that are over and still have their operators."""
        self.engines: dict[Engine, str] = {}
        """Engines other than Spark's that carried out operators, each with the first operator by name."""

    @property
    def count(self) -> int:
        """Executions that started."""
        return sum(record.has_started for record in self._records.values())

    @property
    def without_end(self) -> int:
        """Executions that started and did not end."""
        return sum(record.has_started and not record.has_ended for record in self._records.values())

    @property
    def adaptive_updates(self) -> int:
        """Plans changed while they ran."""
        return sum(record.adaptive_updates for record in self._records.values())

    def _record(self, execution_id: int) -> SqlRecord:
        found = self._records.get(execution_id)
        if found is None:
            found = self._records[execution_id] = SqlRecord(execution_id)
        return found

    def start(self, event: SqlExecutionStart) -> None:
        """An execution begins."""
        record = self._record(event.id)
        record.has_started = True
        record.description = " ".join((event.description or "").split())[:_LONGEST_DESCRIPTION]
        record.started_ms = plausible(event.time)
        record.plan_hash = ""
        if event.plan is not None:
            record.plan_hash = hashlib.sha256(plan_shape(event.plan).encode()).hexdigest()[:16]
            self._show(record, read_plan(event.plan))

    def update(self, event: AdaptiveUpdate) -> None:
        """Adaptive execution changed a plan."""
        record = self._record(event.execution_id)
        record.adaptive_updates += 1
        if event.plan is not None:
            self._show(record, read_plan(event.plan))

    def _show(self, record: SqlRecord, plan: Plan) -> None:
        record.show(plan)
        for name, _ in plan.nodes:
            if (engine := engine_of(name)) != "spark":
                self.engines[engine] = min(name, self.engines.get(engine, name))

    def end(self, event: SqlExecutionEnd) -> None:
        """An execution is over."""
        record = self._record(event.id)
        record.has_ended, record.ended_ms = True, plausible(event.time)
        record.error = first_line(event.error) if event.error else None
        self._keep_longest([record])

    def measured(self, accumulables: Iterable[Accumulable]) -> None:
        """A stage is over: take what its tasks added up for SQL operators."""
        for accumulable in accumulables:
            if accumulable.metadata == "sql" and (value := whole_number(_digits(accumulable.value))) is not None:
                self._values[accumulable.id] = value

    def measured_by_driver(self, event: DriverUpdates) -> None:
        """The driver counted for operators."""
        for accumulator_id, value in event.updates or ():
            self._driver_values[accumulator_id] = self._driver_values.get(accumulator_id, 0) + value

    def _keep_longest(self, ended: Iterable[SqlRecord]) -> None:
        """Drop the operators of all but the longest executions that are over."""
        self._with_plans.update(r.id for r in ended if r.has_started and r.has_ended and r.nodes)
        while len(self._with_plans) > _PLANS_KEPT:
            shortest = min(self._with_plans, key=lambda execution_id: self._records[execution_id].weight)
            self._with_plans.discard(shortest)
            self._records[shortest].nodes = ()

    def merge(self, later: "SqlExecutions") -> None:
        """Take in the executions of the lines that follow."""
        for execution_id, record in later._records.items():
            self._record(execution_id).merge(record)
        self._values.update(later._values)
        for accumulator_id, value in later._driver_values.items():
            self._driver_values[accumulator_id] = self._driver_values.get(accumulator_id, 0) + value
        for engine, name in later.engines.items():
            self.engines[engine] = min(name, self.engines.get(engine, name))
        self._keep_longest(self._records[execution_id] for execution_id in later._records)

    def executions(self, clock: Clock) -> tuple[SqlExecution, ...]:
        """Executions that started, by id."""
        started = sorted((r for r in self._records.values() if r.has_started), key=lambda record: record.id)
        return tuple(self._execution(record, clock) for record in started)

    def _execution(self, record: SqlRecord, clock: Clock) -> SqlExecution:
        ended_ms = record.ended_ms if record.has_ended and record.ended_ms else clock.last_ms
        started, ended = clock.span(record.started_ms or ended_ms, ended_ms)
        return SqlExecution(
            id=record.id,
            description=record.description,
            started=started,
            ended=ended,
            plan_hash=record.plan_hash,
            adaptive_updates=record.adaptive_updates,
            error=record.error,
            operators=self._operators(record),
        )

    def _operators(self, record: SqlRecord) -> tuple[Operator, ...]:
        nodes: dict[str, int] = {}
        metrics: dict[str, dict[str, float]] = {}
        for name, measured in record.nodes:
            nodes[name] = nodes.get(name, 0) + 1
            sums = metrics.setdefault(name, {})
            for metric, scale, accumulator_id in measured:
                if value := self._value(accumulator_id):
                    sums[metric] = sums.get(metric, 0.0) + value * scale
        return tuple(
            Operator(name, engine_of(name), nodes[name], tuple(sorted(metrics[name].items()))) for name in sorted(nodes)
        )

    def _value(self, accumulator_id: int) -> int:
        return max(0, self._values.get(accumulator_id, 0)) + max(0, self._driver_values.get(accumulator_id, 0))

    def inputs(self) -> tuple[InputSource, ...]:
        """What was read from outside Spark, by bytes, largest first."""
        sums: dict[tuple[str, str], list[int]] = {}
        for record in self._records.values():
            for scan in set(record.scans):
                known = sums.setdefault((scan.name, scan.format), [0, 0, 0])
                for place, accumulator_id in enumerate((scan.bytes_id, scan.rows_id, scan.files_id)):
                    known[place] += self._value(accumulator_id)
        found = [InputSource(name, kind, *counts) for (name, kind), counts in sums.items()]
        return tuple(sorted(found, key=lambda source: (-source.bytes, -source.rows, source.name, source.format)))


def _digits(value: msgspec.Raw) -> str:
    """A value as Spark writes it: a number, or one in quotes."""
    return bytes(value).decode(errors="replace").strip('"')
