"""What a log tells of its cluster, and what it does not."""

from hypothesis import given
from hypothesis import strategies as st
from tests.core.runs import healthy

from setpoint.core.cloud import DATABRICKS_DISKS
from setpoint.core.engines import ToldCluster, told_cluster
from setpoint.core.usage import Disk

TAG = "spark.databricks.clusterUsageTags."


def told_of(**tags: str) -> ToldCluster:
    return told_cluster(healthy(properties=tuple((f"{TAG}{name}", value) for name, value in tags.items())))


def test_what_the_log_tells_of_its_cluster() -> None:
    aws = told_of(
        cloudProvider="AWS",
        clusterNodeType="m5.xlarge",
        driverNodeType="m5.large",
        clusterWorkers="8",
        clusterAvailability="SPOT_WITH_FALLBACK",
        clusterFirstOnDemand="3",
        clusterCreator="Webapp",
        containerZoneId="us-west-1c",
        clusterEbsVolumeCount="3",
        clusterEbsVolumeSize="200",
        clusterEbsVolumeType="THROUGHPUT_OPTIMIZED_HDD",
    )
    assert (aws.node_type, aws.driver_node_type, aws.workers) == ("m5.xlarge", "m5.large", 8)
    assert (aws.cloud, aws.region, aws.compute) == ("aws", "us-west-1", "all_purpose")
    assert (aws.is_market_told, aws.first_on_demand) == (True, 3)
    assert aws.disks == (*DATABRICKS_DISKS, *(Disk("st1", 200.0),) * 3)


def test_on_demand_is_told_too_and_nothing_is_made_up() -> None:
    azure = told_of(cloudProvider="Azure", region="East US 2", clusterAvailability="ON_DEMAND_AZURE",
                    clusterFirstOnDemand="1", clusterCreator="JobLauncher", clusterSku="STANDARD_SKU")  # fmt: skip
    assert (azure.cloud, azure.region, azure.compute) == ("azure", "eastus2", "jobs")
    assert (azure.is_market_told, azure.first_on_demand, azure.disks) == (True, None, None)
    nothing = told_of()
    assert (nothing.node_type, nothing.cloud, nothing.region, nothing.compute) == (None, None, None, None)
    assert (nothing.is_market_told, nothing.first_on_demand) == (False, None)


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
def test_any_tags_are_read(one: str, other: str, third: str) -> None:
    told = told_of(clusterFirstOnDemand=one, clusterWorkers=other, clusterEbsVolumeCount=third, cloudProvider="AWS",
                   clusterAvailability="SPOT", containerZoneId=one, region=other, clusterNodeType=third)  # fmt: skip
    assert told.workers >= 0
    assert told.first_on_demand is not None
