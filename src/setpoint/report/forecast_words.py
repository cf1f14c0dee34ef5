"""Forecasts in words."""

import math

from setpoint.core.forecast import Breach, Forecast

__all__ = ["breach_words", "growth_words"]

_WEEK_DAYS = 7


def growth_words(forecast: Forecast) -> str:
    """How fast what grows."""
    trend = forecast.trend
    week, low, high = (math.expm1(_WEEK_DAYS * slope) for slope in (trend.slope, trend.low, trend.high))
    what = "The input" if forecast.measure == "input" else "The runtime at one spec"
    over = f"{trend.points} runs over {trend.days:.0f} days"
    return f"{what} changes by {week:+.1%} a week ({low:+.1%} to {high:+.1%} with 90 %; {over})."


def breach_words(breach: Breach) -> str:
    """When a spec no longer keeps the goal."""
    what = "runs would fail for want of memory" if breach.cause == "memory" else "the goal is missed"
    if breach.is_broken:
        return f"{what} already, more often than allowed."
    if breach.earliest is None:
        return "not within a year."
    if breach.at is None:
        return f"likely not within a year; with the fastest growth, {what} from {breach.earliest:%Y-%m-%d}."
    until = "a year or never" if breach.latest is None else f"{breach.latest:%Y-%m-%d}"
    return f"{what} from about {breach.at:%Y-%m-%d} ({breach.earliest:%Y-%m-%d} to {until})."
