"""A whole replay: every workload under every method, and the oracle beside; figures for each dataset and method."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from setpoint.core.replay import (
    ORACLE,
    Bout,
    Episode,
    Grid,
    LeaveOut,
    Method,
    Rules,
    by_size,
    is_comparable,
    known_for,
    summary,
)
from setpoint.replays.rates import Rates
from setpoint.replays.team import Team

__all__ = ["Asked", "Played", "Progress", "play_all"]

Progress = Callable[[int, int], None]
"""So many bouts of so many are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be replayed."""

    grids: Sequence[Grid]
    methods: Mapping[str, Method]
    with_oracle: bool = False
    """Whether the oracle gets figures of its own too; those beside each method's it has anyway."""
    known: Sequence[Grid] | None = None
    """The only workloads that may be known; None: those of the same dataset among the grids; empty: nothing."""
    leave_out: LeaveOut = "algorithm"
    rules: Rules = field(default_factory=Rules)


@dataclass(frozen=True, slots=True)
class Played:
    """What came of it."""

    summaries: tuple[Mapping[str, object], ...]
    """By dataset, then by method in the order of asking, the oracle last where it was asked for."""
    without_prior: tuple[str, ...]
    """Datasets with a workload for which nothing of the same dataset was known."""
    with_own_rates: tuple[str, ...] = ()
    """Datasets with a workload whose dollars a second come from what its own runs cost: no list has them, nor any other
    workload."""


def play_all(asked: Asked, processes: int, progress: Progress = lambda _done, _all: None) -> Played:
    """Play everything. The same figures come of any number of processes."""
    names = [*asked.methods, ORACLE]
    rates = Rates.of([*asked.grids, *(asked.known or ())])
    told = [rates.without_answers(grid) for grid in asked.grids]
    bouts = [
        replace(_bout(asked, grid, name), grid=seen)
        for name in names
        for grid, (seen, _) in zip(asked.grids, told, strict=True)
    ]
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        progress(done, len(bouts))

    with Team(processes) as team:
        played = team.play(bouts, count)
    keys = [(name, id(grid)) for name in names for grid in asked.grids]
    wanted = [*asked.methods, *([ORACLE] if asked.with_oracle else [])]
    summaries = _summaries(asked, wanted, dict(zip(keys, played, strict=True)))
    own = dict.fromkeys(grid.dataset for grid, (_, is_fair) in zip(asked.grids, told, strict=True) if not is_fair)
    return Played(summaries, _without_prior(asked, bouts), tuple(own))


def _bout(asked: Asked, grid: Grid, name: str) -> Bout:
    if asked.known is None:
        others = [other for other in asked.grids if other.dataset == grid.dataset]
    else:
        others = [other for other in asked.known if is_comparable(grid, other)]
    known = known_for(grid, others, asked.leave_out)
    return Bout(grid, known, name, None if name == ORACLE else asked.methods[name], asked.rules)


def _summaries(
    asked: Asked, names: Sequence[str], episodes: Mapping[tuple[str, int], tuple[Episode, ...]]
) -> tuple[Mapping[str, object], ...]:
    found: list[Mapping[str, object]] = []
    for dataset, grids in by_size(asked.grids).items():
        oracle = [episode for grid in grids for episode in episodes[ORACLE, id(grid)]]
        for name in names:
            own = [episode for grid in grids for episode in episodes[name, id(grid)]]
            figures = summary(dataset, name, len(grids), own, oracle)
            found.append({**figures, "horizon": asked.rules.horizon, "goal": asked.rules.goal})
    return tuple(found)


def _without_prior(asked: Asked, bouts: Sequence[Bout]) -> tuple[str, ...]:
    if asked.known is not None and not asked.known:
        return ()
    return tuple(dict.fromkeys(bout.grid.dataset for bout in bouts if not bout.known))
