"""An event log on its way to the service: by its address, or as a file to upload."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, TypeAlias

from setpoint.client.records import Begun
from setpoint.client.steps import Answer, Operation, Upload
from setpoint.errors import ServiceError

__all__ = ["EventLog", "LogAt", "LogFile", "uploading"]


@dataclass(frozen=True, slots=True)
class LogAt:
    """An event log that the service fetches from an http(s) address."""

    url: str


@dataclass(frozen=True, slots=True)
class LogFile:
    """An event log that is uploaded; the ending of its name tells how it is packed."""

    name: str
    open: Callable[[], BinaryIO]

    @classmethod
    def at(cls, path: Path) -> "LogFile":
        """A file on this machine."""
        return cls(path.name, lambda: path.open("rb"))

    @classmethod
    def of(cls, name: str, content: bytes) -> "LogFile":
        """Content that is in memory."""
        return cls(name, lambda: BytesIO(content))


EventLog: TypeAlias = LogAt | LogFile


def uploading(begun: Begun, log: LogFile) -> "Operation[Answer]":
    """Upload an event log to where the service wants it."""
    if begun.ticket is None:
        raise ServiceError(f"The service took {begun.id} in, but did not say where to upload the event log.")
    # The service names the place and leaves the name of the file to the client.
    fields = {name: value.replace("${filename}", log.name) for name, value in begun.ticket.fields.items()}
    return (yield Upload(begun.ticket.url, fields, log.name, log.open))
