"""One episode: a parent run, one recommendation judged by itself, and the loop over the horizon."""

from collections.abc import Sequence
from dataclasses import dataclass

from setpoint.core.replay.grading import GradeBook, Grades
from setpoint.core.replay.incumbent import incumbent
from setpoint.core.replay.method import Choice, Trial, Tuner
from setpoint.core.replay.plant import Plant, best_config
from setpoint.errors import InputError

__all__ = ["BEST_OF", "CHOSEN", "Episode", "play"]

BEST_OF = 10
"""Of the first so many runs the cheapest is reported."""
CHOSEN = 5
"""After so many chosen runs the incumbent is compared with the parent."""
NEAR = (0.05, 0.10)
"""Shares above the optimum; reported is the first run that came so near."""


@dataclass(frozen=True, slots=True)
class Episode:
    """What came of one parent."""

    reduction: float
    """Of the one recommendation: 1 − charged / cost of the parent."""
    is_failed: bool
    """Whether that run missed: failed, or over the deadline."""
    cumulative: float
    """Mean dollars charged per run ÷ dollars of the optimum, over the horizon."""
    best10: float | None
    """Cheapest configuration that completed in time among the first ten runs ÷ the optimum; None: none did."""
    reduction_after_5: float
    """Of the incumbent after five chosen runs, against the parent."""
    misses: int
    """Among all runs, the parent's included."""
    misses_after_parent: int
    runs_to_near: tuple[int | None, ...]
    """For each of NEAR the number of the first run within it; None: none was."""
    tried: int
    """Different configurations."""
    grades: Grades


def play(plant: Plant, parent: int, tuner: Tuner) -> Episode:
    """Run a tuner on the plant, from a parent that completed."""
    first = plant.run(parent, 0)
    one_step = _checked(tuner.choose((first,), 1), plant)
    tried = plant.run(one_step.index, 1 % plant.task.horizon)
    charge = plant.charge(tried, 1 % plant.task.horizon, parent)
    reduction = 0.0 if one_step.index == parent else 1 - charge.dollars / _dollars(plant, first)
    return _Online(plant, parent).play(tuner, first, reduction, is_failed=charge.is_miss)


class _Online:
    """The loop over the horizon."""

    def __init__(self, plant: Plant, parent: int) -> None:
        self.plant = plant
        self.parent = parent
        self.seen: list[Trial] = []
        self.charged: list[float] = []
        self.misses: list[bool] = []
        self.book = GradeBook(plant.grid)

    def play(self, tuner: Tuner, first: Trial, reduction: float, *, is_failed: bool) -> Episode:
        self._take(first)
        choice: Choice | None = None
        while len(self.seen) < self.plant.task.horizon:
            if choice is None or not choice.is_final:
                left = self.plant.task.horizon - len(self.seen)
                choice = _checked(tuner.choose(tuple(self.seen), left), self.plant)
            self.book.before_run(choice, self.seen)
            is_first = choice.index not in {trial.index for trial in self.seen}
            trial = self.plant.run(choice.index, len(self.seen))
            self._take(trial)
            self.book.after_run(choice, trial, is_first=is_first, is_miss=self.misses[-1])
        return self._episode(reduction, is_failed=is_failed)

    def _take(self, trial: Trial) -> None:
        fallback = self.parent
        if not trial.completed:
            fallback = incumbent(self.seen, self.plant.grid.space, self.plant.task)
        charge = self.plant.charge(trial, len(self.seen), fallback)
        self.seen.append(trial)
        self.charged.append(charge.dollars)
        self.misses.append(charge.is_miss)

    def _episode(self, reduction: float, *, is_failed: bool) -> Episode:
        dollars = self.plant.grid.dollars
        best = float(dollars[best_config(self.plant.grid, self.plant.task)])
        kept = incumbent(self.seen[: CHOSEN + 1], self.plant.grid.space, self.plant.task)
        ratios = [self._ratio(trial, best) for trial in self.seen]
        good = [ratio for ratio in ratios[:BEST_OF] if ratio is not None]
        return Episode(
            reduction=reduction,
            is_failed=is_failed,
            cumulative=sum(self.charged) / len(self.charged) / best,
            best10=min(good, default=None),
            reduction_after_5=0.0 if kept == self.parent else 1 - float(dollars[kept] / dollars[self.parent]),
            misses=sum(self.misses),
            misses_after_parent=sum(self.misses[1:]),
            runs_to_near=tuple(_first_within(ratios, 1 + share) for share in NEAR),
            tried=len({trial.index for trial in self.seen}),
            grades=self.book.grades(),
        )

    def _ratio(self, trial: Trial, best: float) -> float | None:
        """Without noise; None where the configuration did not complete in time."""
        grid = self.plant.grid
        if not trial.completed or not self.plant.task.keeps(float(grid.seconds[trial.index])):
            return None
        return float(grid.dollars[trial.index]) / best


def _first_within(ratios: Sequence[float | None], most: float) -> int | None:
    return next((number for number, ratio in enumerate(ratios, 1) if ratio is not None and ratio <= most), None)


def _dollars(plant: Plant, trial: Trial) -> float:
    return float(plant.grid.charged_per_second[trial.index]) * trial.seconds


def _checked(choice: Choice, plant: Plant) -> Choice:
    if not 0 <= choice.index < len(plant.grid):
        raise InputError(f"The method chose configuration {choice.index} of {len(plant.grid)}: that is none.")
    return choice
