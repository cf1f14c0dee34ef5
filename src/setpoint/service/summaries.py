"""What takes long to compute: savings, forecasts and calibration of a project, kept until its ledger grows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self, TypeVar

from setpoint.core.forecast import Forecast, forecast
from setpoint.core.goals import parse_goal
from setpoint.core.history import Entry, fold
from setpoint.core.reliability import Reliability, reliability
from setpoint.core.savings import Account, account
from setpoint.core.savings.rates import paid_prices
from setpoint.errors import GoalError, InputError
from setpoint.service.gathering import Gathering

__all__ = ["Summaries", "forecast_of"]

_Made = TypeVar("_Made")


def forecast_of(entries: Sequence[Entry]) -> Forecast | None:
    """The forecast of a project, at the prices that its last run was charged; None where there is nothing to tell."""
    history = fold(entries)
    if history is None or history.goal is None or not history.runs:
        return None
    try:
        return forecast(history, parse_goal(history.goal.goal), paid_prices(history.runs[-1]))
    except (GoalError, InputError):
        return None  # another version wrote the goal, or its metric needs what the ledger does not hold


@dataclass(frozen=True, slots=True)
class _Kept:
    entries: int
    newest: Entry
    made: object


@dataclass(slots=True)
class Summaries:
    """Of the projects of one ledger. Two that ask at once may both compute; both get the same."""

    accounts: Gathering[Account]
    """Savings of all."""
    reliabilities: Gathering[Reliability]
    """How true the predictions of all were."""
    _kept: dict[tuple[str, str], _Kept] = field(default_factory=dict)

    @classmethod
    def of(cls, read: Callable[[str], Sequence[Entry]]) -> Self:
        """Of the projects whose streams are read so."""
        return cls(Gathering(read, account), Gathering(read, reliability))

    def account(self, project: str, entries: Sequence[Entry]) -> Account:
        """Its savings, run by run."""
        return self._once("account", project, entries, lambda: account(project, entries))

    def reliability(self, project: str, entries: Sequence[Entry]) -> Reliability:
        """How true its predictions were."""
        return self._once("reliability", project, entries, lambda: reliability(project, entries))

    def forecast(self, project: str, entries: Sequence[Entry]) -> Forecast | None:
        """When growth breaks its goal."""
        return self._once("forecast", project, entries, lambda: forecast_of(entries))

    def _once(self, what: str, project: str, entries: Sequence[Entry], make: Callable[[], _Made]) -> _Made:
        kept = self._kept.get((what, project))
        # A ledger only grows: as many entries with the same last one are the same entries.
        if kept is None or not entries or (kept.entries, kept.newest) != (len(entries), entries[-1]):
            made = make()
            if entries:
                self._kept[what, project] = _Kept(len(entries), entries[-1], made)
            return made
        found: _Made = kept.made  # type: ignore[assignment]
        return found
