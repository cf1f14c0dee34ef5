"""What happens to the demo's pipeline, run by run: the world's part, of which the loop is told nothing."""

import math
from dataclasses import dataclass

from setpoint.core.domain import ClusterSpec, SearchSpace

__all__ = [
    "FAST_RUNS",
    "PROJECT",
    "SPACE",
    "START",
    "UNTOUCHED",
    "USUAL_RUNS",
    "Chapter",
    "chapter_of",
    "chapters",
    "stated_goal",
]

PROJECT = "shop-report"
UNTOUCHED = f"{PROJECT}-untouched"
"""The same pipeline left alone: what the savings are measured against."""
START = ClusterSpec.local(16, 8192)
"""What the owner runs it on: sized once for the busiest day, as such jobs are."""
SPACE = SearchSpace(slots=(1, 2, 3, 4, 5, 6, 8, 10, 12, 16), task_memory_mib=(1024, 2048, 4096, 8192))
DEADLINE_FACTOR = 1.6
"""Deadline of the goal over the runtime on the starting spec: time that nobody needs, and that can be sold."""
COST_FACTOR = 0.9
"""Cost set point over the cost on the starting spec: it is to be cheaper for good, with more data and code too."""

USUAL_RUNS = 16
FAST_RUNS = 12


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stretch of runs under the same circumstances."""

    title: str
    runs: int
    input_scale: int
    code_version: int


def chapters(runs: int) -> tuple[Chapter, ...]:
    """The story over so many runs: 4 of 10 to settle, 3 with doubled input, 3 with heavier code.

    >>> [chapter.runs for chapter in chapters(20)]
    [8, 6, 6]
    """
    grown = round(runs * 0.3)
    heavier = round(runs * 0.3)
    return (
        Chapter("The pipeline as it is, on the spec its owner gave it", runs - grown - heavier, 1, 1),
        Chapter("The input has doubled", grown, 2, 1),
        Chapter("A new version of the code does more work", heavier, 2, 2),
    )


def stated_goal(seconds: float, dollars: float) -> str:
    """The goal of an owner who knows how the pipeline runs today, as people round it.

    >>> stated_goal(9.7, 0.0023)
    'minimise cost; runtime <= 16s; cost <= $0.0021'
    """
    deadline = math.ceil(seconds * DEADLINE_FACTOR)
    if dollars <= 0:
        return f"minimise cost; runtime <= {deadline}s"
    digits = max(2, 1 - math.floor(math.log10(dollars * COST_FACTOR)))
    return f"minimise cost; runtime <= {deadline}s; cost <= ${dollars * COST_FACTOR:.{digits}f}"


def chapter_of(run: int, runs: int) -> Chapter:
    """The chapter of the run with this number, counted from 0; later ones belong to the last."""
    for chapter in chapters(runs):
        if run < chapter.runs:
            return chapter
        run -= chapter.runs
    return chapters(runs)[-1]
