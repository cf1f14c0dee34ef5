"""A server on a port: the service, or the dashboard alone; in the foreground until Ctrl-C, or behind a loop."""

import errno
import gc
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

from setpoint.errors import InputError
from setpoint.service import DashboardReader
from setpoint.service.app import create_app
from setpoint.service.loopback import is_loopback

__all__ = ["DEFAULT_HOST", "DEFAULT_PORT", "BackgroundServer", "Certificate", "serve", "serve_app"]

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8765

_START_SECONDS = 30
_STOP_SECONDS = 5
_PORTS = range(65536)
_COLLECTING = (50_000, 20, 100)
"""Objects made until garbage is looked for, and how often among older ones: Python's own is for small programs."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server shows over TLS."""

    chain: Path
    key: Path


def serve_app(
    app: FastAPI,
    host: str,
    port: int,
    on_ready: Callable[[str], None] = lambda _address: None,
    certificate: Certificate | None = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM; requests at hand are finished. `on_ready` gets the address once it answers.

    Raises InputError where the port cannot be had, or the certificate cannot be used.
    """
    listener = _listen(host, port)
    # What is kept for answers has no cycles; to look through it takes longer than to make it.
    gc.freeze()
    gc.set_threshold(*_COLLECTING)
    try:
        # The server hands a signal on when it has stopped; without this the process would end on the spot.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, _terminated)
        address = _address(listener, "http" if certificate is None else "https")
        _Server(app, on_ready, address, certificate).run(sockets=[listener])
    except (KeyboardInterrupt, _Terminated):
        return
    except OSError as error:  # of the certificate: the port is taken already
        raise InputError(f"The certificate cannot be used: {error}.") from error
    finally:
        listener.close()


def serve(
    read: DashboardReader,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    on_ready: Callable[[str], None] = lambda _address: None,
) -> None:
    """Serve until Ctrl-C; `on_ready` gets the address once it answers. Port 0 takes any free one.

    Raises InputError where the host is not this machine or the port cannot be had.
    """
    listener = _listen_here(host, port)
    try:
        _Server(create_app(read), on_ready, _address(listener)).run(sockets=[listener])
    except KeyboardInterrupt:
        return
    finally:
        listener.close()


class _Terminated(BaseException):
    """SIGTERM came, and the server has stopped."""


def _terminated(_number: int, _frame: FrameType | None) -> None:
    raise _Terminated


class BackgroundServer:
    """The dashboard in a thread of its own, for as long as its program runs."""

    def __init__(self, read: DashboardReader, host: str = DEFAULT_HOST, port: int = 0) -> None:
        """Take the port, so that the address is known; raises InputError where it cannot be had."""
        self._listener = _listen_here(host, port)
        self.address = _address(self._listener)
        self._ready = threading.Event()
        self._server = _Server(create_app(read), lambda _address: self._ready.set(), self.address)
        self._thread = threading.Thread(target=self._run, name="setpoint-dashboard", daemon=True)

    def start(self) -> str:
        """Answer requests from now on; gives the address."""
        self._thread.start()
        self._ready.wait(_START_SECONDS)
        return self.address

    def stop(self) -> None:
        """Finish the requests at hand and free the port."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)
        self._listener.close()

    def wait(self) -> None:
        """Block until it is stopped; Ctrl-C raises KeyboardInterrupt as usual."""
        while self._thread.is_alive():
            self._thread.join(1)

    def _run(self) -> None:
        self._server.run(sockets=[self._listener])


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(
        self, app: FastAPI, on_ready: Callable[[str], None], address: str, certificate: Certificate | None = None
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                ssl_certfile=None if certificate is None else certificate.chain,
                ssl_keyfile=None if certificate is None else certificate.key,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="auto",
                ws="none",
                timeout_graceful_shutdown=_STOP_SECONDS,
            )
        )
        self._on_ready = on_ready
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready(self._address)


def _listen_here(host: str, port: int) -> socket.socket:
    if not is_loopback(host):
        raise InputError(
            f"This dashboard has no sign-in and so listens on this machine only: {host} is refused; use 127.0.0.1, "
            "reach it from elsewhere through an SSH tunnel, or start the service: setpoint serve."
        )
    return _listen(host, port)


def _listen(host: str, port: int) -> socket.socket:
    if port not in _PORTS:
        raise InputError(f"There is no port {port}; choose one from 1 to 65535, or 0 for any free one.")
    bare = DEFAULT_HOST if host.lower() == "localhost" else host.strip("[]")
    try:
        listener = socket.create_server((bare, port), family=socket.AF_INET6 if ":" in bare else socket.AF_INET)
        # Connections inherit it. Without it each answer on a kept connection waits for the 40 ms of a delayed ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        raise InputError(_why(host, port, error)) from error
    return listener


def _why(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use; choose another with --port, or --port 0 for any free one."
    if error.errno == errno.EACCES:
        return f"Port {port} on {host} may not be used by this user; choose one above 1023 with --port."
    return f"Port {port} on {host} cannot be opened ({error.strerror}); choose another with --host and --port."


def _address(listener: socket.socket, scheme: str = "http") -> str:
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
