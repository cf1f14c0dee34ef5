"""Whether the two sensors of one run, its platform's report and its event log, tell of the same time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from setpoint.core.domain import ClusterReport
from setpoint.core.profile import Profile

__all__ = ["CLOCKS_DIFFER", "agreed"]

CLOCKS_DIFFER = 0.95
"""Of a log's time, the least that its cluster must have lived: clocks differ a little."""


def agreed(report: ClusterReport, profile: Profile | None) -> tuple[ClusterReport, str]:
    """The report to go by, and in words what had to be assumed; empty where nothing had to.

    No application outlives its cluster. Where the log is the longer one, the machines of the report are believed and
    the time of the log, and how long each machine was there is not known.
    """
    if profile is None or report.seconds >= CLOCKS_DIFFER * profile.wall_seconds:
        return report, ""
    began = datetime.fromtimestamp(profile.application.started_epoch_seconds, UTC)
    ended = began + timedelta(seconds=profile.wall_seconds)
    note = (
        f"the event log tells of {profile.wall_seconds:.0f} s and the cluster of the report lived "
        f"{report.seconds:.0f} s: the run's time is the log's, its cost modelled"
    )
    return replace(report, started_at=began, finished_at=ended, usage=None), note
