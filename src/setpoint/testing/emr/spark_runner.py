"""Runs an emulated cluster's applications for real: Spark on this machine, with the cluster's resources scaled down."""

from setpoint.testing.emr.runner import Application, Ran
from setpoint.testing.real_spark import RealSpark

__all__ = ["SparkRunner"]


class SparkRunner:
    """A `Runner`. Time passes here while it runs, and stands still there."""

    def __init__(self, spark: RealSpark) -> None:
        self.spark = spark

    def run(self, application: Application) -> Ran:
        """See Runner."""
        ran = self.spark.run(application.words, application.spec, application.began, application.id)
        files = {application.id: b"".join(line + b"\n" for line in ran.lines)} if ran.lines else {}
        return Ran(ran.seconds, ran.exit_code, ran.words, files)
