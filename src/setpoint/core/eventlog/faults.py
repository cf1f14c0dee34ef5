"""Whose fault a failure is, from the words Spark, YARN, Kubernetes and the clouds use for it."""

import re

from setpoint.core.profile import Failure, Fault, Removal

_REASON_CHARACTERS = 300
_LONGEST_TEXT = 20_000
"""A stack trace says within these characters what went wrong."""

_MEMORY = re.compile(
    r"OutOfMemory(Error|Exception)|Java heap space|GC overhead limit"
    r"|Not enough memory to build and broadcast|Cannot allocate memory|\bMemoryError\b|OOM ?Killed|\bOOM\b"
    r"|(exceeding|beyond|running beyond).{0,20}(physical |virtual )?memory( limits?)?"
    r"|\bexit(ed|ing)?( with)? ?(code|status|value)?:? ?\(?(137|52)\b|exitCode:? (137|52)\b|code (137|52)\b",
    re.IGNORECASE,
)
"""137: killed by signal 9, nearly always by the kernel or the container for memory; 52: Spark's own code for OOM."""

_INFRASTRUCTURE = re.compile(
    r"\bspot\b|preempt|decommission|node .{0,40}(lost|down|unhealthy)|(lost|unhealthy|released) (node|container)"
    r"|Container released on a|(worker|executor|host|slave|node) (\S+ )?(was )?lost|lost (worker|executor)"
    r"|FetchFailed|MetadataFetchFailed|Connection (reset|refused)|heartbeat|Remote RPC client disassociated"
    r"|insufficient capacity|INSUFFICIENT_CAPACITY|INSTANCE_FLEET_TIMEOUT|INSTANCE_FAILURE|provisioning.{0,20}timeout"
    r"|No space left on device|exit(ed)?( with)? ?(code|status):? ?143\b",
    re.IGNORECASE,
)

_ORDINARY_REMOVAL = re.compile(
    r"killed by driver|idle|scale.?down|Worker shutting down|exited with code 0\b|application (is )?(finished|stopped)",
    re.IGNORECASE,
)
"""Executors come and go under dynamic allocation and at the end; that is no failure."""

_STOPPED = re.compile(r"\bcancell?ed\b|SparkContext was shut ?down|\bInterruptedException\b", re.IGNORECASE)
_SCALED_DOWN = re.compile(r"scale.?down", re.IGNORECASE)
"""Dynamic allocation gives executors back in these words, also where it decommissions them."""
_RECLAIMED = re.compile(r"\bspot\b|preempt|decommission", re.IGNORECASE)
_OVER = re.compile(r"Worker shutting down|exited with code 0\b|application (is )?(finished|stopped)", re.IGNORECASE)


def fault_of(text: str) -> Fault:
    """Whose fault a failure with this text is.

    >>> fault_of("ExecutorLostFailure: Container killed by YARN for exceeding memory limits. 5.5 GB of 5.5 GB used")
    'memory'
    >>> fault_of("Container released on a *lost* node")
    'infrastructure'
    >>> fault_of("ValueError: could not convert string to float")
    'application'
    """
    text = text[:_LONGEST_TEXT]
    if _MEMORY.search(text):
        return "memory"
    return "infrastructure" if _INFRASTRUCTURE.search(text) else "application"


def failure(where: str, text: str) -> Failure:
    """A failure with its fault, the reason cut to its first line."""
    return Failure(where, first_line(text), fault_of(text))


def was_stopped(text: str) -> bool:
    """Whether these are the words for what was stopped because it was no longer wanted.

    >>> was_stopped("Job 3 cancelled because SparkContext was shut down"), was_stopped("java.io.IOException: gone")
    (True, False)
    """
    return _STOPPED.search(first_line(text)) is not None


def executor_failure(executor_id: str, reason: str) -> Failure | None:
    """The failure behind the removal of an executor, None where it was an ordinary one.

    >>> executor_failure("7", "Executor killed by driver.") is None
    True
    """
    reason = reason[:_LONGEST_TEXT]
    found = failure(f"executor {executor_id}", reason)
    is_ordinary = found.fault != "memory" and _ORDINARY_REMOVAL.search(reason)
    return None if is_ordinary or found.fault == "application" else found


def removal_of(reason: str) -> Removal:
    """Why an executor went, from the words for it.

    >>> removal_of("Executor decommission: spot interruption"), removal_of("Executor killed by driver.")
    ('spot', 'idle')
    >>> removal_of("Executor decommission: spark scale down")
    'idle'
    """
    reason = reason[:_LONGEST_TEXT]
    if _MEMORY.search(reason):
        return "memory"
    if _SCALED_DOWN.search(reason):
        return "idle"
    if _RECLAIMED.search(reason):
        return "spot"
    if _OVER.search(reason):
        return "finished"
    return "idle" if _ORDINARY_REMOVAL.search(reason) else "lost"


def first_line(text: str) -> str:
    """First line that says something, cut to a readable length."""
    line = next(
        (stripped for part in text[:_LONGEST_TEXT].splitlines() if (stripped := part.strip())), "no reason given"
    )
    return line if len(line) <= _REASON_CHARACTERS else f"{line[: _REASON_CHARACTERS - 1]}…"
