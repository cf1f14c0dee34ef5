"""The recipe of Airflow in Airflow: an unmodified operator, the published hook before it, a callback after it."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from urllib.parse import urlsplit

from bench.clients.clouds import CLUSTER, EmulatedClouds
from bench.clients.session import OWN, Checks, Ran, Session

__all__ = ["in_airflow"]

DAG = """
import json, os
from datetime import datetime
from airflow import DAG
from airflow.providers.databricks.operators.databricks import DatabricksSubmitRunOperator
from sync.api.projects import get_project_by_app_id
from sync.awsdatabricks import create_submission_for_run
from sync.databricks.integrations.airflow import airflow_gradient_pre_execute_hook

def submit(context):
    project = get_project_by_app_id(os.environ["APP_ID"]).result["id"]
    run_id = context["ti"].xcom_pull(task_ids="load", key="run_id")
    made = create_submission_for_run(run_id=str(run_id), plan_type="Premium", compute_type="Jobs Compute",
        project_id=project, allow_incomplete_cluster_report=True)
    print("SUBMITTED", project, made.result, made.error)

with DAG("nightly", start_date=datetime(2026, 1, 1), schedule=None, catchup=False):
    task = {"task_key": "load", "new_cluster": json.loads(os.environ["CLUSTER"]),
        "notebook_task": {"notebook_path": "/load"}}
    DatabricksSubmitRunOperator(task_id="load", json={"run_name": "airflow", "tasks": [task]},
        polling_period_seconds=1, pre_execute=airflow_gradient_pre_execute_hook, on_success_callback=submit,
        params={"gradient_app_id": os.environ["APP_ID"], "gradient_auto_apply": True,
            "cluster_log_url": "dbfs:/logs", "databricks_workspace_id": os.environ["WORKSPACE_ID"]})
"""


def in_airflow(python: str, session: Session, checks: Checks, clouds: EmulatedClouds) -> None:
    """Two nights of a DAG; PYTHON has Airflow, its Databricks provider, httpx2, msgspec, numpy and databricks-sdk."""
    home = session.home / "airflow"
    (home / "dags").mkdir(parents=True)
    (home / "dags" / "nightly.py").write_text(DAG)
    workspace_id = str(uuid.uuid4().int % 10**12)
    words = ("--databricks-host", "https://x.cloud.databricks.com", "--databricks-token", "t", "--compute-provider")
    more = ("aws", "--webhook-id", "hook-1", "--sync-api-key-id", "k", "--sync-api-key-secret", "s")
    session.run("workspaces", "create-workspace-config", workspace_id, *words, *more)
    variables = _variables(session, home) | {"APP_ID": f"dag-{workspace_id}", "WORKSPACE_ID": workspace_id}
    checks.that("Airflow: db migrate", _airflow(python, variables, "db", "migrate"))
    for number in (1, 2):
        ran = _airflow(python, variables, "dags", "test", "nightly", f"2026-01-0{number}")
        checks.that(
            f"Airflow: night {number}", ran, lambda it: "SUBMITTED" in it.out and "could not be put" not in it.out
        )
    runs = sorted(clouds.databricks.workspace.runs.values(), key=lambda run: run.id)[-2:]
    tags = [run.tasks[0].cluster.asked["custom_tags"] for run in runs]
    checks.told("Airflow: both nights are the project's", ran, all(each["sync:project-id"] for each in tags))
    checks.told("Airflow: the second night has what is recommended", ran, "sync:recommendation-id" in tags[-1])


def _variables(session: Session, home: Path) -> dict[str, str]:
    host = urlsplit(session.extra["DATABRICKS_HOST"])
    place = {"conn_type": "databricks", "host": host.hostname, "schema": "http", "port": host.port}
    where = session.where
    return session.extra | {
        "PATH": os.environ["PATH"],
        "HOME": str(session.home),
        "PYTHONPATH": os.pathsep.join(map(str, OWN)),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_CONN_DATABRICKS_DEFAULT": json.dumps(place | {"password": session.extra["DATABRICKS_TOKEN"]}),
        "CLUSTER": json.dumps(CLUSTER),
        "SYNC_API_URL": where.url,
        "SYNC_API_KEY_ID": where.key_id,
        "SYNC_API_KEY_SECRET": where.key_secret,
    }


def _airflow(python: str, variables: dict[str, str], *words: str) -> Ran:
    program = [str(Path(python).with_name("airflow")), *words]
    done = subprocess.run(program, env=variables, capture_output=True, text=True, timeout=600, check=False)
    out = done.stdout + done.stderr
    if done.returncode:
        sys.stderr.write(out[-2000:])
    return Ran(done.returncode, out, out[-300:], 0.0)
