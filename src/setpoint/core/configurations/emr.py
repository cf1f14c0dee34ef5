"""EMR on EC2: what DescribeCluster says, and all arguments of `run_job_flow` for another cluster of the same job."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from setpoint.core.cloud import CloudSpec
from setpoint.core.cloudspec import Executors
from setpoint.core.configurations import emr_instances, emr_scaling, emr_sizing
from setpoint.core.configurations.asked import Asked
from setpoint.core.configurations.emr_instances import asked_groups
from setpoint.core.domain import ClusterSpec
from setpoint.core.pricebook import Cloud, PriceBook
from setpoint.core.reports import ReportedRun, Terms, emr
from setpoint.core.reports.field import Field

__all__ = ["Emr"]

_COPIED = (
    "LogUri",
    "LogEncryptionKmsKeyId",
    "ReleaseLabel",
    "ServiceRole",
    "AutoScalingRole",
    "ScaleDownBehavior",
    "SecurityConfiguration",
    "VisibleToAllUsers",
    "CustomAmiId",
    "EbsRootVolumeSize",
    "EbsRootVolumeIops",
    "EbsRootVolumeThroughput",
    "RepoUpgradeOnBoot",
    "StepConcurrencyLevel",
    "OSReleaseLabel",
)
"""What DescribeCluster and RunJobFlow call alike."""
_NETWORK = (
    "Ec2KeyName",
    "EmrManagedMasterSecurityGroup",
    "EmrManagedSlaveSecurityGroup",
    "ServiceAccessSecurityGroup",
    "AdditionalMasterSecurityGroups",
    "AdditionalSlaveSecurityGroups",
)
_FAILED_STEPS = ("FAILED", "INTERRUPTED")
_ENDED_WELL = ("ALL_STEPS_COMPLETED", "USER_REQUEST", "AUTO_TERMINATION", "")
"""Reasons of a cluster's end that are no failure. Whoever starts clusters without steps also ends them by request."""
_STOPPED_STEP = "CANCELLED"
_RUN_TAG = "sync:run-id"
"""Of one run only: the next has its own."""


@dataclass(frozen=True, slots=True)
class Emr:
    """EMR on EC2, which there is on AWS only."""

    cloud: Cloud = "aws"

    def is_one(self, root: Field) -> bool:
        """Whether a document is a report of it."""
        return emr.is_one(root)

    def asked(self, root: Field, run: ReportedRun, book: PriceBook, terms: Terms) -> Asked:  # noqa: ARG002 - the port's
        """What was asked for."""
        cluster = root["Cluster"]
        groups = asked_groups(cluster)
        wanted = emr_instances.wanted(groups, book, cluster)
        least, most = emr_scaling.limits(root, wanted, book) or (None, wanted.workers)
        spec = CloudSpec(
            cloud="aws",
            region=run.usage.region,
            node_type=wanted.node_type,
            workers=most,
            least_workers=least,
            driver_node_type=wanted.driver_type,
            first_on_demand=emr_scaling.first_on_demand(root, wanted, book),
            service="emr",
            disks=(emr.root_disk(cluster, []), *wanted.disks),
        )
        node = book.nodes.get(wanted.node_type)
        executors = emr_sizing.told(root, node) if node else None
        partitions = emr_sizing.partitions(root)
        if executors is None or not wanted.workers:
            return Asked(spec, shuffle_partitions=partitions)
        workers = executors.instances
        per_node = executors.per_node if workers is None else max(1, workers // most)
        return Asked(spec, Executors(per_node, executors.cores, executors.heap_mib), workers, partitions)

    def startup_seconds(self, root: Field, run: ReportedRun) -> float:  # noqa: ARG002 - the port's
        """Until the first step began."""
        began = [task.began for task in run.tasks if task.began is not None]
        return min(began) - run.began if began else 0.0

    def failure(self, root: Field) -> str | None:
        """The first step that failed, in its words; else why the cluster did, as where EC2 had no machines for it."""
        for step in emr_instances.listed(root, "Steps").items():
            status = step["Status"]
            if status["State"].text() in _FAILED_STEPS:
                details = status["FailureDetails"]
                said = (
                    details["Message"].value or details["Reason"].value or status["StateChangeReason"]["Message"].value
                )
                return str(said)[:1000] if said else f"The step {step['Name'].text()!r} failed."
        return _why_the_cluster_failed(root["Cluster"]["Status"])

    def was_stopped(self, root: Field) -> bool:
        """Whether a step was cancelled and none failed, or somebody ended the cluster in the middle of one."""
        states = [step["Status"]["State"].text() for step in emr_instances.listed(root, "Steps").items()]
        return _STOPPED_STEP in states and self.failure(root) is None

    def basis(self, root: Field, spec: ClusterSpec) -> dict[str, object]:
        """The cluster that ran, as it would be asked for again; its executors stay as they were."""
        cluster = root["Cluster"]
        return self._arguments(root, spec, {}) | {"Configurations": _plain(cluster["Configurations"]) or []}

    def configuration(self, root: Field, spec: ClusterSpec, tags: Mapping[str, str]) -> dict[str, object]:
        """Another cluster for the same job, its executors sized to the machines."""
        sized = emr_sizing.configurations(root["Cluster"], spec)
        return self._arguments(root, spec, tags) | {"Configurations": sized, "Steps": _sized_steps(root, spec)}

    def _arguments(self, root: Field, spec: ClusterSpec, tags: Mapping[str, str]) -> dict[str, object]:
        cluster = root["Cluster"]
        found: dict[str, object] = {"Name": cluster["Name"].text() or "setpoint"}
        found |= {key: cluster[key].value for key in _COPIED if not cluster[key].is_missing}
        role = cluster["Ec2InstanceAttributes"]["IamInstanceProfile"].text()
        if role:
            found["JobFlowRole"] = role
        return found | {
            **emr_scaling.written(root, spec),
            "Applications": [_application(each) for each in cluster["Applications"].items()],
            "BootstrapActions": [_bootstrap(each) for each in cluster["BootstrapActions"].items()],
            "Steps": _steps(root),
            "Tags": _tags(cluster, tags),
            "Instances": self._instances(cluster, spec),
        }

    def _instances(self, cluster: Field, spec: ClusterSpec) -> dict[str, object]:
        attributes = cluster["Ec2InstanceAttributes"]
        found = {key: attributes[key].value for key in _NETWORK if attributes[key].value}
        subnets = [each.text() for each in attributes["RequestedEc2SubnetIds"].items()]
        subnet = attributes["Ec2SubnetId"].text()
        is_fleet = emr_instances.is_fleet(cluster)
        if is_fleet and (subnets or subnet):
            found["Ec2SubnetIds"] = subnets or [subnet]
        elif subnet:
            found["Ec2SubnetId"] = subnet
        found["KeepJobFlowAliveWhenNoSteps"] = False
        found["TerminationProtected"] = cluster["TerminationProtected"].flag()
        return found | emr_instances.written(cluster, spec)


def _why_the_cluster_failed(status: Field) -> str | None:
    reason = status["StateChangeReason"]
    code = reason["Code"].text()
    if status["State"].text() != "TERMINATED_WITH_ERRORS" or code in _ENDED_WELL:
        return None
    errors = [each["ErrorCode"].text() for each in status["ErrorDetails"].items()]
    words = [*errors, code, str(reason["Message"].value or "")]
    return f"The cluster ended: {' · '.join(filter(None, dict.fromkeys(words)))}"[:1000]


def _plain(field: Field) -> list[object]:
    return list(field.value) if isinstance(field.value, list) else []


def _application(each: Field) -> dict[str, object]:
    """Its version comes with the release."""
    found: dict[str, object] = {"Name": each["Name"].text()}
    return found | {key: each[key].value for key in ("Args", "AdditionalInfo") if each[key].value}


def _bootstrap(each: Field) -> dict[str, object]:
    inner = each["ScriptBootstrapAction"] if each["ScriptBootstrapAction"].is_object else each
    path = inner["Path"].text() or inner["ScriptPath"].text()
    args = [arg.text() for arg in inner["Args"].items()]
    return {"Name": each["Name"].text(), "ScriptBootstrapAction": {"Path": path, "Args": args}}


def _steps(root: Field) -> list[dict[str, object]]:
    """In the order they ran: ListSteps names the newest first."""
    steps = list(emr_instances.listed(root, "Steps").items())
    steps.reverse()
    began = [step["Status"]["Timeline"]["StartDateTime"].moment() for step in steps]
    order = sorted(range(len(steps)), key=lambda at: (began[at] is None, began[at] or 0.0, at))
    return [_step(steps[at]) for at in order]


def _sized_steps(root: Field, spec: ClusterSpec) -> list[dict[str, object]]:
    """As they ran, without what in their commands would override the sizes of executors."""
    steps = _steps(root)
    for step in steps:
        jar = step["HadoopJarStep"]
        if isinstance(jar, dict) and all(isinstance(word, str) for word in jar["Args"]):
            step["HadoopJarStep"] = jar | {"Args": emr_sizing.without_sizes(jar["Args"], spec)}
    return steps


def _step(step: Field) -> dict[str, object]:
    config = step["Config"] if step["Config"].is_object else step["HadoopJarStep"]
    jar: dict[str, object] = {"Jar": config["Jar"].text(), "Args": [arg.value for arg in config["Args"].items()]}
    if config["MainClass"].text():
        jar["MainClass"] = config["MainClass"].text()
    if isinstance(config["Properties"].value, dict) and config["Properties"].value:
        jar["Properties"] = [{"Key": key, "Value": value} for key, value in config["Properties"].value.items()]
    action = step["ActionOnFailure"].text() or "TERMINATE_CLUSTER"
    return {"Name": step["Name"].text(), "ActionOnFailure": action, "HadoopJarStep": jar}


def _tags(cluster: Field, tags: Mapping[str, str]) -> list[dict[str, str]]:
    own = {tag["Key"].text(): tag["Value"].text() for tag in cluster["Tags"].items()}
    kept = {key: value for key, value in own.items() if key != _RUN_TAG and not re.match(r"aws:", key)}
    return [{"Key": key, "Value": value} for key, value in (kept | dict(tags)).items()]
