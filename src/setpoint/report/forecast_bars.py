"""Forecasts as a stretch on a line of time."""

from datetime import datetime, timedelta

from markupsafe import Markup

from setpoint.core.forecast import HORIZON_DAYS, Breach, Forecast
from setpoint.report.forecast_words import breach_words
from setpoint.report.pictures import span_bar

__all__ = ["breach_bar"]


def breach_bar(forecast: Forecast, breach: Breach) -> Markup:
    """The same as a picture: a year from the last run on; nothing within it where the goal is kept for longer."""
    earliest = _place(forecast, breach.earliest)
    middle = None if breach.at is None else _place(forecast, breach.at)
    return span_bar(earliest, middle, _place(forecast, breach.latest), f"{breach.spec}: {breach_words(breach)}")


def _place(forecast: Forecast, at: datetime | None) -> float:
    if at is None:
        return 1.0
    return min(1.0, max(0.0, (at - forecast.since) / timedelta(days=HORIZON_DAYS)))
