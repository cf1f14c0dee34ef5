"""Every route of the OpenAPI document, with every method: who may not, is refused, whatever else is asked."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from tests.service.world import Belongings, World, belongings, new_world

from setpoint.service.apidoc import Operation, operations

OPEN = {
    "POST /v1/auth/token",
    "POST /v1/uploads",
    "POST /v1/hooks/databricks/{workspace_id}",
    "POST /v1/hooks/emr/{region_id}",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
}
"""What answers without a token: sign-in, uploads with their ticket, calls of platforms, what tells whether we live."""
DEPENDS = {"forecast": {404}, "approve": {409}, "rollback": {409}, "verification": {409}}
"""What some answer where the project has nothing of the kind, or its platform is not reached."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return new_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def theirs(world: World) -> Belongings:
    return belongings(world, "theirs")


@pytest.fixture(scope="module")
def ours(world: World) -> Belongings:
    return belongings(world, "ours")


def every(world: World) -> Iterator[Operation]:
    yield from operations(world.app.openapi())


def guarded(world: World) -> list[Operation]:
    found = [each for each in every(world) if f"{each.method} {each.path}" not in OPEN]
    assert len(found) > 40
    return found


def asked(operation: Operation, ids: dict[str, str]) -> dict[str, Any]:
    path = operation.path.format(**ids)
    given: dict[str, Any] = {"method": operation.method, "url": path}
    if operation.request is not None:
        given["json"] = operation.request
    return given


def test_every_example_of_a_body_is_accepted_by_its_own_account(world: World, ours: Belongings) -> None:
    client = world.client("ours")
    kept = {"project_id": ours.ids["project_id"]}
    for operation in guarded(world):
        if operation.method == "DELETE":
            continue
        call = asked(operation, {**ours.ids, **({"workspace_id": "another"} if _makes_workspace(operation) else {})})
        if "onboard" in operation.path:
            call["json"] = {**call["json"], **kept}
        answer = client.request(**call)
        known = {200, *DEPENDS.get(operation.path.rpartition("/")[2], ())}
        assert answer.status_code in known, f"{operation.method} {operation.path}: {answer.text}"


def _makes_workspace(operation: Operation) -> bool:
    return operation.method == "POST" and operation.path.endswith("{workspace_id}")


def test_without_a_token_it_is_401(world: World, ours: Belongings) -> None:
    client = world.anybody()
    for operation in guarded(world):
        for token in (None, "", "Bearer", "Bearer None", "Bearer a.b.c", "Basic YTpi"):
            client.headers.pop("Authorization", None)
            if token is not None:
                client.headers["Authorization"] = token
            answer = client.request(**asked(operation, ours.ids))
            assert answer.status_code == 401, f"{operation.method} {operation.path}: {answer.text}"
            assert answer.json()["error"]["code"] == "Unauthorized"


def test_with_the_ids_of_another_account_it_is_404(world: World, theirs: Belongings) -> None:
    client = world.client("ours")
    tried = 0
    for operation in guarded(world):
        if "{" not in operation.path:
            continue
        tried += 1
        bodies: list[dict[str, object]] = [{}, {"json": {}}]
        for body in bodies:
            answer = client.request(**{**asked(operation, theirs.ids), **body})
            assert answer.status_code == 404, f"{operation.method} {operation.path}: {answer.text}"
            assert answer.json()["error"]["code"] == "NotFound"
    assert tried > 25


def test_another_account_s_ids_inside_of_our_own_project_are_404(
    world: World, ours: Belongings, theirs: Belongings
) -> None:
    client, mixed = world.client("ours"), {**theirs.ids, "project_id": ours.ids["project_id"]}
    for operation in guarded(world):
        if operation.path.count("{") == 2:
            answer = client.request(**asked(operation, mixed))
            assert answer.status_code == 404, f"{operation.method} {operation.path}: {answer.text}"


def test_another_account_s_ids_in_a_body_or_a_query_are_404(world: World, ours: Belongings, theirs: Belongings) -> None:
    client, project = world.client("ours"), theirs.ids["project_id"]
    new = {"product_code": "aws-emr", "configs": {}, "project_id": project}
    assert client.post("/v1/autotuner/predictions", json=new).status_code == 404
    assert client.get("/v1/autotuner/predictions", params={"project_id": project}).status_code == 404
    onboarding = {"job_id": "1", "project_id": project}
    path = f"/v1/databricks/workspaces/{ours.ids['workspace_id']}/onboard-workflow"
    assert client.post(path, json=onboarding).status_code == 404


@pytest.mark.usefixtures("ours")
def test_lists_hold_nothing_of_another_account(world: World, theirs: Belongings) -> None:
    client = world.client("ours")
    for operation in guarded(world):
        if operation.method == "GET" and "{" not in operation.path:
            text = client.get(operation.path).text
            for name, identity in theirs.ids.items():
                assert identity not in text, f"{operation.path} tells {name}"
            assert "of theirs" not in text


def test_a_viewer_writes_nothing(world: World, ours: Belongings) -> None:
    client = world.client("ours", "viewer")
    writes = [each for each in guarded(world) if each.method != "GET"]
    assert len(writes) > 15
    for operation in writes:
        bodies: list[dict[str, object]] = [{}, {"content": b"{not json"}]
        for body in bodies:
            answer = client.request(**{**asked(operation, ours.ids), **body})
            assert answer.status_code == 403, f"{operation.method} {operation.path}: {answer.text}"


def test_an_operator_is_no_admin(world: World, ours: Belongings) -> None:
    client = world.client("ours", "operator")
    for operation in guarded(world):
        if operation.role == "admin":
            answer = client.request(**asked(operation, ours.ids))
            assert answer.status_code == 403, f"{operation.method} {operation.path}: {answer.text}"


def test_a_viewer_reads(world: World, ours: Belongings) -> None:
    client = world.client("ours", "viewer")
    for operation in guarded(world):
        if operation.method == "GET" and operation.role == "viewer":
            answer = client.request(**asked(operation, ours.ids))
            assert answer.status_code in {
                200,
                *DEPENDS.get(operation.path.rpartition("/")[2], ()),
            }, operation.path


def test_what_the_description_says_is_complete(world: World) -> None:
    for operation in every(world):
        name = f"{operation.method} {operation.path}"
        assert operation.description, name
        assert operation.response is not None or operation.status == "204", name
        for parameter, place, words in operation.parameters:
            assert words or parameter in {"page", "per_page", "preference"}, f"{name}: {parameter} in {place}"
        assert set(operation.refusals) >= ({"503"} if name in OPEN else {"401", "403", "503"}), name


def test_every_example_of_an_answer_keeps_to_its_schema(world: World) -> None:
    document = world.app.openapi()
    components = {"components": document["components"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for status, response in operation["responses"].items():
                for content in response.get("content", {}).values():
                    validator = jsonschema_rs.Draft202012Validator({**content["schema"], **components})
                    wrong = [error.message for error in validator.iter_errors(content["example"])]
                    assert wrong == [], f"{method} {path} {status}"
