"""A configuration of the Sync API in the place of a job's cluster."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from setpoint.errors import PlatformError
from setpoint.platforms.databricks.edits import Hardware, configured

Json = dict[str, Any]
BLOCK: Json = {
    "spark_version": "15.4.x-scala2.12",
    "node_type_id": "i3.xlarge",
    "num_workers": 8,
    "init_scripts": [{"workspace": {"destination": "/agent.sh"}}],
    "spark_conf": {"spark.speculation": "true"},
    "custom_tags": {"team": "sales"},
    "aws_attributes": {"zone_id": "auto", "first_on_demand": 1},
    "new_field": {"kept": True},
}
SIZES: some.SearchStrategy[Json] = some.one_of(
    some.fixed_dictionaries({"num_workers": some.integers(0, 40)}),
    some.fixed_dictionaries({"autoscale": some.just({"min_workers": 1, "max_workers": 4})}),
    some.just({}),
)
CONFIGURATIONS = some.builds(
    lambda size, more: size | more,
    SIZES,
    some.fixed_dictionaries(
        {},
        optional={
            "node_type_id": some.sampled_from(["m5.xlarge", "i3.xlarge"]),
            "driver_node_type_id": some.sampled_from(["m5.xlarge", "i3.xlarge"]),
            "runtime_engine": some.sampled_from(["PHOTON", "STANDARD"]),
            "aws_attributes": some.just({"availability": "SPOT_WITH_FALLBACK", "first_on_demand": 2}),
            "init_scripts": some.just([{"workspace": {"destination": "/agent.sh"}}]),
            "spark_conf": some.just({"spark.sql.shuffle.partitions": "64"}),
            "custom_tags": some.just({"sync:project-id": "p", "sync:run-id": "r"}),
            "cluster_name": some.just("x"),
        },
    ),
)


@given(CONFIGURATIONS)
def test_defect_4_01_there_is_one_size_no_list_grows_and_again_changes_nothing(configuration: Json) -> None:
    before = copy.deepcopy((BLOCK, configuration))
    found = configured(BLOCK, configuration, "p")
    assert before == (BLOCK, configuration)
    assert len({"num_workers", "autoscale"} & set(found)) == 1
    assert found["init_scripts"] == BLOCK["init_scripts"]
    assert found["new_field"] == BLOCK["new_field"]
    assert found["aws_attributes"]["zone_id"] == "auto"
    assert found["spark_conf"]["spark.speculation"] == "true"
    assert {"cluster_name"} & set(found) == set()
    assert "sync:run-id" not in found["custom_tags"]
    assert found["custom_tags"]["team"] == "sales"
    assert "p" in found["custom_tags"].values()
    assert configured(found, configuration, "p") == found


def test_a_single_node_has_all_its_marks_and_loses_them_again() -> None:
    alone = configured(BLOCK, {"num_workers": 0, "driver_node_type_id": "m5.xlarge"}, "p")
    assert alone["spark_conf"]["spark.databricks.cluster.profile"] == "singleNode"
    assert alone["custom_tags"]["ResourceClass"] == "SingleNode"
    back = configured(alone, {"num_workers": 8, "node_type_id": "i3.xlarge", "driver_node_type_id": "i3.xlarge"}, "p")
    assert back["spark_conf"] == BLOCK["spark_conf"]
    assert "ResourceClass" not in back["custom_tags"]


def test_of_a_pool_only_the_size_changes() -> None:
    pooled = {key: value for key, value in BLOCK.items() if key != "node_type_id"} | {"instance_pool_id": "pool"}
    known = Hardware(pools={"pool": "i3.xlarge"})
    found = configured(pooled, {"num_workers": 3}, "p", known)
    assert (found["num_workers"], "node_type_id" in found) == (3, False)
    with pytest.raises(PlatformError, match="takes its machines from pool"):
        configured(pooled, {"node_type_id": "m5.xlarge"}, "p", known)


def test_two_sizes_are_none() -> None:
    with pytest.raises(PlatformError, match="one of them"):
        configured(BLOCK, {"num_workers": 1, "autoscale": {"min_workers": 1, "max_workers": 2}}, "p")
