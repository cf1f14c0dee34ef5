"""Structured streaming queries: how long their batches took, as the queries themselves report it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from setpoint.core.eventlog.bins import Tally, bin_of, middle_of
from setpoint.core.eventlog.events import BatchProgress
from setpoint.core.profile import StreamingQuery

__all__ = ["StreamingQueries"]

_BITS = 6
"""Durations are within 1 % of the exact ones."""


@dataclass(slots=True)
class _QueryRecord:
    """One query while the log is read. Times are milliseconds."""

    id: str
    name: str = ""
    batches: int = 0
    rows: int = 0
    longest_ms: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    durations: Tally = field(default_factory=Tally)
    intervals: Tally = field(default_factory=Tally)

    def follow(self, moment_ms: int) -> None:
        """A batch started after the last one."""
        if self.last_ms is not None:
            self.intervals.add([(bin_of(max(0, moment_ms - self.last_ms), _BITS), 1)])
        self.first_ms = moment_ms if self.first_ms is None else self.first_ms
        self.last_ms = moment_ms

    def merge(self, later: "_QueryRecord") -> None:
        self.name = self.name or later.name
        self.batches += later.batches
        self.rows += later.rows
        self.longest_ms = max(self.longest_ms, later.longest_ms)
        self.durations.add(later.durations.items())
        if later.first_ms is not None:
            self.follow(later.first_ms)
            self.intervals.add(later.intervals.items())
            self.last_ms = later.last_ms


class StreamingQueries:
    """All streaming queries of an application."""

    def __init__(self) -> None:
        self._records: dict[str, _QueryRecord] = {}

    def progress(self, batch: BatchProgress) -> None:
        """A query reports a batch; a report without a duration is one that it was idle."""
        record = self._records.setdefault(batch.id, _QueryRecord(batch.id))
        record.name = record.name or batch.name or ""
        duration_ms = batch.durations.whole_ms if batch.durations else None
        if duration_ms is None or duration_ms < 0:
            return
        record.batches += 1
        record.rows += sum(max(0, source.rows or 0) for source in batch.sources or ())
        record.longest_ms = max(record.longest_ms, duration_ms)
        record.durations.add([(bin_of(duration_ms, _BITS), 1)])
        if (moment_ms := _epoch_ms(batch.timestamp)) is not None:
            record.follow(moment_ms)

    def merge(self, later: "StreamingQueries") -> None:
        """Take in the batches of the lines that follow."""
        for query_id, record in later._records.items():
            self._records.setdefault(query_id, _QueryRecord(query_id)).merge(record)

    def queries(self) -> tuple[StreamingQuery, ...]:
        """What was seen of each query, by id."""
        return tuple(_query(record) for _, record in sorted(self._records.items()))


def _query(record: _QueryRecord) -> StreamingQuery:
    intervals = _quantile_seconds(record.intervals, 0.5)
    longest = record.longest_ms / 1000
    return StreamingQuery(
        id=record.id,
        name=record.name,
        batches=record.batches,
        rows=record.rows,
        median_seconds=min(longest, _quantile_seconds(record.durations, 0.5) or 0.0),
        p95_seconds=min(longest, _quantile_seconds(record.durations, 0.95) or 0.0),
        most_seconds=longest,
        interval_seconds=intervals,
    )


def _quantile_seconds(tally: Tally, share: float) -> float | None:
    counted = list(tally.items())
    rank = share * sum(count for _, count in counted)
    for key, count in counted:
        rank -= count
        if rank <= 0:
            return middle_of(key, _BITS) / 1000
    return None


def _epoch_ms(timestamp: str | None) -> int | None:
    try:
        moment = datetime.fromisoformat(timestamp or "")
    except ValueError:
        return None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
