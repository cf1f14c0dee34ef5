"""Jobs and projects that the tests of fleets share."""

from random import Random

from hypothesis import strategies as st

from setpoint.core.domain import ClusterSpec
from setpoint.testing.fleet.physics import JobLaw, StageLaw

GOAL = "minimise cost; runtime p95 <= DEADLINE"


def spec(workers: int = 4, cores: int = 4, mib: int = 8192) -> ClusterSpec:
    return ClusterSpec(workers, cores, mib, 2, 4096)


def draw_law(random: Random, *, is_pure: bool = False) -> JobLaw:
    """Any job; a pure one has neither overhead of machines nor traffic between them, and its source is never full."""
    stages = tuple(_draw_stage(random, is_pure=is_pure) for _ in range(random.randint(1, 3)))
    return JobLaw(
        launch_seconds=random.uniform(0, 60),
        startup_seconds=random.uniform(0, 20),
        startup_per_worker=0.0 if is_pure else random.uniform(0, 1),
        serial_seconds=random.uniform(0, 300),
        serial_growing=random.random(),
        stages=stages,
        fixed_mib=random.uniform(200, 3000),
        growing_mib=random.uniform(0, 3000),
        collecting=random.uniform(0, 0.05),
        garbage=random.random(),
        logs_memory=random.random() < 0.8,
    )


def _draw_stage(random: Random, *, is_pure: bool) -> StageLaw:
    return StageLaw(
        shares=tuple(random.uniform(0.3, 3.0) for _ in range(random.randint(1, 30))),
        mean_seconds=random.uniform(0.5, 60),
        cpu_share=random.random(),
        source_slots=10_000 if is_pure else random.randint(1, 30),
        traffic=0.0 if is_pure else random.uniform(0, 0.02),
        wanted_mib=random.uniform(0, 800),
        input_bytes=random.randint(0, 10**11),
        shuffle_bytes=random.randint(0, 10**10),
    )


laws = st.randoms(use_true_random=False).map(draw_law)
pure_laws = st.randoms(use_true_random=False).map(lambda random: draw_law(random, is_pure=True))
sizes = st.builds(spec, st.integers(1, 12), st.sampled_from((1, 2, 4, 8)), st.sampled_from((2048, 4096, 8192, 32768)))
scales = st.floats(0.3, 4.0)
