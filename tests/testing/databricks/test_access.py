"""Permissions, pools and policies of the emulated workspace, as the vendor's own client sees them."""

from collections.abc import Iterator

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.errors import NotFound, PermissionDenied
from databricks.sdk.service import iam
from tests.platforms.databricks.emulated import emulator, job

from setpoint.testing.databricks import DatabricksEmulator


@pytest.fixture
def made() -> Iterator[DatabricksEmulator]:
    with emulator() as found:
        yield found


@pytest.fixture
def client(made: DatabricksEmulator) -> WorkspaceClient:
    host, token = made.start()
    return WorkspaceClient(config=Config(host=host, token=token, auth_type="pat", retry_timeout_seconds=5))


def test_permissions_are_seen_and_added_to_by_who_may_change_the_job(
    made: DatabricksEmulator, client: WorkspaceClient
) -> None:
    job_id = str(made.workspace.add(job("nightly")).id)
    entry = iam.AccessControlRequest(group_name="team", permission_level=iam.PermissionLevel.CAN_VIEW)
    client.permissions.update("jobs", job_id, access_control_list=[entry])
    found = client.permissions.get("jobs", job_id).access_control_list or []
    assert [(it.user_name or it.group_name, (it.all_permissions or [])[0].permission_level) for it in found] == [
        ("owner@example.com", iam.PermissionLevel.IS_OWNER),
        ("team", iam.PermissionLevel.CAN_VIEW),
    ]
    made.workspace.permissions[int(job_id)] = [{"group_name": "team", "permission_level": "CAN_VIEW"}]
    with pytest.raises(PermissionDenied):
        client.permissions.get("jobs", job_id)
    made.workspace.permissions[int(job_id)] = [{"group_name": "team", "permission_level": "CAN_MANAGE"}]
    made.workspace.groups = ["team"]
    assert client.permissions.get("jobs", job_id).object_id == f"/jobs/{job_id}"
    assert [group.display for group in client.current_user.me().groups or []] == ["team"]


def test_pools_policies_and_zones_are_told(made: DatabricksEmulator, client: WorkspaceClient) -> None:
    made.workspace.pools = {"pool-1": {"instance_pool_name": "shared", "node_type_id": "m5.xlarge"}}
    made.workspace.policies = {"policy-1": {"name": "jobs", "definition": "{}"}}
    assert [pool.instance_pool_id for pool in client.instance_pools.list()] == ["pool-1"]
    assert client.instance_pools.get("pool-1").node_type_id == "m5.xlarge"
    assert client.cluster_policies.get("policy-1").name == "jobs"
    assert client.clusters.list_zones().default_zone == "us-east-1b"
    with pytest.raises(NotFound):
        client.instance_pools.get("nobody")
    with pytest.raises(NotFound):
        client.cluster_policies.get("nobody")
