"""Rented clusters for tests: a book with prices of this package, job clusters, and any spec of a space."""

from functools import cache
from typing import Any

from setpoint.core.pricebook import Cloud, PriceBook
from setpoint.prices.embedded import embedded_book

JOB: dict[str, Any] = {
    "spark_version": "14.3.x-scala2.12",
    "node_type_id": "m5.2xlarge",
    "driver_node_type_id": "m5.xlarge",
    "num_workers": 8,
    "aws_attributes": {
        "availability": "SPOT_WITH_FALLBACK",
        "first_on_demand": 1,
        "spot_bid_price_percent": 100,
        "zone_id": "us-east-1c",
        "ebs_volume_type": "GENERAL_PURPOSE_SSD",
        "ebs_volume_count": 1,
        "ebs_volume_size": 100,
    },
    "init_scripts": [{"s3": {"destination": "s3://bucket/agent.sh"}}],
    "spark_conf": {"spark.sql.adaptive.enabled": "true"},
    "custom_tags": {"team": "sales"},
    "runtime_engine": "STANDARD",
}
AZURE_JOB: dict[str, Any] = {
    "spark_version": "14.3.x-scala2.12",
    "node_type_id": "Standard_D8ds_v4",
    "driver_node_type_id": "Standard_D8ds_v4",
    "autoscale": {"min_workers": 2, "max_workers": 8},
    "azure_attributes": {"availability": "ON_DEMAND_AZURE", "first_on_demand": 1, "spot_bid_max_price": -1.0},
    "custom_tags": {},
}
GCP_JOB: dict[str, Any] = {
    "spark_version": "14.3.x-photon-scala2.12",
    "node_type_id": "n2-standard-8",
    "num_workers": 4,
    "gcp_attributes": {"availability": "PREEMPTIBLE_WITH_FALLBACK_GCP", "first_on_demand": 1},
    "custom_tags": {},
}
SINGLE_JOB: dict[str, Any] = {
    "spark_version": "14.3.x-scala2.12",
    "node_type_id": "m5.4xlarge",
    "num_workers": 0,
    "aws_attributes": {"availability": "ON_DEMAND", "zone_id": "us-east-1c"},
    "spark_conf": {"spark.databricks.cluster.profile": "singleNode", "spark.sql.shuffle.partitions": "64"},
    "custom_tags": {"ResourceClass": "SingleNode"},
}
EMR_FLEETS: dict[str, Any] = {
    "Name": "nightly",
    "ReleaseLabel": "emr-6.15.0",
    "LogUri": "s3://logs/",
    "ServiceRole": "EMR_DefaultRole",
    "JobFlowRole": "EMR_EC2_DefaultRole",
    "Applications": [{"Name": "Spark"}],
    "BootstrapActions": [{"Name": "setup", "ScriptBootstrapAction": {"Path": "s3://bucket/setup.sh", "Args": []}}],
    "Steps": [
        {
            "Name": name,
            "ActionOnFailure": "TERMINATE_CLUSTER",
            "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["spark-submit", f"s3://bucket/{name}.py"]},
        }
        for name in ("copy", "count")
    ],
    "Tags": [{"Key": "team", "Value": "sales"}],
    "Configurations": [],
    "Instances": {
        "KeepJobFlowAliveWhenNoSteps": False,
        "InstanceFleets": [
            {
                "Name": "master",
                "InstanceFleetType": "MASTER",
                "TargetOnDemandCapacity": 1,
                "TargetSpotCapacity": 0,
                "InstanceTypeConfigs": [{"InstanceType": "m5.xlarge", "WeightedCapacity": 1}],
            },
            {
                "Name": "core",
                "InstanceFleetType": "CORE",
                "TargetOnDemandCapacity": 2,
                "TargetSpotCapacity": 6,
                "InstanceTypeConfigs": [
                    {
                        "InstanceType": "m5.2xlarge",
                        "WeightedCapacity": 1,
                        "EbsConfiguration": {
                            "EbsBlockDeviceConfigs": [
                                {"VolumeSpecification": {"VolumeType": "gp3", "SizeInGB": 64}, "VolumesPerInstance": 2}
                            ]
                        },
                    }
                ],
            },
        ],
    },
}
EMR_GROUPS: dict[str, Any] = EMR_FLEETS | {
    "Instances": {
        "KeepJobFlowAliveWhenNoSteps": False,
        "InstanceGroups": [
            {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1, "Market": "ON_DEMAND"},
            {"InstanceRole": "CORE", "InstanceType": "r5.xlarge", "InstanceCount": 4, "Market": "ON_DEMAND"},
        ],
    }
}
JOBS: dict[str, tuple[str, Cloud, str, dict[str, Any]]] = {
    "databricks": ("aws-databricks", "aws", "us-east-1", JOB),
    "azure": ("azure-databricks", "azure", "eastus", AZURE_JOB),
    "gcp": ("gcp-databricks", "gcp", "us-central1", GCP_JOB),
    "single": ("aws-databricks", "aws", "us-east-1", SINGLE_JOB),
    "fleets": ("aws-emr", "aws", "us-east-1", EMR_FLEETS),
    "groups": ("aws-emr", "aws", "us-east-1", EMR_GROUPS),
}
"""What was asked for, its product code, and where."""


@cache
def book(cloud: Cloud = "aws", region: str = "us-east-1") -> PriceBook:
    """As it comes with the package."""
    return embedded_book(cloud, region)
