"""One log in, the better spec out: the controller's decision for a run that nothing else is known of."""

from datetime import UTC, datetime, timedelta
from typing import cast

from setpoint.core.controller import decide
from setpoint.core.cost import price
from setpoint.core.domain import ClusterReport, ClusterSpec, Decision, Outcome, Run, SearchSpace
from setpoint.core.goals import Goal
from setpoint.core.history import Entry, GoalSet, History, Registered, RunRecorded, fold
from setpoint.core.pricebook import PriceBook
from setpoint.core.profile import Profile
from setpoint.core.rollout import Rollout
from setpoint.errors import EventLogError

__all__ = ["SLOWDOWN_ALLOWED", "advise", "caution", "usual_goal"]

SLOWDOWN_ALLOWED = 1.25
"""Without a goal, saving may cost this factor in runtime."""


def usual_goal(profile: Profile) -> str:
    """The goal of somebody who named none: cheaper, and at most a quarter slower than the log shows.

    Raises EventLogError where the log has no finished tasks.
    """
    _check_usable(profile)
    return f"minimise cost; runtime <= {max(0.1, profile.wall_seconds * SLOWDOWN_ALLOWED):.1f}s"


def advise(profile: Profile, spec: ClusterSpec, space: SearchSpace, goal: Goal, prices: PriceBook) -> Decision:
    """The decision after this one run. Any distance in one change, since there is no next run to go on from.

    Raises EventLogError where the log has no finished tasks, so that nothing can be predicted from it.
    """
    _check_usable(profile)
    history = _history(profile, spec, space, goal, prices)
    return decide(history, Rollout(known_good=spec), goal, prices, is_stepwise=False, optimiser="one-step")


def caution(profile: Profile) -> str | None:
    """Why the numbers do not stand for a whole run; None where they do."""
    doubts = {"complete": [], "cut_off": ["the log is cut off"], "partial": ["parts of the log are missing"]}
    found = list(doubts[profile.completeness.state])
    if profile.failures:
        first = profile.failures[0]
        more = f" (and {len(profile.failures) - 1} more)" if len(profile.failures) > 1 else ""
        found.append(f"{first.where} failed{f': {first.reason}' if first.reason else ''}{more}")
    return f"{'; '.join(found)}. The numbers cover only what the log shows." if found else None


def _check_usable(profile: Profile) -> None:
    if not profile.stages or profile.wall_seconds <= 0:
        raise EventLogError("The event log has no finished tasks, so nothing can be predicted from it.")


def _history(profile: Profile, spec: ClusterSpec, space: SearchSpace, goal: Goal, prices: PriceBook) -> History:
    started = datetime.fromtimestamp(profile.application.started_epoch_seconds, UTC)
    ended = started + timedelta(seconds=profile.wall_seconds)
    report = ClusterReport(spec, started, ended, exit_code=0, host_cores=None)
    cost = price(spec, profile.wall_seconds, prices, "list-estimated")
    run = Run(profile.application.id, report, Outcome.SUCCEEDED, None, profile, cost)
    entries: list[Entry] = [
        Registered("spark", spec, space, started),
        GoalSet(goal.text, "observe", started),
        RunRecorded(run, ended),
    ]
    return cast("History", fold(entries))  # a registered project has a history
