"""Version 0.1.3: predictions, EMR, products. What needs only the service."""

from bench.clients.everyone import NOBODY, configuring, projects_of_all, refusals
from bench.clients.session import Checks, Session

__all__ = ["old_client"]

PREFERENCES = ("performance", "balanced", "economy")
BY_LIBRARY = """
import json, sys
from sync.api.predictions import create_prediction_with_eventlog_bytes, get_predictions, wait_for_prediction
from sync.models import Platform
log, report, project = sys.argv[1:]
made = create_prediction_with_eventlog_bytes(
    Platform.AWS_DATABRICKS, json.load(open(report)), "eventlog.zip", open(log, "rb").read(), project)
print(made.result)
print(json.dumps(wait_for_prediction(made.result, "economy").result))
"""
CONFIG = """
from sync.config import APIKey, Configuration, get_api_key, get_config
print(get_api_key().id, get_config().api_url)
"""


def old_client(session: Session, checks: Checks) -> None:
    """All commands of the old tutorial that need only this API."""
    where = session.where
    configuring(session, checks, preference=True)
    checks.that("token", session.run("token"), lambda it: len(it.out.split()) == 1 and len(it.out) > 30)
    project = projects_of_all(session, checks)
    for preference in PREFERENCES:
        made = session.run("projects", "create", f"for {preference}", "-p", preference)
        checks.that(f"projects create -p {preference}", made)
        shown = session.run("projects", "get", made.last_id)
        checks.that(
            f"it prefers {preference}", shown, lambda it, wanted=preference: it.json["prediction_preference"] == wanted
        )
    moved = session.run("projects", "update", project, "-p", "performance", "-l", "s3://other/logs")
    checks.that("projects update -p -l", moved)
    shown = session.run("projects", "get", project)
    checks.that("it moved", shown, lambda it: it.json["s3_url"] == "s3://other/logs")
    checks.that("and prefers something else", shown, lambda it: it.json["prediction_preference"] == "performance")
    checks.refused("no prediction yet", session.run("projects", "get-prediction", project), "No predictions")
    refusals(session, checks)
    for platform, log, report in (
        ("aws-databricks", where.log, where.report),
        ("aws-emr", where.emr_log, where.emr_report),
    ):
        _predictions(session, checks, platform, ("-e", str(log), "-r", str(report)), project)
    newest = session.run("projects", "get-prediction", project)
    checks.that("projects get-prediction", newest, lambda it: it.json["project_id"] == project)
    checks.that(
        "projects get-prediction -p",
        session.run("projects", "get-prediction", project, "-p", "balanced"),
        lambda it: "balanced" in it.json["solutions"],
    )
    ran = session.python_code(BY_LIBRARY, str(where.log), str(where.report), project)
    checks.that("the library makes a prediction", ran, lambda it: it.json["solutions"]["economy"])
    checks.that(
        "the library finds its key", session.python_code(CONFIG), lambda it: it.out.split() == [where.key_id, where.url]
    )
    checks.refused("a prediction that is not there", session.run("predictions", "get", NOBODY))
    checks.refused(
        "a report that is none",
        session.run("predictions", "create", "aws-emr", "-e", str(where.log), "-r", "/dev/null"),
    )


def _predictions(session: Session, checks: Checks, platform: str, files: tuple[str, ...], project: str) -> None:
    made = checks.that(
        f"{platform}: predictions create", session.run("predictions", "create", platform, *files, "-p", project)
    )
    which = made.last_id
    checks.that(f"{platform}: it prints the id", made, lambda it: it.out == f"Prediction ID: {which}\n")
    done = session.run("predictions", "generate", platform, *files, "--project", project, "--preference", "balanced")
    checks.that(f"{platform}: predictions generate", done, lambda it: "Waiting for result..." in it.out)
    checks.that(f"{platform}: it has the solution", done, lambda it: it.json["solutions"]["balanced"]["configuration"])
    alone = session.run("predictions", "create", platform, *files)
    checks.that(f"{platform}: without a project", alone, lambda it: it.last_id)
    status = session.run("predictions", "status", which)
    checks.that(f"{platform}: predictions status", status, lambda it: it.out == "SUCCESS\n")
    found = {each: session.run("predictions", "get", which, "-p", each) for each in PREFERENCES}
    for preference, ran in found.items():
        checks.that(f"{platform}: get -p {preference}", ran, lambda it, wanted=preference: it.json["solutions"][wanted])
    _costs(checks, platform, found)
    shown = found["economy"]
    checks.that(f"{platform}: the project is told", shown, lambda it: it.json["project_id"] == project)
    checks.that(f"{platform}: the product is told", shown, lambda it: it.json["product_code"] == platform)
    checks.that(f"{platform}: what ran is told", shown, lambda it: it.json["basis"]["metrics"]["runtime"] > 0)
    configuration = (shown.json or {}).get("solutions", {}).get("economy", {}).get("configuration", {})
    needed = {"Configurations", "Instances"} if platform == "aws-emr" else {"node_type_id"}
    checks.that(f"{platform}: the configuration can be run", shown, lambda _: needed <= set(configuration))
    if platform == "aws-databricks":
        sizes = {"num_workers", "autoscale"} & set(configuration)
        checks.that(f"{platform}: exactly one size", shown, lambda _: len(sizes) == 1)
    listed = session.run("predictions", "list", "--platform", platform)
    checks.that(f"{platform}: predictions list --platform", listed, lambda it: which in it.out)
    checks.that(
        f"{platform}: with and without project", listed, lambda it: alone.last_id in it.out and project in it.out
    )
    of = session.run("predictions", "list", "--project", project)
    checks.that(
        f"{platform}: predictions list --project", of, lambda it: which in it.out and alone.last_id not in it.out
    )


def _costs(checks: Checks, platform: str, found: dict[str, object]) -> None:
    metrics = {
        name: getattr(ran, "json", None)["solutions"][name]["metrics"]
        for name, ran in found.items()
        if getattr(ran, "json", None)
    }
    ran = found["economy"]
    checks.that(
        f"{platform}: economy costs least", ran, lambda _: metrics["economy"]["cost"] <= metrics["performance"]["cost"]
    )  # type: ignore[arg-type]
    checks.that(
        f"{platform}: performance is fastest",
        ran,
        lambda _: metrics["performance"]["runtime"] <= metrics["economy"]["runtime"],
    )  # type: ignore[arg-type]
