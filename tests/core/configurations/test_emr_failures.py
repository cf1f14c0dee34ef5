"""Why a cluster of EMR failed, and what is charged for one that no machine came for."""

from typing import Any

import pytest
from tests.core.rented import EMR_GROUPS, book

from setpoint.core.configurations import reported_cluster
from setpoint.core.configurations.asked import Reported
from setpoint.core.configurations.emr_arguments import as_report
from setpoint.core.eventlog.faults import fault_of
from setpoint.errors import InputError

TIMES = {"CreationDateTime": "2026-01-01T02:00:00Z", "EndDateTime": "2026-01-01T02:05:00Z"}


def ended(**status: Any) -> dict[str, Any]:  # noqa: ANN401 - as JSON
    report: dict[str, Any] = as_report(EMR_GROUPS, "us-east-1")
    shown = {"State": "TERMINATED_WITH_ERRORS", "Timeline": TIMES} | status
    return report | {"Cluster": report["Cluster"] | {"Status": shown}}


def read(report: dict[str, Any]) -> Reported:
    found = reported_cluster(report, "aws-emr", book("aws", "us-east-1"))
    assert isinstance(found, Reported)
    return found


def test_a_cluster_that_got_no_machines_costs_nothing_and_says_why() -> None:
    errors = [{"ErrorCode": "EC2_INSUFFICIENT_CAPACITY", "ErrorMessage": "none left"}]
    reason = {"Code": "INSTANCE_FLEET_TIMEOUT", "Message": "no r5.xlarge could be had"}
    found = read(ended(StateChangeReason=reason, ErrorDetails=errors))
    assert found.failure == (
        "The cluster ended: EC2_INSUFFICIENT_CAPACITY · INSTANCE_FLEET_TIMEOUT · no r5.xlarge could be had"
    )
    assert fault_of(found.failure) == "infrastructure"
    assert found.run.usage.machines == ()
    assert found.run.ended - found.run.began == 300.0
    assert found.spec.cloud is not None
    assert found.spec.cloud.cluster.workers == 4


@pytest.mark.parametrize("code", ["ALL_STEPS_COMPLETED", "USER_REQUEST"])
def test_who_ends_a_cluster_does_not_fail_it(code: str) -> None:
    times = TIMES | {"ReadyDateTime": "2026-01-01T02:01:00Z"}
    assert read(ended(Timeline=times, StateChangeReason={"Code": code})).failure is None
    assert read(ended(State="TERMINATED", Timeline=times)).failure is None


def test_of_a_cluster_that_was_ready_machines_are_counted() -> None:
    times = TIMES | {"ReadyDateTime": "2026-01-01T02:01:00Z"}
    found = read(ended(Timeline=times, StateChangeReason={"Code": "INTERNAL_ERROR"}))
    assert found.failure == "The cluster ended: INTERNAL_ERROR"
    assert sum(use.count for use in found.run.usage.machines) == 5


def test_without_any_machine_and_without_a_failure_it_is_no_report() -> None:
    report = ended(State="TERMINATED")
    report["Cluster"]["InstanceGroups"] = [
        each | {"RequestedInstanceCount": 0} for each in report["Cluster"]["InstanceGroups"]
    ]
    with pytest.raises(InputError, match="instances that ran"):
        read(report)
