"""Calls to AWS: how often they are repeated, how long is waited, and what is said at the end."""

import itertools
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ResponseStreamingError
from hypothesis import given
from hypothesis import strategies as st

from setpoint.errors import PlatformError
from setpoint.platforms.emr.calls import LONGEST_WAIT_SECONDS, MOST_TRIES, Calls, Refusal, Uncertain, plain


def refused(code: str, status: int = 400) -> ClientError:
    said: dict[str, Any] = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(said, "ListClusters")


class Client:
    """Answers with what it is given, in order."""

    def __init__(self, *answers: object) -> None:
        self.answers = iter(answers)
        self.asked = 0

    def list_clusters(self, **_: object) -> object:
        self.asked += 1
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


def calls_of(client: Client) -> tuple[Calls, list[float], list[str]]:
    waited: list[float] = []
    opened: list[str] = []

    def connect(service: str, _: str) -> Client:
        opened.append(service)
        return client

    return Calls(connect, waited.append, Random(7)), waited, opened


AGAIN = {
    "throttled": refused("ThrottlingException"),
    "slow down": refused("SlowDown", 503),
    "internal": refused("InternalServerException", 500),
    "unavailable": refused("ServiceUnavailable", 503),
    "expired": refused("ExpiredTokenException"),
    "connection": EndpointConnectionError(endpoint_url="http://x"),
    "stream": ResponseStreamingError(error="broken"),
    "half": {"ResponseMetadata": {"HTTPHeaders": {"content-type": "application/json", "content-length": "99"}}},
}


@given(names=st.lists(st.sampled_from(sorted(AGAIN)), max_size=MOST_TRIES + 2))
def test_so_many_tries_and_no_more(names: list[str]) -> None:
    client = Client(*(AGAIN[name] for name in names), *itertools.repeat({"Clusters": [1]}, MOST_TRIES))
    calls, waited, opened = calls_of(client)
    if len(names) < MOST_TRIES:
        assert calls.ask("emr", "here", "list_clusters", "Clusters") == {"Clusters": [1]}
        assert len(waited) == len(names)
    else:
        with pytest.raises(PlatformError, match=f"after {MOST_TRIES} tries"):
            calls.ask("emr", "here", "list_clusters", "Clusters")
    assert client.asked == calls.count == min(len(names) + 1, MOST_TRIES)
    assert all(0 <= seconds <= LONGEST_WAIT_SECONDS for seconds in waited)
    assert len(opened) == 1 + sum(name == "expired" for name in names[: client.asked - 1])


@pytest.mark.parametrize("error", [refused("AccessDeniedException", 403), NoCredentialsError(), TypeError("odd")])
def test_what_does_not_help_is_not_repeated(error: Exception) -> None:
    client = Client(error)
    calls, waited, _ = calls_of(client)
    with pytest.raises(PlatformError) as said:
        calls.ask("emr", "here", "list_clusters", "Clusters")
    assert (client.asked, waited) == (1, [])
    assert isinstance(said.value, Refusal) == isinstance(error, ClientError)


@pytest.mark.parametrize("name", sorted(AGAIN))
def test_a_change_is_repeated_only_where_it_was_surely_not_made(name: str) -> None:
    client = Client(AGAIN[name], {"Clusters": []})
    calls, _, _ = calls_of(client)
    if name in ("throttled", "slow down", "expired"):
        assert calls.change("emr", "here", "list_clusters", "Clusters") == {"Clusters": []}
        return
    with pytest.raises(Uncertain, match="not known"):
        calls.change("emr", "here", "list_clusters", "Clusters")
    assert client.asked == 1


def test_a_change_that_is_refused_is_said() -> None:
    calls, _, _ = calls_of(Client(refused("ValidationException")))
    with pytest.raises(Refusal, match="ValidationException"):
        calls.change("emr", "here", "list_clusters")
    busy, _, _ = calls_of(Client(*[refused("Throttling")] * MOST_TRIES))
    with pytest.raises(Refusal, match="too busy"):
        busy.change("emr", "here", "list_clusters")


def test_pages_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("setpoint.platforms.emr.calls.MOST_PAGES", 3)
    more: dict[str, object] = {"Clusters": [1], "Marker": "m"}
    calls, _, _ = calls_of(Client(more, more, {"Clusters": [2]}))
    found: list[object] = list(calls.pages("emr", "here", "list_clusters", "Clusters"))
    assert found == [1, 1, 2]
    endless, _, _ = calls_of(Client(*[more] * 3))
    with pytest.raises(PlatformError, match="more than 3 pages"):
        list(endless.pages("emr", "here", "list_clusters", "Clusters"))


def test_an_answer_is_made_plain() -> None:
    assert plain({"a": [(1, None)], "ResponseMetadata": {}}) == {"a": [[1, None]]}
