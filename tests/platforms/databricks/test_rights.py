"""Rights in a workspace, tried through the unmodified SDK on one that denies what it is told to."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.platforms.databricks.emulated import calls_of, deny, emulator, job, run_all

from setpoint.platforms.databricks import CallFiles, Calls
from setpoint.platforms.databricks.policies import POLICIES
from setpoint.platforms.databricks.rights import check_rights
from setpoint.platforms.databricks.transport import Do
from setpoint.platforms.rights import SCOPES, Checked, Scope, lacking
from setpoint.testing.databricks import DatabricksEmulator, Refused

PAGE = Path(__file__).parents[3] / "docs" / "platforms" / "databricks.md"
ME = "owner@example.com"


@pytest.fixture
def made() -> Iterator[DatabricksEmulator]:
    with emulator() as found:
        yield found


@pytest.fixture
def calls(made: DatabricksEmulator) -> Calls:
    found = calls_of(made)
    run_all(made, [job("nightly"), job("hourly")])
    return found


def found(calls: Calls, scope: Scope = "read-only", jobs: Sequence[str] = (), warehouse: str = "") -> list[Checked]:
    return list(check_rights(calls, CallFiles(calls), scope, jobs, warehouse))


def with_answers(do: Do, answers: Mapping[str, object]) -> Do:
    """The same workspace, which also has what the emulated one does not tell."""

    def once(method: str, path: str, query: Mapping[str, Any], body: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as `Do`
        for start, answer in answers.items():
            if path.startswith(start):
                return answer
        return do(method, path, query, body)

    return once


def test_a_workspace_that_allows_reading_lacks_nothing(made: DatabricksEmulator, calls: Calls) -> None:
    every = found(calls)
    assert [it.right.what for it in every if it.verdict != "granted"] == []
    assert "read logs in dbfs:/logs" in {it.right.what for it in every}
    assert sum(calls.counted.values()) <= 16
    assert {method for method, _ in made.calls} <= {"GET", "POST"}
    assert {path for method, path in made.calls if method == "POST"} == {"clusters/events"}


@pytest.mark.parametrize(
    ("method", "path", "what"),
    [
        ("GET", "preview/scim/v2/Me", "entitlement “Workspace access”"),
        ("GET", "jobs/list", "CAN_VIEW on each job"),
        ("GET", "jobs/runs/list", "CAN_VIEW on each job"),
        ("GET", "clusters/get", "CAN_ATTACH_TO on the cluster"),
        ("POST", "clusters/events", "CAN_ATTACH_TO on the cluster"),
        ("GET", "dbfs/list", "read access to dbfs:/logs"),
        ("GET", "dbfs/read", "read access to dbfs:/logs"),
    ],
)
def test_a_denied_call_names_what_to_grant(
    made: DatabricksEmulator, calls: Calls, method: str, path: str, what: str
) -> None:
    deny(made, method, path)
    missing = lacking(found(calls), "read-only")
    assert len(missing) == 1
    assert what in missing[0].grant
    assert "You do not have permission" in missing[0].detail


def test_a_wrong_token_is_told_alone_and_not_repeated_to_anybody(made: DatabricksEmulator, calls: Calls) -> None:
    made.token = "dapi" + "0" * 32
    (only,) = found(calls)
    assert only.verdict == "missing"
    assert "dapi" not in only.detail


def test_a_workspace_that_does_not_answer_denies_nothing(made: DatabricksEmulator, calls: Calls) -> None:
    calls.most_tries = 1
    busy = Refused(503, "TEMPORARILY_UNAVAILABLE", "Try again.")
    ways = [("GET", "jobs/list"), ("GET", "jobs/runs/list")]
    made.faults |= {(method, path, number): busy for method, path in ways for number in range(1, 9)}
    every = found(calls)
    assert lacking(every, "auto") == ()
    assert {it.verdict for it in every[1:]} == {"untried"}


def test_an_empty_workspace_is_one_in_which_no_job_is_visible(made: DatabricksEmulator) -> None:
    every = found(calls_of(made))
    assert [it.grant for it in lacking(every, "read-only")] == ["CAN_VIEW on each job"]


@pytest.mark.parametrize(
    ("entry", "is_lacking"),
    [
        ({"user_name": ME, "permission_level": "CAN_MANAGE"}, False),
        ({"user_name": ME, "permission_level": "IS_OWNER"}, False),
        ({"group_name": "data-platform", "permission_level": "CAN_MANAGE"}, False),
        ({"user_name": ME, "permission_level": "CAN_VIEW"}, True),
        ({"user_name": "somebody@example.com", "permission_level": "CAN_MANAGE"}, True),
    ],
)
def test_a_job_may_be_changed_where_its_permissions_say_so(
    made: DatabricksEmulator, calls: Calls, entry: dict[str, str], *, is_lacking: bool
) -> None:
    made.workspace.groups = ["data-platform"]
    made.workspace.permissions = {job_id: [entry] for job_id in made.workspace.jobs}
    every = found(calls, "auto")
    assert lacking(every, "read-only") == ()
    grants = [it.grant for it in lacking(every, "auto")]
    assert grants == ([f"CAN_MANAGE on the job {job_id}" for job_id in (1001, 1002)] if is_lacking else [])
    assert len(found(calls, "auto", jobs=["1002"])) == len(every) - 1


def test_jobs_of_others_and_jobs_without_clusters_are_not_asked_for(made: DatabricksEmulator) -> None:
    calls = calls_of(made)
    bundle = job("deployed", deployment={"kind": "BUNDLE"}, edit_mode="UI_LOCKED")
    run_as = job("as another", run_as={"service_principal_name": "robot"})
    run_all(made, [bundle, run_as])
    every = found(calls, "auto")
    assert [it.right.what for it in every if it.right.what.startswith("change")] == [
        "change job 1002",
        "change jobs that run as robot",
    ]
    assert every[-1].verdict == "untried"
    assert every[-1].right.grant == "role servicePrincipal/user on robot"


def test_pools_and_policies_are_tried_where_jobs_use_them(made: DatabricksEmulator) -> None:
    calls = calls_of(made)
    made.workspace.pools = {"pool-1": {"instance_pool_name": "shared", "node_type_id": "m5.xlarge"}}
    made.workspace.policies = {"policy-1": {"name": "jobs", "definition": "{}"}}
    pooled = job("pooled", {"instance_pool_id": "pool-1", "policy_id": "policy-1"})
    del pooled["job_clusters"][0]["new_cluster"]["node_type_id"]
    made.workspace.add(pooled)
    every = found(calls, "auto")
    assert {"see the pool pool-1", "see the policy policy-1"} <= {it.right.what for it in every}
    assert lacking(every, "auto") == ()
    deny(made, "GET", "instance-pools/get")
    deny(made, "GET", "policies/clusters/get")
    grants = [it.grant for it in lacking(found(calls, "auto"), "auto")]
    assert grants == ["CAN_ATTACH_TO on the pool pool-1", "CAN_USE on the cluster policy policy-1"]


@pytest.mark.parametrize(
    ("state", "verdict"), [("SUCCEEDED", "granted"), ("FAILED", "missing"), ("CANCELED", "untried")]
)
def test_billing_is_wished_for_and_not_needed(calls: Calls, state: str, verdict: str) -> None:
    answer = {"status": {"state": state, "error": {"message": "no SELECT"}}}
    calls.do = with_answers(calls.do, {"/api/2.0/sql/statements": answer})
    every = found(calls, warehouse="w-1")
    assert every[-1].verdict == verdict
    assert "GRANT SELECT ON SCHEMA `system`.`billing` TO `owner@example.com`" in every[-1].right.grant
    assert lacking(every, "auto") == ()


@pytest.mark.parametrize(
    ("destination", "grant"),
    [
        ({"volumes": {"destination": "/Volumes/ops/logs/spark"}}, "GRANT READ VOLUME ON VOLUME `ops`.`logs`.`spark`"),
        ({"volumes": {"destination": "dbfs:/Volumes/ops/logs/spark/x"}}, "GRANT USE CATALOG ON CATALOG `ops`"),
    ],
)
def test_the_grant_of_a_volume_is_in_sql(made: DatabricksEmulator, destination: dict[str, object], grant: str) -> None:
    calls = calls_of(made)
    run_all(made, [job("nightly", {"cluster_log_conf": destination})])
    reading = [it for it in found(calls) if it.right.what.startswith("read logs in")]
    assert len(reading) == 1
    assert f"{grant} TO `{ME}`" in reading[0].right.grant


@pytest.mark.parametrize("scope", SCOPES)
def test_the_page_shows_the_policies_that_are_printed(scope: Scope) -> None:
    blocks = [json.loads(it) for it in re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)]
    assert POLICIES[scope] in blocks
