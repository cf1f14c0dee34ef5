"""What commands are given by address or path: cluster reports, and event logs."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from setpoint.errors import InputError

if TYPE_CHECKING:
    from setpoint.client import EventLog

__all__ = ["read_event_log", "read_json", "read_report"]

MOST_BYTES = 64 << 20
"""Larger than any cluster report: one of 10,000 events is about 5 MB."""


def read_report(place: str) -> Mapping[str, object]:
    """A cluster report from a file, an http(s) address or S3."""
    from setpoint.client.logs import presigned

    scheme = urlsplit(place).scheme
    if scheme in {"http", "https"}:
        return _parsed(_fetched(place), place)
    if scheme == "s3":
        return _parsed(_fetched(presigned(place)), place)
    return read_json(Path(place))


def read_json(path: Path) -> Mapping[str, object]:
    """A JSON object from a file."""
    from setpoint.files import read_most

    try:
        content = read_most(path, MOST_BYTES)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from None
    return _parsed(content, str(path))


def read_event_log(place: str) -> "EventLog":
    """An event log: a file to upload, or an address that the service fetches."""
    from setpoint.client import LogAt, LogFile
    from setpoint.client.logs import presigned

    scheme = urlsplit(place).scheme
    if scheme in {"http", "https"}:
        return LogAt(place)
    if scheme == "s3":
        return LogAt(presigned(place))
    path = Path(place)
    if path.is_dir():
        raise InputError(f"{path} is a folder: give one file, or pack the folder into a .zip or .tar.gz first.")
    if not path.is_file():
        raise InputError(f"{path} is not there; give the event log as a file, an http(s) address or s3://…")
    return LogFile.at(path)


def _parsed(content: bytes, place: str) -> Mapping[str, object]:
    import msgspec

    if len(content) > MOST_BYTES:
        raise InputError(f"{place} is larger than {MOST_BYTES >> 20} MiB, which no cluster report is.")
    try:
        found = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{place} is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise InputError(f"{place} is JSON, but not an object.")
    return found


def _fetched(url: str) -> bytes:
    import httpx2

    content = b""
    try:
        with httpx2.stream("GET", url, follow_redirects=True, timeout=60.0) as response:
            response.raise_for_status()
            for part in response.iter_bytes():
                content += part
                if len(content) > MOST_BYTES:
                    break
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        # The query of a presigned address is a secret for an hour.
        raise InputError(f"{url.partition('?')[0]} cannot be fetched: {_why(error)}.") from None
    return content


def _why(error: Exception) -> str:
    import httpx2

    if isinstance(error, httpx2.HTTPStatusError):
        return f"the answer was {error.response.status_code}"
    return str(error).rstrip(".") or type(error).__name__
