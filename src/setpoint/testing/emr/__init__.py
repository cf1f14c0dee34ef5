"""EMR on EC2 and EMR Serverless, emulated on top of moto's S3: good enough that the unmodified boto3 cannot tell.

The time stands still until a test moves it; then clusters start, steps run, logs arrive in S3, machines are given back.
"""

from setpoint.testing.emr.clock import EmulatedClock
from setpoint.testing.emr.faults import FAULT_KINDS, FaultKind, Faults
from setpoint.testing.emr.runner import Application, Ordered, Ran, Runner, SimulatedRunner
from setpoint.testing.emr.server import EmrEmulator

__all__ = [
    "FAULT_KINDS",
    "Application",
    "EmrEmulator",
    "EmulatedClock",
    "FaultKind",
    "Faults",
    "Ordered",
    "Ran",
    "Runner",
    "SimulatedRunner",
]
