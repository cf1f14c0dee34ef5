"""Whatever is allowed, and whenever: the loop keeps to it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.loop.world import PROJECT, SPACE, WASTEFUL, world

from setpoint.core.domain import ClusterSpec
from setpoint.core.history import Applied, Decided, Registered, Restricted
from setpoint.core.restrictions import Restrictions, forbidden
from setpoint.core.rollout import follow
from setpoint.core.windows import closed
from setpoint.testing.plant import START, Physics

DAYS = 12
restrictions = st.builds(
    Restrictions,
    pins=st.sampled_from([(), ("slots 16",), ("memory 8g",), ("slots 4",)]),
    allow=st.sampled_from([(), ("slots 8-16", "memory 4g", "memory 8g"), ("memory 2g", "memory 8g")]),
    deny=st.sampled_from([(), ("slots 8",), ("memory 4096m",)]),
    windows=st.sampled_from([(), ("0 0 * * 1-5 for 1d",), ("0 3 * * * for 5min",)]),
    freezes=st.sampled_from([(), ("2026-01-03 to 2026-01-06",)]),
    explore_until=st.sampled_from([None, START + timedelta(days=3)]),
    exploration_dollars_per_month=st.sampled_from([None, 0.0, 0.001]),
)


@given(restrictions, st.integers(0, 50), st.booleans())
@settings(max_examples=12)
def test_nothing_is_applied_outside_space_pin_window_or_freeze(asked: Restrictions, seed: int, fails: bool) -> None:  # noqa: FBT001 - drawn
    made = world("minimise cost", Physics(noise=0.08, needed_mib=3000 if fails else 1200), seed=seed)
    made.loop.ledger.append(PROJECT, Restricted(asked, START))
    made.nights(DAYS)
    decisions = {entry.id: entry.decision for entry in made.written if isinstance(entry, Decided)}
    known_good = WASTEFUL
    for place, entry in enumerate(made.written):
        if not isinstance(entry, Applied):
            continue
        rollout = follow(made.written[:place])
        assert rollout is not None
        known_good = rollout.known_good
        is_restored = entry.spec == known_good and type(decisions[entry.decision_id]).__name__ == "Rollback"
        assert entry.spec.slots in SPACE.slots
        assert entry.spec.task_memory_mib in SPACE.task_memory_mib
        assert forbidden(asked, entry.spec) is None or is_restored
        assert closed(asked, entry.at) is None or is_restored


def test_a_decision_waits_for_its_window_and_says_so() -> None:
    made = world("minimise cost")
    made.loop.ledger.append(PROJECT, Restricted(Restrictions(freezes=("2026-01-01 to 2026-01-05",)), START))
    made.nights(3)
    assert made.spec == WASTEFUL
    assert "frozen" in (made.loop.waits(PROJECT) or "")
    made.nights(6)
    assert made.spec != WASTEFUL
    assert made.loop.waits(PROJECT) is None


def test_a_forbidden_spec_is_left() -> None:
    made = world("minimise cost")
    made.nights(8)
    before = made.spec
    limits = Restrictions(deny=(f"slots {before.slots}",))
    made.loop.ledger.append(PROJECT, Restricted(limits, datetime(2026, 2, 1, tzinfo=UTC)))
    made.nights(3)
    assert made.spec.slots != before.slots


def test_no_more_projects_are_on_trial_at_once_than_may_be() -> None:
    made = world("minimise cost")
    others = [f"other-{number}" for number in range(3)]
    limits = Restrictions(trials="1")
    for name in (PROJECT, *others):
        if name != PROJECT:
            made.loop.ledger.append(name, Registered("spark", WASTEFUL, SPACE, START))
        made.loop.ledger.append(name, Restricted(limits, START, "nightly"))
    made.night()
    assert made.spec != WASTEFUL
    waiting = world("minimise cost")
    for name in others:
        waiting.loop.ledger.append(name, *(entry for entry in made.written if not isinstance(entry, Restricted)))
        waiting.loop.ledger.append(name, Restricted(limits, START, "nightly"))
    waiting.loop.ledger.append(PROJECT, Restricted(limits, START, "nightly"))
    waiting.night()
    assert waiting.spec == WASTEFUL
    assert "on trial already" in (waiting.loop.waits(PROJECT) or "")
    assert isinstance(waiting.spec, ClusterSpec)
