"""Event logs on disk for the commands that read one."""

from pathlib import Path

from setpoint.testing.eventlog_builder import ApplicationPlan, JobPlan, StagePlan, build, local

SCAN = StagePlan(task_seconds=(2.0,) * 15 + (9.0,), name="scan at [job].py:1", input_bytes=3_000_000)
COUNT = StagePlan(task_seconds=(1.0,) * 4, parents=(0,), name="count at job.py:2")
MEMORY = (("spark.driver.memory", "8g"),)
PLAN = ApplicationPlan((JobPlan((SCAN, COUNT), 1.5),), local(8), name="[bold]nightly", properties=MEMORY)


def a_log(folder: Path, *, lines: int | None = None, cut_bytes: int = 0) -> Path:
    """The log of `PLAN`; of its first lines only; without its last bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "application.log"
    content = b"".join(line + b"\n" for line in build(PLAN)[:lines])
    path.write_bytes(content[: len(content) - cut_bytes])
    return path
