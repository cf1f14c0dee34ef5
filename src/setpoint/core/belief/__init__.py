"""The belief: which runtimes a workload may have on which specs, from its runs and from what others taught."""

from setpoint.core.belief.belief import ADVICE, MOST_JOINT, Belief, Ended, Explain, Learned, Simulated, Trust, believe
from setpoint.core.belief.known import KnownWorkload
from setpoint.core.belief.outlook import Outlook
from setpoint.core.belief.points import Floats, Integers, Place

__all__ = [
    "ADVICE",
    "MOST_JOINT",
    "Belief",
    "Ended",
    "Explain",
    "Floats",
    "Integers",
    "KnownWorkload",
    "Learned",
    "Outlook",
    "Place",
    "Simulated",
    "Trust",
    "believe",
]
