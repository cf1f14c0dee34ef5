"""One log in, the better spec out."""

import pytest
from tests.core.made import PRICES, profile, stage, waiting_profile

from setpoint.core.advice import SLOWDOWN_ALLOWED, advise, usual_goal
from setpoint.core.domain import ClusterSpec, Recommendation
from setpoint.core.goals import parse_goal
from setpoint.core.space import space_around
from setpoint.errors import EventLogError

WIDE = ClusterSpec.local(16, 16384)


def test_without_a_goal_it_may_cost_little_time() -> None:
    goal = parse_goal(usual_goal(waiting_profile(16)))
    assert goal.minimise == "cost"
    assert goal.limits[0].bound == pytest.approx(waiting_profile(16).wall_seconds * SLOWDOWN_ALLOWED, abs=0.1)


def test_any_distance_is_advised_in_one_change() -> None:
    decision = advise(
        waiting_profile(16), WIDE, space_around(WIDE), parse_goal("minimise cost; runtime <= 60s"), PRICES
    )
    assert isinstance(decision, Recommendation)
    assert decision.spec.slots < WIDE.slots / 2


@pytest.mark.parametrize("empty", [profile(), profile((stage(),), wall_seconds=0.0)])
def test_a_log_without_tasks_is_told_so(empty: object) -> None:
    with pytest.raises(EventLogError, match="no finished tasks"):
        advise(empty, WIDE, space_around(WIDE), parse_goal("minimise cost"), PRICES)  # type: ignore[arg-type]
