"""What goes wrong between a client and AWS, told to happen at chosen calls; and which calls there were."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Literal, get_args

__all__ = ["FAULT_KINDS", "Answer", "AwsError", "FaultKind", "Faults"]

FaultKind = Literal["throttled", "internal", "unavailable", "lost", "half", "expired"]
"""`lost`: what was asked for is done, and the answer never comes, as where a client's patience ends first.
`half`: it is done, and the connection ends in the middle of the answer."""
FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


class AwsError(Exception):
    """A call that AWS refuses, in its words."""

    def __init__(self, code: str, message: str, status: int = 400, more: Mapping[str, object] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status, self.more = code, message, status, dict(more or {})


@dataclass(frozen=True, slots=True)
class Answer:
    """How a call is spoilt before it is done: status and words."""

    status: int
    code: str
    message: str


REFUSALS: Mapping[FaultKind, Answer] = {
    "throttled": Answer(400, "ThrottlingException", "Rate exceeded"),
    "internal": Answer(500, "InternalServerException", "An internal failure occurred."),
    "unavailable": Answer(503, "ServiceUnavailable", "Service is unable to handle request."),
    "expired": Answer(400, "ExpiredTokenException", "The security token included in the request is expired"),
}
"""S3 says `SlowDown` with 503 and `ExpiredToken`; its own codes are put in by the server."""


class Faults:
    """Faults that were ordered, and the calls so far, as `service:Operation`."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._lock = Lock()
        self._at: dict[int, FaultKind] = {}
        self._of: dict[str, list[FaultKind]] = {}

    def strike(self, kind: FaultKind, at: int, times: int = 1) -> None:
        """Spoil the call of this number, the next one being 0, and those that follow it."""
        with self._lock:
            self._at |= {len(self.calls) + at + more: kind for more in range(times)}

    def strike_next(self, operation: str, kind: FaultKind, times: int = 1) -> None:
        """Spoil the next calls of an operation, such as `emr:DescribeCluster`."""
        with self._lock:
            self._of.setdefault(operation, []).extend([kind] * times)

    def clear(self) -> None:
        """Let everything go well again."""
        with self._lock:
            self._at.clear()
            self._of.clear()

    def count(self, operation: str) -> int:
        """How often it was called."""
        return self.calls.count(operation)

    def called(self, operation: str) -> FaultKind | None:
        """Take note of a call; what is to go wrong with it."""
        with self._lock:
            number = len(self.calls)
            self.calls.append(operation)
            waiting = self._of.get(operation)
            if waiting:
                return waiting.pop(0)
            return self._at.pop(number, None)
