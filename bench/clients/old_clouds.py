"""Version 0.1.3 with the clouds at hand: predictions of runs of Databricks and of clusters of EMR, and running them.

Written from the published interface: neither version of the original can be had here.
"""

import json
import re
from pathlib import Path

from bench.clients.clouds import CLUSTER, SECRET, EmulatedClouds, job
from bench.clients.session import Checks, Ran, Session

__all__ = ["old_clouds"]

FLOW = {
    "Name": "nightly",
    "ReleaseLabel": "emr-7.1.0",
    "JobFlowRole": "EMR_EC2_DefaultRole",
    "ServiceRole": "EMR_DefaultRole",
    "LogUri": "s3://logs/",
    "Applications": [{"Name": "Spark"}],
    "Configurations": [
        {
            "Classification": "spark-defaults",
            "Properties": {"spark.eventLog.enabled": "true", "spark.eventLog.dir": "s3://logs/events/"},
        }
    ],
    "Instances": {
        "InstanceGroups": [
            {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1, "Market": "ON_DEMAND"},
            {"InstanceRole": "CORE", "InstanceType": "m5.xlarge", "InstanceCount": 4, "Market": "ON_DEMAND"},
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
DATABRICKS_RECIPE = """
import json, sys
from sync import awsdatabricks
from sync.api.predictions import wait_for_prediction
from sync.models import DatabricksComputeType, DatabricksPlanType
job_id, run_id, project = sys.argv[1:]
kind = (DatabricksPlanType.PREMIUM, DatabricksComputeType.JOBS_COMPUTE)
made = awsdatabricks.create_prediction_for_run(run_id, *kind, project)
found = wait_for_prediction(made.result, "economy").result
ran = awsdatabricks.run_prediction(job_id, made.result, "economy")
recorded = awsdatabricks.run_and_record_job(job_id, *kind, project)
report = awsdatabricks.get_cluster_report(run_id, *kind)
cluster = awsdatabricks.get_prediction_cluster({"num_workers": 99, "spark_conf": {"a": "b"}}, made.result, "economy")
print(json.dumps({"made": made.result, "solutions": list(found["solutions"]), "ran": ran.result,
    "recorded": recorded.result, "report": report.result.dict(), "cluster": cluster.result}))
"""
EMR_RECIPE = """
import json, sys
from sync import awsemr
cluster, project, flow = sys.argv[1:]
made = awsemr.create_prediction_for_cluster(cluster)
recorded = awsemr.record_run(cluster, project)
report = awsemr.get_cluster_report(cluster)
started = awsemr.run_job_flow(json.load(open(flow)), project)
both = awsemr.run_and_record_job_flow(json.load(open(flow)), project)
wrong = awsemr.record_run("j-NOBODY", project)
print(json.dumps({"made": made.result, "recorded": recorded.result, "report": sorted(report.result),
    "started": started.result, "both": both.result, "wrong": str(wrong.error)}))
"""
WAIT = """
import json, sys
from sync.api.predictions import wait_for_prediction
print(json.dumps(wait_for_prediction(*sys.argv[1:]).result))
"""
RUN = re.compile(r"Run ID: \('?(\d+)'?, None\)\n")


def old_clouds(session: Session, checks: Checks, clouds: EmulatedClouds) -> None:
    """All cloud commands of the old tutorial."""
    _databricks(session, checks, clouds)
    _emr(session, checks, clouds)


def _databricks(session: Session, checks: Checks, clouds: EmulatedClouds) -> None:
    def ask(*words: str) -> Ran:
        return session.run("aws-databricks", *words)

    project = session.run("projects", "create", "nightly on Databricks").last_id
    job_id = clouds.make_job(job("nightly"))
    run_id = clouds.run_job(job_id)
    checks.that("aws-databricks access-report", ask("access-report"), lambda it: "Signed in as" in it.out)
    shown = checks.that("get-cluster-report", ask("get-cluster-report", run_id, "--plan", "Premium"))
    told = shown.json or {}
    checks.that("it has the machines", shown, lambda _: len(told["instances"]) == 5)
    checks.that("it has the plan", shown, lambda _: (told["plan_type"], told["compute_type"])[0] == "Premium")
    checks.that("it has all events", shown, lambda _: told["cluster_events"]["events"][-1]["type"] == "CREATING")
    checks.that("it has no secret", shown, lambda it: SECRET not in it.out)
    spelled = ask("get-cluster-report", run_id, "--compute", "All Purpose Compute")
    checks.that("All Purpose Compute", spelled, lambda it: it.json["compute_type"] == "All-Purpose Compute")
    flags = ("--plan", "Premium", "--compute", "Jobs Compute", "--project", project)
    made = checks.that("create-prediction", ask("create-prediction", run_id, *flags), lambda it: it.last_id)
    checks.that("it prints the id", made, lambda it: it.out == f"Prediction ID: {it.last_id}\n")
    found = checks.that("the prediction is made", session.python_code(WAIT, made.last_id, "performance"))
    wanted = (found.json or {}).get("solutions", {}).get("performance", {}).get("configuration", {})
    before = clouds.block(job_id)
    ran = checks.that("run-prediction", ask("run-prediction", job_id, made.last_id, "-p", "performance"))
    number = RUN.fullmatch(ran.out)
    asked = clouds.asked(number[1]) if number else {}
    checks.that("it prints the run", ran, lambda _: number)
    checks.that("the run has that cluster", ran, lambda _: asked["node_type_id"] == wanted["node_type_id"])
    checks.that("and no list twice", ran, lambda _: len(asked["init_scripts"]) == 1)
    checks.that("the job stays as it was", ran, lambda _: clouds.block(job_id) == before)
    done = checks.that("run-job", ask("run-job", job_id, "--project", project), lambda it: it.last_id)
    checks.that("progress is told beside it", done, lambda it: "RUNNING" in it.err and "RUNNING" not in it.out)
    waited = ask("run-prediction", job_id, made.last_id, "--wait")
    checks.that("run-prediction --wait predicts again", waited, lambda it: it.out == f"Prediction ID: {it.last_id}\n")
    _refusals(session, checks, clouds, job_id, run_id)
    recipe = checks.that("recipe: sync.awsdatabricks", session.python_code(DATABRICKS_RECIPE, job_id, run_id, project))
    said = recipe.json or {}
    checks.that("recipe: it ran the prediction", recipe, lambda _: said["ran"][1] is None and int(said["ran"][0]))
    checks.that("recipe: it recorded a run", recipe, lambda _: said["recorded"] not in {None, said["made"]})
    checks.that("recipe: it has the report", recipe, lambda _: said["report"]["plan_type"] == "Premium")
    checks.that("recipe: it merged the cluster", recipe, lambda _: said["cluster"]["spark_conf"]["a"] == "b")
    newest = session.run("projects", "get-prediction", project)
    checks.that("the project has the newest", newest, lambda it: it.json["prediction_id"] == said["recorded"])


def _refusals(session: Session, checks: Checks, clouds: EmulatedClouds, job_id: str, run_id: str) -> None:
    def ask(*words: str) -> Ran:
        return session.run("aws-databricks", *words)

    without_agent = {key: value for key, value in CLUSTER.items() if key != "init_scripts"}
    bare = clouds.run_job(clouds.make_job(job("bare", without_agent)))
    checks.refused("no machines, no prediction", ask("create-prediction", bare), "--allow-incomplete-cluster-report")
    for option in ("--allow-incomplete-cluster-report", "--allow-incomplete"):
        checks.that(f"create-prediction {option}", ask("create-prediction", bare, option), lambda it: it.last_id)
    excluded = ask("get-cluster-report", run_id, "--exclude-task", "nobody")
    checks.refused("a task that is not there", excluded, "nobody")
    checks.refused("a run that is not there", ask("create-prediction", "77"), "does not exist")
    checks.refused("a job that is not there", ask("run-job", "77"), "does not exist")
    checks.refused("a prediction that is not there", ask("run-prediction", job_id, NOBODY))
    wrong = Session(session.python, session.where, extra=session.extra | {"DATABRICKS_TOKEN": SECRET})
    refused = wrong.run("aws-databricks", "create-prediction", run_id)
    checks.refused("a wrong token", refused)
    checks.told("and the token is not told", refused, SECRET not in refused.out + refused.err)


NOBODY = "00000000-0000-4000-8000-000000000000"


def _emr(session: Session, checks: Checks, clouds: EmulatedClouds) -> None:
    def ask(*words: str) -> Ran:
        return session.run("aws-emr", *words)

    project = session.run("projects", "create", "nightly on EMR", "-l", "s3://home/projects").last_id
    flow = Path(session.home, "flow.json")
    flow.write_text(json.dumps(FLOW))
    done = checks.that("aws-emr run-job-flow", ask("run-job-flow", str(flow), "-p", project, "-r", "us-east-1"))
    checks.that("it waits and predicts", done, lambda it: it.out == f"Run complete. Prediction ID: {it.last_id}\n")
    cluster = next(iter(clouds.aws.emr.clusters), "j-NONE")
    checks.that("access-report", ask("access-report", "--cluster-id", cluster), lambda it: it.out.count("OK") == 4)
    shown = ask("get-cluster-report", cluster)
    checks.that("get-cluster-report", shown, lambda it: {"Cluster", "Instances", "Steps", "Region"} <= set(it.json))
    checks.that("create-prediction", ask("create-prediction", cluster), lambda it: it.out.startswith("Prediction ID: "))
    recorded = checks.that("record-run", ask("record-run", cluster, project), lambda it: it.last_id)
    kept = clouds.aws.storage.keys("home")
    checks.that("it is kept", recorded, lambda _: any(key.endswith("emr-cluster-report.json") for key in kept))
    checks.that("create-project-prediction", ask("create-project-prediction", project), lambda it: it.last_id)
    found = checks.that("the prediction is made", session.python_code(WAIT, recorded.last_id, "balanced"))
    started = checks.that("run-prediction", ask("run-prediction", recorded.last_id, "-p", "balanced"))
    name = started.out.removeprefix("EMR cluster ID: ").strip()
    checks.that("it prints the cluster", started, lambda _: name in clouds.aws.emr.clusters)
    made = clouds.aws.emr.clusters.get(name)
    checks.that("it is the project's", started, lambda _: made is not None and made.tags["sync:project-id"] == project)
    steps = (found.json or {})["solutions"]["balanced"]["configuration"]["Steps"]
    checks.that("it does the same work", started, lambda _: steps[0]["HadoopJarStep"]["Args"][-1] == "s3://b/job.py")
    wait = session.run("aws-emr", "get-cluster-report", name)
    while "can be collected once" in wait.err:
        wait = session.run("aws-emr", "get-cluster-report", name)
    again = checks.that("record-run of what was predicted", ask("record-run", name, project), lambda it: it.last_id)
    newest = session.run("projects", "get-prediction", project)
    checks.that("the project has the newest", newest, lambda it: it.json["prediction_id"] == again.last_id)
    checks.refused("a cluster that is not there", ask("record-run", "j-NOBODY", project), "j-NOBODY")
    checks.refused("of another project", ask("record-run", cluster, session.run("projects", "create", "x").last_id))
    recipe = checks.that("recipe: sync.awsemr", session.python_code(EMR_RECIPE, cluster, project, str(flow)))
    said = recipe.json or {}
    checks.that("recipe: all is made", recipe, lambda _: said["made"] and said["recorded"] and said["both"])
    checks.that("recipe: a cluster runs", recipe, lambda _: said["started"] in clouds.aws.emr.clusters)
    checks.that("recipe: what fails is an answer", recipe, lambda _: "j-NOBODY" in said["wrong"])
