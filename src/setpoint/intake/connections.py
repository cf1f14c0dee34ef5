"""Connections to addresses that were looked at before, and that end when their time is over."""

import ssl
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpcore2

from setpoint.errors import InputError
from setpoint.intake.addresses import Address

__all__ = ["Pinned"]

CONNECT_SECONDS, SILENT_SECONDS = 10.0, 60.0
_Option = Any


@dataclass(frozen=True, slots=True)
class Pinned(httpcore2.NetworkBackend):
    """Connects to these addresses whatever the name is; SNI and Host stay the name's."""

    addresses: Sequence[Address]
    until: float
    """On the monotonic clock; nothing is waited for any longer, not even byte by byte."""

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - looked up already
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - ours is shorter
        local_address: str | None = None,
        socket_options: "Iterable[_Option] | None" = None,
    ) -> httpcore2.NetworkStream:
        """To the first address that answers."""
        failure: Exception | None = None
        for address in self.addresses:
            try:
                stream = httpcore2.SyncBackend().connect_tcp(
                    str(address), port, _left(self.until, CONNECT_SECONDS), local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
                continue
            return _Timed(stream, self.until)
        raise failure or httpcore2.ConnectError("there is no address")


@dataclass(frozen=True, slots=True)
class _Timed(httpcore2.NetworkStream):
    """A stream that waits no longer than it may."""

    stream: httpcore2.NetworkStream
    until: float

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - ours is shorter
        """What came."""
        return self.stream.read(max_bytes, _left(self.until, SILENT_SECONDS))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - ours is shorter
        """Send it."""
        self.stream.write(buffer, _left(self.until, SILENT_SECONDS))

    def close(self) -> None:
        """End it."""
        self.stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - ours is shorter
    ) -> httpcore2.NetworkStream:
        """The same over TLS. Raises InputError where the host cannot show who it is."""
        try:
            inner = self.stream.start_tls(ssl_context, server_hostname, _left(self.until, CONNECT_SECONDS))
        except httpcore2.ConnectError as error:
            refused = error.__cause__ or error.__context__
            if isinstance(refused, ssl.SSLCertVerificationError):
                raise InputError(
                    f"The host {server_hostname} shows a certificate that is not trusted ({refused.verify_message})."
                ) from None
            raise
        return _Timed(inner, self.until)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as the library has it
        """What the library asks of it."""
        return self.stream.get_extra_info(info)


def _left(until: float, most: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("its time is over")
    return min(left, most)
