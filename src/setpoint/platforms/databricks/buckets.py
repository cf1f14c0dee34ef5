"""Logs that clusters deliver to S3, read by boto3; what is anywhere else is read by others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from setpoint.errors import PlatformError
from setpoint.platforms.databricks.logs import LogFile, LogFiles
from setpoint.platforms.emr.calls import Calls, Refusal
from setpoint.platforms.emr.logs import Stored, listed, place_of, stored_bytes

__all__ = ["WithBuckets"]


@dataclass(frozen=True, slots=True)
class WithBuckets:
    """`LogFiles` in S3 by boto3, in other places by `others`."""

    others: LogFiles
    calls: Calls
    region: str

    def below(self, folder: str) -> Sequence[LogFile]:
        """All files below a folder, however many."""
        place = place_of(folder)
        if place is None:
            return self.others.below(folder)
        try:
            found = listed(self.calls, self.region, place)
        except Refusal as error:
            if error.code != "NoSuchBucket":
                raise
            return ()
        return tuple(LogFile(f"s3://{place.bucket}/{it.key}", it.modified.timestamp(), it.size_bytes) for it in found)

    def read(self, file: LogFile) -> Iterator[bytes]:
        """Its bytes; where the connection breaks it goes on from there."""
        folder, _, name = file.path.rpartition("/")
        place = place_of(folder)
        if place is None:
            return self.others.read(file)
        if not name:
            raise PlatformError(f"{file.path} is a folder, and no file of a log.")
        return stored_bytes(self.calls, self.region, place, _stored(place.prefix + name, file))


def _stored(key: str, file: LogFile) -> Stored:
    return Stored(key, file.size_bytes, datetime.fromtimestamp(file.modified, UTC))
