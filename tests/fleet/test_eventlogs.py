import pytest
from hypothesis import given, settings
from tests.fleet.made import laws, scales, sizes, spec

from setpoint.core.domain import ClusterSpec
from setpoint.core.eventlog import read_profile
from setpoint.core.profile import Profile
from setpoint.testing.fleet.days import Attempt, Ending
from setpoint.testing.fleet.eventlogs import LogPlan, write_log
from setpoint.testing.fleet.physics import JobLaw
from setpoint.testing.fleet.plant import happens
from setpoint.testing.fleet.projects import draw_project

ROUNDING_SECONDS = 0.02


def profile_of(plan: LogPlan) -> Profile:
    return read_profile([[write_log(plan).log]])


@settings(max_examples=40)
@given(laws, sizes, scales)
def test_the_sensor_reads_what_the_laws_say(law: JobLaw, size: ClusterSpec, scale: float) -> None:
    profile = profile_of(LogPlan(law, size, scale))
    assert profile.completeness.state == "complete"
    assert profile.failures == ()
    assert profile.wall_seconds == pytest.approx(law.seconds(size, scale) - law.launch_seconds, abs=ROUNDING_SECONDS)
    assert profile.slots == size.slots
    assert [stage.tasks for stage in profile.stages] == [len(stage.shares) for stage in law.stages]
    read = sum(stage.input_bytes for stage in law.stages) * scale
    assert profile.input_bytes == pytest.approx(read, abs=40 * len(law.stages))
    peak = max(executor.peak_heap_bytes for executor in profile.executors) / 2**20
    assert peak == pytest.approx(law.peak_mib(size.task_memory_mib, scale) if law.logs_memory else 0, abs=1)


def test_the_same_code_has_one_signature_whatever_the_cluster_and_the_input() -> None:
    first, second = (draw_project("code-change", 1, 0, 30).laws[number] for number in (0, 1))
    ours = profile_of(LogPlan(first, spec(), 1.0)).code_signature
    assert profile_of(LogPlan(first, spec(2, 8), 2.0)).code_signature == ours
    assert profile_of(LogPlan(second, spec(), 1.0)).code_signature != ours


@pytest.mark.parametrize("ending", ["killed", "code fault", "cloud fault"])
def test_runs_that_end_early_last_as_long_as_the_laws_say(ending: Ending) -> None:
    project = draw_project("mixed", 0, 3, 10)
    law, attempt = project.laws[0], Attempt(1.3, ending, 0.4, 1.0)
    is_killed = ending == "killed"
    plan = LogPlan(
        law,
        project.baseline,
        1.0,
        factor=attempt.factor,
        failure=None if is_killed else "ValueError: no luck",
        kept=attempt.share if is_killed else 1.0,
    )
    said = happens(law, project.baseline, 1.0, attempt)
    lasted = write_log(plan).seconds + attempt.factor * law.launch_seconds
    assert said.ending == ending
    assert lasted == pytest.approx(said.seconds, abs=ROUNDING_SECONDS)
    profile = profile_of(plan)
    assert profile.completeness.state == ("cut_off" if is_killed else "complete")
    assert bool(profile.failures) is not is_killed
