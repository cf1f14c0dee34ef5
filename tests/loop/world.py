"""A small world: one simulated plant under the loop, night after night."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from setpoint.core.domain import ClusterSpec, Decision, Run, SearchSpace
from setpoint.core.history import Applied, Decided, Disturbed, Entry, Mode
from setpoint.core.pricebook import PriceBook
from setpoint.ledger import Ledger
from setpoint.ledger.memory import MemoryLedger
from setpoint.loop import Loop, State
from setpoint.platforms import Platform
from setpoint.testing.plant import Physics, SimulatedPlant

PROJECT = "nightly"
PRICES = PriceBook.of_cores(0.052624, 0.0057785, "an example")
SPACE = SearchSpace((1, 2, 3, 4, 6, 8, 12, 16), (512, 1024, 2048, 4096, 8192))
WASTEFUL = ClusterSpec.local(16, 8192)
GOAL = "minimise cost; runtime <= 22s"


@dataclass
class World:
    """The plant, the loop around it, and what they did."""

    plant: SimulatedPlant
    loop: Loop

    def night(self, **how: object) -> Decision | None:
        """One run, and the tick after it."""
        self.plant.run(**how)  # type: ignore[arg-type]
        return self.loop.tick(PROJECT)

    def nights(self, count: int) -> list[Run]:
        """So many nights; their runs."""
        for _ in range(count):
            self.night()
        return list(self.state.history.runs[-count:])

    def change_physics(self, **changes: float) -> None:
        """The data, the code or the machine become others."""
        self.plant.physics = replace(self.plant.physics, **changes)  # type: ignore[arg-type]

    @property
    def state(self) -> State:
        return self.loop.state(PROJECT)

    @property
    def spec(self) -> ClusterSpec:
        """What the next run gets."""
        return self.plant.current_spec(PROJECT)

    @property
    def written(self) -> tuple[Entry, ...]:
        return self.loop.ledger.read(PROJECT)

    @property
    def decisions(self) -> list[Decision]:
        return [entry.decision for entry in self.written if isinstance(entry, Decided)]

    @property
    def applied(self) -> list[ClusterSpec]:
        return [entry.spec for entry in self.written if isinstance(entry, Applied)]

    @property
    def disturbances(self) -> list[str]:
        return [entry.kind for entry in self.written if isinstance(entry, Disturbed)]


def world(  # noqa: PLR0913 - the few things in which worlds differ
    goal: str | None = GOAL,
    physics: Physics | None = None,
    *,
    spec: ClusterSpec = WASTEFUL,
    seed: int = 0,
    mode: Mode = "auto",
    space: SearchSpace = SPACE,
    ledger: Ledger | None = None,
    prices: PriceBook = PRICES,
) -> World:
    """A project under control that has not run yet."""
    plant = SimulatedPlant(PROJECT, spec, physics, seed)
    made = World(plant, loop_of(plant, ledger or MemoryLedger(), plant.clock, prices))
    made.loop.register(PROJECT, "simulated", spec, space)
    if goal is not None:
        made.loop.set_goal(PROJECT, goal, mode)
    return made


def loop_of(platform: Platform, ledger: Ledger, clock: Callable[[], datetime], prices: PriceBook = PRICES) -> Loop:
    return Loop(platform, ledger, prices, clock)
