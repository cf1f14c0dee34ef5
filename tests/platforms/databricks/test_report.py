"""Reports that our own reader takes, with or without what Databricks still knows."""

from typing import Any

import pytest
from tests.core.rented import JOB, book

from setpoint.core.configurations import Reported, reported_cluster
from setpoint.errors import PlatformError
from setpoint.platforms.databricks.jobs import OurCluster, Place
from setpoint.platforms.databricks.policy import violations
from setpoint.platforms.databricks.report import all_events, report_of, tasks_on
from setpoint.platforms.databricks.transport import Calls
from setpoint.testing.cloud_reports import PushedLife, databricks_report
from setpoint.testing.pushed_plant import START

OURS = OurCluster(Place("job_clusters", "main"), JOB, ("main",))
LIFE = databricks_report(JOB, PushedLife(START, 600.0))
CLUSTER_ID = LIFE["cluster"]["cluster_id"]
TASK = {**LIFE["tasks"][0], "cluster_instance": {"cluster_id": CLUSTER_ID, "spark_context_id": "77"}}
RUN = {"run_id": 1, "start_time": TASK["start_time"], "end_time": TASK["end_time"], "tasks": [TASK]}


class GoneError(Exception):
    error_code = "INVALID_PARAMETER_VALUE"


def answers(method: str, path: str, query: Any, body: Any) -> Any:  # noqa: ANN401, ARG001 - the port's
    if path.endswith("clusters/get"):
        return LIFE["cluster"]
    events = sorted(LIFE["cluster_events"]["events"], key=lambda event: int(event["timestamp"]))
    at = body.get("offset", 0)
    following = {"next_page": {"cluster_id": CLUSTER_ID, "offset": at + 1}} if at + 1 < len(events) else {}
    return {"events": events[at : at + 1], **following}


def read(report: dict[str, object]) -> Reported:
    found = reported_cluster(report, "aws-databricks", book("aws", "us-east-1"))
    assert isinstance(found, Reported)
    return found


def test_a_report_is_as_one_that_was_pushed() -> None:
    ours, pushed = read(report_of(Calls(answers), RUN, OURS, None)), read(LIFE)
    assert ours.run.usage == pushed.run.usage
    assert ours.spec == pushed.spec
    assert len(list(all_events(Calls(answers), CLUSTER_ID))) == 3


def test_a_forgotten_cluster_is_told_of_by_the_run_and_said_to_be_uncertain() -> None:
    def gone(method: str, path: str, query: Any, body: Any) -> Any:  # noqa: ANN401, ARG001 - the port's
        raise GoneError

    found = read(report_of(Calls(gone), RUN, OURS, None))
    assert found.spec == read(LIFE).spec
    assert any("no cluster events" in note for note in found.run.usage.assumptions)


def test_what_the_agent_wrote_is_in_it() -> None:
    agent = {"instances": [{"InstanceId": "i-1"}], "volumes": [], "secrets": "x"}
    found = report_of(Calls(answers), RUN, OURS, agent)
    assert found["instances"] == agent["instances"]
    assert "secrets" not in found


def test_a_run_without_a_cluster_and_a_retry_on_another_one() -> None:
    with pytest.raises(PlatformError, match="never had a cluster"):
        tasks_on({"run_id": 1, "tasks": [{"task_key": "main"}]}, OURS)
    later = {"task_key": "main", "start_time": 10**13, "cluster_instance": {"cluster_id": "second"}}
    assert tasks_on({"tasks": [TASK, later]}, OURS) == ("second", (later,))


def test_fact_14_policies_are_checked_before() -> None:
    definition = {
        "node_type_id": {"type": "allowlist", "values": ["m5.xlarge"]},
        "num_workers": {"type": "range", "maxValue": 4},
        "spark_conf.spark.sql.adaptive.enabled": {"type": "fixed", "value": "true"},
        "aws_attributes.zone_id": {"type": "forbidden"},
        "runtime_engine": {"type": "blocklist", "values": ["PHOTON"]},
        "spark_version": {"type": "regex", "pattern": "15.*"},
        "dbus_per_hour": {"type": "range", "maxValue": 1},
    }
    found = [each.split(" ")[0] for each in violations(definition, JOB)]
    assert found == ["node_type_id", "num_workers", "aws_attributes.zone_id", "spark_version"]
    assert violations(definition, {}) == ()
