"""Where the time went: the parts add up, and each rule fires on what it is about."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.diagnosis import RULES, Diagnosis, diagnose
from setpoint.core.eventlog import read_profile
from setpoint.core.profile import Profile
from setpoint.testing.eventlog_builder import ApplicationPlan, JobPlan, StagePlan, build, draw_application, local

applications = st.randoms(use_true_random=False).map(draw_application)


def profile_of(plan: ApplicationPlan) -> Profile:
    return read_profile([[b"\n".join(build(plan))]])


def run(*stages: StagePlan, slots: int = 4, driver_seconds: float = 0.0) -> Diagnosis:
    job = JobPlan(stages, driver_seconds_before=driver_seconds)
    return diagnose(
        profile_of(ApplicationPlan((JobPlan((StagePlan((0.1,)),)), job), local(slots), startup_seconds=0.5))
    )


def rules(diagnosis: Diagnosis) -> set[str]:
    return {finding.rule for finding in diagnosis.findings}


@given(applications)
def test_the_parts_of_the_wall_add_up(plan: ApplicationPlan) -> None:
    profile = profile_of(plan)
    wall = diagnose(profile).wall

    assert wall.total_seconds == pytest.approx(profile.wall_seconds)
    assert min(wall.startup_seconds, wall.driver_seconds, wall.stage_seconds) >= 0


@given(applications)
def test_the_parts_of_the_slot_time_add_up(plan: ApplicationPlan) -> None:
    profile = profile_of(plan)
    slots = diagnose(profile).slots

    capacity = sum(executor.cores * (profile.wall_seconds - executor.added) for executor in profile.executors)
    assert slots.total_seconds == pytest.approx(capacity, abs=1e-6)
    in_tasks = sum(s.totals.run_seconds + s.totals.overhead_seconds + s.lost_seconds for s in profile.stages)
    assert slots.used_seconds == pytest.approx(in_tasks, abs=1e-6)
    assert slots.idle_stage_seconds >= 0


@given(applications)
def test_gains_lie_between_nothing_and_the_whole_run_and_fall(plan: ApplicationPlan) -> None:
    profile = profile_of(plan)
    gains = [finding.gain_seconds for finding in diagnose(profile).findings]

    assert gains == sorted(gains, reverse=True)
    assert all(0 <= gain <= profile.wall_seconds for gain in gains)


@given(applications, st.floats(0.1, 0.9))
def test_a_cut_off_log_adds_up_too(plan: ApplicationPlan, share: float) -> None:
    lines = build(plan)
    profile = read_profile([[b"\n".join(lines[: max(2, int(share * len(lines)))])]])
    diagnosis = diagnose(profile)

    assert diagnosis.wall.total_seconds == pytest.approx(profile.wall_seconds)
    assert diagnosis.slots.total_seconds >= diagnosis.slots.used_seconds


def test_busy_even_stages_have_no_finding() -> None:
    assert run(StagePlan((2.0,) * 40, cpu_share=0.95)).findings == ()


def test_one_long_task_is_skew_and_leaves_slots_idle() -> None:
    diagnosis = run(StagePlan((1.0,) * 11 + (20.0,), cpu_share=0.95))

    assert rules(diagnosis) == {"skew", "idle-slots"}
    assert diagnosis.straggling_seconds == pytest.approx(20.01 - 7.8, abs=0.1)
    assert diagnosis.top_stages[0].longest_seconds == pytest.approx(20.01)


def test_a_driver_that_works_alone() -> None:
    diagnosis = run(StagePlan((1.0,) * 8, cpu_share=0.95), driver_seconds=10.0)

    assert rules(diagnosis) == {"driver-bound"}
    assert diagnosis.findings[0].gain_seconds == pytest.approx(10.2, abs=0.1)


@pytest.mark.parametrize(
    ("stage", "rule"),
    [
        (StagePlan((2.0,) * 40, cpu_share=0.1), "waiting-on-source"),
        (StagePlan((2.0,) * 40, cpu_share=0.7, gc_share=0.3), "gc-pressure"),
        (StagePlan((2.0,) * 40, cpu_share=0.95, disk_spilled_bytes=10**9), "spill"),
        (StagePlan((0.02,) * 400, cpu_share=0.95, overhead_seconds=0.02), "many-tiny-tasks"),
        (StagePlan((2.0,) * 40, cpu_share=0.95, failed_attempts=3), "failed-tasks"),
        (StagePlan((5.0,), cpu_share=0.95), "idle-slots"),
    ],
)
def test_each_rule_fires_alone(stage: StagePlan, rule: str) -> None:
    assert rules(run(stage)) == {rule}


def test_a_log_without_cpu_times_is_not_called_waiting() -> None:
    plan = ApplicationPlan((JobPlan((StagePlan((2.0,) * 40, cpu_share=0.0),)),), local(4))

    assert "waiting-on-source" not in rules(diagnose(profile_of(plan)))


def test_nothing_ran() -> None:
    empty = replace(profile_of(ApplicationPlan((), local(2))), executors=())
    diagnosis = diagnose(empty)

    assert diagnosis.wall.startup_seconds == empty.wall_seconds
    assert diagnosis.slots.total_seconds == 0.0
    assert rules(diagnosis) <= {"driver-bound"}


def test_every_rule_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "profile.md").read_text(encoding="utf-8")

    assert [rule for rule in RULES if f"| `{rule}` |" not in page] == []
