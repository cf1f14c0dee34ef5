"""Metrics as data: what each is, and how a goal names it."""

from collections.abc import Iterator

from setpoint.core.goals.metric import Metric

__all__ = ["aim_of", "clauses_for", "metric_as_data"]


def metric_as_data(metric: Metric) -> dict[str, object]:
    """A metric for programs."""
    return {
        "name": metric.name,
        "unit": metric.unit,
        "about": metric.about,
        "needs": metric.needs or None,
        "is_high_better": metric.is_high_better,
        "examples": list(clauses_for(metric)),
    }


def clauses_for(metric: Metric) -> Iterator[str]:
    """What a goal may say of it.

    >>> from setpoint.core.goals import METRICS
    >>> list(clauses_for(METRICS["ready"]))
    ['ready by 06:00 Europe/Berlin']
    """
    if metric.role != "limit":
        yield aim_of(metric)
    if metric.bound_example:
        sign = "by" if metric.name == "ready" else ">=" if metric.is_high_better else "<="
        yield f"{metric.name} {sign} {metric.bound_example}"


def aim_of(metric: Metric) -> str:
    """What a goal that is after it alone says."""
    return f"{'maximise' if metric.is_high_better else 'minimise'} {metric.name}"
