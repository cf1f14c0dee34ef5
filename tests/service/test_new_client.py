"""What the client library of versions 1.11.8 and 2.0.0 asks for, and what it does with the answers."""

from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.service.world import REPORT, World, new_world, result

NEW = {
    "name": "orders",
    "product_code": "aws-databricks",
    "description": None,
    "job_id": None,
    "cluster_path": "job_clusters/main",
    "workspace_id": "7474652260057818",
    "cluster_log_url": "s3://logs/orders",
    "auto_apply_recs": False,
    "prediction_params": None,
    "app_id": None,
    "optimize_instance_size": None,
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return new_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def client(world: World) -> TestClient:
    return world.client("ours", "admin")


@pytest.fixture
def project(client: TestClient) -> str:
    identity: str = result(client.post("/v1/projects", json=NEW))["id"]
    return identity


def test_products_are_no_project(client: TestClient) -> None:
    assert "aws-databricks" in result(client.get("/v1/projects/products"))


def test_a_project_says_its_model_and_whether_it_applies_by_itself(client: TestClient, project: str) -> None:
    shown = result(client.get(f"/v1/projects/{project}", params={"anything": "else"}))
    assert shown["project_model_id"] in {"GRADIENT_ML", "UNASSIGNED"}
    assert shown["auto_apply_recs"] is False
    assert shown["optimize_instance_size"] is False
    changed = result(client.put(f"/v1/projects/{project}", json={"auto_apply_recs": True, "job_id": "9"}))
    assert (changed["auto_apply_recs"], changed["job_id"], changed["cluster_path"]) == (True, "9", "job_clusters/main")


def test_a_product_that_is_not_known_is_refused(client: TestClient) -> None:
    answer = client.post("/v1/projects", json={**NEW, "product_code": "gcp-dataproc"})
    assert answer.status_code == 422
    assert "aws-databricks" in answer.json()["error"]["message"]


def test_reset_and_override(client: TestClient, project: str) -> None:
    assert isinstance(result(client.post(f"/v1/projects/{project}/reset")), str)
    shown = result(client.post(f"/v1/projects/{project}/hardware-override-aws", json={"node_type_id": "i3.xlarge"}))
    assert (shown["id"], shown["hardware_override"]) == (project, {"node_type_id": "i3.xlarge"})


@pytest.mark.parametrize("region", [None, "us-east-1"])
def test_the_template_tags_the_cluster_and_says_where_logs_go(
    client: TestClient, project: str, region: str | None
) -> None:
    params = {"aws_region": region} if region else {}
    template = result(client.get(f"/v1/projects/{project}/cluster/template", params=params))
    assert template["custom_tags"] == {"sync:project-id": project}
    place = template["cluster_log_conf"]["s3"]
    assert (place["destination"], place.get("region")) == (f"s3://logs/orders/{project}", region)


def test_the_template_of_a_dbfs_place(client: TestClient, project: str) -> None:
    result(client.put(f"/v1/projects/{project}", json={"cluster_log_url": "dbfs:/logs/"}))
    template = result(client.get(f"/v1/projects/{project}/cluster/template"))
    assert template["cluster_log_conf"] == {"dbfs": {"destination": f"dbfs:/logs/{project}"}}
    result(client.put(f"/v1/projects/{project}", json={"cluster_log_url": None}))
    assert "cluster_log_conf" not in result(client.get(f"/v1/projects/{project}/cluster/template"))


def submit(client: TestClient, project: str, **said: object) -> Any:  # noqa: ANN401 - JSON
    return result(client.post(f"/v1/projects/{project}/submissions", json={"cluster_report": REPORT, **said}))


def test_a_submission_is_uploaded(world: World, client: TestClient, project: str) -> None:
    begun = submit(client, project, product_code="aws-databricks")
    details = begun["upload_details"]
    fields = {**details["fields"], "key": details["fields"]["key"].replace("${filename}", "eventlog.zip")}
    answer = world.anybody().post(details["url"], data=fields, files={"file": ("upload", b"PK")})
    assert answer.status_code == 204
    shown = result(client.get(f"/v1/projects/{project}/submissions/{begun['submission_id']}"))
    assert (shown["id"], shown["project_id"], shown["configuration"]) == (
        begun["submission_id"],
        project,
        REPORT["cluster"],
    )


def test_a_submission_with_an_address_names_its_product_otherwise(client: TestClient, project: str) -> None:
    begun = submit(client, project, product="aws-databricks", event_log_uri="https://logs.example.com/x")
    assert set(begun) == {"submission_id"}


def test_a_submission_of_no_product_is_refused(client: TestClient) -> None:
    bare = result(client.post("/v1/projects", json={"name": "bare"}))["id"]
    answer = client.post(f"/v1/projects/{bare}/submissions", json={"cluster_report": REPORT})
    assert answer.status_code == 422


def test_submissions_are_paged_at_the_top_level_newest_first(client: TestClient, project: str) -> None:
    ids = [submit(client, project)["submission_id"] for _ in range(3)]
    page = client.get(f"/v1/projects/{project}/paged/submissions").json()
    assert "result" not in page
    assert [item["id"] for item in page["items"]] == ids[::-1]
    first = client.get(f"/v1/projects/{project}/paged/submissions?per_page=2").json()
    second = client.get(f"/v1/projects/{project}/paged/submissions?per_page=2&page={first['next_page']}").json()
    assert [item["id"] for item in first["items"] + second["items"]] == ids[::-1]
    assert second["next_page"] is None


def test_recommendations_are_paged_from_zero_newest_first(client: TestClient, project: str) -> None:
    path = f"/v1/projects/{project}/recommendations"
    ids = [result(client.post(path, json={}))["id"] for _ in range(3)]
    assert [each["id"] for each in result(client.get(path, params={"page": 0, "per_page": 1}))] == ids[-1:]
    assert [each["id"] for each in result(client.get(path, params={"page": 1, "per_page": 2}))] == ids[:1]
    assert result(client.get(path, params={"page": 9, "per_page": 2})) == []
    one = result(client.get(f"{path}/{ids[0]}"))
    assert one["state"] == "PENDING"
    assert one["context"]["phase"] == "LEARNING"


def test_a_recommendation_may_be_asked_for_without_a_body(client: TestClient, project: str) -> None:
    assert result(client.post(f"/v1/projects/{project}/recommendations"))["project_id"] == project


WORKSPACE = {
    "databricks_host": "https://dbc-1.cloud.databricks.com",
    "databricks_token": "dapi-very-secret",
    "sync_api_key_id": "k",
    "sync_api_key_secret": "sync-very-secret",
    "webhook_id": None,
    "plan_type": "Premium",
    "compute_provider": "aws",
    "azure_client_secret": "azure-very-secret",
}


def test_credentials_of_a_workspace_never_come_out(world: World, client: TestClient) -> None:
    path = "/v1/databricks/workspaces/100"
    texts = [
        client.post(path, json=WORKSPACE).text,
        client.get(path).text,
        client.get("/v1/databricks/workspaces").text,
        client.put(path, json={"plan_type": "null", "databricks_token": "dapi-another-secret"}).text,
        client.post(f"{path}/setup").text,
        client.get("/v1/audit").text,
    ]
    assert not any("-secret" in text for text in texts)
    row = world.store.workspaces.get("ours", "100")
    assert row is not None
    assert not any("-secret" in str(value) for value in row.secrets.values())
    shown = result(client.get(path))
    assert shown["plan_type"] is None
    assert shown["secrets"] == ["azure_client_secret", "databricks_token", "sync_api_key_secret"]


def test_a_workspace_is_made_once_and_deleted_with_200(client: TestClient) -> None:
    path = "/v1/databricks/workspaces/101"
    result(client.post(path, json=WORKSPACE))
    assert client.post(path, json=WORKSPACE).status_code == 409
    made = [result(client.post(f"{path}/webhook-credentials"))["password"] for _ in range(2)]
    assert made[0] != made[1]
    assert isinstance(result(client.delete(path)), str)
    assert client.get(path).status_code == 404


def test_a_workflow_is_onboarded(client: TestClient, project: str) -> None:
    result(client.post("/v1/databricks/workspaces/102", json={}))
    shown = result(
        client.post("/v1/databricks/workspaces/102/onboard-workflow", json={"job_id": 77, "project_id": project})
    )
    assert (shown["id"], shown["job_id"], shown["workspace_id"]) == (project, "77", "102")
