"""One file behind https:, from public addresses only unless private ones are allowed."""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from setpoint.core.eventlog.codecs import BrokenStream
from setpoint.errors import EventLogError
from setpoint.sources.blobs import CHUNK_BYTES, Blob
from setpoint.sources.limits import Limits
from setpoint.sources.schemes import redacted

_MOST_REDIRECTS = 5
_OK = 200
_PARTIAL = 206
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PORT = 443

Connect = Callable[[str, int, Limits], http.client.HTTPConnection]


class PublicConnection(http.client.HTTPSConnection):
    """Connects to the very address that was judged: a name could lead elsewhere when asked again."""

    def __init__(self, host: str, port: int, limits: Limits) -> None:
        self._context_of_tls = ssl.create_default_context()
        super().__init__(host, port, timeout=limits.timeout_seconds, context=self._context_of_tls)
        self._limits = limits

    def connect(self) -> None:
        """Look up the name, judge the addresses, take the first that answers."""
        addresses = [str(info[4][0]) for info in socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)]
        refused = [address for address in addresses if not is_public(address)]
        if refused and not self._limits.reaches_private_addresses:
            raise EventLogError(
                f"https://{self.host} is not a public address ({refused[0]}), so it is not read: download it first."
            )
        plain = reach(addresses, self.port, self._limits.timeout_seconds)
        try:
            self.sock = self._context_of_tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise


def reach(addresses: Sequence[str], port: int, timeout_seconds: float) -> socket.socket:
    """A connection to the first address that answers: where a machine has no IPv6, only the later ones do.

    Raises:
        OSError: none does; of the last one.
    """
    *others, last = addresses
    for address in others:
        with suppress(OSError):
            return socket.create_connection((address, port), timeout_seconds)
    return socket.create_connection((last, port), timeout_seconds)


def is_public(address: str) -> bool:
    """Whether an address lies in the public internet.

    >>> [is_public(it) for it in ("8.8.8.8", "127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "::ffff:127.0.0.1")]
    [True, False, False, False, False, False]
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    judged = mapped or ip
    return judged.is_global and not judged.is_multicast


def https_blob(url: str, limits: Limits, connect: Connect = PublicConnection) -> Blob:
    """The file behind a URL. Nothing is asked of the server before it is read.

    Raises:
        EventLogError: the URL is not one.
    """
    shown = redacted(url)
    try:
        is_right = bool(urlsplit(url).hostname) and urlsplit(url).port != 0
    except ValueError:
        is_right = False
    if not is_right:
        raise EventLogError(f"{shown} is not a URL.")

    def read_from(offset_bytes: int) -> Iterator[bytes]:
        try:
            yield from _get(url, offset_bytes, limits, connect)
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "strerror", None) or redacted(str(error)) or type(error).__name__
            raise BrokenStream(f"{shown} cannot be read: {reason}") from error

    return Blob(shown, PurePosixPath("/", unquote(urlsplit(url).path).lstrip("/")), read_from, is_seekable=False)


def _get(url: str, offset_bytes: int, limits: Limits, connect: Connect) -> Iterator[bytes]:
    for _ in range(_MOST_REDIRECTS + 1):
        address = urlsplit(url)
        if address.scheme != "https" or not address.hostname:
            raise BrokenStream(f"{redacted(url)} is not read: the server leads away from https")
        connection = connect(address.hostname, address.port or _PORT, limits)
        try:
            target = (address.path or "/") + (f"?{address.query}" if address.query else "")
            # Compressed in transit would look like a compressed log.
            headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={offset_bytes}-"} if offset_bytes else {})
            connection.request("GET", target, headers=headers)
            with connection.getresponse() as answer:
                if answer.status not in _REDIRECTS:
                    yield from _body(answer, redacted(url), offset_bytes)
                    return
                url = urljoin(url, answer.headers.get("Location", ""))
        finally:
            connection.close()
    raise BrokenStream(f"{redacted(url)} is not read: the server redirects more than {_MOST_REDIRECTS} times")


def _body(answer: http.client.HTTPResponse, shown: str, offset_bytes: int) -> Iterator[bytes]:
    if answer.status not in {_OK, _PARTIAL}:
        raise BrokenStream(f"{shown} cannot be read: the server answers {answer.status} {answer.reason}")
    skipped = offset_bytes if answer.status == _OK else 0
    # As it comes: `read` would wait for a whole chunk from a slow server.
    while chunk := answer.read1(CHUNK_BYTES):
        if chunk[skipped:]:
            yield chunk[skipped:]
        skipped = max(0, skipped - len(chunk))
    if answer.length:
        raise BrokenStream(f"{shown} breaks off: {answer.length} bytes are missing")
