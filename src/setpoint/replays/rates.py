"""What methods are told that configurations cost, where no list says so: nothing of the workload under test."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from setpoint.core.replay import Grid
from setpoint.replays.columns import column

__all__ = ["Rates"]


@dataclass(slots=True)
class Rates:
    """Dollars a second of configurations, as the bills of all workloads have them."""

    _billed: dict[tuple[str, str], list[tuple[str, float]]] = field(default_factory=dict)
    """By dataset and configuration: workload, dollars a second."""

    @classmethod
    def of(cls, grids: Sequence[Grid]) -> "Rates":
        """What these workloads were charged."""
        rates = cls()
        for grid in grids:
            for config, rate in zip(grid.space.configs, grid.charged_per_second.tolist(), strict=True):
                rates._billed.setdefault((grid.dataset, config), []).append((grid.workload, rate))
        return rates

    def without_answers(self, grid: Grid) -> tuple[Grid, bool]:
        """The grid, its space telling what others paid on each configuration where no list tells its price.

        And whether there were others for all of them. If not, what the grid's own runs cost is told, which may say how
        long they took.
        """
        if grid.listed is None or grid.listed.all():
            return grid, True
        told = [
            [rate] if listed else self._of_others(grid, config)
            for config, rate, listed in zip(
                grid.space.configs, grid.space.dollars_per_second.tolist(), grid.listed.tolist(), strict=True
            )
        ]
        own = grid.space.dollars_per_second.tolist()
        rates = column(median(each) if each else own[row] for row, each in enumerate(told))
        return replace(grid, space=replace(grid.space, dollars_per_second=rates)), all(told)

    def _of_others(self, grid: Grid, config: str) -> list[float]:
        billed = self._billed.get((grid.dataset, config), [])
        return [rate for workload, rate in billed if workload.casefold() != grid.workload.casefold()]
