"""The flows of both originals, call by call, against the emulators and the service."""

from collections.abc import Callable
from typing import Any

from bench.clients.clouds import EmulatedClouds, job
from bench.clients.old_clouds import FLOW
from bench.clients.originals import Originals
from bench.clients.session import Checks, Ran, Where

__all__ = ["newer_flows", "older_flows"]

Json = dict[str, Any]


def _look(checks: Checks, name: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - what the step gives
    """Note whether a step gave something; what it gave, or {}."""
    try:
        found = work()
        said = ""
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is the finding
        found, said = None, f"{type(error).__name__}: {error}"
    checks.told(f"call by call: {name}", Ran(0 if found else 1, "", said, 0.0), bool(found))
    return found or {}


def older_flows(where: Where, checks: Checks, clouds: EmulatedClouds) -> None:
    """0.1.3: predictions of Databricks and EMR, and running them."""
    it = Originals(where, clouds)
    job_id = clouds.make_job(job("older"))
    run_id = clouds.run_job(job_id)
    report, log = _look(checks, "a run is collected", lambda: it.report(run_id, newer=False)) or ({}, b"")
    found = _predicted(it, checks, "aws-databricks", report, ("eventlog.zip", log), None)
    wanted = found.get("solutions", {}).get("economy", {}).get("configuration", {})
    started = _look(checks, "a copy is submitted", lambda: it.submit(job_id, wanted))
    asked = clouds.asked(started) if started else {}
    _look(checks, "it has that cluster", lambda: asked["node_type_id"] == wanted["node_type_id"])
    _look(checks, "no list twice", lambda: len(asked["init_scripts"]) == 1)
    made = {"name": "older", "description": None, "job_id": None, "s3_url": "s3://home/older", "app_id": None}
    made |= {"prediction_preference": "economy", "prediction_params": None}
    project = it.service("POST", "/v1/projects", made)["result"]["id"]
    name = clouds.aws.client("emr").run_job_flow(**FLOW)["JobFlowId"]
    _ended(clouds, name)
    emr = _look(checks, "a cluster is collected", lambda: it.emr_report(name))
    keys = [key for key in clouds.aws.storage.keys("logs") if key.startswith("events/application_")]
    content = clouds.aws.storage.content("logs", keys[-1]) if keys else b""
    found = _predicted(it, checks, "aws-emr", emr, (keys[-1].rpartition("/")[2] if keys else "", content), project)
    flow = found.get("solutions", {}).get("economy", {}).get("configuration", {})
    again = _look(checks, "its cluster is started", lambda: it.emr_run(flow, project, f"s3://home/older/{project}/1/r"))
    if again:
        _ended(clouds, again)
    report = _look(checks, "that cluster is collected", lambda: it.emr_report(again))
    log_of = _look(checks, "its log is where it was told", lambda: it.emr_log(report)) or ("", b"")
    _predicted(it, checks, "aws-emr", report, log_of, project)


def _predicted(
    it: Originals, checks: Checks, product: str, report: Json, log: tuple[str, bytes], project: str | None
) -> Json:
    body = {"project_id": project, "product_code": product, "configs": report}
    made = _look(
        checks, f"{product}: a prediction is begun", lambda: it.service("POST", "/v1/autotuner/predictions", body)
    )
    begun = made.get("result", {})
    _look(checks, f"{product}: 204 to the log", lambda: it.uploaded(begun["upload_details"], *log) == 204)
    where = f"/v1/autotuner/predictions/{begun.get('prediction_id')}"
    done = _look(checks, f"{product}: it ends", lambda: it.until(f"{where}/status", "status", ("SUCCESS", "FAILURE")))
    _look(checks, f"{product}: well", lambda: done["status"] == "SUCCESS")
    return dict(
        _look(checks, f"{product}: it is told", lambda: it.service("GET", f"{where}?preference=economy")["result"])
    )


def _ended(clouds: EmulatedClouds, cluster_id: str) -> None:
    client = clouds.aws.client("emr")
    waiter = client.get_waiter("cluster_terminated")
    waiter.wait(ClusterId=cluster_id, WaiterConfig={"Delay": 1, "MaxAttempts": 120})


def newer_flows(where: Where, checks: Checks, clouds: EmulatedClouds) -> None:
    """1.11.8: a submission, a recommendation, applied with the merge rule of the client."""
    it = Originals(where, clouds)
    job_id = clouds.make_job(job("newer"))
    run_id = clouds.run_job(job_id)
    report, log = _look(checks, "a run is collected", lambda: it.report(run_id, newer=True)) or ({}, b"")
    made = it.service("POST", "/v1/projects", {"name": "newer", "product_code": "aws-databricks", "job_id": job_id})
    project = f"/v1/projects/{made['result']['id']}"
    body = {"product_code": "aws-databricks", "cluster_report": report}
    begun = _look(checks, "a submission is begun", lambda: it.service("POST", f"{project}/submissions", body)["result"])
    _look(checks, "204 to the log", lambda: it.uploaded(begun["upload_details"], "eventlog.zip", log) == 204)
    where_it_is = f"{project}/submissions/{begun.get('submission_id')}"
    done = _look(checks, "it ends", lambda: it.until(where_it_is, "state", ("SUCCESS", "FAILURE", "FAILED")))
    _look(checks, "well", lambda: done["state"] == "SUCCESS")
    asked = _look(
        checks, "a recommendation is begun", lambda: it.service("POST", f"{project}/recommendations", {})["result"]
    )
    at = f"{project}/recommendations/{asked.get('id')}"
    found = _look(checks, "it is made", lambda: it.until(at, "state", ("SUCCESS", "FAILURE")))
    wanted = (found.get("recommendation") or {}).get("configuration", {})
    before = clouds.block(job_id)
    applied = it.apply(job_id, wanted)
    now = clouds.block(job_id)
    _look(checks, "it is applied", lambda: applied == {} and now["node_type_id"] == wanted["node_type_id"])
    _look(checks, "no list twice", lambda: now["init_scripts"] == before["init_scripts"])
    _look(checks, "one size only", lambda: len({"num_workers", "autoscale"} & set(now)) == 1)
