"""Cluster definitions, and what is merged into them."""

from collections.abc import Mapping
from typing import Any

__all__ = ["merged", "merged_cluster"]


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Objects are merged, lists appended, all else replaced.

    >>> merged({"a": 1, "tags": {"x": 1}, "libraries": ["p"]}, {"a": 2, "tags": {"y": 2}, "libraries": ["q"]})
    {'a': 2, 'tags': {'x': 1, 'y': 2}, 'libraries': ['p', 'q']}
    """
    result = dict(under)
    for name, value in over.items():
        before = result.get(name)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            result[name] = merged(before, value)
        elif isinstance(before, list) and isinstance(value, list):
            result[name] = [*before, *value]
        else:
            result[name] = value
    return result


def merged_cluster(cluster: Mapping[str, Any], configuration: Mapping[str, Any]) -> dict[str, Any]:
    """A cluster of the size that the configuration says: fixed or autoscaled, never both.

    >>> merged_cluster({"autoscale": {"min_workers": 1}, "cluster_name": ""}, {"num_workers": 2})
    {'num_workers': 2}
    """
    kept = {name: value for name, value in cluster.items() if name not in {"num_workers", "autoscale", "cluster_name"}}
    return merged(kept, configuration)
