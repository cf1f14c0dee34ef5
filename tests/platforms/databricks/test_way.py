"""The way to a workspace: through a proxy, and over TLS that only a given file vouches for."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from setpoint.errors import PlatformError
from setpoint.platforms.databricks import workspace
from setpoint.platforms.databricks.transport import _lead

ME = "/api/2.0/preview/scim/v2/Me"


class Answers(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        body = b'{"userName": "me"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[tuple[int, list[str]]]:
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Answers,), {"asked": asked}))
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1], asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = folder / "here.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(key.private_bytes(pem, *form) + made.public_bytes(pem))
    return path


@pytest.fixture(autouse=True)
def straight(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_a_proxy_for_the_workspace_alone() -> None:
    with serving() as (port, asked):
        calls = workspace("http://nowhere.invalid", token="t", proxy=f"http://127.0.0.1:{port}")  # noqa: S106
        assert calls.read(ME) == {"userName": "me"}
    assert asked[-1] == f"http://nowhere.invalid{ME}"


def test_tls_that_a_file_vouches_for(tmp_path: Path) -> None:
    trusted = self_signed(tmp_path)
    with serving(trusted) as (port, _):
        host = f"https://127.0.0.1:{port}"
        assert workspace(host, token="t", ca_file=str(trusted)).read(ME) == {"userName": "me"}  # noqa: S106


def test_a_client_that_cannot_be_led_says_so() -> None:
    _lead(object(), "", "")
    with pytest.raises(PlatformError, match="neither a proxy"):
        _lead(object(), "http://proxy", "")
