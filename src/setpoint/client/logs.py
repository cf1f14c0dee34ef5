"""An event log on its way to the service: by its address, or as a file to upload."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, TypeAlias

from setpoint.client.records import Begun
from setpoint.client.steps import Answer, Operation, Upload
from setpoint.errors import PlatformError, ServiceError

__all__ = ["EventLog", "LogAt", "LogFile", "presigned", "uploading"]

LINK_SECONDS = 3600


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


def presigned(url: str) -> str:
    """A link through which anyone can read an object of S3 for an hour: the service fetches it at once."""
    from importlib import import_module
    from urllib.parse import urlsplit

    try:
        boto3, faults = import_module("boto3"), import_module("botocore.exceptions")
    except ImportError:
        raise PlatformError(f"{url} is on S3, which needs boto3: pip install 'setpoint[aws]'.") from None
    parts = urlsplit(url)
    where = {"Bucket": parts.netloc, "Key": parts.path.lstrip("/")}
    try:
        link: str = boto3.client("s3").generate_presigned_url("get_object", Params=where, ExpiresIn=LINK_SECONDS)
    except faults.BotoCoreError as error:
        raise PlatformError(f"No link to {url} can be made: {error}") from None
    return link
