"""Policies over a fleet: plan, apply, take away."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.core.made import PRICES, START, WIDE, candidate
from tests.core.policies.fleets import OWN_GOAL, files, fleet

from setpoint.core.domain import Assessment, ClusterSpec, Hold, Phase, Refusal, SearchSpace
from setpoint.core.goals import parse_goal
from setpoint.core.history import FLEET, Decided, GoalSet, PoliciesApplied, Restricted, fold
from setpoint.core.policies.plan import ProjectPlan
from setpoint.core.policies.standing import OWN, RELEASED, standing_of
from setpoint.errors import Conflict, InputError, UnknownProject
from setpoint.governance import Governance
from setpoint.ledger import open_ledger

HOUSE = "name: house\nselect: all\ngoal: minimise cost\nmode: observe\noverridable: [mode]\n"
NIGHT = "name: night\npriority: 5\nselect: {name: nightly-*}\ngoal: runtime p95 <= 40s\nmode: auto\n"


def goals(governance: Governance, project: str) -> list[GoalSet]:
    return [entry for entry in governance.ledger.read(project) if isinstance(entry, GoalSet)]


def planned(governance: Governance, *texts: str) -> dict[str, ProjectPlan]:
    return {each.project: each for each in governance.plan(files(*texts)).projects}


def put_in_force(governance: Governance, *texts: str) -> int:
    # What is written does not hang on what is expected, unless a budget does.
    is_quick = not any("budget" in text for text in texts)
    return governance.apply(governance.plan(files(*texts), is_quick=is_quick))


def test_a_plan_changes_nothing_and_says_what_would_be() -> None:
    governance = fleet()
    before = {name: governance.ledger.read(name) for name in governance.ledger.projects()}
    found = planned(governance, HOUSE, NIGHT)
    assert {name: governance.ledger.read(name) for name in governance.ledger.projects()} == before
    assert governance.in_force() is None
    first = found["nightly-0"]
    assert first.changes == (
        ("goal", "none", "minimise cost; runtime p95 <= 40s"),
        ("mode", "none", "auto"),
        ("set by", "project", "night, house"),
    )
    assert first.effect.verdict in {"keeps", "can"}
    assert first.effect.now is not None
    assert first.effect.then is not None
    assert first.effect.saving_per_day == pytest.approx(first.effect.now.cost.dollars - first.effect.then.cost.dollars)
    assert found["idle"].effect.verdict == "unknown"
    assert "no run has succeeded" in found["idle"].effect.reason


def test_applying_writes_the_goals_with_their_origin_and_a_record_of_it() -> None:
    governance = fleet()
    assert put_in_force(governance, HOUSE, NIGHT) == 4
    last = goals(governance, "nightly-1")[-1]
    assert (last.goal, last.mode, last.origin) == ("minimise cost; runtime p95 <= 40s", "auto", "night, house")
    record = governance.in_force()
    assert record is not None
    assert record.changed == ("idle", "nightly-0", "nightly-1", "nightly-2")
    assert [policy.name for policy in governance.policies()] == ["house", "night"]
    assert governance.selected() == {"house": 4, "night": 3}
    assert FLEET not in governance.ledger.projects()


def test_applying_twice_writes_once() -> None:
    governance = fleet()
    put_in_force(governance, HOUSE, NIGHT)
    before = [governance.ledger.read(name) for name in (*governance.ledger.projects(), FLEET)]
    assert put_in_force(governance, HOUSE, NIGHT) == 0
    assert [governance.ledger.read(name) for name in (*governance.ledger.projects(), FLEET)] == before


def test_a_policy_that_goes_leaves_what_the_owner_had() -> None:
    governance = fleet()
    put_in_force(governance, HOUSE, NIGHT)
    assert put_in_force(governance, HOUSE) == 3
    assert put_in_force(governance) == 4
    own, released = goals(governance, "nightly-1")[-1], goals(governance, "nightly-0")[-1]
    assert (own.goal, own.mode, own.origin) == (OWN_GOAL, "auto", OWN)
    # Its owner had set nothing: it is measured, and left alone.
    assert (released.mode, released.origin) == ("observe", RELEASED)
    assert standing_of(governance.ledger.read("nightly-0")).own.goal is None
    assert put_in_force(governance) == 0
    assert governance.policies() == ()


def test_a_policy_that_only_sets_the_mode_waits_for_a_goal() -> None:
    governance = fleet()
    found = planned(governance, "name: quiet\nselect: all\nmode: observe")
    assert found["nightly-0"].note == "it has no goal, and no policy sets one"
    assert found["nightly-0"].changes == ()
    assert found["nightly-1"].target.mode == "observe"
    assert found["nightly-1"].target.goal == "minimise cost; runtime <= 25s"


def test_a_policy_that_only_sets_a_goal_is_observed_unless_the_owner_said_more() -> None:
    found = planned(fleet(), "name: goal\nselect: all\ngoal: minimise runtime")
    assert (found["nightly-0"].target.mode, found["nightly-1"].target.mode) == ("observe", "auto")


def test_restrictions_are_written_and_taken_back() -> None:
    governance = fleet()
    text = "name: freeze\nselect: {owner: data}\nrestrictions: {freezes: [2026-12-20 to 2027-01-06], trials: 3}\n"
    assert put_in_force(governance, text) == 2
    last = governance.ledger.read("nightly-1")[-1]
    assert isinstance(last, Restricted)
    assert (last.restrictions.freezes, last.origin) == (("2026-12-20 to 2027-01-06",), "freeze")
    history = fold(governance.ledger.read("nightly-2"))
    assert history is not None
    assert history.restrictions.trials == "3"
    assert goals(governance, "nightly-1")[-1].origin == OWN
    assert put_in_force(governance, text) == 0
    assert put_in_force(governance) == 2
    last = governance.ledger.read("nightly-1")[-1]
    assert isinstance(last, Restricted)
    assert (last.restrictions.freezes, last.origin) == ((), OWN)


def test_the_digest_names_the_changes_and_what_they_are_based_on() -> None:
    governance = fleet()
    digest = governance.plan(files(HOUSE), is_quick=True).digest
    assert governance.plan(files(HOUSE), is_quick=True).digest == digest
    assert governance.plan(files(HOUSE + "weight: 2\n"), is_quick=True).digest != digest
    governance.ledger.append("nightly-0", GoalSet("minimise runtime", "observe", START))
    assert governance.plan(files(HOUSE), is_quick=True).digest != digest


def test_a_ledger_that_moved_is_not_written_over() -> None:
    governance = fleet()
    wanted = governance.plan(files(HOUSE), is_quick=True)
    governance.ledger.append("nightly-1", GoalSet("minimise runtime", "observe", START + timedelta(days=1)))
    with pytest.raises(Conflict, match=r"nightly-1 was changed .* 2 of 4"):
        governance.apply(wanted)
    assert goals(governance, "nightly-1")[-1].origin == OWN
    assert governance.in_force() is None
    # What was done stays, and planning again takes it from there.
    assert put_in_force(governance, HOUSE) == 2


def test_pins_leave_less_to_choose_from() -> None:
    text = "name: a\nselect: {name: nightly-2}\ngoal: runtime <= 60s\nmode: auto\nrestrictions: {pins: {slots: 16}}\n"
    then = planned(fleet(), text)["nightly-2"].effect.then
    free = planned(fleet(), text.replace("slots: 16", "partitions: 7"))["nightly-2"].effect.then
    assert then is not None
    assert free is not None
    assert (then.spec.slots, free.spec.slots < 16) == (16, True)


def test_what_was_assessed_last_is_assessed_again_under_the_new_goal() -> None:
    governance = fleet(projects=2)
    history = fold(governance.ledger.read("nightly-1"))
    assert history is not None
    now, other = candidate(WIDE, 20.0), candidate(ClusterSpec.local(4, 8192), 30.0)
    hold = Hold("it is good", Assessment(Phase.MONITORING, current=now, refused=Refusal(other, "late")))
    governance.ledger.append("nightly-1", Decided("000007", "run-3", OWN_GOAL, WIDE, hold, START))
    text = "name: a\nselect: {name: nightly-1}\ngoal: runtime <= 60s\n"
    effect = governance.plan(files(text), is_quick=True).projects[0].effect
    assert effect.verdict == "keeps"
    assert effect.then is not None
    assert effect.then.spec == other.spec
    pinned = governance.plan(files(text + "restrictions: {deny: {slots: 1-4}}"), is_quick=True).projects[0].effect
    assert pinned.then is not None
    assert pinned.then.spec == WIDE


def test_a_policy_with_a_mode_alone_releases_what_another_left() -> None:
    governance = fleet()
    put_in_force(governance, "name: goal\nselect: all\ngoal: minimise cost")
    put_in_force(governance, "name: quiet\nselect: all\nmode: observe")
    last = goals(governance, "nightly-0")[-1]
    assert (last.mode, last.origin) == ("observe", RELEASED)


def test_a_share_is_only_told_where_its_policy_set_one() -> None:
    governance = fleet()
    put_in_force(governance, (BUDGET % 10).replace("budget", "#"))
    put_in_force(governance, BUDGET % 0.001)
    ruled, _ = governance.rulings("nightly-1")
    assert all(each.field != "cost limit" for each in ruled.rulings)


def test_a_goal_that_cannot_be_kept_says_why() -> None:
    found = planned(fleet(), "name: fast\nselect: {name: nightly-2}\ngoal: runtime <= 2s\nmode: auto")
    effect = found["nightly-2"].effect
    assert effect.verdict == "cannot"
    assert "is nearest and would miss it in 100% of the runs" in effect.reason
    assert "against runtime ≤ 2.0 s" in effect.reason


def test_the_last_assessments_will_do() -> None:
    governance = fleet()
    found = governance.plan(files(HOUSE), is_quick=True)
    assert {each.effect.reason for each in found.projects} == {"nothing was assessed yet"}


BUDGET = "name: group\nselect: {name: nightly-*}\ngoal: runtime p95 <= 20s\nmode: auto\nbudget: cost <= %s$/month\n"


def test_a_budget_is_shared_out_and_sets_ceilings() -> None:
    governance = fleet()
    wanted = governance.plan(files(BUDGET % 10))
    (group,) = wanted.groups
    assert group.is_enough
    assert group.spent_per_day == pytest.approx(sum(each.amount_per_day for each in group.granted))
    assert group.spent_per_day <= group.budget.bound_per_day
    for granted in group.granted:
        project = next(each for each in wanted.projects if each.project == granted.project)
        (limit,) = [limit for limit in parse_goal(project.target.goal or "").limits if limit.metric == "cost"]
        assert granted.ceiling <= limit.bound <= 1.01 * granted.ceiling
        assert granted.candidate.cost.dollars <= limit.bound
    assert governance.apply(wanted) == 3
    assert put_in_force(governance, BUDGET % 10) == 0
    ruled, _ = governance.rulings("nightly-1")
    (cap,) = [each for each in ruled.rulings if each.field == "cost limit"]
    assert cap.sources == ("group",)
    assert "its share of cost <= 10$/month" in cap.value[0]


def test_less_money_keeps_fewer_deadlines_and_says_what_more_would_buy() -> None:
    governance = fleet()
    (rich,) = governance.plan(files(BUDGET % 10)).groups
    # Somewhere between the cheapest choice of all and what keeping all deadlines takes.
    (none,) = governance.plan(files(BUDGET % 0.001)).groups
    between = (none.spent_per_day + rich.spent_per_day) / 2 * 365.25 / 12
    (poor,) = governance.plan(files(BUDGET % f"{between:.6f}")).groups
    assert poor.value < rich.value
    assert poor.price > 0
    assert any(each.next is not None and each.next.value > 0 for each in poor.granted)


def test_a_budget_out_of_reach_says_by_how_much_and_sets_no_ceilings() -> None:
    wanted = fleet().plan(files(BUDGET % 0.001))
    (group,) = wanted.groups
    assert not group.is_enough
    assert group.missing_per_day == pytest.approx(group.spent_per_day - group.budget.bound_per_day)
    assert all("cost <=" not in (each.target.goal or "") for each in wanted.projects)


def test_a_stricter_limit_stays_beside_a_share() -> None:
    text = (BUDGET % 10).replace("goal: ", "goal: cost <= 0.000001$; ")
    found = planned(fleet(), text)
    assert "cost <= 0.000001$" in (found["nightly-0"].target.goal or "")


def test_money_is_kept_aside_for_what_cannot_be_predicted() -> None:
    governance = fleet()
    (group,) = governance.plan(files((BUDGET % 10).replace("nightly-*", "'*'"))).groups
    assert group.unknown == ("idle",)
    assert group.aside_per_day == 0


def test_time_can_be_bought_too() -> None:
    governance = fleet()
    (deadlines,) = governance.plan(files(BUDGET % 10)).groups
    (time,) = governance.plan(files(BUDGET % 10 + "spend_on: time\n")).groups

    def seconds(group: object) -> float:
        return sum(each.candidate.prediction.median_seconds for each in group.granted)  # type: ignore[attr-defined]

    assert seconds(time) <= seconds(deadlines)
    assert time.value < 0


def test_a_larger_space_is_looked_through() -> None:
    governance = fleet(projects=1)
    space = SearchSpace(tuple(range(1, 17)), tuple(1024 * gib for gib in range(1, 9)))
    governance.ledger.append("nightly-0", GoalSet("minimise cost; runtime <= 60s", "auto", START, space))
    found = planned(governance, "name: a\nselect: all\nmode: observe")
    assert found["nightly-0"].effect.verdict in {"keeps", "can"}


def test_who_decides_what_is_told_of_known_projects() -> None:
    governance = fleet()
    ruled, standing = governance.rulings("nightly-1")
    assert ruled.policies == ()
    assert standing.present.goal == OWN_GOAL
    with pytest.raises(UnknownProject):
        governance.rulings("nobody")


def test_no_project_can_have_the_name_of_the_fleet(tmp_path: object) -> None:
    from setpoint.loop import Loop
    from setpoint.testing.memory_platform import MemoryPlatform

    for address in ("memory:", f"sqlite:///{tmp_path}/ledger.db"):
        ledger = open_ledger(address)
        record = PoliciesApplied("abc", (("p.yml", HOUSE),), ("nightly",), START)
        assert ledger.append(FLEET, record)
        assert ledger.read(FLEET) == (record,)
        assert ledger.projects() == ()
    governance = fleet(projects=1)
    loop = Loop(MemoryPlatform({}), governance.ledger, PRICES, lambda: START)
    baseline = governance.ledger.read("idle")[0]
    with pytest.raises(InputError, match="@fleet"):
        loop.register(FLEET, "spark", baseline.baseline, SearchSpace())  # type: ignore[union-attr]


def test_a_plan_is_a_value() -> None:
    wanted = fleet().plan(files(HOUSE), is_quick=True)
    assert replace(wanted) == wanted
