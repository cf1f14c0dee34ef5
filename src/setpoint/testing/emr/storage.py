"""S3, EC2 and STS of the emulated account: moto's, with objects as old as the emulated world says."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

__all__ = ["MotoStorage"]

_Backend = Any
Application = Callable[[Mapping[str, Any], Any], Iterable[bytes]]
_ACCOUNT = "123456789012"
_PLACE = re.compile(r"s3[an]?://([^/]+)/(.+)")


class MotoStorage:
    """moto's backends, in this process: one set for all emulators in it."""

    def __init__(self) -> None:
        self._applications: dict[str, Application] = {}

    def application(self, service: str) -> Application:
        """What answers for a service, such as s3; moto's own dispatcher looks through its folders at each request."""
        from moto.moto_server.werkzeug_app import create_backend_app

        if service not in self._applications:
            self._applications[service] = cast("Application", create_backend_app(cast("Any", service)))
        return self._applications[service]

    @property
    def _s3(self) -> _Backend:
        from moto.s3.models import s3_backends

        return s3_backends[_ACCOUNT]["aws"]

    def put(self, url: str, content: bytes, at: datetime) -> None:
        """Write an object, last modified at a time; its bucket is made where there is none."""
        found = _PLACE.fullmatch(url)
        if found is None:
            raise ValueError(f"{url} is no object in S3")
        bucket, key = found[1], found[2]
        if bucket not in self._s3.buckets:
            self._s3.create_bucket(bucket, "us-east-1")
        self._s3.put_object(bucket, key, content).last_modified = at.astimezone(UTC).replace(tzinfo=None)

    def keys(self, bucket: str) -> list[str]:
        """Names of the objects in a bucket."""
        return sorted(self._s3.buckets[bucket].keys) if bucket in self._s3.buckets else []

    def content(self, bucket: str, key: str) -> bytes:
        """What an object holds."""
        return bytes(self._s3.get_object(bucket, key).value)

    def clear(self) -> None:
        """Forget everything."""
        self._s3.reset()
