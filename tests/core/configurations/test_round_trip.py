"""What is asked for is what a report of it says; and what clients merge over a job's cluster is a cluster."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.rented import JOBS, book

from setpoint.core.cloud_space import cloud_space
from setpoint.core.configurations import ask_for, basis_of, reported_cluster
from setpoint.core.configurations.asked import Reported
from setpoint.core.domain import ClusterSpec
from setpoint.core.space import specs
from setpoint.core.wishes import Wishes
from setpoint.testing.cloud_reports import PushedLife, databricks_report, emr_report, merged

LIFE = PushedLife(datetime(2026, 1, 1, tzinfo=UTC), 1800.0)
NAMES = sorted(JOBS)
PARTIAL = sorted(set(JOBS) - {"fleets", "groups"})


def report_of(name: str, asked: dict[str, Any]) -> dict[str, Any]:
    return emr_report(asked, LIFE) if JOBS[name][0] == "aws-emr" else databricks_report(asked, LIFE)


def reported(name: str, asked: dict[str, Any]) -> Reported:
    code, cloud, region, _ = JOBS[name]
    found = reported_cluster(report_of(name, asked), code, book(cloud, region))
    assert isinstance(found, Reported)
    return found


def asked_instead(name: str, spec: ClusterSpec, tags: dict[str, str] | None = None) -> dict[str, Any]:
    """What the job asks for once a client has put a configuration in place."""
    code, _, _, asked = JOBS[name]
    configuration = ask_for(spec, report_of(name, asked), code, tags)
    return configuration if code == "aws-emr" else merged(asked, configuration)


@cache
def space_of(name: str) -> tuple[ClusterSpec, ...]:
    code, cloud, region, asked = JOBS[name]
    now = reported(name, asked).spec
    wishes = (Wishes(), Wishes(force_ondemand_workers=True), Wishes(allow_arm=True))
    spaces = [cloud_space(now, book(cloud, region), wish) for wish in wishes]
    both = (False, True) if code != "aws-emr" else ()
    spaces.append(replace(spaces[0], photon=both, node_types=()))
    return tuple(dict.fromkeys(each for space in spaces for each in specs(space, now)))


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_any_spec_of_the_space_comes_back_from_its_report(name: str, data: st.DataObject) -> None:
    spec = data.draw(st.sampled_from(space_of(name)))
    assert reported(name, asked_instead(name, spec)).spec == spec


@pytest.mark.parametrize("name", NAMES)
def test_the_basis_comes_back_as_it_was(name: str) -> None:
    code, _, _, asked = JOBS[name]
    spec = reported(name, asked).spec
    again = basis_of(spec, report_of(name, asked), code)
    assert reported(name, again if code == "aws-emr" else merged(asked, again)).spec == spec


@pytest.mark.parametrize("name", PARTIAL)
@given(data=st.data())
def test_a_merged_cluster_is_one(name: str, data: st.DataObject) -> None:
    asked = JOBS[name][3]
    found = asked_instead(name, data.draw(st.sampled_from(space_of(name))), {"sync:project-id": "p"})
    assert ("num_workers" in found) != ("autoscale" in found)
    assert found.get("init_scripts") == asked.get("init_scripts")
    assert found["custom_tags"] == {**asked["custom_tags"], "sync:project-id": "p"}
    assert found["runtime_engine"] in ("PHOTON", "STANDARD")


@given(data=st.data())
def test_no_list_is_ever_in_a_partial_cluster(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(PARTIAL))
    code, _, _, asked = JOBS[name]
    found = ask_for(data.draw(st.sampled_from(space_of(name))), report_of(name, asked), code)
    assert not list(_lists(found))


@pytest.mark.parametrize("name", ["fleets", "groups"])
@given(data=st.data())
def test_a_job_flow_does_the_same_work(name: str, data: st.DataObject) -> None:
    asked = JOBS[name][3]
    found = asked_instead(name, data.draw(st.sampled_from(space_of(name))), {"sync:project-id": "p"})
    assert {key: found[key] for key in ("Steps", "Applications", "LogUri", "BootstrapActions")} == {
        key: asked[key] for key in ("Steps", "Applications", "LogUri", "BootstrapActions")
    }
    assert isinstance(found["Configurations"], list)
    kinds = {"InstanceFleets", "InstanceGroups"}
    assert kinds & found["Instances"].keys() == kinds & asked["Instances"].keys()
    assert {"Key": "team", "Value": "sales"} in found["Tags"]


def _lists(value: object) -> list[object]:
    if isinstance(value, list):
        return [value]
    return [found for each in value.values() for found in _lists(each)] if isinstance(value, dict) else []
