"""A clock for the vendor's client by which it never repeats a call by itself.

`databricks-sdk` repeats what is throttled or fails, writes too, for as long as its `retry_timeout_seconds` allow, and a
`Retry-After: 0` allows it within any. A write that it repeats could overwrite what a person changed in between.
"""

import threading
import time

__all__ = ["OneTry"]

_PAST_ANY_DEADLINE_SECONDS = 1e6


class OneTry:
    """A `databricks.sdk.clock.Clock`: to wait is to be past every deadline, in the thread that waits."""

    def __init__(self) -> None:
        self._ahead = threading.local()

    def time(self) -> float:
        """Seconds since the epoch; after a wait, far later."""
        return time.time() + float(getattr(self._ahead, "seconds", 0.0))

    def sleep(self, seconds: float) -> None:  # noqa: ARG002 - as the client calls it
        """Does not wait."""
        self._ahead.seconds = getattr(self._ahead, "seconds", 0.0) + _PAST_ANY_DEADLINE_SECONDS
