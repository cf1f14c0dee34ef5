"""Rows and figures → what is told over the wire."""

from setpoint.core.forecast import Breach
from setpoint.core.forecast import Forecast as Foreseen
from setpoint.core.reliability import Reliability
from setpoint.core.savings import Saved as SavedRow
from setpoint.report.forecast_words import breach_words, growth_words
from setpoint.service.rows import Band, CandidateRow, DecisionRow, RunRow
from setpoint.service.wire.told import (
    BreachTold,
    Calibration,
    Coverage,
    Decision,
    Forecast,
    Interval,
    Run,
    Saved,
    Stated,
    Weighed,
)

__all__ = ["told_calibration", "told_decision", "told_forecast", "told_run", "told_saved"]


def told_run(row: RunRow) -> Run:
    """One run."""
    return Run(
        number=row.number,
        id=row.id,
        started_at=row.started_at,
        spec=row.spec,
        input_bytes=row.input_bytes,
        predicted=_weighed(row.predicted),
        seconds=row.seconds,
        dollars=row.dollars,
        cost_label=row.cost_label,
        outcome=row.outcome.value,
        fault=row.fault,
        error=row.error,
        note=row.note,
        retry=row.retry,
        missed=list(row.missed),
    )


def told_decision(number: int, row: DecisionRow) -> Decision:
    """One decision."""
    return Decision(
        number=number,
        id=row.id,
        at=row.at,
        kind=row.kind,
        title=row.title,
        reason=row.reason,
        after_run=row.after_run,
        from_spec=row.from_spec,
        to_spec=row.to_spec,
        applied=row.applied,
        phase=row.phase.value,
        considered=row.considered,
        current=_weighed(row.current),
        chosen=_weighed(row.chosen),
        refused=_weighed(row.refused),
        refused_reason=row.refused_reason,
        waits=row.waits,
        approved_by=row.approved_by,
    )


def _weighed(row: CandidateRow | None) -> Weighed | None:
    if row is None:
        return None
    return Weighed(
        spec=row.spec,
        seconds=_interval(row.seconds),
        median_seconds=row.median_seconds,
        dollars=_interval(row.dollars),
        median_dollars=row.median_dollars,
        cost_label=row.cost_label,
        miss_risk=row.miss_risk,
        failure_risk=row.failure_risk,
    )


def _interval(band: Band) -> Interval:
    return Interval(low=band.low, high=band.high)


def told_saved(row: SavedRow) -> Saved:
    """What was saved."""
    return Saved.model_validate(row, from_attributes=True)


def told_forecast(found: Foreseen) -> Forecast:
    """Where growth leads."""
    return Forecast(
        since=found.since,
        measure=found.measure,
        words=growth_words(found),
        current=_breach(found.current),
        best=_breach(found.best),
    )


def _breach(breach: Breach) -> BreachTold:
    return BreachTold(
        spec=str(breach.spec),
        cause=breach.cause,
        growth=breach.growth,
        at=breach.at,
        earliest=breach.earliest,
        latest=breach.latest,
        words=breach_words(breach),
    )


def told_calibration(row: Reliability) -> Calibration:
    """What was said against what was."""
    return Calibration(
        name=row.name,
        predictions=row.predictions,
        covered=[Coverage(share=it.share, held=it.held, runs=it.runs) for it in row.covered],
        risks=[
            Stated(low=it.low, high=it.high, runs=it.runs, misses=it.misses, mean_risk=it.mean_risk)
            for it in row.stated
        ],
        cost_factor=None if row.bias is None else row.bias.factor,
    )
