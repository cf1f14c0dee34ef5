"""What the last words of an application say about its end, without the secrets in them.

Whose fault it was is for `core.failure` to say, which sees the event log too.
"""

import re

from setpoint.core.failure import is_memory_error

LONGEST_LINE = 300

_SECRET = re.compile(
    r"""((?:pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|api.?key|access.?key|account.?key|signature|\bsig)
        [\w.\-]*["']?\s*(?:=|:\s|:(?!//))\s*)(?:"[^"]*"|'[^']*'|[^\s,;&)}"']+)""",
    re.IGNORECASE | re.VERBOSE,
)
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[\w.~+/\-]{8,}=*", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(://[^\s/:@]+:)[^\s/@]+@")
# "ValueError: …", "java.io.IOException: …", "Caused by: …Exception", "Exception in thread …", Spark's own "Error: …"
_ERROR_LINE = re.compile(
    r"^\s*(Caused by: |Error: |Exception in thread )?[\w.$]*(Error|Exception|Interrupt)\b|^\s*Error: "
)
_NOT_FOUND = re.compile(r"JAVA_HOME is not set|command not found|No such file or directory|can't open file")


def redact(text: str) -> str:
    """The text with the values of obvious secrets replaced.

    >>> redact("connect(password=hunter2, user=ann) jdbc:pg://ann:hunter2@db Authorization: Bearer abcdefgh12345")
    'connect(password=***, user=ann) jdbc:pg://ann:***@db Authorization: Bearer ***'
    """
    text = _BEARER.sub(r"\1 ***", text)
    return _URL_PASSWORD.sub(r"\1***@", _SECRET.sub(r"\1***", text))


def error_line(exit_code: int, stderr_tail: str) -> str | None:
    r"""The line that says best why an application failed; None where it did not.

    Running out of memory is the cause of what comes after it, so such a line goes before later ones.

    >>> error_line(1, "Traceback …\n  File x\nValueError: no such column\n26/11/22 INFO ShutdownHookManager: bye")
    'ValueError: no such column'
    """
    if exit_code == 0:
        return None
    lines = [line.strip() for line in redact(stderr_tail).splitlines() if line.strip()]
    said = (
        next((line for line in lines if is_memory_error(line)), None)
        or next((line for line in reversed(lines) if _ERROR_LINE.search(line)), None)
        or next((line for line in reversed(lines) if _NOT_FOUND.search(line)), None)
        or (lines[-1] if lines else f"it ended with exit code {exit_code} and without a word")
    )
    return said if len(said) <= LONGEST_LINE else f"{said[: LONGEST_LINE - 1]}…"
