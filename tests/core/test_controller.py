"""decide(): whatever has happened, what is decided is allowed, explained and repeatable."""

import math
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.made import (
    GOAL_TEXT,
    PRICES,
    SPACE,
    START,
    WIDE,
    applied,
    change,
    entries,
    folded,
    followed,
    recorded,
    roll_back,
    run,
    waiting_profile,
)

from setpoint.core.controller import assess, decide
from setpoint.core.domain import (
    ClusterSpec,
    Decision,
    Hold,
    Phase,
    Prediction,
    Recommendation,
    Rollback,
    Run,
    SearchSpace,
)
from setpoint.core.goals import Goal, parse_goal
from setpoint.core.guards import is_within_step
from setpoint.core.history import Applied, Decided, Disturbed, Entry, GoalSet
from setpoint.core.pricebook import PriceBook
from setpoint.core.shortlist import MOST_ASSESSED
from setpoint.core.space import specs

FREE = PriceBook.of_cores(0.0, 0.0, "a machine of one's own")
GOALS = (
    "minimise cost",
    "minimise cost; runtime <= 40s",
    "minimise cost; runtime p80 <= 25s; cost <= 0.002$",
    "minimise runtime; cost <= 0.004$",
    "runtime <= 3s",
)


def decided(story: list[Entry], *, stepwise: bool = True, prices: PriceBook = PRICES) -> Decision:
    history = folded(story)
    assert history.goal is not None
    return decide(history, followed(story), parse_goal(history.goal.goal), prices, is_stepwise=stepwise)


@st.composite
def stories(draw: st.DrawFn) -> list[Entry]:
    """A project as the loop would lead it: decisions are carried out, and the plant does as it likes."""
    story: list[Entry] = entries(goal=draw(st.sampled_from(GOALS)))
    chance, needed_mib = Random(draw(st.integers(0, 999))), draw(st.sampled_from([0, 1500, 3000, 9000]))
    factor, signature = 1.0, 1
    for number in range(1, draw(st.integers(1, 10)) + 1):
        spec, event = (
            folded(story).spec,
            draw(st.sampled_from(["none"] * 6 + ["fails", "killed", "mute", "foreign", "code"])),
        )
        if event == "code":
            factor, signature = factor * 1.6, signature + 1
        story += night(number, spec, event, needed_mib, factor * chance.lognormvariate(0, 0.04), f"v{signature}")
        if event == "foreign":
            story.append(
                Disturbed(
                    "foreign change", "theirs", None, START, draw(st.sampled_from([WIDE, ClusterSpec.local(4, 2048)]))
                )
            )
        if number < 10 and draw(st.booleans()):
            story += carried_out(story)
    return story


def night(number: int, spec: ClusterSpec, event: str, needed_mib: int, factor: float, signature: str) -> list[Entry]:
    if spec.task_memory_mib < needed_mib:
        return recorded(run(number, spec, fault="memory"))
    if event == "fails":
        return recorded(run(number, spec, fault="application"))
    if event in {"killed", "mute"}:
        return recorded(run(number, spec, killed=event == "killed", has_profile=False))
    made = waiting_profile(min(16, spec.slots), factor=factor, signature=signature)
    drift = [Disturbed("code change", "seen", f"run-{number}", START)] if event == "code" else []
    return [*recorded(run(number, spec, made=made)), *drift]


def carried_out(story: list[Entry]) -> list[Entry]:
    decision, decision_id = decided(story), folded(story).decision_id
    written: list[Entry] = [Decided(decision_id, "", GOAL_TEXT, folded(story).spec, decision, START)]
    if isinstance(decision, Rollback) or (isinstance(decision, Recommendation) and decision.feasible):
        written.append(Applied(decision_id, decision.spec, START))
    return written


def failed_mib(story: list[Entry]) -> int:
    runs = folded(story).runs
    return max((each.spec.task_memory_mib for each in runs if each.fault == "memory"), default=0)


@given(stories())
@settings(max_examples=50)
def test_the_same_evidence_gives_the_same_decision(story: list[Entry]) -> None:
    assert decided(story) == decided(list(story))


@given(stories(), st.booleans())
@settings(max_examples=50)
def test_what_is_recommended_is_allowed(story: list[Entry], stepwise: bool) -> None:  # noqa: FBT001 - drawn
    decision, history = decided(story, stepwise=stepwise), folded(story)
    if not isinstance(decision, Recommendation):
        return
    assert decision.spec in set(specs(history.space, history.spec)) - {history.spec}
    assert decision.spec not in followed(story).failed
    did_it = {run.spec for run in history.runs if run.succeeded and run.spec.memory_gib > history.spec.memory_gib}
    assert decision.spec.task_memory_mib > failed_mib(story) or decision.spec in did_it
    if stepwise and decision.feasible:
        assert is_within_step(decision.spec, history.spec)


@given(stories())
@settings(max_examples=50)
def test_a_rollback_leads_to_the_known_good_and_not_to_what_last_failed_there(story: list[Entry]) -> None:
    decision, rollout, history = decided(story), followed(story), folded(story)
    if not isinstance(decision, Rollback):
        return
    assert rollout.trial is not None
    assert (decision.spec, decision.failed_spec) == (rollout.known_good, rollout.trial.spec)
    there = [each for each in history.runs if each.spec == decision.spec]
    assert not there or there[-1].fault != "memory"


@given(stories())
@settings(max_examples=50)
def test_every_decision_has_its_reason_and_its_numbers(story: list[Entry]) -> None:
    decision = decided(story)
    assert decision.reason
    assert "{" not in decision.reason
    assessment = decision.assessment
    for candidate in (assessment.current, assessment.chosen):
        if candidate is not None:
            assert 0 <= candidate.miss_risk <= 1
            assert candidate.loss > 0
    if assessment.current is not None:
        assert assessment.current.spec == folded(story).spec
    if isinstance(decision, Recommendation) and assessment.chosen is not None:
        assert assessment.chosen.spec == decision.spec
    if assessment.refused is not None:
        assert assessment.refused.reason


@given(stories())
@settings(max_examples=50)
def test_only_a_spec_on_trial_is_kept(story: list[Entry]) -> None:
    kept, trial = decided(story).assessment.kept, followed(story).trial
    assert kept is None or (trial is not None and kept == trial.spec)


@given(stories())
@settings(max_examples=50)
def test_a_machine_that_costs_nothing_can_be_controlled_too(story: list[Entry]) -> None:
    assert decided(story, prices=FREE).reason


@given(stories())
@settings(max_examples=50)
def test_a_promise_that_is_feasible_keeps_the_goal_or_leads_towards_it(story: list[Entry]) -> None:
    decision, history = decided(story), folded(story)
    if not isinstance(decision, Recommendation) or not decision.feasible or decision.assessment.chosen is None:
        return
    assert history.goal is not None
    current, chosen = decision.assessment.current, decision.assessment.chosen
    assert current is not None
    goal = parse_goal(history.goal.goal)
    assert goal.admits(chosen) or not goal.admits(current)


def test_before_anything_ran_it_waits() -> None:
    decision = decided(entries())
    assert isinstance(decision, Hold)
    assert decision.assessment.phase is Phase.LEARNING


def test_a_job_that_waits_for_its_source_is_made_smaller() -> None:
    decision = decided(entries(run(1)))
    assert isinstance(decision, Recommendation)
    assert decision.spec.slots <= WIDE.slots
    assert decision.spec.vcpus + decision.spec.memory_gib < WIDE.vcpus + WIDE.memory_gib
    assert not decision.rescue
    assert "instead of" in decision.reason


def test_a_deadline_that_is_missed_is_rescued_through_trial_pause_and_dead_band() -> None:
    small = ClusterSpec.local(2, 8192)
    story = entries(run(1, small), run(2, small), baseline=small, goal="minimise cost; runtime <= 25s")
    story += applied(roll_back(ClusterSpec.local(1, 8192), small), "000003")
    assert followed(story).pause_left == 1
    for on_trial in (story, [*story, *applied(change(small), "000003")]):
        decision = decided(on_trial)
        assert isinstance(decision, Recommendation)
        assert (decision.rescue, decision.feasible) == (True, True)
        assert decision.spec.slots > small.slots
        assert "would miss the goal" in decision.reason


def test_what_nothing_can_reach_is_marked_and_the_nearest_shown() -> None:
    decision = decided(entries(run(1), goal="runtime <= 3s"))
    assert isinstance(decision, Recommendation)
    assert not decision.feasible
    assert decision.spec.slots == max(SPACE.slots)
    assert "no allowed spec reaches the goal" in decision.reason
    nearest = ClusterSpec.local(16, 8192)
    decision = decided(entries(run(1, nearest), baseline=nearest, goal="runtime <= 3s"))
    assert isinstance(decision, Hold)
    assert "no allowed spec is nearer" in decision.reason


def test_a_known_good_spec_is_not_blamed_for_a_failing_application() -> None:
    decision = decided(entries(run(1), run(2, fault="application")))
    assert isinstance(decision, Hold)
    assert "ValueError: no such day" in decision.reason
    quiet = run(2, fault="infrastructure")
    assert isinstance(decided(entries(run(1), quiet)), Hold)


def test_want_of_memory_is_met_with_more_at_once() -> None:
    decision = decided(
        entries(run(1), run(2, ClusterSpec.local(8, 4096), fault="memory"), baseline=ClusterSpec.local(8, 4096))
    )
    assert isinstance(decision, Recommendation)
    assert decision.rescue
    assert decision.spec.task_memory_mib > 4096


SMALL = ClusterSpec.local(8, 2048)


def first_steps(*runs: Run, baseline: ClusterSpec = SMALL, more: tuple[Entry, ...] = ()) -> Decision:
    return decided([*entries(*runs, baseline=baseline), *more])


def test_want_of_memory_before_any_success_doubles_it() -> None:
    decision = first_steps(run(1, SMALL, fault="memory"))
    assert isinstance(decision, Recommendation)
    assert (decision.spec, decision.rescue) == (ClusterSpec.local(8, 4096), True)


def test_want_of_memory_takes_what_there_is_and_says_when_there_is_no_more() -> None:
    odd, most = ClusterSpec.local(8, 12288), ClusterSpec.local(8, 16384)
    decision = first_steps(run(1, odd, fault="memory"), baseline=odd)
    assert isinstance(decision, Recommendation)
    assert decision.spec == most
    decision = first_steps(run(1, most, fault="memory"), baseline=most)
    assert isinstance(decision, Hold)
    assert "no allowed spec has more" in decision.reason


def test_more_memory_that_has_not_run_yet_is_not_doubled_again() -> None:
    """A new goal, or a look in between, is no reason to climb further; neither is a spec that its owner enlarged."""
    failed = run(1, SMALL, fault="memory")
    answer = applied(change(ClusterSpec.local(8, 4096), rescue=True), "000002", SMALL)
    assert isinstance(first_steps(failed, more=(*answer, GoalSet("minimise cost", "auto", START))), Hold)
    theirs = Disturbed("foreign change", "theirs", None, START, ClusterSpec.local(8, 8192))
    assert isinstance(first_steps(failed, more=(theirs,)), Hold)


def test_a_spec_that_its_owner_made_too_small_again_gets_more_than_ever_failed() -> None:
    failed = (run(1, ClusterSpec.local(8, 4096), fault="memory"), run(2, SMALL, fault="memory"))
    decision = first_steps(*failed)
    assert isinstance(decision, Recommendation)
    assert decision.spec.task_memory_mib > 4096


def test_other_failures_before_any_success_wait_for_one() -> None:
    decision = first_steps(run(1, SMALL, killed=True))
    assert isinstance(decision, Hold)
    assert decision.assessment.phase is Phase.LEARNING


def test_a_rescue_that_fails_for_memory_climbs_on_instead_of_going_back_to_what_failed() -> None:
    rescue = ClusterSpec.local(8, 4096)
    story = entries(run(1, SMALL), run(2, SMALL, fault="memory"), baseline=SMALL)
    story += applied(change(rescue, rescue=True), "000003", SMALL)
    decision = decided([*story, *recorded(run(3, rescue, fault="memory"))])
    assert isinstance(decision, Recommendation)
    assert decision.rescue
    assert decision.spec.task_memory_mib > 4096


def test_a_trial_that_fails_goes_back_and_one_that_holds_is_kept() -> None:
    half = ClusterSpec.local(4, 4096)
    story = [*entries(run(1), run(2)), *applied(change(half), "000003")]
    back = decided([*story, *recorded(run(3, half, fault="memory"))])
    assert isinstance(back, Rollback)
    assert (back.spec, back.failed_spec, back.blamed) == (WIDE, half, True)
    kept = decided([*story, *recorded(run(3, half))])
    assert kept.assessment.kept == half
    assert "is kept" in kept.reason


def test_a_change_in_trial_holds_back_the_next_one() -> None:
    half = ClusterSpec.local(4, 4096)
    decision = decided([*entries(run(1), run(2), goal="minimise cost"), *applied(change(half), "000003")])
    assert isinstance(decision, Hold)
    assert "still on trial" in decision.reason
    assert decision.assessment.phase is Phase.OPTIMIZING


def test_somebody_elses_spec_runs_once_before_it_is_touched() -> None:
    """Even one that is known to be wasteful, or known to miss the goal."""
    for theirs in (ClusterSpec.local(16, 16384), ClusterSpec.local(1, 8192)):
        foreign = Disturbed("foreign change", "theirs", None, START, theirs)
        story = [*entries(run(1), run(2)), foreign]
        for more in ([], recorded(run(3))):
            decision = decided([*story, *more])
            assert isinstance(decision, Hold)
            assert "by somebody else" in decision.reason
        assert isinstance(decided([*story, *recorded(run(3, theirs))]), Recommendation)


def test_the_most_tempting_refusal_is_told() -> None:
    only_slots = SearchSpace((4, 8), (WIDE.task_memory_mib,))
    refused = decided(entries(run(1), goal="minimise cost; runtime <= 16s", space=only_slots)).assessment.refused
    assert refused is not None
    assert "it would miss the goal in" in refused.reason


def test_a_better_spec_that_is_too_far_for_one_step_is_told_too() -> None:
    wide, only_slots = ClusterSpec.local(16, 8192), SearchSpace((1, 2, 4, 8, 16), (8192,))
    story = entries(run(1, wide), baseline=wide, goal="minimise cost", space=only_slots)
    refused = decided(story).assessment.refused
    assert refused is not None
    assert "more than one step down" in refused.reason


def test_nothing_to_go_back_to_is_said_where_a_trial_fails_for_another_reason() -> None:
    rescue = ClusterSpec.local(8, 4096)
    story = entries(run(1, SMALL), run(2, SMALL, fault="memory"), baseline=SMALL)
    story += applied(change(rescue, rescue=True), "000003", SMALL)
    assert isinstance(decided([*story, *recorded(run(3, rescue, fault="application"))]), Hold)


def test_a_large_space_is_shortlisted_and_decided_on_as_a_small_one_is() -> None:
    space = SearchSpace(tuple(range(1, 17)), tuple(1024 * gib for gib in (1, 2, 4, 6, 8, 12, 16)))
    assert len(list(specs(space, WIDE))) > MOST_ASSESSED
    story = entries(run(1), run(2), space=space)
    decision = decided(story)
    assert decision.assessment.considered == len(list(specs(space, WIDE)))
    assert isinstance(decision, Recommendation)
    assert decision.feasible
    assert decision.spec in set(specs(space, WIDE))
    assert is_within_step(decision.spec, WIDE)
    assert decided(story) == decision
    late = decided(entries(run(1), space=space, goal="runtime <= 3s"))
    assert isinstance(late, Recommendation)
    assert not late.feasible
    assert late.spec.slots > WIDE.slots


@given(st.floats(0, 10))
def test_a_failure_is_paid_for_once_in_many_runs(fallback: float) -> None:
    goal: Goal = parse_goal("minimise runtime")
    found = assess(WIDE, Prediction(100.0, 0.05, 8.0, 0.1), goal, PRICES, fallback)
    assert math.isclose(found.loss, 100 + 0.1 * (100 + fallback) / 20)
