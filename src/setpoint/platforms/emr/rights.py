"""Whether AWS lets us read what runs on EMR, and change what we are to: rights are tried by calls that change nothing.

What would change something is not tried but asked of IAM (SimulatePrincipalPolicy), which tells what the policies of
the caller come to.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from setpoint.errors import PlatformError
from setpoint.platforms.emr.calls import Calls, Refusal
from setpoint.platforms.emr.logs import Place, folders_of, place_of
from setpoint.platforms.rights import Checked, Denied, Right, Scope, Untried, checked

__all__ = ["check_rights"]

Json = dict[str, Any]
_DENIED = frozenset(
    {
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "NotAuthorized",
        "UnauthorizedOperation",
    }
)
_NOT_SIGNED_IN = frozenset(
    {
        "AuthFailure",
        "InvalidClientTokenId",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_ON_ALL, _MOST_PLACES, _MOST_CLUSTERS = "on *", 5, 5
_ROLE = re.compile(r"arn:([a-z-]+):(?:iam|sts)::(\d{12}):(assumed-role|role|user)/(.+)")
_NAMED = re.compile(r"not authorized to perform: ([\w-]+:\w+) on (?:the )?resource:? (\S+)")
_RESIZING = ("ModifyInstanceGroups", "ModifyInstanceFleet", "PutManagedScalingPolicy")


def check_rights(calls: Calls, region: str, scope: Scope) -> Iterator[Checked]:
    """Every right of a scope, tried one after the other on what is there; a dozen calls, or two.

    Raises PlatformError where AWS does not answer at all, or there are no credentials that count.
    """
    account = _Account(calls, region)
    signed_in = checked(Right("sign in to AWS", "credentials: environment, profile or role"), account.identity)
    yield signed_in
    if signed_in.verdict == "missing":
        return
    for action, what, attempt in account.reading():
        yield checked(Right(what, f"{action} {_ON_ALL}"), attempt)
    yield from account.places()
    if scope == "auto":
        yield from account.changing()


@dataclass(slots=True)
class _Account:
    """What was seen of an account so far, for the next rights to be tried on."""

    calls: Calls
    region: str
    arn: str = ""
    clusters: list[Json] = field(default_factory=list)
    described: Json = field(default_factory=dict)
    steps: list[Json] = field(default_factory=list)
    application: str = ""
    run: Json = field(default_factory=dict)

    def identity(self) -> str:
        try:
            self.arn = str(self._ask("sts", "get_caller_identity", "Arn")["Arn"])
        except Untried as error:
            raise PlatformError(str(error)) from None
        return self.arn

    def reading(self) -> Iterator[tuple[str, str, Callable[[], str]]]:
        """Action, what it is for, and how it is tried."""
        yield "elasticmapreduce:ListClusters", "see which clusters ran", self._list_clusters
        yield "elasticmapreduce:DescribeCluster", "see what a cluster was", self._describe
        of_cluster = (
            ("ListInstances", "see which machines a cluster had", "list_instances"),
            ("ListInstanceGroups", "see its instance groups", "list_instance_groups"),
            ("ListInstanceFleets", "see its instance fleets", "list_instance_fleets"),
            ("ListBootstrapActions", "see its bootstrap actions", "list_bootstrap_actions"),
            ("GetManagedScalingPolicy", "see its limits of scaling", "get_managed_scaling_policy"),
        )
        yield "elasticmapreduce:ListSteps", "see its steps", self._list_steps
        for action, what, operation in of_cluster:
            yield f"elasticmapreduce:{action}", what, self._on_cluster(operation)
        yield "emr-serverless:ListApplications", "see applications of EMR Serverless", self._list_applications
        yield "emr-serverless:GetApplication", "see the capacity of an application", self._get_application
        yield "emr-serverless:ListJobRuns", "see which job runs there were", self._list_runs
        yield "emr-serverless:GetJobRun", "see what a job run was billed", self._get_run
        yield "ec2:DescribeInstanceTypes", "know the hardware of instance types", self._describe_types

    def places(self) -> Iterator[Checked]:
        """Rights to what is stored where runs leave their logs."""
        found: list[Place] = []
        try:
            found = self._log_places()
        except Untried as error:
            yield Checked(Right("find event logs", "s3:ListBucket on the bucket of event logs"), "untried", str(error))
        for place in found:
            finding = Right(f"find logs in {place}", f"s3:ListBucket on arn:aws:s3:::{place.bucket}")
            reading = Right(
                f"read logs in {place}", f"s3:GetObject on arn:aws:s3:::{place.bucket}/{place.prefix or ''}*"
            )
            keys: list[str] = []
            yield checked(finding, partial(self._list, place, keys))
            yield checked(reading, partial(self._read, place, keys))

    def changing(self) -> Iterator[Checked]:
        """What IAM says of rights that nothing harmless uses."""
        found = _ROLE.fullmatch(self.arn)
        partition, account = (found[1], found[2]) if found else ("aws", "*")
        clusters = f"arn:{partition}:elasticmapreduce:{self.region}:{account}:cluster/*"
        roles = [f"arn:{partition}:iam::{account}:role/{name.rpartition('/')[2]}" for name in self._roles()]
        wanted = [
            ("start clusters", "elasticmapreduce:RunJobFlow", "*"),
            ("tag clusters", "elasticmapreduce:AddTags", "*"),
            *(("hand a role over to clusters", "iam:PassRole", role) for role in roles),
            *(("resize a cluster that is kept alive", f"elasticmapreduce:{it}", clusters) for it in _RESIZING),
        ]
        for what, action, resource in wanted:
            right = Right(what, f"{action} on {resource}", "auto")
            yield checked(right, partial(self._simulated, action, resource))

    def _list_clusters(self) -> str:
        self.clusters = list(self._ask("emr", "list_clusters", "Clusters")["Clusters"])
        return f"{len(self.clusters)} on the first page"

    def _describe(self) -> str:
        self.described = self._ask("emr", "describe_cluster", "Cluster", ClusterId=self._cluster())["Cluster"]
        return str(self.described.get("Id", ""))

    def _list_steps(self) -> str:
        self.steps = list(self._ask("emr", "list_steps", "Steps", ClusterId=self._cluster())["Steps"])
        return f"{len(self.steps)} of {self._cluster()}"

    def _on_cluster(self, operation: str) -> Callable[[], str]:
        def attempt() -> str:
            try:
                self._ask("emr", operation, ClusterId=self._cluster())
            except _Other as error:
                # Groups of a cluster that has fleets, say: it was looked up, so it was allowed.
                return str(error)
            return self._cluster()

        return attempt

    def _list_applications(self) -> str:
        found = list(self._ask("emr-serverless", "list_applications", "applications")["applications"])
        self.application = str(found[0]["id"]) if found else ""
        return f"{len(found)} on the first page"

    def _get_application(self) -> str:
        self._ask("emr-serverless", "get_application", applicationId=self._application())
        return self._application()

    def _list_runs(self) -> str:
        found = list(
            self._ask("emr-serverless", "list_job_runs", "jobRuns", applicationId=self._application())["jobRuns"]
        )
        self.run = found[0] if found else {}
        return f"{len(found)} of {self._application()} on the first page"

    def _get_run(self) -> str:
        if not self.run:
            raise Untried("there is no job run to look at")
        asked = {"applicationId": self._application(), "jobRunId": self.run["id"]}
        self.run = self._ask("emr-serverless", "get_job_run", "jobRun", **asked)["jobRun"] | self.run
        return str(self.run["id"])

    def _describe_types(self) -> str:
        self._ask("ec2", "describe_instance_types", InstanceTypes=["m5.xlarge"])
        return "m5.xlarge"

    def _cluster(self) -> str:
        if not self.clusters:
            raise Untried("there is no cluster to look at")
        return str(self.clusters[0]["Id"])

    def _application(self) -> str:
        if not self.application:
            raise Untried("there is no application of EMR Serverless to look at")
        return self.application

    def _roles(self) -> list[str]:
        given = self.described.get("Ec2InstanceAttributes") or {}
        found = (self.described.get("ServiceRole"), given.get("IamInstanceProfile"))
        return [str(name) for name in found if name] or ["EMR_DefaultRole", "EMR_EC2_DefaultRole"]

    def _log_places(self) -> list[Place]:
        """Of the newest clusters of different names, and of the newest job run."""
        newest: dict[str, str] = {}
        for each in self.clusters:
            newest.setdefault(str(each.get("Name", "")), str(each["Id"]))
        found: list[Place] = []
        for number, cluster in enumerate(list(newest.values())[:_MOST_CLUSTERS]):
            found += folders_of(self._document(cluster, is_known=number == 0), None)
        monitoring = (self.run.get("configurationOverrides") or {}).get("monitoringConfiguration") or {}
        uri = (monitoring.get("s3MonitoringConfiguration") or {}).get("logUri")
        found += [place for place in [place_of(str(uri))] if uri and place is not None]
        said = [place for place in dict.fromkeys(found) if not place.is_guess] or list(dict.fromkeys(found))
        if not said:
            raise Untried("no run was seen that leaves logs in S3")
        return said[:_MOST_PLACES]

    def _document(self, cluster: str, *, is_known: bool) -> Json:
        if is_known and self.described:
            return {"Cluster": self.described, "Steps": self.steps}
        try:
            described = self._ask("emr", "describe_cluster", "Cluster", ClusterId=cluster)["Cluster"]
            steps = self._ask("emr", "list_steps", "Steps", ClusterId=cluster)["Steps"]
        except (Denied, _Other) as error:
            raise Untried(f"it is not known where clusters leave their logs: {error}") from None
        return {"Cluster": described, "Steps": steps}

    def _list(self, place: Place, keys: list[str]) -> str:
        asked = {"Bucket": place.bucket, "Prefix": place.prefix, "MaxKeys": 10}
        found = self._ask("s3", "list_objects_v2", **asked).get("Contents") or ()
        keys += [each["Key"] for each in found if each.get("Size")]
        return "something is there" if found else "nothing is there yet"

    def _read(self, place: Place, keys: list[str]) -> str:
        if not keys:
            raise Untried("no object was seen there")
        answer = self._ask("s3", "get_object", Bucket=place.bucket, Key=keys[0], Range="bytes=0-0")
        answer["Body"].close()
        return "a byte was read"

    def _simulated(self, action: str, resource: str) -> str:
        found = _ROLE.fullmatch(self.arn)
        if found is None:
            raise Untried("IAM tells rights of users and roles only, and you are neither")
        partition, account, kind, name = found.groups()
        who = f"user/{name}" if kind == "user" else f"role/{name.split('/')[0] if kind == 'assumed-role' else name}"
        asked = {"ActionNames": [action], "ResourceArns": [resource]}
        source = f"arn:{partition}:iam::{account}:{who}"
        try:
            answer = self._ask("iam", "simulate_principal_policy", "EvaluationResults", PolicySourceArn=source, **asked)
        except (Denied, _Other):
            words = f"to have it checked without doing it, allow iam:SimulatePrincipalPolicy on {source}"
            raise Untried(words) from None
        decisions = {str(each.get("EvalDecision")) for each in answer["EvaluationResults"]}
        if decisions != {"allowed"}:
            raise Denied(f"IAM says {', '.join(sorted(decisions)) or 'nothing'}")
        return "IAM says allowed"

    def _ask(self, service: str, operation: str, *needed: str, **given: object) -> Json:
        """An answer. Raises Denied, Untried where AWS does not answer, _Other where it refuses for another reason."""
        try:
            return self.calls.ask(service, self.region, operation, *needed, **given)
        except Refusal as error:
            if error.code in _DENIED | _NOT_SIGNED_IN:
                raise Denied(str(error), _grant_in(str(error))) from None
            raise _Other(str(error)) from None
        except PlatformError as error:
            raise Untried(str(error)) from None


def _grant_in(words: str) -> str:
    """The permission that AWS itself names: a key of KMS, say, may be what is missing to read an object.

    >>> _grant_in("User: arn:x is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:1:key/2")
    'kms:Decrypt on arn:aws:kms:us-east-1:1:key/2'
    """
    found = _NAMED.search(words)
    return f"{found[1]} on {found[2].strip('(),.')}" if found else ""


class _Other(Untried):
    """Refused, and not for want of a right."""
