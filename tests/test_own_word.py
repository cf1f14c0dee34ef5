"""What a person says beside policies: it is kept, the stricter word stands, and no policy takes it back in silence."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.policies.fleets import files, fleet

from setpoint.core.autonomy.ladder import KINDS, MODES, mode_of
from setpoint.core.history import History, Mode, fold
from setpoint.core.restrictions import Restrictions
from setpoint.errors import InputError, UnknownProject
from setpoint.governance import Governance

CALM = "name: calm\nselect: all\ngoal: minimise cost\nrestrictions: {freezes: ['2026-12-20 to 2027-01-06'], "
CALM += "exploration: 20$/month, trials: 10 %, modes: {memory: approve}, pins: {slots: 8}}\n"
STRICT = "name: strict\npriority: 9\nselect: {name: nightly-*}\nmode: approve\n"
MINE = "2026-03-01 to 2026-03-09 because we move"


def put_in_force(governance: Governance, *texts: str) -> int:
    return governance.apply(governance.plan(files(*texts), is_quick=True))


def history_of(governance: Governance, project: str) -> History:
    found = fold(governance.ledger.read(project))
    assert found is not None
    return found


def freeze(before: Restrictions) -> Restrictions:
    return Restrictions(freezes=(*before.freezes, MINE))


def test_a_freeze_of_a_person_is_added_to_what_policies_say_and_stays() -> None:
    governance = fleet()
    put_in_force(governance, CALM)
    governance.restrict("nightly-1", freeze)
    now = history_of(governance, "nightly-1")
    assert set(now.restrictions.freezes) == {MINE, "2026-12-20 to 2027-01-06"}
    assert (now.restrictions.pins, now.restrictions.trials, now.restricted_by) == (("slots 8",), "10 %", "calm")
    assert put_in_force(governance, CALM) == 0
    assert put_in_force(governance, CALM, STRICT) > 0
    assert MINE in history_of(governance, "nightly-1").restrictions.freezes
    put_in_force(governance)
    released = history_of(governance, "nightly-1").restrictions
    assert released == Restrictions(freezes=(MINE,))


def test_lifting_it_leaves_what_policies_say() -> None:
    governance = fleet()
    governance.restrict("nightly-1", freeze)
    put_in_force(governance, CALM)
    governance.restrict("nightly-1", lambda _: Restrictions())
    now = history_of(governance, "nightly-1")
    assert now.restrictions.freezes == ("2026-12-20 to 2027-01-06",)
    assert governance.plan(files(CALM), is_quick=True).changing == ()


def test_saying_the_same_again_writes_nothing() -> None:
    governance = fleet()
    for _ in range(2):
        governance.restrict("nightly-0", lambda _: Restrictions(freezes=(MINE,)))
    before = governance.ledger.read("nightly-0")
    governance.restrict("nightly-0", lambda it: it)
    assert governance.ledger.read("nightly-0") == before


def test_the_lower_cap_stands_whoever_says_it() -> None:
    governance = fleet()
    put_in_force(governance, CALM)
    governance.restrict("nightly-1", lambda _: Restrictions(exploration_dollars_per_month=5.0))
    assert history_of(governance, "nightly-1").restrictions.exploration_dollars_per_month == 5.0
    governance.restrict("nightly-1", lambda _: Restrictions(exploration_dollars_per_month=50.0))
    assert history_of(governance, "nightly-1").restrictions.exploration_dollars_per_month == 20.0
    ruled, _ = governance.rulings("nightly-1")
    said = next(it for it in ruled.rulings if it.field == "exploration")
    assert said.beaten == (("", "policy calm is not overridable"),)


@given(st.sampled_from(MODES), st.sampled_from(MODES), st.sampled_from(MODES))
@settings(max_examples=20)
def test_a_mode_may_be_undercut_and_never_exceeded(ruled: Mode, own: Mode, rescue: Mode) -> None:
    governance = fleet(projects=2)
    put_in_force(governance, f"name: p\nselect: all\ngoal: minimise cost\nmode: {ruled}\n")
    for project in ("nightly-0", "nightly-1"):  # without, and with a goal of its own
        governance.set_mode(project, own, {"rescue": rescue})
        now = history_of(governance, project)
        for kind in KINDS:
            wanted = rescue if kind == "rescue" else own
            assert mode_of(now, [kind]) == min(wanted, ruled, key=MODES.index)
        assert (
            governance.plan(
                files(f"name: p\nselect: all\ngoal: minimise cost\nmode: {ruled}\n"), is_quick=True
            ).changing
            == ()
        )


def test_without_policies_a_mode_is_the_projects_own() -> None:
    governance = fleet()
    standing = governance.set_mode("nightly-1", "propose", {"rescue": "auto"})
    assert (standing.present.mode, dict(standing.present.rules)["modes"]) == ("propose", ("rescue auto",))
    standing = governance.set_mode("nightly-1", None, {"memory": "approve"})
    assert dict(standing.present.rules)["modes"] == ("memory approve", "rescue auto")
    standing = governance.set_mode("nightly-1", "auto", {})
    assert (standing.present.mode, standing.present.rules) == ("auto", ())
    with pytest.raises(InputError, match="no goal yet"):
        governance.set_mode("nightly-0", "auto", {})
    with pytest.raises(UnknownProject):
        governance.set_mode("nope", "auto", {})


def test_an_overridable_mode_is_the_projects_own_too() -> None:
    governance = fleet()
    put_in_force(governance, "name: p\nselect: all\ngoal: minimise runtime\nmode: observe\noverridable: [mode]\n")
    governance.set_mode("nightly-1", "shadow", {})
    now = history_of(governance, "nightly-1")
    assert now.goal is not None
    assert (now.goal.mode, now.goal.goal[:16], now.goal.origin) == ("shadow", "minimise runtime", "p")
