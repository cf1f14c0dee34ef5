"""Runs that were pushed to us: the contract of platforms, and what is special about them."""

from datetime import timedelta

import pytest
from tests.core.rented import AZURE_JOB, EMR_FLEETS, EMR_GROUPS, JOB, book

from setpoint.core.domain import ClusterSpec
from setpoint.core.pricebook import PriceBook
from setpoint.errors import InputError, PlatformError, UnknownProject
from setpoint.platforms.pushed import PushedPlatform, PushedRun
from setpoint.testing.platform_contract import PROJECT, PlatformContract, PlatformUnderTest
from setpoint.testing.pushed_plant import PushedPlant, RentedPhysics

LIGHT = RentedPhysics(cpu_seconds=400.0, waiting_seconds=100.0, tasks=16)
PLANTS = {
    "databricks": ("aws-databricks", JOB, book("aws", "us-east-1")),
    "azure": ("azure-databricks", AZURE_JOB, book("azure", "eastus")),
    "fleets": ("aws-emr", EMR_FLEETS, book("aws", "us-east-1")),
    "groups": ("aws-emr", EMR_GROUPS, book("aws", "us-east-1")),
}


def plant_of(name: str = "databricks", *, fetches: bool = True) -> PushedPlant:
    code, asked, prices = PLANTS[name]
    return PushedPlant(PROJECT, asked, code, prices, LIGHT, fetches=fetches)


def sized(spec: ClusterSpec, nodes: int) -> ClusterSpec:
    assert spec.cloud is not None
    per_node = spec.slots // spec.cloud.cluster.workers
    return spec.with_size(nodes * per_node, 1)


class TestPushedPlatform(PlatformContract):
    """The contract over each product."""

    @pytest.fixture(params=sorted(PLANTS))
    def subject(self, request: pytest.FixtureRequest) -> PlatformUnderTest:
        """A project to which a recommendation was left before it ever ran."""
        plant = plant_of(request.param)
        specs = (plant.spec, sized(plant.spec, 3), sized(plant.spec, 12))
        plant.pushes.recommend(PROJECT, specs[0], replaces=None)

        def run(*, exit_code: int = 0, with_log: bool = True) -> None:
            failure = f"The application exited with code {exit_code}" if exit_code else None
            plant.run(failure=failure, with_log=with_log)

        prices = PLANTS[request.param][2]
        return PlatformUnderTest(plant.platform, specs, run, lambda: PushedPlatform(plant.pushes, lambda *_: prices))


def test_before_anything_was_pushed_the_spec_is_not_known() -> None:
    with pytest.raises(PlatformError, match=PROJECT):
        plant_of().platform.current_spec(PROJECT)
    with pytest.raises(UnknownProject):
        plant_of().platform.current_spec("other")


def test_who_does_not_fetch_shows_in_the_next_report() -> None:
    plant = plant_of(fetches=False)
    plant.run()
    first = plant.platform.current_spec(PROJECT)
    plant.platform.apply(PROJECT, sized(first, 4), expect=first)
    assert plant.platform.current_spec(PROJECT) == sized(first, 4)
    plant.run()
    assert plant.platform.current_spec(PROJECT) == first


def test_a_run_that_began_before_has_not_fetched() -> None:
    plant = plant_of(fetches=False)
    plant.run()
    first = plant.platform.current_spec(PROJECT)
    late = plant.pushes.runs(PROJECT)[0]
    report = plant.pushes.report(PROJECT, late.id)
    plant.platform.apply(PROJECT, sized(first, 4), expect=first)
    again = PushedRun("late", late.product_code, late.submitted_at + timedelta(days=1))
    plant.pushes.push(PROJECT, again, report, None)
    assert plant.platform.current_spec(PROJECT) == sized(first, 4)


def test_a_report_tells_what_was_charged() -> None:
    plant = plant_of()
    report = plant.platform.cluster_report(PROJECT, plant.run())
    assert report.usage is not None
    assert {use.instance_type for use in report.usage.machines} == {"m5.2xlarge", "m5.xlarge"}
    assert report.seconds == pytest.approx(plant.expected_seconds(report.spec) + 240.0, rel=0.1)


def test_machines_nobody_knows_are_said() -> None:
    plant = plant_of()
    run_id = plant.run()
    blind = PushedPlatform(plant.pushes, lambda *_: PriceBook(source="none", region="us-east-1"))
    with pytest.raises(PlatformError, match=r"m5\.2xlarge"):
        blind.cluster_report(PROJECT, run_id)


def test_a_report_of_another_product_is_refused() -> None:
    plant = plant_of()
    plant.run()
    run = plant.pushes.runs(PROJECT)[0]
    report = plant.pushes.report(PROJECT, run.id)
    plant.pushes.push(PROJECT, PushedRun("other", "aws-emr", run.submitted_at), report, None)
    with pytest.raises(InputError):
        plant.platform.cluster_report(PROJECT, "other")
