"""What people say to the loop: approvals, rollbacks, modes; and that the loop keeps to it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.loop.world import PROJECT, WASTEFUL, World, world

from setpoint.by_hand import approve, roll_back, spec_named, specs_that_ran
from setpoint.core.domain import ClusterSpec, Hold, Recommendation
from setpoint.core.history import Approved, Decided, Mode, Restricted, RollbackAsked
from setpoint.core.restrictions import Restrictions
from setpoint.errors import Conflict, InputError

FROZEN = Restrictions(freezes=("2025-12-01 to 2026-12-31",))


def waiting(**how: object) -> World:
    made = world("minimise cost", mode="approve", **how)  # type: ignore[arg-type]
    made.nights(2)
    return made


def newest(made: World) -> Decided:
    decided = made.state.history.last_decided
    assert decided is not None
    return decided


def test_what_waits_is_put_in_place_when_a_person_says_so() -> None:
    made = waiting()
    decided = newest(made)
    assert decided.waits.startswith("it waits for an approval")
    assert made.spec == WASTEFUL
    assert approve(made.loop, PROJECT, None, "ada") is None
    assert isinstance(decided.decision, Recommendation)
    assert made.spec == decided.decision.spec == made.state.history.spec
    said = made.state.history.approved[decided.id]
    assert (said.by, said.decision_id) == ("ada", decided.id)
    assert made.loop.waits(PROJECT) is None
    with pytest.raises(InputError, match="put in place already"):
        approve(made.loop, PROJECT, decided.id, "ada")


def test_an_approval_of_what_is_no_more_is_refused() -> None:
    made = waiting()
    before = newest(made)
    made.plant.run()
    with pytest.raises(Conflict, match=r"no longer what the evidence calls for: since then run run-0003 ended"):
        approve(made.loop, PROJECT, None, "ada")
    assert made.spec == WASTEFUL
    assert newest(made).id != before.id
    assert not any(isinstance(entry, Approved) for entry in made.written)
    with pytest.raises(Conflict, match="run-0003"):
        approve(made.loop, PROJECT, before.id, "ada")


def test_an_approval_after_a_foreign_change_is_refused() -> None:
    made = waiting()
    made.plant.apply(PROJECT, ClusterSpec.local(12, 8192), expect=WASTEFUL)
    with pytest.raises(Conflict, match="somebody else"):
        approve(made.loop, PROJECT, None, "ada")
    assert made.spec == ClusterSpec.local(12, 8192)


def test_an_approval_waits_for_a_freeze_as_all_changes_do() -> None:
    made = waiting()
    made.loop.ledger.append(PROJECT, Restricted(FROZEN, made.plant.clock()))
    made.loop.tick(PROJECT)
    assert "frozen" in (approve(made.loop, PROJECT, None, "ada") or "")
    assert made.spec == WASTEFUL
    with pytest.raises(InputError, match="approved already, by ada"):
        approve(made.loop, PROJECT, None, "bob")


def test_what_cannot_be_approved_is_said() -> None:
    young = world("minimise cost", mode="approve")
    with pytest.raises(InputError, match="Nothing has been decided"):
        approve(young.loop, PROJECT, None, "ada")
    young.loop.tick(PROJECT)
    assert isinstance(newest(young).decision, Hold)
    with pytest.raises(InputError, match="nothing to approve"):
        approve(young.loop, PROJECT, None, "ada")
    with pytest.raises(InputError, match="no decision 7"):
        approve(young.loop, PROJECT, "7", "ada")
    proposed = world("minimise cost", mode="propose")
    proposed.nights(2)
    with pytest.raises(InputError, match="its mode is propose"):
        approve(proposed.loop, PROJECT, None, "ada")


def test_a_rollback_acts_at_once_and_what_was_left_does_not_come_back() -> None:
    made = world("minimise cost", mode="auto")
    made.nights(8)
    left = made.spec
    assert left != WASTEFUL
    made.loop.ledger.append(PROJECT, Restricted(FROZEN, made.plant.clock()))  # it holds back no rollback
    asked = roll_back(made.loop, PROJECT, "baseline", "ada", "it was late")
    assert (made.spec, asked.spec, asked.left) == (WASTEFUL, WASTEFUL, left)
    assert list(made.state.rollout.taken_back) == [left]
    assert made.state.rollout.known_good == WASTEFUL
    made.loop.ledger.append(PROJECT, Restricted(Restrictions(), made.plant.clock()))
    made.nights(12)
    after = made.written[made.written.index(asked) :]
    chosen = [entry.decision for entry in after if isinstance(entry, Decided)]
    assert all(not isinstance(each, Recommendation) or each.spec != left for each in chosen)
    made.loop.set_goal(PROJECT, "minimise cost; runtime <= 10min")
    assert not made.state.rollout.taken_back


def test_a_rollback_without_a_place_goes_to_the_known_good_spec() -> None:
    made = world("minimise cost")
    made.night()
    tried = made.spec
    assert [made.state.rollout.trial] != [None]
    asked = roll_back(made.loop, PROJECT, None, "ada", "")
    assert (asked.spec, asked.left, made.spec) == (WASTEFUL, tried, WASTEFUL)
    assert [made.state.rollout.trial] == [None]
    assert isinstance(made.written[-2], RollbackAsked)
    with pytest.raises(InputError, match="already"):
        roll_back(made.loop, PROJECT, None, "ada", "")
    made.night()
    assert made.state.rollout.is_theirs is False


def test_a_rollback_over_a_foreign_change_goes_from_what_is_there() -> None:
    made = world("minimise cost")
    made.nights(6)
    theirs = ClusterSpec.local(12, 8192)
    made.plant.apply(PROJECT, theirs, expect=made.spec)
    asked = roll_back(made.loop, PROJECT, "baseline", "ada", "")
    assert (asked.left, made.spec) == (theirs, WASTEFUL)


def test_specs_are_named_as_they_are_printed() -> None:
    made = world("minimise cost")
    made.nights(4)
    history = made.state.history
    assert specs_that_ran(history)[0] == WASTEFUL
    for text in (str(WASTEFUL), "16 slots 8g", "16 Slots, 8 GB", "baseline", history.runs[0].id):
        assert spec_named(history, text) == WASTEFUL
    with pytest.raises(InputError, match="no spec on which a run has succeeded; there are: 16 slots"):
        spec_named(history, "3 slots 1g")


def test_a_rescue_may_be_let_through_where_the_rest_waits() -> None:
    made = world("minimise cost; runtime <= 30s", spec=ClusterSpec.local(1, 8192), mode="propose")
    made.loop.ledger.append(PROJECT, Restricted(Restrictions(modes=("rescue auto",)), made.plant.clock()))
    made.nights(3)
    assert made.spec.slots > 1
    calm = world("minimise cost", mode="propose")
    calm.loop.ledger.append(PROJECT, Restricted(Restrictions(modes=("rescue auto",)), calm.plant.clock()))
    calm.nights(3)
    assert calm.spec == WASTEFUL


def test_nothing_is_changed_on_stale_evidence() -> None:
    made = waiting()
    later = made.plant.clock() + timedelta(days=60)
    loop = replace(made.loop, clock=lambda: later)
    assert "newest run ended" in (approve(loop, PROJECT, None, "ada") or "")
    assert made.spec == WASTEFUL


def test_a_job_that_may_not_be_run_twice_is_not_tried_upon() -> None:
    made = world("minimise cost")
    made.loop.ledger.append(PROJECT, Restricted(Restrictions(reruns="harmful"), datetime(2026, 1, 1, tzinfo=UTC)))
    made.nights(10)
    assert not any(isinstance(each, Recommendation) and each.trying for each in made.decisions)
    assert made.spec != WASTEFUL


@pytest.mark.parametrize("mode", ["shadow", "propose", "approve"])
def test_who_follows_a_proposal_by_hand_has_changed_it_themselves(mode: Mode) -> None:
    made = world("minimise cost", mode=mode)
    made.nights(2)
    decision = newest(made).decision
    assert isinstance(decision, Recommendation)
    made.plant.apply(PROJECT, decision.spec, expect=WASTEFUL)
    made.loop.tick(PROJECT)
    assert made.applied == []
    assert made.disturbances == ["foreign change"]
    assert made.state.rollout.known_good == decision.spec
