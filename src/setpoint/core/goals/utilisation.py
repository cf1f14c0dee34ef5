"""The metric `utilisation`: share of the cores' time in which they worked."""

import math

from setpoint.core.domain import ClusterSpec, Run
from setpoint.core.goals.amounts import share_of_text, written_share
from setpoint.core.goals.conditions import NOTHING_SEEN, Conditions
from setpoint.core.goals.metric import Metric
from setpoint.core.pricebook import PriceBook
from setpoint.core.words import percent


class UtilisationMetric(Metric):
    """CPU time of the tasks over slots × runtime: what is paid for and stands still is what is left to one."""

    name = "utilisation"
    about = "CPU time of the tasks over all slots' time; to be maximised, or limited from below"
    bound_example = "60%"
    unit = "%"
    needs = "event logs with the CPU time of tasks, of work that the JVM does"
    is_high_better = True

    def parse_bound(self, text: str) -> float | None:
        """A share up to one; None where the text is none."""
        share = share_of_text(text)
        return share if share is not None and share <= 1 else None

    def written(self, amount: float) -> str:
        """As in `60%`."""
        return written_share(amount)

    def show(self, amount: float) -> str:
        """The amount in words."""
        return percent(amount)

    def of_run(self, run: Run) -> float | None:
        """None where the log has no CPU times, or others than the JVM did the work."""
        core_seconds = run.profile.core_seconds if run.profile is not None and run.succeeded else None
        return None if core_seconds is None else min(1.0, core_seconds / (run.spec.slots * run.seconds))

    def untold(self, prices: PriceBook, seen: Conditions) -> str | None:
        """Where no log has CPU times."""
        if seen.core_seconds is not None:
            return None
        return (
            "utilisation: no recent run's log has the CPU time of its tasks (there is none, or Python or a GPU did "
            "the work); take that clause out of the goal"
        )

    def at(
        self,
        spec: ClusterSpec,
        seconds: float,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """The work is the same, so the share falls as the runtime and the slots grow."""
        work = seen.core_seconds or 0.0
        return min(1.0, work / (spec.slots * seconds)) if seconds > 0 else 1.0

    def seconds_within(
        self,
        bound: float,
        spec: ClusterSpec,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """The time in which the work fills so large a share of the slots."""
        return math.inf if seen.core_seconds is None else seen.core_seconds / (spec.slots * bound)
