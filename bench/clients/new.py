"""Version 1.11.8: projects, submissions, recommendations, workspaces. What needs only the service."""

import uuid

from bench.clients.everyone import NOBODY, configuring, projects_of_all, refusals
from bench.clients.session import Checks, Session

__all__ = ["new_client"]

SUBMIT = """
import json, sys
from sync.api.projects import create_project_submission_with_eventlog_bytes
from sync.models import Platform
log, report, project = sys.argv[1:]
made = create_project_submission_with_eventlog_bytes(
    Platform.AWS_DATABRICKS, json.load(open(report)), "eventlog.zip", open(log, "rb").read(), project)
print(made.error or made.result)
"""
WAIT_SUBMISSION = """
import json, sys, time
from sync.api.projects import get_project_submission
for _ in range(120):
    found = get_project_submission(*sys.argv[1:])
    if found.error or found.result["state"] not in ("PENDING", "RUNNING", "CREATED", "PROCESSING"):
        break
    time.sleep(0.5)
print(json.dumps(found.result))
"""
LIBRARY = """
import json, sys
from sync.api.projects import (create_project_recommendation, get_project, get_project_cluster_template, get_products,
    get_projects, get_submissions, get_updated_cluster_definition, wait_for_recommendation)
project = sys.argv[1]
made = create_project_recommendation(project).result
found = wait_for_recommendation(project, made).result
print(json.dumps({
    "recommendation": found,
    "products": get_products().result,
    "model": get_project(project).result["project_model_id"],
    "template": get_project_cluster_template(project).result,
    "count": len(get_projects().result),
    "submissions": [each["id"] for each in get_submissions(project).result],
    "merged": get_updated_cluster_definition(project, json.dumps({"num_workers": 99, "spark_conf": {"a": "b"}})).result,
}))
"""


def new_client(session: Session, checks: Checks) -> None:
    """All commands of the newer versions that need only this API."""
    configuring(session, checks, preference=False)
    project = projects_of_all(session, checks, "aws-databricks")
    words = ("-c", "job_clusters/main", "-w", "4711", "-i", f"more-{uuid.uuid4().hex[:8]}", "--auto-apply-recs")
    made = checks.that(
        "projects create, newer options", session.run("projects", "create", "more", "aws-databricks", *words)
    )
    more = session.run("projects", "get", made.last_id)
    checks.that("it has its cluster path", more, lambda it: it.json["cluster_path"] == "job_clusters/main")
    checks.that("it has its workspace", more, lambda it: it.json["workspace_id"] == "4711")
    checks.that("it applies by itself", more, lambda it: it.json["auto_apply_recs"] is True)
    checks.that("it has its product", more, lambda it: it.json["product_code"] == "aws-databricks")
    checks.that("it has its model", more, lambda it: it.json["project_model_id"] in {"GRADIENT_ML", "UNASSIGNED"})
    off = session.run("projects", "update", made.last_id, "--auto-apply-recs", "false", "-c", "tasks/a")
    checks.that("projects update --auto-apply-recs", off)
    less = session.run("projects", "get", made.last_id)
    checks.that("it applies no more", less, lambda it: it.json["auto_apply_recs"] is False)
    checks.that("and has another path", less, lambda it: it.json["cluster_path"] == "tasks/a")
    checks.that("projects reset", session.run("projects", "reset", made.last_id), lambda it: it.out.strip())
    refusals(session, checks)
    checks.refused("no submission yet", session.run("projects", "get-latest-submission-config", made.last_id))
    _submissions(session, checks, project)
    _workspaces(session, checks, project)


def _submissions(session: Session, checks: Checks, project: str) -> None:
    where = session.where
    sent = checks.that(
        "a submission by the library",
        session.python_code(SUBMIT, str(where.log), str(where.report), project),
        lambda it: it.last_id,
    )
    done = session.python_code(WAIT_SUBMISSION, project, sent.last_id)
    checks.that("it is processed", done, lambda it: it.json["state"] == "SUCCESS")
    checks.that("it names its project", done, lambda it: it.json["project_id"] == project)
    for cloud in ("aws-databricks", "azure-databricks"):
        shown = session.run(cloud, "get-submission", project, sent.last_id)
        checks.that(f"{cloud} get-submission", shown, lambda it: it.json["id"] == sent.last_id)
    latest = session.run("projects", "get-latest-submission-config", project)
    checks.that("projects get-latest-submission-config", latest, lambda it: "node_type_id" in it.json)
    only = session.run("projects", "get-latest-submission-config", project, "--success-only")
    checks.that("… --success-only", only, lambda it: "node_type_id" in it.json)
    for cloud in ("aws-databricks", "azure-databricks"):
        asked = checks.that(
            f"{cloud} create-recommendation",
            session.run(cloud, "create-recommendation", project),
            lambda it: it.out.startswith("Recommendation ID: "),
        )
        found = session.run(cloud, "get-recommendation", project, asked.last_id)
        checks.that(f"{cloud} get-recommendation", found, lambda it, which=asked.last_id: it.json["id"] == which)
    ran = session.python_code(LIBRARY, project)
    library = ran.json or {}
    inner = (library.get("recommendation") or {}).get("recommendation") or {}
    configuration = inner.get("configuration") or {}
    checks.that(
        "the library waits for a recommendation", ran, lambda _: library["recommendation"]["state"] == "SUCCESS"
    )
    checks.that("it has a node type", ran, lambda _: configuration["node_type_id"])
    checks.that("it has exactly one size", ran, lambda _: len({"num_workers", "autoscale"} & set(configuration)) == 1)
    checks.that(
        "it is tagged with its project", ran, lambda _: configuration["custom_tags"]["sync:project-id"] == project
    )
    checks.that("it has its engine", ran, lambda _: configuration["runtime_engine"] in {"PHOTON", "STANDARD"})
    checks.that("it has its metrics", ran, lambda _: inner["metrics"]["spark_duration_minutes"] > 0)
    checks.that("its costs are in order", ran, lambda _: _costs(inner["metrics"]) == sorted(_costs(inner["metrics"])))
    checks.that("it says which phase", ran, lambda _: library["recommendation"]["context"]["phase"])
    checks.that(
        "it names the submission",
        ran,
        lambda _: library["recommendation"]["context"]["latest_submission_id"] == sent.last_id,
    )
    checks.that("merging keeps the rest", ran, lambda _: library["merged"]["spark_conf"]["a"] == "b")
    checks.that("merging replaces the size", ran, lambda _: library["merged"].get("num_workers") != 99)
    checks.that("the library lists submissions", ran, lambda _: sent.last_id in library["submissions"])
    checks.that("the library knows the products", ran, lambda _: "aws-databricks" in library["products"])
    checks.that("the library reads the model", ran, lambda _: library["model"] in {"GRADIENT_ML", "UNASSIGNED"})
    checks.that(
        "the library gets the template", ran, lambda _: library["template"]["custom_tags"]["sync:project-id"] == project
    )
    checks.that("the library lists projects", ran, lambda _: library["count"] >= 2)
    checks.refused("a submission that is not there", session.run("aws-databricks", "get-submission", project, NOBODY))
    checks.refused(
        "a recommendation that is not there", session.run("aws-databricks", "get-recommendation", project, NOBODY)
    )


def _costs(metrics: dict[str, float]) -> list[float]:
    return [metrics[f"spark_cost_{name}_usd"] for name in ("lower", "midpoint", "upper")]


WORKSPACES = """
import json, sys
from sync.clients.sync import get_default_client
wid, project = sys.argv[1:]
client = get_default_client()
settings = dict(databricks_host="https://x.cloud.databricks.com", databricks_token="dapi-secret", sync_api_key_id="k",
    sync_api_key_secret="s", instance_profile_arn="arn:aws:iam::1:instance-profile/x", webhook_id="h",
    aws_region="us-east-1", collection_type="remote", monitoring_type="webhook", compute_provider="aws")
made = client.create_workspace_config(wid, plan_type="Premium", **settings)
print(json.dumps({
    "made": made,
    "got": client.get_workspace_config(wid),
    "changed": client.update_workspace_config(wid, aws_region="us-west-2", webhook_id=None),
    "creds": client.reset_webhook_creds(wid),
    "applied": client.apply_workspace_config(wid),
    "onboarded": client.onboard_workflow(wid, "12", project),
}))
"""


def _workspaces(session: Session, checks: Checks, project: str) -> None:
    wid = str(uuid.uuid4().int % 10**16)
    ran = session.python_code(WORKSPACES, wid, project)
    found = ran.json or {}
    checks.that("a workspace is made", ran, lambda _: found["made"]["result"]["workspace_id"] == wid)
    checks.that("it is shown", ran, lambda _: found["got"]["result"]["aws_region"] == "us-east-1")
    checks.that("its token is not", ran, lambda _: "dapi-secret" not in ran.out)
    checks.that("it is changed", ran, lambda _: found["changed"]["result"]["aws_region"] == "us-west-2")
    checks.that("null takes away", ran, lambda _: found["changed"]["result"].get("webhook_id") is None)
    checks.that("it has credentials for its webhook", ran, lambda _: len(found["creds"]["result"]) >= 2)
    checks.that("it is applied", ran, lambda _: found["applied"]["result"])
    checks.that("a job is on-boarded", ran, lambda _: found["onboarded"]["result"])
    listed = session.run("workspaces", "list-workspace-configs")
    checks.that("workspaces list-workspace-configs", listed, lambda it: wid in it.out)
    shown = session.run("workspaces", "get-workspace-config", wid)
    checks.that("workspaces get-workspace-config", shown, lambda it: it.json["workspace_id"] == wid)
    checks.that(
        "workspaces reset-webhook-creds", session.run("workspaces", "reset-webhook-creds", wid), lambda it: it.json
    )
    checks.that(
        "workspaces delete-workspace-config",
        session.run("workspaces", "delete-workspace-config", wid),
        lambda it: it.out.strip(),
    )
    checks.refused("it is gone", session.run("workspaces", "get-workspace-config", wid))
