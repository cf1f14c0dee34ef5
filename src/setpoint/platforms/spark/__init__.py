"""Any spark-submit, on one machine's file system."""

from setpoint.platforms.spark.launch import Launched, Submission, launch, read_submission, run_untouched
from setpoint.platforms.spark.platform import SparkPlatform, SpecChoice
from setpoint.platforms.spark.process import Streams

__all__ = [
    "Launched",
    "SparkPlatform",
    "SpecChoice",
    "Streams",
    "Submission",
    "launch",
    "read_submission",
    "run_untouched",
]
