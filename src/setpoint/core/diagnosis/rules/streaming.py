"""Rules on streaming: whether batches keep their rhythm."""

from setpoint.core.diagnosis.case import Case, Finding
from setpoint.core.words import rough_duration, share_of

_ENOUGH_BATCHES = 5
_RHYTHM_SHARE = 0.8
_LATE_RATIO = 1.1
_LATE_PART = 0.05


def slow_batches(case: Case) -> Finding | None:
    """Streaming queries some of whose batches took longer than the time between two of them."""
    late = [
        query
        for query in case.profile.streaming
        if query.interval_seconds
        and query.batches >= _ENOUGH_BATCHES
        # A query without pauses starts each batch as the last one ends: it has no interval to keep.
        and query.median_seconds < _RHYTHM_SHARE * query.interval_seconds
        and query.p95_seconds > _LATE_RATIO * query.interval_seconds
    ]
    if not late:
        return None
    worst = max(late, key=lambda query: query.p95_seconds / (query.interval_seconds or 1.0))
    gain = sum(_LATE_PART * q.batches * (q.p95_seconds - (q.interval_seconds or 0.0)) for q in late)
    interval = worst.interval_seconds or 0.0
    text = (
        f"{share_of(_LATE_PART, 1)} of the {worst.batches:,} batches of {worst.name or worst.id} took "
        f"{rough_duration(worst.p95_seconds)} or longer (at most {rough_duration(worst.most_seconds)}); "
        f"one starts every {rough_duration(interval)}"
    )
    return Finding("slow-batches", text, gain, "the batches after them start late: limit their input, or add slots")
