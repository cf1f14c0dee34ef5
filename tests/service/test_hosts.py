"""The service answers to its own names only, where it was told which these are."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from tests.service.world import new_world

from setpoint.service.hosts import is_known
from setpoint.service.rooms import Options

NAMES = frozenset({"setpoint.example", "*.corp.example", "[::1]"})
labels = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)


@given(st.lists(labels, min_size=1, max_size=3).map(".".join), st.integers(1, 65535))
def test_only_what_is_listed_is_known(host: str, port: int) -> None:
    for form in (host, f"{host}:{port}", f"{host}.", f"{host.upper()}:{port}"):
        assert is_known(form, frozenset({host}))
        assert is_known(f"{host}.corp.example:{port}", NAMES)
        assert not is_known(form, NAMES)
        assert not is_known(f"setpoint.example.{form}", NAMES)


@pytest.mark.parametrize("host", ["", ":80", ".", "corp.example", "xcorp.example", "setpoint.example@evil", "[::2]"])
def test_what_is_no_name_of_ours_is_not_known(host: str) -> None:
    assert not is_known(host, NAMES)


def test_other_names_are_refused(tmp_path: Path) -> None:
    world = new_world(tmp_path, Options(scratch=tmp_path, allowed_hosts=("setpoint.example",)))
    ours, evil = (
        TestClient(world.app, base_url=f"http://{host}", follow_redirects=False)
        for host in ("setpoint.example:8765", "evil.example")
    )
    assert ours.get("/v1/self").status_code == 401
    refused = evil.get("/v1/self")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InvalidRequest")
    assert refused.headers["X-Request-Id"]
    assert refused.headers["X-Content-Type-Options"] == "nosniff"
    assert [evil.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]


def test_without_a_list_every_name_is_answered(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    assert TestClient(world.app, base_url="http://any.example").get("/v1/self").status_code == 401
