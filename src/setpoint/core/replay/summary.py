"""The figures of many episodes, as the JSON of `setpoint replay` has them; shares, not percentages."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import median

import numpy as np

from setpoint.core.belief.grades import COVERED, RISKS, is_between
from setpoint.core.replay.episode import NEAR, Episode
from setpoint.core.replay.grading import GRADED_AFTER, Grades

__all__ = ["CHEAPER", "summary"]

CHEAPER = 0.01
"""Less of a reduction is no improvement."""
_NEVER = float("inf")

Figures = dict[str, object]


def summary(
    dataset: str, method: str, workloads: int, episodes: Sequence[Episode], oracle: Sequence[Episode]
) -> Figures:
    """One object per dataset and method."""
    grades = [episode.grades for episode in episodes]
    return {
        "dataset": dataset,
        "method": method,
        "workloads": workloads,
        "episodes": len(episodes),
        **_charged(episodes),
        "oracle": _charged(oracle),
        "coverage": _coverage([(each.intervals, each.within) for each in grades]),
        "coverage_all": _coverage([(each.all_intervals, each.all_within) for each in grades]),
        "mape": _mape(grades),
        "risk": _risk(grades),
    }


def _charged(episodes: Sequence[Episode]) -> Figures:
    return {"one_step": _one_step(episodes), "online": _online(episodes)}


def _one_step(episodes: Sequence[Episode]) -> Figures:
    reductions = [episode.reduction for episode in episodes]
    return {
        "improved": _share(episode.reduction >= CHEAPER and not episode.is_failed for episode in episodes),
        "median": _quantile(reductions, 0.5),
        "p10": _quantile(reductions, 0.1),
        "p90": _quantile(reductions, 0.9),
        "failed": _share(episode.is_failed for episode in episodes),
    }


def _online(episodes: Sequence[Episode]) -> Figures:
    cumulative = [episode.cumulative for episode in episodes]
    after_5 = [episode.reduction_after_5 for episode in episodes]
    figures: Figures = {
        "cum25_mean": float(np.mean(cumulative)),
        "cum25_median": _quantile(cumulative, 0.5),
        "cum25_p90": _quantile(cumulative, 0.9),
        "best10_median": _reached([episode.best10 for episode in episodes]),
        "improved_after_5": _share(reduction >= CHEAPER for reduction in after_5),
        "median_after_5": _quantile(after_5, 0.5),
        "misses": float(np.mean([episode.misses for episode in episodes])),
        "misses_after_parent": float(np.mean([episode.misses_after_parent for episode in episodes])),
        "tried": float(np.mean([episode.tried for episode in episodes])),
    }
    for number, share in enumerate(NEAR):
        figures[f"runs_to_{share:.0%}".rstrip("%")] = _reached([each.runs_to_near[number] for each in episodes])
    return figures


def _reached(values: Iterable[float | None]) -> float | None:
    """The median where what was never reached counts as infinite; None where the median was never reached."""
    middle = float(median(_NEVER if value is None else value for value in values))
    return None if middle == _NEVER else middle


def _coverage(counted: Sequence[tuple[int, tuple[int, ...]]]) -> Figures:
    runs = sum(count for count, _ in counted)
    figures: Figures = {
        f"{share * 100:.0f}": sum(within[place] for _, within in counted) / runs if runs else None
        for place, share in enumerate(COVERED)
    }
    return {**figures, "runs": runs}


def _mape(grades: Sequence[Grades]) -> Figures:
    figures: Figures = {}
    for place, after in enumerate(GRADED_AFTER):
        errors = [error for each in grades if (error := each.errors[place]) is not None]
        figures[str(after)] = float(np.mean(errors)) if errors else None
    return figures


def _risk(grades: Sequence[Grades]) -> list[Mapping[str, float | int]]:
    stated = [each for grade in grades for each in grade.risks]
    buckets: list[Mapping[str, float | int]] = []
    for low, high in pairwise(RISKS):
        inside = [(risk, miss) for risk, miss in stated if is_between(risk, low, high)]
        buckets.append(
            {
                "from": low,
                "to": high,
                "runs": len(inside),
                "expected": sum(risk for risk, _ in inside),
                "misses": sum(miss for _, miss in inside),
            }
        )
    return buckets


def _share(statements: Iterable[bool]) -> float:
    return float(np.mean([float(statement) for statement in statements]))


def _quantile(values: Sequence[float], level: float) -> float:
    return float(np.quantile(values, level))
