"""Three clusters from one log and one report."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.rented import EMR_GROUPS, JOB, JOBS, book

from setpoint.core.configurations import PRODUCTS
from setpoint.core.eventlog import read_profile
from setpoint.core.goals import FAILURE_RISK
from setpoint.core.pricebook import DbuRate, PriceBook
from setpoint.core.profile import Completeness, Profile
from setpoint.core.solutions import PREFERENCES, Metered, Solved, Unsolvable, as_data, place_of, solve
from setpoint.core.wishes import NO_WISHES, Wishes
from setpoint.errors import InputError
from setpoint.testing.cloud_reports import merged
from setpoint.testing.pushed_plant import PushedPlant, RentedPhysics

NAMES = sorted(set(JOBS) - {"gcp"})
USUAL = RentedPhysics()


@cache
def pushed(name: str, physics: RentedPhysics = USUAL) -> tuple[Profile, Mapping[str, Any]]:
    """The log and the report of one run of a job."""
    code, cloud, region, asked = JOBS[name]
    plant = PushedPlant("nightly", asked, code, book(cloud, region), physics)
    run_id = plant.run()
    return read_profile(plant.pushes.event_log("nightly", run_id)), plant.report()


def solved(name: str, physics: RentedPhysics = USUAL, wishes: Wishes = NO_WISHES) -> Solved:
    code, cloud, region, _ = JOBS[name]
    found = solve(*pushed(name, physics), code, book(cloud, region), wishes=wishes, tags={"sync:project-id": "p"})
    assert isinstance(found, Solved), found
    return found


works = st.builds(
    RentedPhysics,
    cpu_seconds=st.sampled_from([200.0, 20_000.0, 200_000.0]),
    waiting_seconds=st.sampled_from([100.0, 10_000.0]),
    serial_seconds=st.sampled_from([5.0, 600.0]),
    tasks=st.sampled_from([7, 200]),
    startup_seconds=st.sampled_from([0.0, 300.0]),
)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=3)
@given(works)
def test_the_cheaper_the_slower(name: str, physics: RentedPhysics) -> None:
    found = solved(name, physics)
    economy, balanced, performance = (found.by_preference[each] for each in ("economy", "balanced", "performance"))
    assert economy.dollars <= balanced.dollars <= performance.dollars
    assert economy.minutes >= balanced.minutes >= performance.minutes
    assert balanced.dollars * balanced.minutes <= min(
        each.dollars * each.minutes for each in (economy, performance)
    ) * (1 + 1e-9)
    assert all(each.failure_risk <= FAILURE_RISK for each in found.by_preference.values())
    assert economy.dollars <= found.basis.dollars * 1.1
    assert performance.minutes <= found.basis.minutes * 1.1


@pytest.mark.parametrize("name", NAMES)
def test_the_basis_is_what_ran(name: str) -> None:
    profile, _ = pushed(name)
    found = solved(name)
    assert found.basis.minutes == pytest.approx(profile.wall_seconds / 60)
    assert found.basis.dollars > 0
    assert tuple(found.by_preference) == PREFERENCES


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"fleets", "groups"}))
def test_each_solution_merges_to_a_cluster(name: str) -> None:
    asked = JOBS[name][3]
    for each in solved(name).by_preference.values():
        cluster = merged(asked, each.configuration)
        assert ("num_workers" in cluster) != ("autoscale" in cluster)
        assert cluster["custom_tags"]["sync:project-id"] == "p"
        assert cluster.get("init_scripts") == asked.get("init_scripts")
        assert json.dumps(cluster)


@pytest.mark.parametrize("name", ["fleets", "groups"])
def test_each_solution_is_a_whole_job_flow(name: str) -> None:
    for each in (solved(name).basis, *solved(name).by_preference.values()):
        assert isinstance(each.configuration["Configurations"], list)
        assert [step["Name"] for step in each.configuration["Steps"]] == ["copy", "count"]  # type: ignore[attr-defined]


def test_with_fixed_sizes_only_counts_vary() -> None:
    for each in solved("databricks", wishes=Wishes(optimize_instance_size=False)).by_preference.values():
        assert each.configuration["node_type_id"] == JOB["node_type_id"]


def test_on_demand_is_forced() -> None:
    for each in solved("databricks", wishes=Wishes(force_ondemand_workers=True)).by_preference.values():
        assert each.configuration["aws_attributes"]["availability"] == "ON_DEMAND"  # type: ignore[index]


def test_what_is_predicted_is_what_the_plant_does() -> None:
    """The physics know speed of processors and slots; the prediction must find both from one log."""
    plant = PushedPlant("nightly", JOB, "aws-databricks", book(), RentedPhysics(noise=0.0))
    plant.run()
    profile = read_profile(plant.pushes.event_log("nightly", "run-0001"))
    found = solve(profile, plant.report(), "aws-databricks", book())
    assert isinstance(found, Solved)
    for each in found.by_preference.values():
        assert each.minutes * 60 == pytest.approx(plant.expected_seconds(each.spec), rel=0.2)


@pytest.mark.parametrize("name", NAMES)
def test_unknown_prices_are_said(name: str) -> None:
    code, cloud, region, _ = JOBS[name]
    known = book(cloud, region)
    for poor in (
        PriceBook(source="none", cloud=cloud, region=region),
        replace(known, machines={}),
        replace(known, disks={}),
    ):
        found = solve(*pushed(name), code, poor)
        if isinstance(found, Unsolvable):
            assert all(reason.endswith(".") for reason in found.reasons)
        else:
            assert cloud != "aws"  # it has no disks to be priced


@pytest.mark.parametrize("change", [{"node_type_id": "x9.huge"}, {"node_type_id": None, "instance_pool_id": "pool-1"}])
def test_unknown_machines_are_said(change: dict[str, object]) -> None:
    profile, report = pushed("databricks")
    found = solve(profile, {**report, "cluster": report["cluster"] | change}, "aws-databricks", book())
    assert isinstance(found, Unsolvable)
    assert "x9.huge" in found.reasons[0] or "pool" in found.reasons[0]


def test_where_nobody_lists_units_they_are_what_is_missing() -> None:
    """Of Google Cloud the package has none: a rate of the user's own makes the difference."""
    gcp = book("gcp", "us-central1")
    found = solve(*pushed("gcp"), "gcp-databricks", gcp)
    assert isinstance(found, Unsolvable)
    assert "n2-standard-8" in found.reasons[0]
    rate = DbuRate(1.0, 2.5, 2.0, "an example", "")
    own = replace(gcp, dbu_rates=dict.fromkeys(gcp.nodes, rate))
    assert isinstance(solve(*pushed("gcp"), "gcp-databricks", own), Solved)


def test_a_log_without_work_is_said() -> None:
    profile, report = pushed("databricks")
    assert isinstance(solve(replace(profile, stages=()), report, "aws-databricks", book()), Unsolvable)


def test_machines_without_disks_get_one_where_the_job_had_them() -> None:
    """And are not taken where what the run leaves on its disks would fill them."""
    asked = {**JOB, "node_type_id": "i3.2xlarge", "aws_attributes": {"availability": "SPOT", "ebs_volume_count": 0}}
    plant = PushedPlant("nightly", asked, "aws-databricks", book(), USUAL)
    plant.run()
    profile = read_profile(plant.pushes.event_log("nightly", "run-0001"))
    report = plant.report()

    def economy(profile: Profile) -> Metered:
        found = solve(profile, report, "aws-databricks", book())
        assert isinstance(found, Solved)
        return found.by_preference["economy"]

    bare = economy(profile)
    assert bare.spec.cloud is not None
    assert not bare.spec.cloud.worker.local_disk_gb
    assert bare.configuration["aws_attributes"]["ebs_volume_count"] == 1  # type: ignore[index]
    first = profile.stages[0]
    shuffled = replace(first, totals=replace(first.totals, shuffle_write_bytes=6 * 10**12))
    roomy = economy(replace(profile, stages=(shuffled, *profile.stages[1:])))
    assert roomy.spec.cloud is not None
    assert roomy.spec.cloud.worker.local_disk_gb * roomy.spec.cloud.cluster.workers > 6000


def test_a_log_that_is_longer_than_its_cluster_is_noticed() -> None:
    profile, report = pushed("databricks")
    found = solve(replace(profile, wall_seconds=10 * profile.wall_seconds), report, "aws-databricks", book())
    assert isinstance(found, Solved)
    assert any("longer than the cluster" in note for note in found.notes)
    assert found.basis.dollars > 5 * solved("databricks").basis.dollars


def test_a_log_that_is_cut_off_says_so() -> None:
    profile, report = pushed("databricks")
    cut = replace(profile, completeness=Completeness("cut_off", reasons=("a line is cut off",)))
    found = solve(cut, report, "aws-databricks", book())
    assert isinstance(found, Solved)
    assert "a line is cut off" in found.notes


def test_as_existing_clients_read_it() -> None:
    found = solved("fleets")
    data = as_data(found)
    assert data["basis"] == {
        "configuration": found.basis.configuration,
        "metrics": {"runtime": found.basis.minutes, "cost": found.basis.dollars},
    }
    assert list(data["solutions"]) == list(PREFERENCES)  # type: ignore[call-overload]


def test_a_longest_runtime_is_kept_where_it_can_be() -> None:
    whole = solved("databricks")
    limit = whole.by_preference["economy"].minutes * 0.7
    kept = solved("databricks", wishes=Wishes(sla_minutes=limit))
    assert all(each.minutes <= limit for each in kept.by_preference.values())
    assert solved("databricks", wishes=Wishes(sla_minutes=0.001)).by_preference == whole.by_preference


def test_a_product_nobody_knows_is_said() -> None:
    profile, report = pushed("databricks")
    for code in ("azure-synapse", "azure-databricks", "aws-emr"):
        assert isinstance(solve(profile, report, code, book()), Unsolvable)
        with pytest.raises(InputError):
            place_of(report, code)
    assert place_of(report, "aws-databricks") == ("aws", "us-east-1")


def _mutilated(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _mutilated(each, (*path, key))
    if isinstance(value, list):
        for at, each in enumerate(value[:2]):
            yield from _mutilated(each, (*path, at))


def _with(value: Any, path: tuple[object, ...], new: object) -> Any:  # noqa: ANN401 - any JSON
    if not path:
        return new
    copied: Any = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = _with(value[path[0]], path[1:], new)
    return copied


JUNK: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers(-5, 10**12) | st.text(max_size=5) | st.just([]) | st.just({})
)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_no_report_makes_it_crash(name: str, data: st.DataObject) -> None:
    code, cloud, region, _ = JOBS[name]
    profile, report = pushed(name)
    path = data.draw(st.sampled_from(list(_mutilated(report))[1:]))
    found = solve(profile, _with(report, path, data.draw(JUNK)), code, book(cloud, region))
    assert isinstance(found, Solved | Unsolvable)


def test_every_product_is_tried() -> None:
    assert {code for code, *_ in JOBS.values()} == set(PRODUCTS)
    assert EMR_GROUPS["Instances"].keys() >= {"InstanceGroups"}
