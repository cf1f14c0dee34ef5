"""The hardware of instance types as EC2 describes it, so that a cluster's size can be told without a price list."""

from collections.abc import Callable, Iterator
from typing import Any

from setpoint.core.pricebook import NodeType, PriceBook
from setpoint.platforms.emr.calls import Calls

__all__ = ["BookOf", "Ec2Hardware", "types_in"]

BookOf = Callable[[str, frozenset[str]], PriceBook]
"""Region and instance types → a book that knows their hardware, as far as it is known."""
_AT_ONCE = 100
"""Types that one call of DescribeInstanceTypes takes."""


class Ec2Hardware:
    """Asks EC2 for each type once."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._known: dict[str, NodeType] = {}

    def __call__(self, region: str, types: frozenset[str]) -> PriceBook:
        """See BookOf."""
        missing = sorted(types - self._known.keys())
        for start in range(0, len(missing), _AT_ONCE):
            # A filter, and not the list of names: of those, one that the region lacks would refuse them all.
            asked = [{"Name": "instance-type", "Values": missing[start : start + _AT_ONCE]}]
            answer = self._calls.ask("ec2", region, "describe_instance_types", "InstanceTypes", Filters=asked)
            self._known |= {node.name: node for node in map(_node, answer["InstanceTypes"])}
        nodes = {name: self._known[name] for name in types if name in self._known}
        return PriceBook(source="EC2 DescribeInstanceTypes", cloud="aws", region=region, nodes=nodes)


def types_in(document: object) -> frozenset[str]:
    """Instance types that a report, or arguments of `run_job_flow`, name anywhere."""
    return frozenset(_named(document))


def _named(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            if isinstance(each, str) and str(key).endswith("InstanceType"):
                yield each
            else:
                yield from _named(each)
    elif isinstance(value, list):
        for each in value:
            yield from _named(each)


def _node(told: dict[str, Any]) -> NodeType:
    processors = told["ProcessorInfo"]["SupportedArchitectures"]
    return NodeType(
        name=told["InstanceType"],
        vcpus=told["VCpuInfo"]["DefaultVCpus"],
        memory_gib=told["MemoryInfo"]["SizeInMiB"] / 1024,
        arch="arm64" if "arm64" in processors else "x86_64",
        local_disk_gb=float(told.get("InstanceStorageInfo", {}).get("TotalSizeInGB", 0)),
        gpus=sum(each.get("Count", 0) for each in told.get("GpuInfo", {}).get("Gpus", ())),
        on_emr=True,
    )
