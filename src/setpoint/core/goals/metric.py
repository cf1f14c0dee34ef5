"""What every metric owes: a word, a bound, what a run measured, and what a runtime on a spec comes to."""

from typing import ClassVar, Literal, Protocol

from setpoint.core.domain import ClusterSpec, Run
from setpoint.core.goals.conditions import NOTHING_SEEN, Conditions
from setpoint.core.pricebook import PriceBook

__all__ = ["Metric", "Role"]

Role = Literal["aim", "limit", "both"]
"""What it may be in a goal: minimised or maximised, limited, or either."""


class Metric(Protocol):
    """Something a goal may minimise, maximise or limit. It must not get better as the runtime grows."""

    name: ClassVar[str]
    """The word for it in a goal."""
    about: ClassVar[str]
    """What it is, in a line."""
    bound_example: ClassVar[str]
    """A bound as somebody would write it; empty where it has none."""
    unit: ClassVar[str]
    needs: ClassVar[str] = ""
    """What must be there so that it can be told; empty where every run tells."""
    role: ClassVar[Role] = "both"
    is_high_better: ClassVar[bool] = False
    """Whether it is maximised and limited from below."""
    is_timed: ClassVar[bool] = True
    """Whether it changes with the runtime; otherwise the spec alone decides."""
    is_proportional: ClassVar[bool] = False
    """Whether twice the runtime is twice the metric, whatever the job."""

    def parse_bound(self, text: str) -> float | None:
        """The bound in the metric's unit; None where the text is none."""
        ...

    def written(self, amount: float) -> str:
        """A bound as it is written in a goal, exactly."""
        ...

    def show(self, amount: float) -> str:
        """The amount in words."""
        ...

    def of_run(self, run: Run) -> float | None:
        """What a run measured; None where it does not tell."""
        ...

    def at(
        self,
        spec: ClusterSpec,
        seconds: float,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """What a runtime on a spec comes to. `failing` is the probability that the run fails because of the spec."""
        ...

    def seconds_within(
        self,
        bound: float,
        spec: ClusterSpec,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """The longest runtime on a spec that keeps the bound; infinite where any does, 0 where none does."""
        ...

    def untold(self, prices: PriceBook, seen: Conditions) -> str | None:
        """Why it cannot be told of this project, and what to do; None where it can."""
        return None

    def keeps(self, amount: float, bound: float) -> bool:
        """Whether an amount stays within a bound."""
        return amount >= bound if self.is_high_better else amount <= bound

    def kept_by(self, run: Run, bound: float) -> bool:
        """Whether a run stayed within a bound; one that does not tell did not break it."""
        amount = self.of_run(run)
        return amount is None or self.keeps(amount, bound)
