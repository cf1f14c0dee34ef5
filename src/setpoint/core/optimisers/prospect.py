"""What an optimiser looks at, and what it answers with."""

from collections.abc import Mapping
from dataclasses import dataclass

from setpoint.core.belief import Floats, Outlook
from setpoint.core.domain import Candidate, ClusterSpec

__all__ = ["HORIZON_RUNS", "Pick", "Prospect"]

HORIZON_RUNS = 20
"""Runs over which a change has to pay: what it costs to try is paid once, what it saves is saved every time."""


@dataclass(frozen=True)
class Prospect:
    """Where a project stands: its spec, and what to expect of all specs together."""

    current: ClusterSpec
    outlook: Outlook
    rows: Mapping[ClusterSpec, int]
    """Which row of the outlook a spec is."""
    rates: Floats
    """What the goal minimises, per second of each row."""
    runs_left: int = HORIZON_RUNS
    bases: Floats | None = None
    """What comes on top of the rates, whatever the runtime; None: nothing."""


@dataclass(frozen=True, slots=True)
class Pick:
    """The candidate to run next."""

    candidate: Candidate
    gain: float
    """Share of the current spec's loss that it is expected to save, per run of the horizon."""
    trying: float | None = None
    """Where it is tried for what its run may tell: what that is expected to cost more than the current spec, in the
    unit of the loss. None: it is expected to be better at once."""
