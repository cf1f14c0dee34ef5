"""Runs what an emulated cluster is to run for real: Spark on this machine, with the cluster's resources scaled down."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from setpoint.testing.databricks.answers import Json
from setpoint.testing.databricks.runner import Asked, Ran
from setpoint.testing.real_spark import RealSpark

__all__ = ["SparkRunner"]

STARTUP_SECONDS = 240.0
"""Until a cluster's machines are there, in the time of the emulated workspace."""
_NO_PROGRAM = "The emulated workspace runs spark_python_task only, and the cluster has none."


class SparkRunner:
    """A `Runner`. Time passes here while it runs, and stands still there; of several tasks the first one is run."""

    def __init__(self, spark: RealSpark, startup_seconds: float = STARTUP_SECONDS) -> None:
        self.spark, self._startup_seconds = spark, startup_seconds

    def run(self, asked: Asked) -> Ran:
        """See Runner."""
        words = _words(asked.tasks, asked.cluster.get("spark_conf") or {})
        if not words:
            return Ran((), self._startup_seconds, 0.0, _NO_PROGRAM)
        began = asked.began + timedelta(seconds=self._startup_seconds)
        ran = self.spark.run(words, asked.spec, began, f"app-{asked.number:014d}-0000")
        failure = f"{ran.words} (exit code {ran.exit_code})" if ran.exit_code else None
        return Ran(tuple(ran.lines), self._startup_seconds, ran.seconds, failure)


def _words(tasks: Sequence[Json], properties: Mapping[str, object]) -> list[str]:
    """The command that stands for a task; empty where none of them is a Python file."""
    for task in tasks:
        program = task.get("spark_python_task")
        if program:
            options = (word for key, value in properties.items() for word in ("--conf", f"{key}={value}"))
            return ["spark-submit", *options, program["python_file"], *program.get("parameters", [])]
    return []
