"""What the client library of version 0.1.3 asks for, and what it does with the answers."""

from datetime import datetime
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.service.world import REPORT, World, new_world, result


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return new_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def client(world: World) -> TestClient:
    return world.client("ours", "operator")


NEW = {
    "name": "orders",
    "description": None,
    "job_id": "5",
    "s3_url": None,
    "prediction_preference": "economy",
    "prediction_params": None,
    "app_id": None,
}


def project(client: TestClient, **said: object) -> Any:  # noqa: ANN401 - JSON
    return result(client.post("/v1/projects", json={**NEW, **said}))


def prediction(client: TestClient, **said: object) -> Any:  # noqa: ANN401 - JSON
    body = {"project_id": None, "product_code": "aws-databricks", "configs": REPORT, **said}
    return result(client.post("/v1/autotuner/predictions", json=body))


def test_a_token_has_an_expiry_with_a_zone(world: World) -> None:
    key = world.keys["ours", "viewer"]
    got = result(world.anybody().post("/v1/auth/token", json={"api_key_id": key.id, "api_key_secret": key.secret}))
    expires = datetime.fromisoformat(got["expires_at_utc"])
    assert expires.tzinfo is not None
    assert (expires - datetime.now(expires.tzinfo)).total_seconds() > 600
    assert got["expires_at_utc"].endswith("Z")


def test_products_are_texts(client: TestClient) -> None:
    assert {"aws-emr", "aws-databricks"} <= set(result(client.get("/v1/autotuner/products")))


def test_a_project_is_made_with_nulls_and_shown_with_what_is_read(client: TestClient) -> None:
    made = project(client, s3_url="s3://logs/orders")
    shown = result(client.get(f"/v1/projects/{made['id']}"))
    assert shown == made
    assert (shown["s3_url"], shown["cluster_log_url"], shown["job_id"]) == ("s3://logs/orders",) * 2 + ("5",)
    assert (shown["auto_apply_recs"], shown["project_model_id"]) == (False, "GRADIENT_ML")


def test_an_empty_app_id_is_none_and_another_one_finds(client: TestClient) -> None:
    made = project(client, app_id="the-orders")
    every = result(client.get("/v1/projects", params={"app_id": ""}))
    assert made["id"] in [each["id"] for each in every]
    assert len(every) > 1 or every == [made]
    assert [each["id"] for each in result(client.get("/v1/projects?app_id=the-orders"))] == [made["id"]]
    assert result(client.get("/v1/projects?app_id=nobody")) == []


def test_put_changes_what_is_given_and_null_takes_away(client: TestClient) -> None:
    made = project(client, description="old", s3_url="s3://a/b")
    path = f"/v1/projects/{made['id']}"
    result(client.put(path, json={"prediction_preference": "balanced"}))
    changed = result(client.put(path, json={"description": None}))
    assert (changed["description"], changed["prediction_preference"], changed["s3_url"]) == (
        None,
        "balanced",
        "s3://a/b",
    )
    assert (changed["name"], changed["job_id"]) == ("orders", "5")


def test_delete_answers_with_a_sentence(client: TestClient) -> None:
    path = f"/v1/projects/{project(client)['id']}"
    assert isinstance(result(client.delete(path)), str)
    assert client.get(path).status_code == 404
    assert client.delete(path).status_code == 404


def test_a_prediction_without_a_project_leaves_the_key_out(client: TestClient) -> None:
    identity = prediction(client)["prediction_id"]
    listed = next(each for each in result(client.get("/v1/autotuner/predictions")) if each["prediction_id"] == identity)
    assert "project_id" not in listed
    # `predictions list` formats these with a width.
    assert [f"{listed[name]:36}" for name in ("created_at", "prediction_id", "application_name")]
    assert result(client.get(f"/v1/autotuner/predictions/{identity}/status"))["status"] == "PENDING"


def test_predictions_are_listed_newest_first_and_by_project_and_product(client: TestClient) -> None:
    mine = project(client)["id"]
    ids = [prediction(client, project_id=mine)["prediction_id"] for _ in range(3)]
    listed = result(client.get("/v1/autotuner/predictions", params={"project_id": mine, "preference": "economy"}))
    assert [each["prediction_id"] for each in listed] == ids[::-1]
    assert {each["project_id"] for each in listed} == {mine}
    params = {"project_id": mine, "products": ["aws-emr"]}
    assert result(client.get("/v1/autotuner/predictions", params=params)) == []


def test_an_address_is_fetched_and_nothing_is_to_be_uploaded(client: TestClient) -> None:
    got = prediction(client, eventlog_url="https://logs.example.com/eventlog?signature=x")
    assert set(got) == {"prediction_id"}


@pytest.mark.parametrize("url", ["file:///etc/passwd", "s3://bucket/key", "ftp://a/b", "https://", "nonsense", "//a"])
def test_other_schemes_are_refused(client: TestClient, url: str) -> None:
    before = len(result(client.get("/v1/autotuner/predictions")))
    body: dict[str, object] = {"product_code": "aws-emr", "configs": {}, "eventlog_url": url}
    answer = client.post("/v1/autotuner/predictions", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "InvalidRequest")
    assert len(result(client.get("/v1/autotuner/predictions"))) == before


def test_a_log_is_uploaded_without_a_token_and_answered_with_204(world: World, client: TestClient) -> None:
    begun = prediction(client)
    details = begun["upload_details"]
    assert details["fields"]["key"].endswith("/${filename}")
    fields = {**details["fields"], "key": details["fields"]["key"].replace("${filename}", "eventlog.zip")}
    content = bytes(range(256)) * 9000
    for _ in range(2):  # clients repeat what timed out
        answer = world.anybody().post(details["url"], data=fields, files={"file": ("upload", content)})
        assert (answer.status_code, answer.content) == (204, b"")
    tasks = client.get("/v1/tasks").json()["items"]
    assert [task["subject"] for task in tasks].count(begun["prediction_id"]) == 1


@pytest.mark.parametrize(
    ("mistake", "status"),
    [
        ("no ticket", 401),
        ("another ticket", 401),
        ("a token", 401),
        ("a link", 401),
        ("no file", 422),
        ("no form", 422),
    ],
)
def test_without_its_ticket_nothing_is_taken_in(world: World, client: TestClient, mistake: str, status: int) -> None:
    details = prediction(client)["upload_details"]
    fields: dict[str, str] = dict(details["fields"])
    files: dict[str, Any] = {"file": ("upload", b"content")}
    match mistake:
        case "no ticket":
            del fields["ticket"]
        case "another ticket":
            fields["ticket"] = fields["ticket"][:-2] + "xx"
        case "a token":
            fields["ticket"] = world.token("ours")
        case "a link":
            fields["ticket"] = world.rooms.gate.link("ours", world.keys["ours", "admin"].id)
        case "no file":
            files = {"other": ("upload", b"content")}
        case _:
            fields, files = {}, {}
    answer = world.anybody().post("/v1/uploads", data=fields, files=files)
    assert answer.status_code == status
    assert set(answer.json()["error"]) >= {"code", "message"}


def test_a_wrong_token_is_401_with_the_envelope(world: World) -> None:
    answer = world.anybody().get("/v1/projects", headers={"Authorization": "Bearer None"})
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("application/json")
    assert set(answer.json()) == {"error"}
