"""Databricks on Azure."""

from sync.databricks_jobs import Databricks
from sync.databricks_runs import DatabricksRuns

__all__ = [
    "apply_prediction",
    "apply_project_recommendation",
    "create_and_record_run",
    "create_prediction_for_run",
    "create_run",
    "create_submission_for_run",
    "get_access_report",
    "get_cluster_report",
    "get_prediction_cluster",
    "get_prediction_job",
    "get_project_cluster",
    "get_project_cluster_settings",
    "get_project_job",
    "get_recommendation_cluster",
    "get_recommendation_job",
    "monitor_cluster",
    "record_run",
    "run_and_record_job",
    "run_and_record_job_object",
    "run_and_record_prediction_job",
    "run_and_record_project_job",
    "run_job_object",
    "run_prediction",
    "wait_for_and_record_run",
    "wait_for_final_run_status",
]

_databricks = Databricks("azure-databricks")
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

_runs = DatabricksRuns(_databricks)
create_and_record_run = _runs.create_and_record_run
create_run = _runs.create_run
get_prediction_job = _runs.get_prediction_job
get_project_job = _runs.get_project_job
get_recommendation_job = _runs.get_recommendation_job
run_and_record_job_object = _runs.run_and_record_job_object
run_and_record_prediction_job = _runs.run_and_record_prediction_job
run_and_record_project_job = _runs.run_and_record_project_job
run_job_object = _runs.run_job_object
wait_for_and_record_run = _runs.wait_for_and_record_run
wait_for_final_run_status = _runs.wait_for_final_run_status
