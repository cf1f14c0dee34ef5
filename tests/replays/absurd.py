"""Methods that go wrong, where worker processes can import them."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from setpoint.core.replay import Choice, Grid, Space, Task, Trial, Tuner
from setpoint.errors import InputError


@dataclass(frozen=True)
class Absurd:
    """Chooses what is not there."""

    is_random = False

    def begin(self, space: Space, known: Sequence[Grid], task: Task, seed: int) -> Tuner:  # noqa: ARG002
        return self

    def choose(self, seen: Sequence[Trial], runs_left: int) -> Choice:  # noqa: ARG002
        return Choice(-1)


@dataclass(frozen=True)
class Dying:
    """Ends its process."""

    is_random = False

    def begin(self, space: Space, known: Sequence[Grid], task: Task, seed: int) -> Tuner:  # noqa: ARG002
        os._exit(3)


@dataclass(frozen=True)
class Failing:
    """Has a defect."""

    is_random = False

    def begin(self, space: Space, known: Sequence[Grid], task: Task, seed: int) -> Tuner:  # noqa: ARG002
        raise KeyError("lost")


@dataclass(frozen=True)
class Pricing:
    """Tells what it is told of prices."""

    is_random = False

    def begin(self, space: Space, known: Sequence[Grid], task: Task, seed: int) -> Tuner:  # noqa: ARG002
        told = [each.space.dollars_per_second for each in known]
        raise InputError(
            "; ".join(" ".join(f"{rate:.3f}" for rate in rates) for rates in (space.dollars_per_second, *told))
        )


@dataclass(frozen=True)
class Sleeping:
    """Never begins."""

    is_random = False

    def begin(self, space: Space, known: Sequence[Grid], task: Task, seed: int) -> Tuner:  # noqa: ARG002
        time.sleep(600)
        return self

    def choose(self, seen: Sequence[Trial], runs_left: int) -> Choice:  # noqa: ARG002
        return Choice(0)


@dataclass(frozen=True)
class Telling:
    """Tells what is known."""

    is_random = False

    def begin(self, space: Space, known: Sequence[Grid], task: Task, seed: int) -> Tuner:  # noqa: ARG002
        raise InputError(" ".join(f"{each.dataset} {each.workload}" for each in known) or "nothing")
