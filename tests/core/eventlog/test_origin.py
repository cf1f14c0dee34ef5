"""Platform, engine and the reasons why executors went are told with evidence, and a guess is not made up."""

import pytest
from tests.core.eventlog.test_sql import began, node
from tests.core.eventlog.written import END, START, environment, event, line, read

from setpoint.core.eventlog.faults import executor_failure, failure, fault_of, removal_of
from setpoint.core.eventlog.origin import engine_evidence
from setpoint.core.profile import Engine, Platform, Removal

DATABRICKS_PART = line("DBCEventLoggingListenerMetadata", {"Spark Version": "3.3.0", "Rollover Number": 0})
TAG = "databricks__clusterUsageTags__"


@pytest.mark.parametrize(
    ("environment_line", "platform", "evidence"),
    [
        (environment(databricks__x="1"), "databricks", "spark.databricks. in the environment"),
        (environment(emr__x="1"), "emr", "spark.emr. in the environment"),
        (environment(sql__emr__internal="1"), "emr", "spark.sql.emr. in the environment"),
        (environment(driver__extraClassPath="/usr/share/aws/emr/lib"), "emr", "/usr/share/aws/emr/ in the environment"),
        (environment(x="com.amazon.ws.emr.Foo"), "emr", "com.amazon.ws.emr. in the environment"),
        (environment(x="emr-serverless"), "emr", "emr-serverless in the environment"),
        (environment(dataproc__x="1"), "dataproc", "spark.dataproc. in the environment"),
        (environment(x="dataproc:dataproc"), "dataproc", "dataproc: in the environment"),
        (environment(x="gs://dataproc-temp"), "dataproc", "gs://dataproc- in the environment"),
        (environment(driver__host="job-1-m.c.internal"), "dataproc", "the driver ran on job-1-m.c.internal"),
        (environment(driver__host="a-m.eu.c.prj.internal"), "dataproc", "the driver ran on a-m.eu.c.prj.internal"),
    ],
)
def test_platforms(environment_line: bytes, platform: Platform, evidence: str) -> None:
    profile = read(START, environment_line, END)
    assert (profile.platform, profile.evidence) == (platform, (evidence,))


@pytest.mark.parametrize(
    "environment_line",
    [environment(master="yarn"), environment(driver__host="my-m.example.com"), environment(app__name="emr databricks")],
)
def test_no_platform_is_made_up(environment_line: bytes) -> None:
    profile = read(START, environment_line, END)
    assert (profile.platform, profile.evidence) == ("plain", ())


def test_the_first_evidence_and_the_surest_platform_count() -> None:
    profile = read(START, DATABRICKS_PART, environment(databricks__x="1", emr__y="1"), END)

    assert profile.evidence == ("event DBCEventLoggingListenerMetadata",)
    assert profile.application.spark_version == "3.3.0"


@pytest.mark.parametrize(
    ("properties", "engine"),
    [
        ({"plugins": "com.nvidia.spark.SQLPlugin"}, "rapids"),
        ({"plugins": "org.apache.gluten.GlutenPlugin"}, "gluten"),
        ({"plugins": "org.apache.spark.CometPlugin"}, "comet"),
        ({"plugins": "org.example.Other"}, "spark"),
        ({f"{TAG}runtimeEngine": "PHOTON"}, "photon"),
        ({f"{TAG}sparkVersion": "13.3.x-photon-scala2.12"}, "photon"),
        ({f"{TAG}sparkVersion": "13.3.x-scala2.12"}, "spark"),
    ],
)
def test_engines_by_what_was_configured(properties: dict[str, str], engine: Engine) -> None:
    profile = read(START, environment(**properties), END)
    told = [text for text in profile.evidence if " = " in text]

    assert profile.engine == engine
    assert len(told) == (engine != "spark")
    assert next(iter(engine_evidence({}, dict(profile.properties))), "spark") == engine


def test_operators_are_surer_than_settings() -> None:
    configured = environment(plugins="com.nvidia.spark.SQLPlugin")
    profile = read(START, configured, began(1, node("CometSort", node("CometFilter"))), END)

    assert profile.engine == "comet"
    assert profile.evidence == ("operator CometFilter", "spark.plugins = com.nvidia.spark.SQLPlugin")


@pytest.mark.parametrize(
    ("reason", "removal"),
    [
        ("Executor decommission: spot interruption", "spot"),
        ("Pod was preempted", "spot"),
        ("Container killed by YARN for exceeding memory limits. 5 GB of 5 GB used", "memory"),
        ("Command exited with code 137", "memory"),
        ("Executor killed by driver.", "idle"),
        ("Executor idle for 60 s", "idle"),
        ("Worker shutting down", "finished"),
        ("Command exited with code 0", "finished"),
        ("Container released on a *lost* node", "lost"),
        ("", "lost"),
        (" " * 100_000 + "killed by driver", "lost"),
    ],
)
def test_why_executors_went(reason: str, removal: Removal) -> None:
    assert removal_of(reason) == removal


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        ("Executor decommission: spot interruption", "infrastructure"),
        ("Container killed for exceeding memory limits", "memory"),
        ("Executor idle: exit code 137", "memory"),
        ("Executor killed by driver.", None),
        ("Worker shutting down after node was lost", None),
        ("user code said no", None),
    ],
)
def test_only_what_is_not_ordinary_is_a_failure(reason: str, fault: str | None) -> None:
    found = executor_failure("7", reason)
    assert (found and found.fault) == fault
    moment = {"Timestamp": 1_700_000_000_500, "Executor_ID": "7", "Removed_Reason": reason}
    profile = read(START, event("ExecutorRemoved", **moment), END)
    assert [failure.where for failure in profile.failures] == (["executor 7"] if fault else [])


@pytest.mark.parametrize("text", ["", "\n \n", "node " * 100_000, "x" * 10**6])
def test_reasons_are_a_readable_line(text: str) -> None:
    found = failure("job 1", text)
    assert 0 < len(found.reason) <= 300
    assert fault_of(text) == found.fault
