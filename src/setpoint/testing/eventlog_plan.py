"""What a made-up application does: the plans from which `eventlog_builder` writes an event log."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class StagePlan:
    """What the tasks of one stage do. Bytes are those of the whole stage, shared out evenly."""

    task_seconds: tuple[float, ...]
    """Run time of each task; its wall time is longer by the overhead."""
    name: str = "collect at job.py:10"
    parents: tuple[int, ...] = ()
    """Positions of the stages in the same job that must be over before."""
    cpu_share: float = 0.8
    gc_share: float = 0.02
    fetch_wait_share: float = 0.0
    overhead_seconds: float = 0.01
    """Scheduling, deserialisation and result handling of each task."""
    input_bytes: int = 0
    output_bytes: int = 0
    shuffle_read_bytes: int = 0
    shuffle_write_bytes: int = 0
    memory_spilled_bytes: int = 0
    disk_spilled_bytes: int = 0
    failed_attempts: int = 0
    """Attempts of the first task that fail before it succeeds; each takes half of its time."""
    failure: str | None = None
    """The reason the stage fails for after its tasks have run; its job fails with it."""


@dataclass(frozen=True, slots=True)
class SqlPlan:
    """The SQL execution a job belongs to: a call site, and the operators of its plan from the top, one child each."""

    description: str = "collect at job.py:10"
    operators: tuple[str, ...] = ("AdaptiveSparkPlan", "HashAggregate", "Exchange", "HashAggregate", "Scan parquet ")


@dataclass(frozen=True, slots=True)
class JobPlan:
    """One action: stages, after a gap in which only the driver works."""

    stages: tuple[StagePlan, ...]
    driver_seconds_before: float = 0.0
    sql: SqlPlan | None = None


@dataclass(frozen=True, slots=True)
class ExecutorPlan:
    """One executor."""

    id: str
    cores: int
    host: str = "10.0.0.1"
    peak_heap_bytes: int = 0
    removed_after_seconds: float | None = None
    """Seconds since the start after which it is gone; it takes no task that it could not finish."""
    removed_reason: str = "Executor killed by driver."


def local(slots: int, peak_heap_bytes: int = 0) -> tuple[ExecutorPlan, ...]:
    """The driver as the only executor: `local[slots]`."""
    return (ExecutorPlan("driver", slots, "localhost", peak_heap_bytes),)


def cluster(workers: int, cores: int, peak_heap_bytes: int = 0) -> tuple[ExecutorPlan, ...]:
    """Executors of one size, each on its own host."""
    return tuple(ExecutorPlan(str(i), cores, f"10.0.0.{i + 1}", peak_heap_bytes) for i in range(workers))


@dataclass(frozen=True, slots=True)
class ApplicationPlan:
    """One application: jobs one after the other."""

    jobs: tuple[JobPlan, ...]
    executors: tuple[ExecutorPlan, ...]
    name: str = "made-up"
    id: str = "app-20260101000000-0001"
    spark_version: str = "4.0.1"
    started_epoch_seconds: float = 1_790_000_000.0
    startup_seconds: float = 2.0
    """Until the first executor is there and the first gap of the driver begins."""
    shutdown_seconds: float = 0.2
    properties: tuple[tuple[str, str], ...] = ()
    ends: bool = True
    """False: the log stops where a killed driver's does."""


def draw_application(random: Random) -> ApplicationPlan:
    """Any small application that ends well: for property tests, which pass a seeded source of randomness."""
    jobs = tuple(_draw_job(random) for _ in range(random.randint(0, 3)))
    executors = local(random.randint(1, 4)) if random.random() < 0.5 else cluster(random.randint(1, 3), 2)
    return ApplicationPlan(jobs, executors, startup_seconds=random.randint(0, 30) / 10)


def _draw_job(random: Random) -> JobPlan:
    count = random.randint(1, 3)
    stages = tuple(_draw_stage(random, position) for position in range(count))
    return JobPlan(stages, random.randint(0, 50) / 10, SqlPlan() if random.random() < 0.5 else None)


def _draw_stage(random: Random, position: int) -> StagePlan:
    return StagePlan(
        task_seconds=tuple(random.randint(0, 40) / 10 for _ in range(random.randint(1, 12))),
        name=f"stage at job.py:{random.randint(1, 99)}",
        parents=tuple(parent for parent in range(position) if random.random() < 0.5),
        cpu_share=random.randint(0, 10) / 10,
        gc_share=random.randint(0, 5) / 10,
        fetch_wait_share=random.randint(0, 5) / 10,
        overhead_seconds=random.randint(0, 10) / 100,
        input_bytes=random.randint(0, 10**9),
        shuffle_read_bytes=random.randint(0, 10**9),
        shuffle_write_bytes=random.randint(0, 10**9),
        disk_spilled_bytes=random.randint(0, 10**6),
        failed_attempts=random.randint(0, 2),
    )
