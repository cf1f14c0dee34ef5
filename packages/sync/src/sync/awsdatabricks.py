"""Databricks on AWS."""

from sync.databricks_jobs import Databricks

__all__ = [
    "apply_prediction",
    "apply_project_recommendation",
    "create_prediction_for_run",
    "create_submission_for_run",
    "get_access_report",
    "get_cluster_report",
    "get_prediction_cluster",
    "get_project_cluster",
    "get_project_cluster_settings",
    "get_recommendation_cluster",
    "monitor_cluster",
    "record_run",
    "run_and_record_job",
    "run_prediction",
]

_databricks = Databricks("aws-databricks")
apply_prediction = _databricks.apply_prediction
apply_project_recommendation = _databricks.apply_project_recommendation
create_prediction_for_run = _databricks.create_prediction_for_run
create_submission_for_run = _databricks.create_submission_for_run
get_access_report = _databricks.get_access_report
get_cluster_report = _databricks.get_cluster_report
get_prediction_cluster = _databricks.get_prediction_cluster
get_project_cluster = _databricks.get_project_cluster
get_project_cluster_settings = _databricks.get_project_cluster_settings
get_recommendation_cluster = _databricks.get_recommendation_cluster
monitor_cluster = _databricks.monitor_cluster
record_run = _databricks.record_run
run_and_record_job = _databricks.run_and_record_job
run_prediction = _databricks.run_prediction
