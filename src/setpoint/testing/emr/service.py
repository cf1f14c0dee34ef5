"""The operations of EMR over emulated clusters: JSON in, JSON out, refusals as EMR words them."""

import base64
import binascii
import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from setpoint.testing.emr.cluster import Cluster, Host, Step
from setpoint.testing.emr.faults import AwsError
from setpoint.testing.emr.machines import Group, groups_of, timeline

__all__ = ["EmrService"]

Json = dict[str, Any]
_COPIED = (
    "LogUri",
    "ReleaseLabel",
    "ServiceRole",
    "AutoScalingRole",
    "ScaleDownBehavior",
    "SecurityConfiguration",
    "CustomAmiId",
    "EbsRootVolumeSize",
    "StepConcurrencyLevel",
    "OSReleaseLabel",
    "LogEncryptionKmsKeyId",
    "KerberosAttributes",
)
_NETWORK = ("Ec2KeyName", "EmrManagedMasterSecurityGroup", "EmrManagedSlaveSecurityGroup", "ServiceAccessSecurityGroup")
ACCOUNT = "123456789012"
_LOOKS_UNTIL_READY = 2


class EmrService:
    """All clusters of an account in a region."""

    def __init__(self, host: Host, clock: Callable[[], datetime], region: str = "us-east-1") -> None:
        self.clusters: dict[str, Cluster] = {}
        self.page_size = 50
        """Entries on one page of a list; a test makes it small."""
        self._host, self._clock, self._region = host, clock, region
        self.history_servers: dict[str, list[Any]] = {}
        """Cluster of each, and after how many looks its URL is ready."""

    def call(self, operation: str, given: Json) -> Json:
        """Answer one call. Raises AwsError."""
        verb = getattr(self, f"_{operation}", None)
        if verb is None:
            raise AwsError("UnknownOperationException", f"The emulator does not know {operation}.")
        self.advance()
        answer: Json = verb(given)
        return answer

    def advance(self) -> None:
        """Bring every cluster up to the time of the clock."""
        now = self._clock()
        for cluster in self.clusters.values():
            cluster.advance(now)

    def _RunJobFlow(self, given: Json) -> Json:  # noqa: N802 - as EMR calls it
        for key in ("Name", "Instances"):
            if not given.get(key):
                raise AwsError("ValidationException", f"Value null at '{key}' failed to satisfy constraint.")
        if not given.get("ReleaseLabel"):
            raise _invalid("The Amazon EMR release label is required.")
        asked, are_fleets = groups_of(given["Instances"])
        if given["Instances"].get("InstanceFleets") and given["Instances"].get("InstanceGroups"):
            raise _invalid("Please configure either instance groups or instance fleets, not both.")
        now, prefix = self._clock(), "if-" if are_fleets else "ig-"
        groups = [Group(self._host.new_id(prefix), each, are_fleets, now) for each in asked]
        roles = [group.role for group in groups]
        if roles.count("MASTER") != 1 or roles.count("CORE") > 1:
            raise _invalid("A cluster needs one MASTER and at most one CORE.")
        cluster = Cluster(self._host.new_id("j-"), given, groups, self._host, now)
        self.clusters[cluster.id] = cluster
        return {"JobFlowId": cluster.id, "ClusterArn": self._arn(cluster)}

    def _DescribeCluster(self, given: Json) -> Json:  # noqa: N802
        cluster = self._cluster(given)
        asked, wanted = cluster.arguments, cluster.arguments["Instances"]
        subnets = wanted.get("Ec2SubnetIds", [])
        network = {key: wanted[key] for key in _NETWORK if key in wanted} | {
            "Ec2SubnetId": wanted.get("Ec2SubnetId", subnets[0] if subnets else ""),
            "RequestedEc2SubnetIds": subnets,
            "Ec2AvailabilityZone": f"{self._region}a",
            "RequestedEc2AvailabilityZones": [],
            "IamInstanceProfile": asked.get("JobFlowRole", ""),
        }
        applications = [{"Name": each["Name"], "Version": "3.5.1"} for each in asked.get("Applications", [])]
        shown = {key: asked[key] for key in _COPIED if key in asked}
        if "LogUri" in shown:
            # EMR rewrites the scheme of what it was given.
            shown["LogUri"] = shown["LogUri"].replace("s3://", "s3n://", 1)
        return {
            "Cluster": self._summary(cluster)
            | shown
            | {
                "Ec2InstanceAttributes": network,
                "InstanceCollectionType": "INSTANCE_FLEET" if cluster.groups[0].is_fleet else "INSTANCE_GROUP",
                "AutoTerminate": not cluster.keeps_alive,
                "TerminationProtected": cluster.is_protected,
                "VisibleToAllUsers": True,
                "Applications": applications,
                "Tags": [{"Key": key, "Value": value} for key, value in cluster.tags.items()],
                "Configurations": asked.get("Configurations", []),
            }
        }

    def _ListClusters(self, given: Json) -> Json:  # noqa: N802
        after, before = given.get("CreatedAfter", 0.0), given.get("CreatedBefore", float("inf"))
        states = given.get("ClusterStates")
        found = [
            self._summary(each)
            for each in self.clusters.values()
            if after <= each.created.timestamp() <= before and (not states or each.state in states)
        ]
        found.sort(key=lambda each: (each["Status"]["Timeline"]["CreationDateTime"], each["Id"]), reverse=True)
        return self._page("Clusters", found, given)

    def _ListInstances(self, given: Json) -> Json:  # noqa: N802
        cluster, now = self._cluster(given), self._clock()
        found = []
        for group in cluster.groups:
            owner = {"InstanceFleetId" if group.is_fleet else "InstanceGroupId": group.id}
            found += [each.shown(now, owner) for each in group.instances]
        return self._page("Instances", found, given)

    def _ListInstanceGroups(self, given: Json) -> Json:  # noqa: N802
        return self._groups(given, "InstanceGroups", are_fleets=False)

    def _ListInstanceFleets(self, given: Json) -> Json:  # noqa: N802
        return self._groups(given, "InstanceFleets", are_fleets=True)

    def _groups(self, given: Json, key: str, *, are_fleets: bool) -> Json:
        cluster = self._cluster(given)
        if cluster.groups[0].is_fleet != are_fleets:
            other = "instance fleets" if cluster.groups[0].is_fleet else "instance groups"
            raise _invalid(f"Instance fleets and instance groups are mutually exclusive. The cluster uses {other}.")
        return self._page(key, [group.shown(self._clock()) for group in cluster.groups], given)

    def _ListSteps(self, given: Json) -> Json:  # noqa: N802
        cluster, states = self._cluster(given), given.get("StepStates")
        found = [step.shown(cluster.step_log_uri(step)) for step in reversed(cluster.steps)]
        found = [each for each in found if not states or each["Status"]["State"] in states]
        return self._page("Steps", found, given)

    def _DescribeStep(self, given: Json) -> Json:  # noqa: N802
        cluster = self._cluster(given)
        step = next((each for each in cluster.steps if each.id == given.get("StepId")), None)
        if step is None:
            raise _invalid(f"Step id '{given.get('StepId')}' is not valid.")
        return {"Step": step.shown(cluster.step_log_uri(step))}

    def _ListBootstrapActions(self, given: Json) -> Json:  # noqa: N802
        asked = self._cluster(given).arguments.get("BootstrapActions", [])
        scripts = [(each["Name"], each["ScriptBootstrapAction"]) for each in asked]
        found = [{"Name": name, "ScriptPath": it["Path"], "Args": it.get("Args", [])} for name, it in scripts]
        return self._page("BootstrapActions", found, given)

    def _AddJobFlowSteps(self, given: Json) -> Json:  # noqa: N802
        cluster = self._cluster(given, "JobFlowId")
        if cluster.is_over or cluster.state == "TERMINATING":
            raise _invalid("A job flow that is shutting down, terminating, or finished may not be modified.")
        if cluster.state == "WAITING":
            cluster.since = self._clock()
        ids = cluster.add_steps(given["Steps"], self._clock())
        cluster.advance(self._clock())
        return {"StepIds": ids}

    def _TerminateJobFlows(self, given: Json) -> Json:  # noqa: N802
        for name in given["JobFlowIds"]:
            cluster = self._cluster({"ClusterId": name})
            if cluster.is_protected:
                raise AwsError("ValidationException", "Could not shut down one or more job flows: protected.")
            cluster.terminate(self._clock())
        return {}

    def _ModifyInstanceGroups(self, given: Json) -> Json:  # noqa: N802
        for each in given["InstanceGroups"]:
            cluster, group = self._group(each["InstanceGroupId"])
            cluster.resize(group, {"InstanceCount": each["InstanceCount"]}, self._clock())
        return {}

    def _ModifyInstanceFleet(self, given: Json) -> Json:  # noqa: N802
        asked = dict(given["InstanceFleet"])
        cluster, group = self._group(asked.pop("InstanceFleetId"))
        cluster.resize(group, asked, self._clock())
        return {}

    def _GetManagedScalingPolicy(self, given: Json) -> Json:  # noqa: N802
        policy = self._cluster(given).scaling
        return {"ManagedScalingPolicy": policy} if policy else {}

    def _PutManagedScalingPolicy(self, given: Json) -> Json:  # noqa: N802
        self._cluster(given).scaling = given["ManagedScalingPolicy"]
        return {}

    def _RemoveManagedScalingPolicy(self, given: Json) -> Json:  # noqa: N802
        self._cluster(given).scaling = None
        return {}

    def _AddTags(self, given: Json) -> Json:  # noqa: N802
        tags = {each["Key"]: each.get("Value", "") for each in given["Tags"]}
        self._cluster({"ClusterId": given["ResourceId"]}).tags.update(tags)
        return {}

    def _RemoveTags(self, given: Json) -> Json:  # noqa: N802
        tags = self._cluster({"ClusterId": given["ResourceId"]}).tags
        for key in given["TagKeys"]:
            tags.pop(key, None)
        return {}

    def _CreatePersistentAppUI(self, given: Json) -> Json:  # noqa: N802
        cluster = self._cluster({"ClusterId": given["TargetResourceArn"].rpartition("/")[2]})
        name = f"p-{cluster.id[2:]}".lower()
        self.history_servers.setdefault(name, [cluster.id, _LOOKS_UNTIL_READY])
        return {"PersistentAppUIId": name, "RuntimeRoleEnabledCluster": False}

    def _GetPersistentAppUIPresignedURL(self, given: Json) -> Json:  # noqa: N802
        name = given["PersistentAppUIId"]
        if name not in self.history_servers:
            raise _invalid(f"Persistent application UI id '{name}' is not valid.")
        self.history_servers[name][1] -= 1
        if self.history_servers[name][1] > 0:
            return {"PresignedURLReady": False}
        return {"PresignedURL": f"{self._host.url}/shs/{name}/?authToken=once", "PresignedURLReady": True}

    def history(self, name: str, application: str) -> bytes | None:
        """The zip with the log of an application as the history server gives it."""
        if name not in self.history_servers:
            return None
        kept = self.clusters[self.history_servers[name][0]].on_hdfs
        own = {key: content for key, content in kept.items() if application in key}
        if not own:
            return None
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for key, content in own.items():
                archive.writestr(key, content)
        return packed.getvalue()

    def _cluster(self, given: Json, key: str = "ClusterId") -> Cluster:
        name = given.get(key, "")
        if name not in self.clusters:
            more = {"ErrorCode": "NoSuchCluster"}
            raise AwsError("InvalidRequestException", f"Cluster id '{name}' is not valid.", 400, more)
        return self.clusters[name]

    def _group(self, group_id: str) -> tuple[Cluster, Group]:
        every = ((cluster, group) for cluster in self.clusters.values() for group in cluster.groups)
        found = next((each for each in every if each[1].id == group_id), None)
        if found is None or found[0].is_over:
            raise _invalid(f"Instance group id '{group_id}' is not valid.")
        return found

    def _summary(self, cluster: Cluster) -> Json:
        reason = dict(cluster.reason) if cluster.reason else {}
        machines = [each for group in cluster.groups for each in group.instances]
        status: Json = {"State": cluster.state, "StateChangeReason": reason}
        status["Timeline"] = timeline(cluster.created, cluster.ready, cluster.ended)
        if cluster.errors:
            status["ErrorDetails"] = cluster.errors
        return {
            "Id": cluster.id,
            "Name": cluster.arguments["Name"],
            "Status": status,
            "NormalizedInstanceHours": sum(it.normalised_hours(self._clock()) for it in machines),
            "ClusterArn": self._arn(cluster),
        }

    def _arn(self, cluster: Cluster) -> str:
        return f"arn:aws:elasticmapreduce:{self._region}:{ACCOUNT}:cluster/{cluster.id}"

    def _page(self, key: str, found: list[Json], given: Mapping[str, Any]) -> Json:
        """A page, and a marker to the next one that tells nothing of how it is made."""
        try:
            start = int(base64.b64decode(given["Marker"], validate=True)) if given.get("Marker") else 0
        except (binascii.Error, ValueError):
            raise _invalid("Marker is not valid.") from None
        end = start + self.page_size
        page: Json = {key: found[start:end]}
        return page | ({"Marker": base64.b64encode(str(end).encode()).decode()} if end < len(found) else {})

    def step(self, cluster_id: str, number: int = -1) -> Step:
        """A step, for tests to look at."""
        return self.clusters[cluster_id].steps[number]


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidRequestException", message)
