"""The life of a change."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import (
    GOAL_TEXT,
    PRICES,
    START,
    WIDE,
    applied,
    candidate,
    change,
    entries,
    folded,
    followed,
    recorded,
    roll_back,
    run,
)

from setpoint.core.domain import Assessment, Candidate, ClusterSpec, Hold, Phase, Run
from setpoint.core.goals import parse_goal
from setpoint.core.history import Decided, DisturbanceKind, Disturbed, Entry, GoalSet, fold
from setpoint.core.pricebook import PriceBook
from setpoint.core.profile import Fault
from setpoint.core.rollout import (
    CONFIRMING_RUNS,
    FIRST_ASIDE,
    FLAPPING_RUNS,
    LONGEST_ASIDE,
    LONGEST_PAUSE,
    MATERIAL_RISK,
    SURE,
    Failed,
    Followed,
    Judgement,
    Kept,
    Pending,
    Trial,
    follow,
    judge,
    probability_better,
)
from setpoint.core.workload import identify

HALF = ClusterSpec.local(4, 4096)
GOAL = parse_goal(GOAL_TEXT)
ANY = parse_goal("minimise cost")
FREE = PriceBook.of_cores(0.0, 0.0, "a machine of one's own")


def on_trial(spec: ClusterSpec = HALF) -> list[Entry]:
    return [*entries(run(1)), *applied(change(spec))]


def rolled_back(times: int) -> list[Entry]:
    """So many changes, each tried, failed and undone."""
    story: list[Entry] = entries(run(1))
    for number in range(times):
        spec = ClusterSpec.local(4, 1024 + number)
        story += applied(change(spec), f"{2 * number:06d}")
        story += recorded(run(10 + number, spec, fault="memory"))
        story += applied(roll_back(spec), f"{2 * number + 1:06d}")
    return story


def test_a_change_is_on_trial_from_when_it_is_applied() -> None:
    decided, done = applied(change(HALF, rescue=True))
    assert followed([*entries(run(1)), decided]).trial is None
    rollout = followed([*entries(run(1)), decided, done])
    assert rollout.trial == Trial(HALF, rescue=True)
    assert rollout.known_good == WIDE


def test_only_runs_on_the_spec_that_nobody_stopped_judge_it() -> None:
    runs = (run(2, HALF), run(3, WIDE), run(4, HALF, killed=True), run(5, HALF, fault="application"))
    trial = followed([*on_trial(), *recorded(*runs)]).trial
    assert trial is not None
    assert [each.id for each in trial.runs] == ["run-2", "run-5"]


def test_what_is_kept_becomes_the_known_good_and_ends_the_pauses() -> None:
    kept = Decided("000009", "run-2", GOAL_TEXT, HALF, Hold("kept", Assessment(Phase.MONITORING, kept=HALF)), START)
    rollout = followed([*rolled_back(2), *applied(change(HALF), "000008"), *recorded(run(20, HALF)), kept])
    assert (rollout.known_good, rollout.trial, rollout.failures_in_row, rollout.pause_left) == (HALF, None, 0, 0)
    assert len(rollout.failed) == 2


@given(st.integers(0, 8))
def test_the_pause_doubles_with_every_failure_in_a_row(times: int) -> None:
    expected = 0 if times == 0 else min(LONGEST_PAUSE, 2 ** (times - 1))
    story = rolled_back(times)
    lefts = [followed([*story, *recorded(*(run(50 + n) for n in range(passed)))]).pause_left for passed in range(20)]
    assert lefts == [max(0, expected - passed) for passed in range(20)]


@given(st.integers(0, 6))
def test_every_blamed_spec_leaves_the_search_for_good(times: int) -> None:
    assert followed(rolled_back(times)).failed == tuple(ClusterSpec.local(4, 1024 + number) for number in range(times))


def test_a_spec_that_is_not_to_blame_stays_in_the_search() -> None:
    story = [*on_trial(), *recorded(run(2, HALF, fault="application")), *applied(roll_back(HALF, blamed=False), "d2")]
    rollout = followed(story)
    assert (rollout.failed, rollout.trial, rollout.pause_left) == ((), None, 1)


def test_somebody_elses_spec_ends_the_trial_and_is_the_known_good() -> None:
    theirs = ClusterSpec.local(3, 3072)
    foreign = Disturbed("foreign change", "theirs", None, START + timedelta(days=9), theirs)
    rollout = followed([*rolled_back(1), *applied(change(HALF), "000008"), foreign])
    assert (rollout.known_good, rollout.trial, rollout.failures_in_row, rollout.is_theirs) == (theirs, None, 0, True)
    assert rollout.failed == (ClusterSpec.local(4, 1024),)


def test_holding_changes_nothing_even_where_it_is_said_to_be_applied() -> None:
    hold = Decided("d1", "run-1", GOAL_TEXT, WIDE, Hold("stays", Assessment(Phase.MONITORING)), START)
    _, done = applied(change(WIDE))
    assert followed([*entries(run(1)), hold, done]) == followed(entries(run(1)))


def verdict(now: Candidate, before: Candidate, *runs: Run, doubt: float | None = None) -> Judgement:
    return judge(Trial(now.spec, rescue=False, runs=runs), now, before, GOAL, PRICES, doubt)


CHEAP, DEAR = candidate(HALF, 30.0), candidate(WIDE, 25.0)
LATE, LATER = candidate(HALF, 60.0), candidate(HALF, 200.0)


def test_a_change_that_has_not_run_is_not_judged() -> None:
    assert verdict(LATER, DEAR) == Pending("it has not run yet")


@pytest.mark.parametrize(("fault", "blamed"), [("memory", True), ("application", False), ("infrastructure", False)])
def test_a_failed_run_undoes_the_change_and_memory_is_its_fault(fault: Fault, *, blamed: bool) -> None:
    found = verdict(CHEAP, DEAR, run(2, HALF), run(3, HALF, fault=fault))
    assert isinstance(found, Failed)
    assert found.blamed is blamed
    assert isinstance(verdict(CHEAP, DEAR, run(3, HALF, fault=fault), run(4, HALF)), Kept)


def test_a_change_that_would_miss_the_goal_is_undone_where_the_known_good_would_not() -> None:
    found = verdict(LATE, DEAR, run(2, HALF))
    assert isinstance(found, Failed)
    assert found.blamed


def test_where_both_miss_the_nearer_one_stays() -> None:
    before = candidate(WIDE, 41.0)
    assert isinstance(verdict(candidate(HALF, 40.5), before, run(2, HALF)), Kept)
    assert isinstance(verdict(LATER, before, run(2, HALF)), Failed)


def test_a_change_that_makes_no_difference_to_a_missed_goal_is_not_blamed_for_it() -> None:
    smaller = ClusterSpec.local(WIDE.slots, WIDE.task_memory_mib // 2)
    now, before = candidate(smaller, 60.0), candidate(WIDE, 60.0)
    found = judge(Trial(smaller, rescue=False, runs=(run(2, smaller),)), now, before, GOAL, PRICES, doubt=0.0)
    assert isinstance(found, Kept)


def test_between_specs_whose_runtimes_are_surely_the_same_only_the_price_decides() -> None:
    smaller = ClusterSpec.local(WIDE.slots, WIDE.task_memory_mib // 2)
    assert probability_better(candidate(smaller, 25.0), candidate(WIDE, 25.0), GOAL, PRICES, doubt=0.0) > SURE
    assert probability_better(candidate(smaller, 25.0), candidate(WIDE, 25.0), GOAL, PRICES, doubt=1.0) < SURE


def test_what_keeps_the_goal_that_the_known_good_would_not_is_kept_at_any_price() -> None:
    dear = ClusterSpec.local(64, 65536)
    assert isinstance(verdict(candidate(dear, 30.0), candidate(WIDE, 60.0), run(2, dear)), Kept)


def test_what_is_clearly_cheaper_is_kept_and_what_is_clearly_dearer_is_undone() -> None:
    assert isinstance(verdict(CHEAP, DEAR, run(2, HALF)), Kept)
    dearer = ClusterSpec.local(16, 16384)
    assert isinstance(verdict(candidate(dearer, 24.0), DEAR, run(2, dearer)), Failed)


@pytest.mark.parametrize(("seconds", "settled"), [(49.0, Kept), (51.0, Failed)])
def test_what_is_unclear_waits_and_is_settled_in_the_end(seconds: float, settled: type) -> None:
    goal = parse_goal("minimise cost; runtime <= 100s")
    now, before = candidate(HALF, seconds, goal=goal), candidate(WIDE, 25.0, goal=goal)
    found = [
        judge(Trial(HALF, rescue=False, runs=(run(2, HALF),) * count), now, before, goal, PRICES)
        for count in range(1, CONFIRMING_RUNS + 1)
    ]
    assert [type(each) for each in found] == [Pending] * (CONFIRMING_RUNS - 1) + [settled]


@given(st.floats(5, 500), st.floats(5, 500), st.floats(0.01, 0.3))
def test_one_is_better_as_surely_as_the_other_is_worse(one: float, other: float, scale: float) -> None:
    a, b = candidate(HALF, one, scale=scale), candidate(WIDE, other, scale=scale)
    there, back = (probability_better(*pair, GOAL, PRICES) for pair in ((a, b), (b, a)))
    assert there + back == pytest.approx(1.0)
    assert (there > 0.5) == (a.cost.dollars < b.cost.dollars)


def test_where_nothing_costs_anything_neither_is_better() -> None:
    assert probability_better(CHEAP, DEAR, GOAL, FREE) == 0.5


def tried(decision_id: str, spec: ClusterSpec = HALF) -> list[Entry]:
    return [*applied(replace(change(spec), trying=True), decision_id)]


def test_going_back_from_what_was_tried_for_what_it_tells_is_no_failure() -> None:
    story = [*entries(run(1)), *tried("000001"), *recorded(run(2, HALF))]
    rollout = followed([*story, *applied(roll_back(HALF, blamed=False), "000002")])
    assert (rollout.failed, rollout.trial, rollout.pause_left) == ((), None, 0)
    blamed = followed([*story, *applied(roll_back(HALF), "000002")])
    assert (blamed.failed, blamed.runs_aside(HALF), blamed.pause_left) == ((), FIRST_ASIDE, 1)


@given(st.integers(1, 6))
def test_what_came_out_worse_is_set_aside_for_longer_every_time(times: int) -> None:
    story, number = entries(run(1)), 2
    for _ in range(times):
        story += [*applied(change(HALF), f"{number:06d}"), *recorded(run(number, HALF))]
        story += applied(roll_back(HALF), f"{number + 1:06d}")
        number += 2
    rollout = followed(story)
    expected = min(LONGEST_ASIDE, FIRST_ASIDE * 2 ** (times - 1))
    assert (rollout.failed, rollout.runs_aside(HALF)) == ((), expected)
    rested = followed([*story, *recorded(*(run(100 + each) for each in range(expected)))])
    assert rested.runs_aside(HALF) == 0
    assert rested.runs_aside(WIDE) == 0


def test_what_was_tried_and_came_out_dearer_is_not_blamed() -> None:
    dear, cheap = candidate(HALF, 80.0, goal=ANY), candidate(WIDE, 10.0, goal=ANY)
    for trying in (True, False):
        judged = judge(Trial(HALF, rescue=False, runs=(run(2, HALF),), trying=trying), dear, cheap, ANY, PRICES)
        assert isinstance(judged, Failed)
        assert judged.blamed is not trying


def test_a_second_unclear_failure_on_trial_is_the_specs() -> None:
    story = [*on_trial(), *recorded(run(2, HALF, fault="application")), *applied(roll_back(HALF, blamed=False), "d2")]
    again = followed([*story, *recorded(run(3)), *applied(change(HALF), "d3")])
    assert again.trial is not None
    for trial, blamed in ((again.trial, True), (replace(again.trial, failed_before=False), False)):
        failed = replace(trial, runs=(run(4, HALF, fault="application"),))
        verdict_now = judge(failed, candidate(HALF), candidate(WIDE), GOAL, PRICES)
        assert isinstance(verdict_now, Failed)
        assert verdict_now.blamed is blamed


@pytest.mark.parametrize("kind", ["code change", "platform change", "price change", "data growth", "unexplained shift"])
def test_blame_expires_when_the_workload_changes_and_heaps_are_remembered(kind: DisturbanceKind) -> None:
    story = [*rolled_back(2), Disturbed(kind, "seen", "run-11", START)]
    assert followed(story).failed == ()
    workload = identify(folded(story))
    assert workload is not None
    assert workload.memory.failed_mib == 1025


def test_blame_expires_with_the_goal() -> None:
    assert followed([*rolled_back(2), GoalSet("minimise runtime", "auto", START)]).failed == ()


@given(st.lists(st.sampled_from([WIDE, HALF]), max_size=FLAPPING_RUNS))
def test_every_change_but_the_first_two_is_a_return_where_there_are_two_specs(path: list[ClusterSpec]) -> None:
    rollout = followed([*entries(), *recorded(*(run(number, spec) for number, spec in enumerate(path)))])
    changes = sum(before != after for before, after in pairwise(path))
    assert rollout.returns == max(0, changes - 1)


def test_only_recent_runs_tell_of_going_back_and_forth() -> None:
    path = [WIDE, HALF, WIDE, HALF, *[WIDE] * FLAPPING_RUNS]
    rollout = followed([*entries(), *recorded(*(run(number, spec) for number, spec in enumerate(path)))])
    assert rollout.returns == 0


@given(st.integers(0, 5), st.data())
def test_a_fold_goes_on_where_it_stopped(times: int, data: st.DataObject) -> None:
    kinds: list[DisturbanceKind] = ["code change", "data growth"]
    story = [*rolled_back(times), *(Disturbed(kind, "seen", "run-11", START) for kind in kinds), *recorded(run(60))]
    cut = data.draw(st.integers(0, len(story)))
    assert Followed().after(story[:cut]).after(story[cut:]).rollout == follow(story)
    assert fold(story[cut:], fold(story[:cut])) == fold(story)


@given(st.floats(5.0, 60.0))
def test_a_rescue_that_keeps_the_goal_is_kept_and_what_is_cheaper_left_to_the_search(seconds: float) -> None:
    """Going back for the price is another change, no failure of this one."""
    dear, cheap = candidate(WIDE, 10.0, scale=0.1), candidate(HALF, seconds, scale=0.1)
    rescue = Trial(WIDE, rescue=True, runs=(run(2, WIDE),))
    found = judge(rescue, dear, cheap, GOAL, PRICES)
    if dear.miss_risk <= cheap.miss_risk:
        assert isinstance(found, Kept)


@pytest.mark.parametrize(("seconds", "settled"), [(39.0, Pending), (41.0, Failed)])
def test_one_noisy_run_in_time_leads_not_back_to_what_would_miss(seconds: float, settled: type) -> None:
    """As after a code change: the old spec was left because it would miss, whatever one run on the new one says."""
    now, before = candidate(WIDE, 38.0, scale=0.1), candidate(HALF, 34.5, scale=0.1)
    assert not GOAL.admits(now)
    assert not GOAL.admits(before)
    assert now.miss_risk > before.miss_risk + MATERIAL_RISK
    rescue = Trial(WIDE, rescue=True, runs=(run(2, WIDE, seconds),))
    assert isinstance(judge(rescue, now, before, GOAL, PRICES), settled)
    for other in (replace(rescue, rescue=False), replace(rescue, runs=rescue.runs * CONFIRMING_RUNS)):
        assert isinstance(judge(other, now, before, GOAL, PRICES), Failed)


@given(st.lists(st.floats(1.0, 60.0), min_size=1, max_size=3))
def test_what_trying_cost_beyond_what_was_expected_is_counted_by_month(seconds: list[float]) -> None:
    expected = candidate(WIDE, 20.0)
    assessment = Assessment(Phase.OPTIMIZING, current=expected)
    decision = replace(change(HALF), trying=True, assessment=assessment)
    runs = [run(2 + number, HALF, each) for number, each in enumerate(seconds)]
    rollout = followed([*entries(run(1)), *applied(decision), *recorded(*runs)])
    spent = sum(max(0.0, each.cost.dollars - expected.cost.dollars) for each in runs)
    assert rollout.explored_in(runs[0].report.finished_at) == pytest.approx(spent)
    assert rollout.explored_in(runs[0].report.finished_at + timedelta(days=60)) == 0
