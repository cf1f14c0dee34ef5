"""All-purpose clusters: they can be reported, though they are not ours to change."""

from typing import Any

import pytest

from setpoint.client.clouds import RunQuery
from setpoint.clouds.chosen_cluster import chosen_cluster, without_tasks
from setpoint.errors import PlatformError

Json = dict[str, Any]
QUERY = RunQuery("1", "Premium", "All-Purpose Compute")


class Clusters:
    def read(self, path: str, query: Any = None, *, body: Any = None) -> Json:  # noqa: ANN401, ARG002 - the port's
        return {"cluster_id": query["cluster_id"], "num_workers": 2}

    def pages(self, path: str, member: str, query: Any = None) -> Any:  # noqa: ANN401, ARG002 - the port's
        return iter(())


def run_on(*clusters: str) -> Json:
    return {"run_id": 1, "tasks": [{"task_key": f"t{at}", "existing_cluster_id": it} for at, it in enumerate(clusters)]}


def test_the_all_purpose_cluster_of_all_tasks_is_taken() -> None:
    found = chosen_cluster(Clusters(), run_on("a", "a"), QUERY)
    assert (found.block["cluster_id"], found.tasks) == ("a", ("t0", "t1"))


def test_of_several_one_has_to_be_left() -> None:
    with pytest.raises(PlatformError, match="--exclude-task"):
        chosen_cluster(Clusters(), run_on("a", "b"), QUERY)
    left = without_tasks(run_on("a", "b"), ["t0"])
    assert chosen_cluster(Clusters(), left, QUERY).block["cluster_id"] == "b"


def test_serverless_has_no_cluster() -> None:
    with pytest.raises(PlatformError, match="serverless"):
        chosen_cluster(Clusters(), {"run_id": 1, "tasks": [{"task_key": "t"}]}, QUERY)
