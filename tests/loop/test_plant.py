"""The simulated plant obeys the contract of a platform, and its own physics."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setpoint.core.domain import ClusterSpec
from setpoint.core.eventlog import read_profile
from setpoint.platforms import Platform
from setpoint.testing.plant import OUT_OF_MEMORY, Physics, SimulatedPlant
from setpoint.testing.platform_contract import PROJECT, PlatformContract, PlatformUnderTest

SPECS = (ClusterSpec.local(4, 4096), ClusterSpec.local(2, 4096), ClusterSpec.local(8, 8192))
CALM = Physics(noise=0.0)


class TestSimulatedPlant(PlatformContract):
    @pytest.fixture
    def subject(self) -> PlatformUnderTest:
        plant = SimulatedPlant(PROJECT, SPECS[0])

        def run(*, exit_code: int = 0, with_log: bool = True) -> None:
            plant.run(error="ValueError: no such day" if exit_code else None, exit_code=exit_code, with_log=with_log)

        def open_again() -> Platform:
            return plant

        return PlatformUnderTest(plant, SPECS, run, open_again)


def measured(plant: SimulatedPlant, spec: ClusterSpec) -> float:
    plant.set_by_owner("nightly", spec)
    report = plant.cluster_report("nightly", plant.run())
    return (report.finished_at - report.started_at).total_seconds()


@given(st.integers(1, 40))
@settings(max_examples=20)
def test_without_noise_a_run_takes_what_is_expected_of_it(slots: int) -> None:
    plant = SimulatedPlant("nightly", SPECS[0], CALM)
    spec = ClusterSpec.local(slots, 4096)
    assert measured(plant, spec) == pytest.approx(plant.expected_seconds(spec), abs=0.002)


@given(st.integers(1, 40))
@settings(max_examples=20)
def test_no_run_beats_the_serial_part_the_cores_or_the_slots(slots: int) -> None:
    seconds = SimulatedPlant("nightly", SPECS[0], CALM).expected_seconds(ClusterSpec.local(slots, 4096))
    assert seconds >= CALM.launch_seconds + CALM.serial_seconds + CALM.waiting_seconds * 0.98 / slots
    assert seconds >= CALM.launch_seconds + CALM.serial_seconds + CALM.cpu_seconds * 0.98 / CALM.host_cores


def test_the_same_seed_is_the_same_plant_and_another_is_not() -> None:
    one, same, other = (SimulatedPlant("nightly", SPECS[0], seed=seed) for seed in (1, 1, 2))
    times = [[measured(plant, SPECS[0]) for _ in range(3)] for plant in (one, same, other)]
    assert times[0] == times[1] != times[2]


def test_the_log_tells_what_the_physics_are() -> None:
    plant = SimulatedPlant("nightly", SPECS[0], Physics(noise=0.0, logged_peak_mib=3000, input_scale=2.0))
    made = read_profile(plant.event_log("nightly", plant.run()))
    fetch, compute = made.stages
    assert made.completeness.state == "complete"
    assert made.slots == 4
    assert made.input_bytes == 480_000_000
    assert fetch.totals.run_seconds == pytest.approx(72.0, rel=0.02)
    assert compute.totals.cpu_seconds == pytest.approx(16.0, rel=0.05)
    assert max(executor.peak_heap_bytes for executor in made.executors) == 3000 * 2**20


def test_too_little_heap_fails_and_the_log_says_why() -> None:
    plant = SimulatedPlant("nightly", ClusterSpec.local(4, 1024), CALM)
    run_id = plant.run()
    assert plant.cluster_report("nightly", run_id).error == OUT_OF_MEMORY
    assert {failure.fault for failure in read_profile(plant.event_log("nightly", run_id)).failures} == {"memory"}


def test_another_version_of_the_code_has_another_signature_and_more_data_has_not() -> None:
    plant, signatures = SimulatedPlant("nightly", SPECS[0]), []
    for physics in (CALM, Physics(input_scale=3.0), Physics(code_version=2)):
        plant.physics = physics
        signatures.append(read_profile(plant.event_log("nightly", plant.run())).code_signature)
    assert signatures[0] == signatures[1] != signatures[2]
