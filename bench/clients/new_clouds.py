"""Version 1.11.8 with Databricks at hand: submissions of runs, recommendations applied to jobs, and recipes.

Written from the published interface: neither version of the original can be had here.
"""

import json
import time
from typing import Any

from bench.clients.clouds import SECRET, EmulatedClouds, job
from bench.clients.session import Checks, Ran, Session

__all__ = ["new_clouds"]

DONE = ("SUCCESS", "FAILURE", "FAILED")
RECIPE = """
import json, sys
from sync import awsdatabricks
from sync.api.projects import create_project_recommendation, wait_for_recommendation
job_id, run_id, project = sys.argv[1:]
made = awsdatabricks.create_submission_for_run(run_id, "Premium", "Jobs Compute", project)
asked = create_project_recommendation(project)
found = wait_for_recommendation(project, asked.result)
cluster = awsdatabricks.get_recommendation_cluster({"num_workers": 99, "spark_conf": {"a": "b"}}, project, asked.result)
applied = awsdatabricks.apply_project_recommendation(job_id, project, asked.result)
lines = [line.name for line in awsdatabricks.get_access_report()]
failed = awsdatabricks.create_submission_for_run("77", "Premium", "Jobs Compute", project)
print(json.dumps({"made": made.result, "state": found.result["state"], "cluster": cluster.result,
    "applied": applied.result, "lines": lines, "failed": str(failed.error)}))
"""
AIRFLOW = """
# The published recipe: before a run the DAG asks for the cluster, after it the run is submitted.
import json, os, sys
from databricks.sdk import WorkspaceClient
from sync.api.projects import create_project_recommendation, get_updated_cluster_definition, wait_for_recommendation
from sync.awsdatabricks import create_submission_for_run, get_project_cluster_settings
project, cluster = sys.argv[1], json.loads(sys.argv[2])

class DatabricksSubmitRunOperator:
    # What Airflow's operator does, without Airflow: submits the JSON, waits, calls back.
    def __init__(self, task_id, json, on_success_callback):
        self.json, self.after, self.task_id = json, on_success_callback, task_id
        self.client = WorkspaceClient(host=os.environ["DATABRICKS_HOST"], token=os.environ["DATABRICKS_TOKEN"])

    def execute(self):
        import time
        call = self.client.api_client.do
        self.run_id = call("POST", "/api/2.1/jobs/runs/submit", body=self.json)["run_id"]
        while "end_time" not in call("GET", "/api/2.1/jobs/runs/get", query={"run_id": self.run_id}):
            time.sleep(0.5)
        return self.after({"run_id": str(self.run_id)})

def submit(context):
    return create_submission_for_run(run_id=context["run_id"], plan_type="Premium", compute_type="Jobs Compute",
        project_id=project, allow_incomplete_cluster_report=True)

def definition():
    asked = create_project_recommendation(project)
    if asked.error or wait_for_recommendation(project, asked.result).error:
        merged = dict(cluster)
    else:
        merged = get_updated_cluster_definition(project, json.dumps(cluster)).result
    settings = get_project_cluster_settings(project).result
    return {**merged, "custom_tags": {**merged.get("custom_tags", {}), **settings["custom_tags"]}}

told = []
for night in range(2):
    spec = definition()
    body = {"run_name": "airflow", "tasks": [
        {"task_key": "load", "new_cluster": spec, "notebook_task": {"notebook_path": "/load"}}]}
    made = DatabricksSubmitRunOperator(task_id="load", json=body, on_success_callback=submit).execute()
    told.append({"submission": made.result, "error": str(made.error or ""), "node": spec["node_type_id"],
        "size": spec.get("num_workers", spec.get("autoscale"))})
print(json.dumps(told))
"""


def new_clouds(session: Session, checks: Checks, clouds: EmulatedClouds) -> None:
    """All cloud commands of the newer versions."""
    words = ("projects", "create", "nightly in the workspace", "aws-databricks", "-c", "job_clusters/main")
    project = session.run(*words).last_id
    job_id = clouds.make_job(job("nightly"))
    _closed_loop(session, checks, clouds, job_id, project)
    _refusals(session, checks, clouds, job_id, project)
    _recipes(session, checks, clouds, job_id, project)


def _closed_loop(session: Session, checks: Checks, clouds: EmulatedClouds, job_id: str, project: str) -> None:
    def ask(*words: str) -> Ran:
        return session.run("aws-databricks", *words)

    run_id = clouds.run_job(job_id)
    report = ask("get-cluster-report", run_id, "--project", project)
    checks.that("get-cluster-report --project", report, lambda it: it.json["tasks"][0]["task_key"] == "load")
    checks.that("it has times of machines", report, lambda it: len(it.json["instance_timelines"]) == 5)
    checks.that("access-report", ask("access-report", "--log-url", "dbfs:/logs"), lambda it: it.out.count("OK") >= 6)
    azure = session.run("azure-databricks", "access-report")
    checks.that("azure-databricks access-report", azure, lambda it: "Signed in as" in it.out)
    azure = session.run("azure-databricks", "get-cluster-report", run_id)
    checks.that("azure-databricks get-cluster-report", azure, lambda it: it.json["cluster"])
    sent = checks.that("create-submission", ask("create-submission", run_id, project, "--plan", "Premium"))
    checks.that("it prints the id", sent, lambda it: it.out == f"Submission ID: {it.last_id}\n")
    state = _settled(session, project, sent.last_id)
    checks.that("get-submission: it is processed", state, lambda it: it.json["state"] == "SUCCESS")
    made = checks.that("create-recommendation", ask("create-recommendation", project), lambda it: it.last_id)
    found = ask("get-recommendation", project, made.last_id)
    while (found.json or {}).get("state") not in DONE and found.code == 0:
        found = ask("get-recommendation", project, made.last_id)
    checks.that("get-recommendation", found, lambda it: it.json["state"] == "SUCCESS")
    wanted: dict[str, Any] = ((found.json or {}).get("recommendation") or {}).get("configuration", {})
    before = clouds.block(job_id)
    applied = checks.that("apply-recommendation", ask("apply-recommendation", job_id, project, made.last_id))
    now = clouds.block(job_id)
    checks.that("the job has the cluster", applied, lambda _: now["node_type_id"] == wanted["node_type_id"])
    checks.that("and no list twice", applied, lambda _: now["init_scripts"] == before["init_scripts"])
    checks.that("one size only", applied, lambda _: len({"num_workers", "autoscale"} & set(now)) == 1)
    checks.that("no tag of one run", applied, lambda _: "sync:run-id" not in now["custom_tags"])
    updates = clouds.databricks.calls["POST", "jobs/update"]
    again = checks.that("apply-recommendation again", ask("apply-recommendation", job_id, project, made.last_id))
    checks.that("nothing is written twice", again, lambda _: clouds.databricks.calls["POST", "jobs/update"] == updates)
    following = ask("create-submission", clouds.run_job(job_id), project)
    checks.that("the next run is submitted", following, lambda it: it.last_id)
    state = _settled(session, project, following.last_id)
    checks.that("and processed", state, lambda it: it.json["state"] == "SUCCESS")
    latest = session.run("projects", "get-latest-submission-config", project)
    checks.that("its configuration is what was applied", latest, lambda it: wanted["node_type_id"] in it.out)


def _settled(session: Session, project: str, submission: str) -> Ran:
    """The submission once it is processed."""
    for _ in range(120):
        found = session.run("aws-databricks", "get-submission", project, submission)
        if found.code or (found.json or {}).get("state") in DONE:
            break
        time.sleep(0.3)
    return found


def _refusals(session: Session, checks: Checks, clouds: EmulatedClouds, job_id: str, project: str) -> None:
    def ask(*words: str) -> Ran:
        return session.run("aws-databricks", *words)

    made = ask("create-recommendation", project).last_id
    owned = clouds.make_job(job("owned", deployment={"kind": "BUNDLE"}))
    checks.refused("a bundle's job", ask("apply-recommendation", owned, project, made), "Asset Bundle")
    two = job("two")
    two["job_clusters"].append({"job_cluster_key": "b", "new_cluster": two["job_clusters"][0]["new_cluster"]})
    other = session.run("projects", "create", "no path", "aws-databricks").last_id
    run_id = clouds.run_job(clouds.make_job(two))
    checks.refused("several clusters", ask("create-submission", run_id, other), "several clusters")
    checks.refused("a job that is not there", ask("apply-recommendation", "77", project, made), "does not exist")
    checks.refused("a project that is not there", ask("create-submission", run_id, "nobody"), "nobody")
    bare = Session(session.python, session.where)
    alone = bare.run("aws-databricks", "create-submission", run_id, project)
    checks.refused("no workspace", alone, "DATABRICKS_HOST")
    wrong = Session(session.python, session.where, extra=session.extra | {"DATABRICKS_TOKEN": SECRET})
    refused = wrong.run("aws-databricks", "apply-recommendation", job_id, project, made)
    checks.refused("a wrong token", refused)
    checks.told("and the token is not told", refused, SECRET not in refused.out + refused.err)


def _recipes(session: Session, checks: Checks, clouds: EmulatedClouds, job_id: str, project: str) -> None:
    run_id = clouds.run_job(job_id)
    ran = checks.that("recipe: sync.awsdatabricks", session.python_code(RECIPE, job_id, run_id, project))
    said = ran.json or {}
    checks.that("recipe: it is recommended", ran, lambda _: said["made"] and said["state"] == "SUCCESS")
    tags = ((said.get("cluster") or {}).get("custom_tags")) or {}
    checks.that("recipe: with what the project needs", ran, lambda _: tags["sync:project-id"] == project)
    checks.that("recipe: it is applied", ran, lambda _: said["applied"])
    checks.that("recipe: what fails is an answer", ran, lambda _: "does not exist" in said["failed"])
    words = ("projects", "create", "from Airflow", "aws-databricks", "-l", "dbfs:/logs")
    of = session.run(*words).last_id
    block = {key: value for key, value in clouds.block(job_id).items() if key not in ("custom_tags", "policy_id")}
    flown = checks.that("recipe of Airflow", session.python_code(AIRFLOW, of, json.dumps(block)))
    nights = flown.json or []
    checks.that("recipe of Airflow: both nights", flown, lambda _: all(each["submission"] for each in nights))
    states = [_settled(session, of, each["submission"]) for each in nights if each["submission"]]
    checks.that("recipe of Airflow: processed", flown, lambda _: [it.json["state"] for it in states] == ["SUCCESS"] * 2)
