"""What an operation asks for while it runs: calls to the service, uploads, pauses. No input or output here."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, TypeAlias, TypeVar

from setpoint.errors import ServiceError

__all__ = ["Answer", "Ask", "Operation", "Pause", "Step", "Upload", "result_of"]

Result = TypeVar("Result")
Answer: TypeAlias = Mapping[str, object]
"""The JSON object with which the service answered."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One call of the service."""

    method: str
    path: str
    body: Mapping[str, object] | None = None
    query: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file for the address that the service named; the caller is not known there."""

    url: str
    fields: Mapping[str, str]
    name: str
    open: Callable[[], BinaryIO]
    """Opened once for every try; closed by who sends."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Waiting until the next question."""

    seconds: float
    because: str = field(default="")


Step: TypeAlias = Ask | Upload | Pause
Operation: TypeAlias = Generator[Step, Answer, Result]
"""What a client carries out: it yields steps, is sent the answers, and returns the result."""


def result_of(answer: Answer) -> object:
    """What the service put into its envelope.

    >>> result_of({"result": ["aws-emr"]})
    ['aws-emr']
    """
    if answer.get("result") is None:
        raise ServiceError("The service answered without a result; is SYNC_API_URL the address of a Setpoint service?")
    return answer["result"]
