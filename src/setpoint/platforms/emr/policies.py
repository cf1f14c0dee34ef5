"""What to allow Setpoint in IAM, as policies to be attached; the pages of the docs show these very ones."""

from collections.abc import Sequence
from typing import Any

from setpoint.platforms.rights import Scope

__all__ = ["POLICIES", "READ_ACTIONS", "policy"]

Json = dict[str, Any]
_VERSION = "2012-10-17"
READ_ACTIONS = (
    "elasticmapreduce:ListClusters",
    "elasticmapreduce:DescribeCluster",
    "elasticmapreduce:ListInstances",
    "elasticmapreduce:ListInstanceGroups",
    "elasticmapreduce:ListInstanceFleets",
    "elasticmapreduce:ListSteps",
    "elasticmapreduce:ListBootstrapActions",
    "elasticmapreduce:GetManagedScalingPolicy",
    "emr-serverless:ListApplications",
    "emr-serverless:GetApplication",
    "emr-serverless:ListJobRuns",
    "emr-serverless:GetJobRun",
    "ec2:DescribeInstanceTypes",
)
_LOG_BUCKETS = ("EVENT-LOG-BUCKET", "LOG-URI-BUCKET")


def _allowed(sid: str, actions: Sequence[str] | str, resource: Sequence[str] | str) -> Json:
    lists = {"Action": actions, "Resource": resource}
    return {"Sid": sid, "Effect": "Allow"} | {
        key: value if isinstance(value, str) else list(value) for key, value in lists.items()
    }


def _read_only(buckets: Sequence[str]) -> Json:
    folders = [f"arn:aws:s3:::{bucket}" for bucket in buckets]
    statements = [
        _allowed("ReadRuns", READ_ACTIONS, "*"),
        _allowed("FindLogs", "s3:ListBucket", folders),
        _allowed("ReadLogs", "s3:GetObject", [f"{folder}/*" for folder in folders]),
    ]
    return {"Version": _VERSION, "Statement": statements}


def _auto() -> Json:
    roles = ["arn:aws:iam::ACCOUNT:role/EMR_DefaultRole", "arn:aws:iam::ACCOUNT:role/EMR_EC2_DefaultRole"]
    resizing = (
        "elasticmapreduce:ModifyInstanceGroups",
        "elasticmapreduce:ModifyInstanceFleet",
        "elasticmapreduce:PutManagedScalingPolicy",
    )
    statements = [
        _allowed("StartClusters", ("elasticmapreduce:RunJobFlow", "elasticmapreduce:AddTags"), "*"),
        _allowed("HandOverRoles", "iam:PassRole", roles),
        _allowed("KeepRuns", ("s3:PutObject", "s3:GetObject"), "arn:aws:s3:::PROJECT-BUCKET/*"),
        _allowed("Resize", resizing, "arn:aws:elasticmapreduce:*:ACCOUNT:cluster/*"),
        _allowed("CheckRights", "iam:SimulatePrincipalPolicy", "arn:aws:iam::ACCOUNT:role/SETPOINT-ROLE"),
    ]
    return {"Version": _VERSION, "Statement": statements}


POLICIES: dict[Scope, Json] = {"read-only": _read_only(_LOG_BUCKETS), "auto": _auto()}
"""With placeholders in capitals; `auto` comes on top of `read-only`."""


def policy(scope: Scope, buckets: Sequence[str] = ()) -> Json:
    """The policy of a scope; that of `read-only` for the buckets that hold logs, where they are known."""
    return _read_only(buckets) if scope == "read-only" and buckets else POLICIES[scope]
