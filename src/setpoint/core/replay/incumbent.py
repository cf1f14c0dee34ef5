"""The configuration to fall back on: the best of what was seen."""

from collections.abc import Sequence

from setpoint.core.replay.grid import Space
from setpoint.core.replay.method import Task, Trial

__all__ = ["incumbent"]


def incumbent(seen: Sequence[Trial], space: Space, task: Task) -> int:
    """The cheapest that completed in time, by the mean of its runs; the parent where none did.

    A configuration is in time where all its runs were.
    """
    runs: dict[int, list[Trial]] = {}
    for trial in seen:
        runs.setdefault(trial.index, []).append(trial)
    dollars = {
        index: sum(each.seconds for each in trials) / len(trials) * float(space.dollars_per_second[index])
        for index, trials in runs.items()
        if all(each.completed and task.keeps(each.seconds) for each in trials)
    }
    return min(dollars, key=dollars.__getitem__, default=seen[0].index)
