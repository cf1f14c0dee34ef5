"""A block for any spec: it asks for that spec, and leaves alone what is not the spec's."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.rented import AZURE_JOB, GCP_JOB, JOB, SINGLE_JOB, book

from setpoint.core.cloudspec import rented
from setpoint.core.domain import ClusterSpec
from setpoint.core.pricebook import PriceBook
from setpoint.errors import PlatformError
from setpoint.platforms.databricks.edits import Hardware, edited, spec_of

PLACES = {
    "aws-databricks": (JOB, book("aws", "us-east-1")),
    "azure-databricks": (AZURE_JOB, book("azure", "eastus")),
    "gcp-databricks": (GCP_JOB, book("gcp", "us-central1")),
}
AWS = PLACES["aws-databricks"][1]


def changed(spec: ClusterSpec, prices: PriceBook, **members: Any) -> ClusterSpec:  # noqa: ANN401 - of CloudSpec
    assert spec.cloud is not None
    found = rented(replace(spec.cloud.cluster, **members), prices)
    assert isinstance(found, ClusterSpec)
    return found


def aws(block: Mapping[str, Any], **members: Any) -> dict[str, Any]:  # noqa: ANN401 - of CloudSpec
    return edited(block, changed(spec_of(block, "aws-databricks", AWS), AWS, **members), "aws-databricks", "p")


@given(
    code=st.sampled_from(sorted(PLACES)),
    workers=st.integers(1, 40),
    least=st.none() | st.integers(1, 40),
    first=st.none() | st.integers(1, 5),
    engine=st.sampled_from(("PHOTON", "STANDARD")),
    partitions=st.none() | st.integers(1, 5000),
)
def test_the_block_asks_for_the_spec_and_keeps_the_rest(
    code: str, workers: int, least: int | None, first: int | None, engine: str, partitions: int | None
) -> None:
    block, prices = PLACES[code]
    least = None if least is None or least > workers else least
    spec = changed(
        spec_of(block, code, prices),
        prices,
        workers=workers,
        least_workers=least,
        first_on_demand=first,
        photon=engine == "PHOTON",
    )
    spec = replace(spec, shuffle_partitions=partitions)
    found = edited(block, spec, code, "p")
    assert spec_of(found, code, prices) == spec
    assert edited(found, spec, code, "p") == found
    assert found.get("init_scripts") == block.get("init_scripts")
    assert ("num_workers" in found) != ("autoscale" in found)


def test_what_stays_the_same_stays_the_same() -> None:
    spec = spec_of(JOB, "aws-databricks", AWS)
    found = edited(JOB, spec, "aws-databricks", "p")
    assert found == {**JOB, "custom_tags": {"team": "sales", "setpoint:project": "p"}}


def test_fact_08_workers_and_autoscale_exclude_each_other() -> None:
    found = aws(JOB, workers=9, least_workers=2)
    assert found["autoscale"] == {"min_workers": 2, "max_workers": 9}
    assert "num_workers" not in found
    assert aws(found, workers=5, least_workers=None)["num_workers"] == 5


def test_fact_09_a_driver_without_a_type_stays_without() -> None:
    block = {key: value for key, value in JOB.items() if key != "driver_node_type_id"}
    found = aws(block, node_type="m5.xlarge")
    assert found["node_type_id"] == "m5.xlarge"
    assert "driver_node_type_id" not in found


def test_fact_09_of_a_pool_only_the_number_of_workers_changes() -> None:
    block = {key: value for key, value in JOB.items() if "node_type" not in key and key != "aws_attributes"}
    block |= {"instance_pool_id": "pool-1", "aws_attributes": {}}
    hardware = Hardware(pools={"pool-1": "m5.2xlarge"})
    spec = spec_of(block, "aws-databricks", AWS, hardware)
    found = edited(block, changed(spec, AWS, workers=3), "aws-databricks", "p", hardware)
    assert found["num_workers"] == 3
    assert not {"node_type_id", "driver_node_type_id"} & set(found)
    with pytest.raises(PlatformError, match="pool-1"):
        edited(block, changed(spec, AWS, node_type="m5.xlarge"), "aws-databricks", "p", hardware)


def test_fact_11_alternatives_of_another_type_go_with_it() -> None:
    block = {**JOB, "worker_node_type_flexibility": {"alternate_node_type_ids": ["m5d.2xlarge"]}}
    assert "worker_node_type_flexibility" in aws(block, workers=2)
    assert "worker_node_type_flexibility" not in aws(block, node_type="m5.xlarge")


def test_fact_12_photon_is_the_engine_and_never_in_the_version() -> None:
    assert aws({**JOB, "spark_version": "14.3.x-photon-scala2.12"}, photon=False)["spark_version"] == (
        "14.3.x-scala2.12"
    )
    types = {"m5.2xlarge": {"photon_worker_capable": False}, "m5.xlarge": {}, "m6g.xlarge": {"is_graviton": True}}
    spec = spec_of(JOB, "aws-databricks", AWS)
    for members, words in (
        ({"photon": True}, "Photon"),
        ({"node_type": "m6g.xlarge"}, "architecture"),
        ({"node_type": "m5.4xlarge"}, "does not offer"),
    ):
        with pytest.raises(PlatformError, match=words):
            edited(JOB, changed(spec, AWS, **members), "aws-databricks", "p", Hardware(types))


def test_fact_13_a_single_node_has_all_its_marks_or_none() -> None:
    many = aws(SINGLE_JOB, workers=4)
    assert many["spark_conf"] == {}
    assert many["custom_tags"] == {"setpoint:project": "p"}
    assert many["num_workers"] == 4
    one = aws(JOB, workers=0, driver_node_type=None)
    assert one["num_workers"] == 0
    assert one["spark_conf"]["spark.databricks.cluster.profile"] == "singleNode"
    assert one["spark_conf"]["spark.master"] == "local[*, 4]"
    assert one["custom_tags"]["ResourceClass"] == "SingleNode"
    new_form = {**JOB, "kind": "CLASSIC_PREVIEW", "is_single_node": False}
    assert aws(new_form, workers=0, driver_node_type=None)["is_single_node"] is True


def test_fact_15_one_tag_for_all_runs() -> None:
    assert aws(JOB, workers=2)["custom_tags"] == aws(JOB, workers=3)["custom_tags"]


def test_fact_16_what_a_job_cluster_must_not_have_is_not_sent() -> None:
    assert "cluster_name" not in aws({**JOB, "cluster_name": "x"}, workers=2)


def test_fact_18_the_sizes_of_executors_are_left_alone() -> None:
    conf = {"spark.executor.memory": "4g"}
    assert aws({**JOB, "spark_conf": conf}, workers=2)["spark_conf"] == conf
