"""Rights on AWS, tried through the unmodified boto3 on an account that denies what it is told to."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.platforms.emr.world import World, world_of

from setpoint.platforms.emr.calls import Calls
from setpoint.platforms.emr.policies import POLICIES, READ_ACTIONS, policy
from setpoint.platforms.emr.rights import check_rights
from setpoint.platforms.rights import SCOPES, Checked, Scope, lacking

PAGE = Path(__file__).parents[3] / "docs" / "platforms" / "emr.md"
REGION = "us-east-1"


@pytest.fixture
def account(make: Callable[..., World], tmp_path: Path) -> World:
    """With a cluster that has ended, and a job run of EMR Serverless."""
    world = make("groups")
    world_of("serverless", world.cloud, tmp_path / "serverless").run()
    world.run()
    world.cloud.faults.calls.clear()
    return world


def found(world: World, scope: Scope = "read-only", *, denied: frozenset[str] = frozenset()) -> list[Checked]:
    world.cloud.denied = set(denied)
    return list(check_rights(Calls(world.cloud.client, lambda _: None), REGION, scope))


def test_an_account_that_allows_all_lacks_nothing(account: World) -> None:
    every = found(account, "auto")
    assert [it.right.what for it in every if it.verdict != "granted"] == []
    assert all(it.detail for it in every)
    assert len(account.cloud.faults.calls) <= 40


def test_nothing_is_changed_by_looking(account: World) -> None:
    before = (len(account.cloud.emr.clusters), len(account.cloud.serverless.runs))
    found(account, "auto")
    assert (len(account.cloud.emr.clusters), len(account.cloud.serverless.runs)) == before
    changing = [it for it in account.cloud.faults.calls if re.search(r"Run|Add|Put|Modify|Create|Terminate|Set", it)]
    assert [it for it in changing if it != "emr:ListBootstrapActions"] == []


def test_a_denied_action_is_named_and_nothing_else_is_called_missing(account: World) -> None:
    for action in (*READ_ACTIONS, "s3:ListBucket", "s3:GetObject"):
        missing = lacking(found(account, denied=frozenset({action})), "read-only")
        assert missing
        assert {it.grant.partition(" ")[0] for it in missing} == {action}
        assert all(it.detail for it in missing)


def test_what_would_change_something_is_asked_of_iam(account: World) -> None:
    for action in ("elasticmapreduce:RunJobFlow", "iam:PassRole", "elasticmapreduce:AddTags"):
        every = found(account, "auto", denied=frozenset({action}))
        assert lacking(every, "read-only") == ()
        assert {it.grant.partition(" ")[0] for it in lacking(every, "auto")} == {action}
        assert all("arn:" in it.grant or it.grant.endswith("on *") for it in lacking(every, "auto"))


def test_without_the_simulation_changing_is_untried_and_says_how_to_have_it_tried(account: World) -> None:
    every = found(account, "auto", denied=frozenset({"iam:SimulatePrincipalPolicy"}))
    untried = [it for it in every if it.verdict == "untried"]
    assert len(untried) >= 5
    assert all("iam:SimulatePrincipalPolicy on arn:aws:iam::123456789012:" in it.detail for it in untried)
    assert lacking(every, "auto") == ()


def test_who_cannot_sign_in_is_told_so_alone(account: World) -> None:
    (only,) = found(account, denied=frozenset({"sts:GetCallerIdentity"}))
    assert (only.verdict, only.right.what) == ("missing", "sign in to AWS")


def test_an_empty_account_leaves_untried_what_there_is_nothing_to_try_on(make: Callable[..., World]) -> None:
    world = make("groups")
    every = found(world)
    assert lacking(every, "read-only") == ()
    assert "there is no cluster to look at" in {it.detail for it in every}


def test_an_aws_that_does_not_answer_denies_nothing(account: World) -> None:
    account.cloud.faults.strike("unavailable", 1, times=400)
    every = found(account, "auto")
    account.cloud.faults.clear()
    assert {it.verdict for it in every[1:]} == {"untried"}


def test_every_action_of_the_policy_is_tried(account: World) -> None:
    tried = {it.right.grant.partition(" ")[0] for scope in SCOPES for it in found(account, scope)}
    allowed = {
        action
        for document in POLICIES.values()
        for statement in document["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert allowed - tried == {"s3:PutObject", "iam:SimulatePrincipalPolicy"}


@pytest.mark.parametrize("scope", SCOPES)
def test_the_page_shows_the_policies_that_are_printed(scope: Scope) -> None:
    blocks = [
        json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    ]
    assert POLICIES[scope] in blocks


def test_a_policy_names_the_buckets_that_are_known() -> None:
    resources = [statement["Resource"] for statement in policy("read-only", ["logs"])["Statement"][1:]]
    assert resources == [["arn:aws:s3:::logs"], ["arn:aws:s3:::logs/*"]]
    assert policy("auto", ["logs"]) == POLICIES["auto"]
