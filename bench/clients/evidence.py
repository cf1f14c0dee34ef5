"""A run of Databricks and one of EMR, as files: event logs of a few MB, and the cluster reports that go with them."""

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from setpoint.testing.cloud_reports import PushedLife, databricks_report, emr_report
from setpoint.testing.eventlog_bulk import BulkPlan, write_bulk_log

__all__ = ["evidence"]

LOG_BYTES = 4 << 20
LIFE = PushedLife(datetime(2026, 11, 1, 3, tzinfo=UTC), 1800.0)
CLUSTER = {
    "cluster_name": "job-1-run-1-nightly",
    "spark_version": "15.4.x-scala2.12",
    "node_type_id": "i3.xlarge",
    "driver_node_type_id": "i3.xlarge",
    "num_workers": 8,
    "runtime_engine": "STANDARD",
    "aws_attributes": {"first_on_demand": 1, "availability": "SPOT_WITH_FALLBACK", "zone_id": "us-east-1c"},
    "cluster_log_conf": {"s3": {"destination": "s3://bucket/logs", "region": "us-east-1"}},
    "default_tags": {"Vendor": "Databricks", "JobId": "12", "RunName": "nightly"},
}
FLOW = {
    "Name": "nightly",
    "ReleaseLabel": "emr-7.1.0",
    "JobFlowRole": "EMR_EC2_DefaultRole",
    "ServiceRole": "EMR_DefaultRole",
    "LogUri": "s3://bucket/logs/",
    "Applications": [{"Name": "Spark"}],
    "Configurations": [{"Classification": "spark-defaults", "Properties": {"spark.eventLog.enabled": "true"}}],
    "Instances": {
        "InstanceGroups": [
            {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1, "Market": "ON_DEMAND"},
            {"InstanceRole": "CORE", "InstanceType": "m5.xlarge", "InstanceCount": 8, "Market": "ON_DEMAND"},
        ],
        "KeepJobFlowAliveWhenNoSteps": False,
    },
    "Steps": [
        {
            "Name": "job",
            "ActionOnFailure": "TERMINATE_CLUSTER",
            "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["spark-submit", "s3://b/job.py"]},
        }
    ],
}


def evidence(folder: Path) -> tuple[Path, Path, Path, Path]:
    """Log and report of Databricks, log and report of EMR."""
    plain, packed = folder / "application_1700000000000_0001", folder / "eventlog.zip"
    write_bulk_log(BulkPlan(executors=8, seed=7).sized(LOG_BYTES), plain)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(plain, "eventlog")
    reports = folder / "databricks.json", folder / "emr.json"
    reports[0].write_text(json.dumps(databricks_report(CLUSTER, LIFE)))
    reports[1].write_text(json.dumps(emr_report(FLOW, LIFE)))
    return packed, reports[0], plain, reports[1]
