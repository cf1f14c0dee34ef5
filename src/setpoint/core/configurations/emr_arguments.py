"""Arguments of `run_job_flow` as the report of a cluster that was started with them; its machines, as they were asked.

What launches a cluster knows what the next one gets before it ever ran; so a spec can be read from it too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import msgspec

from setpoint.core.configurations.emr_sizing import without_sizes
from setpoint.core.configurations.products import ask_for, reported_cluster
from setpoint.core.domain import ClusterSpec
from setpoint.core.pricebook import Missing, PriceBook
from setpoint.core.reports.field import Field, parse_document
from setpoint.errors import InputError

__all__ = ["are_alike", "as_report", "cluster_of", "spec_of_arguments"]

_PRODUCT = "aws-emr"
_TIMELINE = {"CreationDateTime": "2000-01-01T00:00:00Z", "EndDateTime": "2000-01-01T01:00:00Z"}
"""Times are of no account where only what was asked for is read."""
_MACHINE_KEYS = ("InstanceFleets", "InstanceGroups", "MasterInstanceType", "SlaveInstanceType", "InstanceCount")
_LARGEST_BYTES = 2**20
_OVERRIDDEN = ("Configurations", "ManagedScalingPolicy")

Arguments = Mapping[str, object]


def spec_of_arguments(arguments: Arguments, book: PriceBook) -> ClusterSpec | Missing:
    """The spec that a cluster started with these arguments gets.

    Raises InputError, naming the field, where they are no arguments of `run_job_flow`.
    """
    found = reported_cluster(as_report(arguments, book.region), _PRODUCT, book)
    return found if isinstance(found, Missing) else found.spec


def are_alike(one: ClusterSpec, other: ClusterSpec) -> bool:
    """Whether both are one cluster, maybe in other words: as many on-demand nodes as there are nodes are all."""
    return _normal(one) == _normal(other)


def _normal(spec: ClusterSpec) -> ClusterSpec:
    cluster = None if spec.cloud is None else spec.cloud.cluster
    if spec.cloud is None or cluster is None or (cluster.first_on_demand or 0) < cluster.nodes:
        return spec
    return replace(spec, cloud=replace(spec.cloud, cluster=replace(cluster, first_on_demand=None)))


def cluster_of(arguments: Arguments, spec: ClusterSpec, region: str) -> dict[str, object]:
    """The same arguments with another cluster in them; whatever says no machines, sizes or scaling stays as it is.

    Raises InputError as `spec_of_arguments`.
    """
    asked = ask_for(spec, as_report(arguments, region), _PRODUCT)
    own, machines = arguments.get("Instances"), asked["Instances"]
    kept = {key: value for key, value in _object(own).items() if key not in _MACHINE_KEYS}
    found = {key: value for key, value in arguments.items() if key != "ManagedScalingPolicy"}
    found |= {key: asked[key] for key in _OVERRIDDEN if key in asked}
    if own_steps := [dict(each) for each in _list(arguments.get("Steps")) if isinstance(each, dict)]:
        found["Steps"] = [_resized(each, spec) for each in own_steps]
    return found | {"Instances": kept | {key: _object(machines)[key] for key in _MACHINE_KEYS if key in machines}}  # type: ignore[operator]


def _resized(step: dict[str, object], spec: ClusterSpec) -> dict[str, object]:
    jar = _object(step.get("HadoopJarStep"))
    words = [word for word in _list(jar.get("Args")) if isinstance(word, str)]
    return step | {"HadoopJarStep": jar | {"Args": without_sizes(words, spec)}} if words else step


def as_report(arguments: Arguments, region: str) -> dict[str, object]:
    """The report that such a cluster would leave, with nothing in it of how it went."""
    root = _field(arguments)
    wanted = root["Instances"]
    if not wanted.is_object:
        raise InputError("These are no arguments of `run_job_flow`: they have no `Instances`.")
    network = {key: wanted[key].value for key in ("Ec2KeyName", "Ec2SubnetId") if not wanted[key].is_missing}
    network |= {"RequestedEc2SubnetIds": [each.text() for each in wanted["Ec2SubnetIds"].items()]}
    cluster = {key: value for key, value in arguments.items() if key not in ("Instances", "Steps", "JobFlowRole")}
    cluster |= {
        "Id": "j-ARGUMENTS",
        "Status": {"State": "TERMINATED", "Timeline": _TIMELINE},
        "AutoTerminate": not wanted["KeepJobFlowAliveWhenNoSteps"].flag(),
        "Ec2InstanceAttributes": network | {"IamInstanceProfile": root["JobFlowRole"].text()},
    }
    fleets = list(wanted["InstanceFleets"].items())
    if fleets:
        cluster |= {"InstanceCollectionType": "INSTANCE_FLEET", "InstanceFleets": [_fleet(each) for each in fleets]}
    else:
        cluster |= {"InstanceCollectionType": "INSTANCE_GROUP", "InstanceGroups": list(_groups(wanted))}
    scaling = root["ManagedScalingPolicy"].value
    more = {} if scaling is None else {"ManagedScalingPolicy": scaling}
    return {"Cluster": cluster, "Instances": [], "Steps": list(_steps(root))[::-1], "Region": region} | more


def _field(arguments: Arguments) -> Field:
    try:
        document = msgspec.json.encode(arguments)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"These are no arguments of `run_job_flow`: {str(error)[:200]}.") from None
    return parse_document(document, _LARGEST_BYTES, "template of the cluster")


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _groups(wanted: Field) -> Iterator[dict[str, object]]:
    groups = list(wanted["InstanceGroups"].items())
    if not groups:
        yield from _short_form(wanted)
    for each in groups:
        kept = {
            key: each[key].value for key in ("Name", "Market", "BidPrice", "InstanceType") if not each[key].is_missing
        }
        role = each["InstanceRole"].text()
        counts = {"RequestedInstanceCount": each["InstanceCount"].value}
        yield {"Id": f"ig-{role}", "InstanceGroupType": role, "EbsBlockDevices": _devices(each), **kept, **counts}


def _short_form(wanted: Field) -> Iterator[dict[str, object]]:
    """Types of master and slaves, and how many machines there are in all."""
    count = wanted["InstanceCount"].count() or 0
    for role, key, many in (("MASTER", "MasterInstanceType", min(1, count)), ("CORE", "SlaveInstanceType", count - 1)):
        if many > 0:
            found: dict[str, object] = {"Id": f"ig-{role}", "InstanceGroupType": role, "Market": "ON_DEMAND"}
            yield found | {"InstanceType": wanted[key].text(), "RequestedInstanceCount": many}


def _fleet(each: Field) -> dict[str, object]:
    types = []
    for kind in each["InstanceTypeConfigs"].items():
        own = {key: value for key, value in _object(kind.value).items() if key != "EbsConfiguration"}
        types.append(own | {"EbsBlockDevices": _devices(kind)})
    found = {key: value for key, value in _object(each.value).items() if key != "InstanceTypeConfigs"}
    return found | {"Id": f"if-{each['InstanceFleetType'].text()}", "InstanceTypeSpecifications": types}


def _devices(machine: Field) -> list[dict[str, object]]:
    configs = machine["EbsConfiguration"]["EbsBlockDeviceConfigs"].items()
    return [
        {"VolumeSpecification": each["VolumeSpecification"].value}
        for each in configs
        for _ in range(each["VolumesPerInstance"].count() or 1)
    ]


def _steps(root: Field) -> Iterator[dict[str, object]]:
    for number, step in enumerate(root["Steps"].items()):
        jar = step["HadoopJarStep"]
        properties = {each["Key"].text(): each["Value"].value for each in jar["Properties"].items()}
        config = {key: jar[key].value for key in ("Jar", "MainClass", "Args") if not jar[key].is_missing}
        yield {
            "Id": f"s-{number}",
            "Name": step["Name"].text(),
            "ActionOnFailure": step["ActionOnFailure"].text("TERMINATE_CLUSTER"),
            "Config": config | {"Properties": properties},
            "Status": {"State": "COMPLETED", "Timeline": {}},
        }
