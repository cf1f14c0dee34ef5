"""What was measured of one workload on many configurations, and the part of it that may be known before a run."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt

__all__ = ["Booleans", "Floats", "Grid", "Space"]

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """The configurations that can be chosen: what they are and what they cost per second, but nothing that ran."""

    configs: tuple[str, ...]
    """The name of each configuration; the same name means the same configuration in other grids too."""
    nodes: Floats
    """All machines."""
    cores: Floats
    """Of each machine, as the grid says; some grids hold a code such as 0 and 1 instead of a number of cores."""
    memory_gib: Floats
    """Of each machine; nan where it is not known."""
    clouds: tuple[str, ...]
    families: tuple[str, ...]
    dollars_per_second: Floats
    """Of the whole cluster."""
    algorithm: str = ""
    """What the workload does: its owner knows that it is the same job as another, with other input."""

    def __len__(self) -> int:
        """How many configurations."""
        return len(self.configs)


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """One workload measured on every configuration of a space: the answers."""

    dataset: str
    workload: str
    algorithm: str
    """Workloads with the same one do the same on another input."""
    space: Space
    seconds: Floats
    """How long the run took; of one that failed, after how long it ended."""
    completed: Booleans
    charged: Floats | None = None
    """Dollars of each run by its seconds, where a bill says something else than the space: started hours, fees."""
    listed: Booleans | None = None
    """Whether the dollars a second that the space tells are a list's; otherwise they come from what these runs cost,
    and would tell of them. None: all are."""

    @property
    def charged_per_second(self) -> Floats:
        """Dollars of the run on each configuration by its seconds: an answer, not known before the run."""
        return self.space.dollars_per_second if self.charged is None else self.charged

    @property
    def dollars(self) -> Floats:
        """What the run on each configuration cost."""
        return self.charged_per_second * self.seconds

    def __len__(self) -> int:
        """How many configurations."""
        return len(self.space)

    def seed(self, number: int) -> int:
        """A seed that is this workload's own, whichever other workloads are replayed beside it."""
        return crc32(f"{self.dataset}\0{self.workload}\0{number}".encode())
