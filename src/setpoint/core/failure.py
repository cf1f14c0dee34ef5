"""How a run ended, and whose fault it was: read from its exit code, the error it printed, and its event log."""

import re

from setpoint.core.domain import ClusterReport, Outcome
from setpoint.core.eventlog.faults import fault_of
from setpoint.core.profile import Fault, Profile

__all__ = ["classify", "is_memory_error"]

_NOT_STARTED = re.compile(r"JAVA_HOME is not set|command not found|does not start:", re.IGNORECASE)
"""What spark-submit and its launcher say where Spark never began."""
_OUT_OF_MEMORY_CODES = frozenset({52, 137})
"""52: Spark's exit code for an OutOfMemoryError (`SparkExitCode.OOM`); 137: SIGKILL, as the kernel's and Kubernetes'
out-of-memory killers send it."""


def classify(report: ClusterReport, profile: Profile | None) -> tuple[Outcome, Fault | None]:
    """Outcome of a run, and the fault where it failed.

    A process that was lost (nobody saw its exit code) is judged by its event log: one that is complete and without a
    failure did its work.
    """
    if report.stopped:
        return Outcome.KILLED, None
    if report.exit_code is None:
        return _by_log(profile)
    if report.exit_code == 0:
        return Outcome.SUCCEEDED, None
    return Outcome.FAILED, _fault(report, profile)


def _by_log(profile: Profile | None) -> tuple[Outcome, Fault | None]:
    if profile is None or profile.completeness.state == "cut_off":
        return Outcome.KILLED, None
    if profile.failures:
        return Outcome.FAILED, profile.failures[-1].fault
    return Outcome.SUCCEEDED, None


def _fault(report: ClusterReport, profile: Profile | None) -> Fault:
    said = report.error or ""
    # The log's reader judged the whole text of each failure; a reason is only its first line.
    faults = {fault_of(said), *(failure.fault for failure in (profile.failures if profile else ()))}
    if report.exit_code in _OUT_OF_MEMORY_CODES or "memory" in faults:
        return "memory"
    if "infrastructure" in faults or _NOT_STARTED.search(said):
        return "infrastructure"
    return "application"


def is_memory_error(text: str) -> bool:
    """Whether an error text says that memory ran out.

    >>> is_memory_error("java.lang.OutOfMemoryError: Java heap space")
    True
    """
    return fault_of(text) == "memory"
