"""Version 1.11.8 with Databricks at hand: submissions of runs, recommendations applied to jobs, and recipes.

Written from the published interface: neither version of the original can be had here.
"""

import json
import time
import uuid
from typing import Any

from bench.clients.clouds import AZURE_CLUSTER, CLUSTER, SECRET, EmulatedClouds, job
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
# As a DAG would have it: a hook before the run asks for the cluster, a callback after it submits the run.
import json, os, sys, time
from databricks.sdk import WorkspaceClient
from sync.api.projects import get_project_by_app_id
from sync.awsdatabricks import create_submission_for_run
from sync.databricks.integrations.airflow import airflow_gradient_pre_execute_hook
app_id, workspace_id, cluster = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])

class DatabricksSubmitRunOperator:
    # What the operator does, without Airflow: submits the JSON, waits, calls back.
    def __init__(self, task_id, json, params, pre_execute, on_success_callback):
        self.json, self.params, self.before, self.after = json, params, pre_execute, on_success_callback
        self.client = WorkspaceClient(host=os.environ["DATABRICKS_HOST"], token=os.environ["DATABRICKS_TOKEN"])

    def execute(self):
        self.before({"params": self.params, "task": self})
        call = self.client.api_client.do
        run_id = call("POST", "/api/2.1/jobs/runs/submit", body={**self.json, "run_name": "airflow"})["run_id"]
        while "end_time" not in call("GET", "/api/2.1/jobs/runs/get", query={"run_id": run_id}):
            time.sleep(0.5)
        return self.after({"run_id": str(run_id)})

def submit(context):
    project = get_project_by_app_id(app_id).result["id"]
    return project, create_submission_for_run(run_id=context["run_id"], plan_type="Premium",
        compute_type="Jobs Compute", project_id=project, allow_incomplete_cluster_report=True)

told = []
for night in range(2):
    task = {"task_key": "load", "new_cluster": cluster, "notebook_task": {"notebook_path": "/load"}}
    operator = DatabricksSubmitRunOperator(task_id="load", json={"tasks": [task]}, pre_execute=
        airflow_gradient_pre_execute_hook, on_success_callback=submit, params={"gradient_app_id": app_id,
        "gradient_auto_apply": True, "cluster_log_url": "dbfs:/logs", "databricks_workspace_id": workspace_id})
    project, made = operator.execute()
    spec = operator.json["tasks"][0]["new_cluster"]
    told.append({"submission": made.result, "error": str(made.error or ""), "project": project,
        "tags": spec["custom_tags"], "hooks": operator.json.get("webhook_notifications"),
        "scripts": len(spec["init_scripts"])})
print(json.dumps(told))
"""
TRAINING = """
# As the notebook that trains a project: on demand only, then run, submit, recommend and reset the job, again and again.
import json, os, sys, time
from databricks.sdk import WorkspaceClient
from sync._databricks import get_recommendation_job
from sync.api.projects import create_project, create_project_recommendation, wait_for_recommendation
from sync.clients.databricks import get_default_client
from sync.models import AccessStatusCode, Platform
job_id = sys.argv[1]
platform = get_default_client().get_platform()
assert platform is Platform.AWS_DATABRICKS
from sync import awsdatabricks as sync_databricks
assert not any(line.status is AccessStatusCode.RED for line in sync_databricks.get_access_report())
client = get_default_client()
clusters = client.get_job(job_id)["settings"]["job_clusters"]
clusters[0]["new_cluster"]["aws_attributes"]["first_on_demand"] = clusters[0]["new_cluster"]["num_workers"] + 1
client.update_job(job_id=job_id, new_settings={"job_clusters": clusters})
call = WorkspaceClient(host=os.environ["DATABRICKS_HOST"], token=os.environ["DATABRICKS_TOKEN"]).api_client.do
project = create_project("training", platform, job_id=job_id).result["id"]
settings = sync_databricks.get_project_job(job_id=job_id, project_id=project).result["settings"]
told = []
for number in range(2):
    run_id = call("POST", "/api/2.1/jobs/run-now", body={"job_id": int(job_id)})["run_id"]
    while "end_time" not in call("GET", "/api/2.1/jobs/runs/get", query={"run_id": run_id}):
        time.sleep(0.5)
    made = sync_databricks.create_submission_for_run(str(run_id), "Premium", "Jobs Compute", project, False, False)
    asked = create_project_recommendation(project)
    found = wait_for_recommendation(project, asked.result)
    job = get_recommendation_job(job_id, project, found.result["id"])
    call("POST", "/api/2.1/jobs/reset", body={"job_id": int(job_id), "new_settings": job.result["settings"]})
    told.append({"made": made.result, "error": str(made.error or ""), "tags":
        client.get_job(job_id)["settings"]["job_clusters"][0]["new_cluster"]["custom_tags"]})
print(json.dumps({"project": project, "tags": settings["job_clusters"][0]["new_cluster"]["custom_tags"], "runs": told}))
"""


def new_clouds(session: Session, checks: Checks, clouds: EmulatedClouds) -> None:
    """All cloud commands of the newer versions."""
    words = ("projects", "create", "nightly in the workspace", "aws-databricks", "-c", "job_clusters/main")
    project = session.run(*words).last_id
    job_id = clouds.make_job(job("nightly"))
    _closed_loop(session, checks, clouds, job_id, project)
    _azure(session, checks, clouds)
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
    sent = checks.that("create-submission", ask("create-submission", run_id, project, "--plan", "Premium"))
    checks.that("it prints the id", sent, lambda it: it.out == f"Submission ID: {it.last_id}\n")
    state = _settled(session, project, sent.last_id)
    checks.that("get-submission: it is processed", state, lambda it: it.json["state"] == "SUCCESS")
    made = checks.that("create-recommendation", ask("create-recommendation", project), lambda it: it.last_id)
    found = _recommended(session, project, made.last_id)
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


def _azure(session: Session, checks: Checks, clouds: EmulatedClouds) -> None:
    assert clouds.on_azure is not None
    clouds = clouds.on_azure
    there = Session(session.python, session.where, extra=clouds.variables)

    def ask(*words: str) -> Ran:
        return there.run("azure-databricks", *words)

    project = session.run("projects", "create", "on Azure", "azure-databricks").last_id
    job_id = clouds.make_job(job("on Azure", AZURE_CLUSTER))
    run_id = clouds.run_job(job_id)
    report = ask("get-cluster-report", run_id)
    checks.that("azure: machines are noted", report, lambda it: len(it.json["instances"]) == 5)
    sent = ask("create-submission", run_id, project, "--plan", "Premium")  # Azure has no other plan any more
    checks.that("azure: create-submission", sent, lambda it: it.last_id)
    state = _settled(session, project, sent.last_id)
    checks.that("azure: it is processed", state, lambda it: it.json["state"] == "SUCCESS")
    made = ask("create-recommendation", project)
    found = _recommended(session, project, made.last_id)
    wanted = ((found.json or {}).get("recommendation") or {}).get("configuration", {})
    checks.that("azure: get-recommendation", found, lambda _: wanted["node_type_id"].startswith("Standard_"))
    applied = ask("apply-recommendation", job_id, project, made.last_id)
    now = clouds.block(job_id)
    checks.that("azure: apply-recommendation", applied, lambda _: now["node_type_id"] == wanted["node_type_id"])
    checks.that("azure: and not of AWS", applied, lambda _: "azure_attributes" in now and "aws_attributes" not in now)


def _recommended(session: Session, project: str, recommendation: str) -> Ran:
    """The recommendation once it is made."""
    for _ in range(120):
        found = session.run("aws-databricks", "get-recommendation", project, recommendation)
        if found.code or (found.json or {}).get("state") in DONE:
            break
    return found


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
    _training(session, checks, clouds)
    _airflow(session, checks)


def _training(session: Session, checks: Checks, clouds: EmulatedClouds) -> None:
    ran = checks.that("recipe of the notebook", session.python_code(TRAINING, clouds.make_job(job("training"))))
    said = ran.json or {}
    checks.that("recipe of the notebook: two runs", ran, lambda _: [bool(it["made"]) for it in said["runs"]] == [1, 1])
    checks.that("it tags the job", ran, lambda _: said["tags"]["sync:project-id"] == said["project"])
    names = [each["tags"].get("sync:recommendation-id") for each in said.get("runs", ())]
    checks.that("it can tell what was applied", ran, lambda _: len(set(names)) == 2 and all(names))


def _airflow(session: Session, checks: Checks) -> None:
    app_id, workspace_id = f"airflow-{uuid.uuid4().hex[:8]}", str(uuid.uuid4().int % 10**12)
    words = ("--databricks-host", "https://x.cloud.databricks.com", "--databricks-token", "t", "--compute-provider")
    more = ("aws", "--webhook-id", "hook-1", "--sync-api-key-id", "k", "--sync-api-key-secret", "s")
    made = session.run("workspaces", "create-workspace-config", workspace_id, *words, *more)
    checks.that("workspaces create-workspace-config", made, lambda it: it.json["webhook_id"] == "hook-1")
    ran = session.python_code(AIRFLOW, app_id, workspace_id, json.dumps(CLUSTER))
    nights = checks.that("recipe of Airflow", ran).json or []
    checks.that("recipe of Airflow: both nights", ran, lambda _: [bool(it["submission"]) for it in nights] == [1, 1])
    checks.that("it tags the cluster", ran, lambda _: nights[1]["tags"]["sync:project-id"] == nights[1]["project"])
    checks.that("no list twice", ran, lambda _: nights[1]["scripts"] == 1)
    checks.that("it asks for a notification", ran, lambda _: nights[1]["hooks"] == {"on_success": [{"id": "hook-1"}]})
    states = [_settled(session, each["project"], each["submission"]) for each in nights if each["submission"]]
    checks.that("recipe of Airflow: processed", ran, lambda _: [it.json["state"] for it in states] == ["SUCCESS"] * 2)
