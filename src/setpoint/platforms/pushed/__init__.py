"""Runs that were pushed to us: the platform of projects whose runs happen elsewhere and are submitted afterwards.

Current spec: that of the newest report, or what was recommended since. Applying is to leave the spec to be fetched.
"""

from setpoint.platforms.pushed.platform import BookOf, PushedPlatform
from setpoint.platforms.pushed.port import PushedRun, Pushes, Recommended

__all__ = ["BookOf", "PushedPlatform", "PushedRun", "Pushes", "Recommended"]
