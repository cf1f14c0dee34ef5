"""Which workspace is meant: an address alone, and none that would take credentials in clear."""

from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.platforms.databricks.emulated import calls_of, deny, emulator

from setpoint.errors import InputError, PlatformError
from setpoint.platforms.databricks.signing_in import _plain, region_of, signed_in

PARTS = st.text("abc.-:/@[]?#%1 ä", max_size=20)


@given(st.sampled_from(["", "https://", "http://", "ftp://", "//"]), PARTS)
def test_an_address_has_no_user_and_no_path_or_is_refused(scheme: str, rest: str) -> None:
    with suppress(InputError):
        found = _plain(scheme + rest)
        parts = urlsplit(found)
        assert (parts.username, parts.password, parts.path, parts.query) == (None, None, "", "")
        assert not found or parts.scheme == "https" or parts.hostname in {"localhost", "127.0.0.1"}
        assert _plain(found) == found


@pytest.mark.parametrize(
    ("given_host", "plain"),
    [
        ("dbc-1.cloud.databricks.com", "https://dbc-1.cloud.databricks.com"),
        ("https://ada:secret@dbc-1.cloud.databricks.com/?o=1#job/2", "https://dbc-1.cloud.databricks.com"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_address_as_people_copy_it_is_understood(given_host: str, plain: str) -> None:
    assert _plain(given_host) == plain


@pytest.mark.parametrize("bad", ["https://[::1", "https://x:abc", "ftp://x", "https://", "http://dbc-1.databricks.com"])
def test_what_is_no_address_is_refused_in_a_sentence(bad: str) -> None:
    with pytest.raises(InputError, match="https"):
        _plain(bad)


def test_a_host_that_does_not_answer_is_known_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("databricks.sdk.clock.RealClock.sleep", lambda *_: None)
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi" + "0" * 32)
    calls = signed_in("http://127.0.0.1:9").calls
    calls.most_tries = 1
    with pytest.raises(PlatformError) as said:
        calls.read("/api/2.0/preview/scim/v2/Me")
    assert "dapi" not in str(said.value)


def test_the_region_is_that_of_the_usual_zone_or_not_told() -> None:
    with emulator() as made:
        calls = calls_of(made)
        made.workspace.region = "ap-southeast-2"
        assert region_of(calls) == "ap-southeast-2"
        deny(made, "GET", "clusters/list-zones")
        assert region_of(calls) == ""
