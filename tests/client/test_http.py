"""Both clients against a service that keeps its promises, and against one that has a bad day."""

import asyncio
import json
import random
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import pytest
from tests.client.fake_service import KEY, FakeService, running

from setpoint.client import (
    AsyncClient,
    Client,
    EventLog,
    Failure,
    FileTokens,
    LogAt,
    LogFile,
    MemoryTokens,
    Operation,
    Retries,
    Token,
    TokenStore,
    account,
    predictions,
    projects,
    recommendations,
    submissions,
    workspaces,
)
from setpoint.errors import (
    InputError,
    NotFound,
    NotSignedIn,
    ServiceError,
    SettingsError,
    TooManyTries,
)

Result = TypeVar("Result")
Call = Callable[["Operation[Any]"], Any]
QUICK = Retries(tries=4, first_seconds=0.001, longest_seconds=0.002)
BUSY = (503, b"", {"Content-Length": "0"})


@pytest.fixture
def fake() -> Iterator[FakeService]:
    with running() as service:
        yield service


def client_of(fake: FakeService, tokens: TokenStore | None = None) -> Client:
    return Client(fake.url, KEY["api_key_id"], KEY["api_key_secret"], retries=QUICK, tokens=tokens or MemoryTokens())


@pytest.fixture(params=["blocking", "asynchronous"])
def call(fake: FakeService, request: pytest.FixtureRequest) -> Iterator[Call]:
    """One operation by either client."""
    if request.param == "blocking":
        with client_of(fake) as service:
            yield service.call
        return

    def carry_out(operation: "Operation[Result]") -> Result:
        async def talk() -> Result:
            secrets = KEY["api_key_id"], KEY["api_key_secret"]
            async with AsyncClient(fake.url, *secrets, retries=QUICK) as service:
                return await service.call(operation)

        return asyncio.run(talk())

    yield carry_out


def test_products(call: Call) -> None:
    assert call(account.products()) == ("aws-emr", "aws-databricks", "azure-databricks")


def test_a_project_lives_and_ends(call: Call, fake: FakeService) -> None:
    made = call(projects.create("nächtlich", product_code="aws-databricks", app_id="orders", description=None))
    assert (made.name, made.app_id, made.product_code) == ("nächtlich", "orders", "aws-databricks")
    assert "description" not in fake.asked[-1].json
    assert call(projects.find("orders")) == made.id == call(projects.find(made.id))
    assert call(projects.update(made.id, description="new")).document["description"] == "new"
    assert [each.id for each in call(projects.listed())] == [made.id]
    assert call(projects.reset(made.id)) == "OK"
    assert call(projects.delete(made.id)) == f"Project {made.id} deleted"
    with pytest.raises(NotFound, match="no such project"):
        call(projects.get(made.id))
    with pytest.raises(NotFound, match="No project found for 'orders'"):
        call(projects.find("orders"))


@pytest.mark.parametrize("log", [LogFile.of("eventlog.zip", b"PK log"), LogAt("https://logs.example/eventlog.zip")])
def test_a_prediction_from_its_log_to_its_solutions(call: Call, fake: FakeService, log: EventLog) -> None:
    fake.polls_until_ready = 2
    made = call(predictions.create("aws-databricks", {"cluster": {}}, log))
    found = call(predictions.wait(made, "balanced", every_seconds=0.001))
    assert found.configuration("balanced") == {"num_workers": 8}
    with pytest.raises(ServiceError, match="no solution for economy"):
        found.configuration("economy")
    assert found.project_id is None
    assert list(fake.uploads.values()) == ([b"PK log"] if isinstance(log, LogFile) else [])
    assert [each.id for each in call(predictions.listed("aws-databricks"))] == [made]
    assert call(predictions.listed("aws-emr")) == ()


def test_a_prediction_that_fails_says_so(call: Call, fake: FakeService) -> None:
    fake.fails = True
    made = call(predictions.create("aws-emr", {}, LogAt("https://logs.example/log")))
    with pytest.raises(ServiceError, match="Prediction failed"):
        call(predictions.wait(made, every_seconds=0.001))


@pytest.mark.parametrize("log", [LogFile.of("eventlog.zip", b"PK log"), LogAt("https://logs.example/eventlog.zip")])
def test_a_submission_leads_to_a_recommendation(call: Call, fake: FakeService, log: EventLog) -> None:
    fake.polls_until_ready = 1
    project = call(projects.create("nightly")).id
    made = call(submissions.create(project, "aws-databricks", {"cluster": {}}, log))
    assert call(submissions.wait(project, made, every_seconds=0.001)).state == "SUCCESS"
    assert [each.id for each in call(submissions.listed(project))] == [made]
    assert call(recommendations.latest(project)) is None
    asked = call(recommendations.create(project))
    assert call(recommendations.wait(project, asked, 0.001)).configuration() == {"num_workers": 3}
    newest = call(recommendations.latest(project))
    assert newest is not None
    assert newest.id == asked


def test_workspaces(call: Call, fake: FakeService) -> None:
    call(workspaces.create("w 1", databricks_host="https://x", databricks_token="dapi-1", webhook_id=None))  # noqa: S106
    assert fake.asked[-1].path.endswith("/w%201")
    call(workspaces.update("w 1", databricks_host="null", aws_region="us-east-1"))
    assert fake.asked[-1].json == {"databricks_host": None, "aws_region": "us-east-1"}
    assert [each.id for each in call(workspaces.listed())] == ["w%201"]
    assert call(workspaces.renew_webhook_credentials("w 1")) == {"username": "hook", "password": "once"}
    assert call(workspaces.setup("w 1")) == call(workspaces.onboard("w 1", "7", "p")) == "OK"
    assert call(workspaces.delete("w 1")) == "OK", "204 is an answer too"


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1000, 1234])
def test_all_pages_of_a_list_are_read(fake: FakeService, count: int) -> None:
    fake.projects = {str(each): {"id": str(each), "name": "n", "app_id": None} for each in range(count)}
    with client_of(fake) as service:
        assert [each.id for each in service.call(projects.listed())] == list(fake.projects)


def test_a_service_without_pages_is_not_asked_for_ever(fake: FakeService) -> None:
    every = [{"id": str(each), "name": "n"} for each in range(700)]
    fake.troubles = [(200, json.dumps({"result": every}).encode(), {"Content-Type": "application/json"})] * 3
    with client_of(fake) as service:
        assert len(service.call(projects.listed())) == 700
    assert len(fake.troubles) == 1


def test_one_sign_in_serves_many_calls(fake: FakeService) -> None:
    with client_of(fake) as service:
        for _ in range(3):
            service.call(account.products())
    assert fake.paths().count("POST /v1/auth/token") == 1


def test_a_revoked_token_is_renewed_once(call: Call, fake: FakeService) -> None:
    call(account.products())
    fake.tokens.clear()
    assert call(account.products())


def test_a_wrong_key_is_told_at_once(fake: FakeService) -> None:
    with Client(fake.url, "key-1", "wrong", retries=QUICK) as service, pytest.raises(NotSignedIn) as told:
        service.call(account.products())
    assert str(told.value) == "Trouble: There is no such key."
    assert isinstance(told.value.__cause__, Failure)
    assert (told.value.__cause__.status, told.value.__cause__.code) == (401, "Trouble")
    assert fake.paths() == ["POST /v1/auth/token"]


def test_a_busy_service_is_asked_again(call: Call, fake: FakeService) -> None:
    fake.troubles = [BUSY, (502, b"<html>", {}), BUSY]
    assert call(account.products())
    assert fake.paths().count("GET /v1/projects/products") == 4


@pytest.mark.parametrize(("status", "asked"), [(500, 1), (502, 1), (504, 1), (503, 2), (429, 2)])
def test_what_must_not_be_done_twice_is_sent_again_only_where_nothing_was_done(
    call: Call, fake: FakeService, status: int, asked: int
) -> None:
    fake.troubles = [(status, b"", {})]
    try:
        call(projects.create("nightly"))
    except ServiceError as error:
        assert str(status) in str(error)  # noqa: PT017 - only some of the cases raise
    assert fake.paths().count("POST /v1/projects") == asked


def test_a_service_that_stays_busy_is_given_up(call: Call, fake: FakeService) -> None:
    refusal = json.dumps({"error": {"code": "TooManyTries", "message": "Come back later."}}).encode()
    fake.troubles = [(429, refusal, {"Content-Type": "application/json", "Retry-After": "7"})] * 4
    with pytest.raises(TooManyTries, match="Come back later"):
        call(account.products())
    assert not fake.troubles


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with Client(url, "k", "s", retries=QUICK) as service, pytest.raises(ServiceError) as told:
            service.call(account.products())
    assert url in str(told.value)
    assert "cannot be reached" in str(told.value)


@pytest.mark.parametrize("content", [b"<html>hello</html>", b"[]", b'{"result": null}', b'{"other": 1}', b"\xff"])
def test_something_else_that_answers(call: Call, fake: FakeService, content: bytes) -> None:
    fake.troubles = [(200, content, {"Content-Type": "text/html"})]
    with pytest.raises(ServiceError, match="The service answered"):
        call(account.products())


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ([{"loc": ["body", "name"], "msg": "Field required"}], "Bad: no. (body.name: Field required)"),
        (["a", "b", "no"], "Bad: no. (a; b)"),
        ("text", "Bad: no."),
        (None, "Bad: no."),
    ],
)
def test_the_place_of_a_mistake_is_told(fake: FakeService, detail: object, told: str) -> None:
    body = json.dumps({"error": {"code": "Bad", "message": "no.", "detail": detail}}).encode()
    fake.troubles = [(422, body, {"Content-Type": "application/json"})]
    with client_of(fake) as service, pytest.raises(InputError) as error:
        service.call(projects.listed())
    assert str(error.value) == told


def test_an_upload_is_tried_again_from_its_beginning(call: Call, fake: FakeService) -> None:
    content = b"x" * 100_000

    def opened_before_trouble() -> BinaryIO:
        if "POST /upload" not in fake.paths():
            fake.troubles.append(BUSY)
        return BytesIO(content)

    made = call(predictions.create("aws-emr", {}, LogFile("log.gz", opened_before_trouble)))
    assert fake.uploads == {f"{made}/log.gz": content}
    assert fake.paths().count("POST /upload") == 2


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:80", "ftp://host", "http://", "http://host:0", "http://h?x=1", "http://[::"]
)
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(SettingsError, match="not the address of a service"):
        Client(url, "k", "s")


def test_a_path_in_the_address_is_kept(fake: FakeService) -> None:
    with Client(f"{fake.url}/behind/a/proxy/", "key-1", "secret-1") as service, pytest.raises(NotSignedIn):
        service.call(account.products())
    assert fake.paths() == ["POST /behind/a/proxy/v1/auth/token"]


def test_secrets_are_not_shown() -> None:
    token = Token("very-secret", datetime(2030, 1, 1, tzinfo=UTC))
    assert "very-secret" not in f"{token} {Client('http://x', 'k', 'very-secret')!r}"


# Tokens between processes


def test_tokens_outlive_the_process(fake: FakeService, tmp_path: Path) -> None:
    for _ in range(2):
        with client_of(fake, tokens=FileTokens(tmp_path / "deep" / "down", fake.url, "key-1")) as service:
            service.call(account.products())
    assert fake.paths().count("POST /v1/auth/token") == 1
    kept = list((tmp_path / "deep" / "down").iterdir())
    assert [file.stat().st_mode & 0o777 for file in kept] == [0o600]


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"access_token": 7, "expires_at_utc": "2999-01-01T00:00:00Z"}'])
def test_a_cache_that_is_broken_is_no_cache(tmp_path: Path, content: str) -> None:
    store = FileTokens(tmp_path, "http://x", "k")
    store.save(Token("t", datetime(2999, 1, 1, tzinfo=UTC)))
    for file in tmp_path.iterdir():
        file.write_text(content, encoding="utf-8")
    assert store.load() is None


def test_keys_and_services_do_not_share_tokens(tmp_path: Path) -> None:
    FileTokens(tmp_path, "http://x", "k").save(Token("t", datetime(2999, 1, 1, tzinfo=UTC)))
    assert FileTokens(tmp_path, "http://x", "other").load() is None
    assert FileTokens(tmp_path, "http://y", "k").load() is None


def test_a_folder_that_cannot_be_written_is_done_without(fake: FakeService, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with client_of(fake, tokens=FileTokens(tmp_path / "file", fake.url, "key-1")) as service:
        assert service.call(account.products())


def test_a_token_about_to_expire_is_renewed(fake: FakeService) -> None:
    fake.expires = (datetime.now(UTC) + timedelta(seconds=20)).isoformat()
    with client_of(fake, tokens=MemoryTokens()) as service:
        service.call(account.products())
        service.call(account.products())
    assert fake.paths().count("POST /v1/auth/token") == 2


# Waiting


@pytest.mark.parametrize("seed", range(20))
def test_waits_grow_and_differ(seed: int) -> None:
    retries = Retries(tries=8, first_seconds=0.5, longest_seconds=10)
    waits = list(retries.waits(random.Random(seed)))
    most = [0.5, 1, 2, 4, 8, 10, 10]
    assert all(each / 4 <= wait <= each for wait, each in zip(waits, most, strict=True))
    assert waits != list(retries.waits(random.Random(seed + 1)))
