import signal
import socket
import subprocess
import sys
import threading
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from tests.service.story import Shelf, whole_story

from setpoint.errors import InputError
from setpoint.service.server import BackgroundServer, serve


def status(address: str, path: str = "/healthz") -> int:
    parts = urlsplit(address)
    assert parts.hostname is not None
    connection = HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_it_serves_in_the_background_until_it_is_stopped() -> None:
    server = BackgroundServer(Shelf(orders=whole_story()))
    address = server.start()
    assert address == server.address
    assert [status(address, path) for path in ("/healthz", "/projects/orders", "/projects/none")] == [200, 200, 404]
    server.stop()
    server.wait()
    with pytest.raises(OSError, match="refused"):
        status(address)


def test_a_server_that_never_started_can_be_stopped() -> None:
    server = BackgroundServer(Shelf())
    server.stop()
    with socket.create_server(("127.0.0.1", urlsplit(server.address).port or 0)):
        pass


def test_many_readers_at_once_are_served() -> None:
    server = BackgroundServer(Shelf(orders=whole_story()))
    address = server.start()
    found: list[int] = []
    readers = [threading.Thread(target=lambda: found.append(status(address, "/projects/orders"))) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    server.stop()
    assert found == [200] * 8


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "example.org", ""])  # noqa: S104 - to be refused
def test_other_machines_are_kept_out(host: str) -> None:
    with pytest.raises(InputError, match="has no sign-in and so listens on this machine only"):
        serve(Shelf(), host, 0, lambda _address: None)
    with pytest.raises(InputError, match="SSH tunnel"):
        BackgroundServer(Shelf(), host)


def test_a_port_in_use_is_named_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=rf"^Port {port} on 127\.0\.0\.1 is in use; choose another with --port"):
            serve(Shelf(), "127.0.0.1", port, lambda _address: None)


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_cannot_be_is_refused(port: int) -> None:
    with pytest.raises(InputError, match=f"There is no port {port};"):
        BackgroundServer(Shelf(), port=port)


def test_localhost_is_this_machine() -> None:
    server = BackgroundServer(Shelf(), "localhost")
    assert server.address.startswith("http://127.0.0.1:")
    server.stop()


SERVING = """
from setpoint.service.server import serve

class Empty:
    def projects(self): return ()
    def read(self, project): return ()

serve(Empty(), "127.0.0.1", 0, lambda address: print(address, flush=True))
print("ended well", flush=True)
"""


def test_ctrl_c_ends_it_quietly() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert status(address) == 200
        process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=60)
    assert (said, complained, process.returncode) == ("ended well\n", "", 0)
