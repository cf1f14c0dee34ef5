"""Fleets of simulated jobs with known physics, and the whole loop closed round every one of them."""

from setpoint.testing.fleet.closed import DEADLINE, Lived, live
from setpoint.testing.fleet.figures import ProjectFigures, figures_of, summary
from setpoint.testing.fleet.projects import PROFILES, FleetProject, Profile, draw_project

__all__ = [
    "DEADLINE",
    "PROFILES",
    "FleetProject",
    "Lived",
    "Profile",
    "ProjectFigures",
    "draw_project",
    "figures_of",
    "live",
    "summary",
]
