"""From the first report to control, and from decisions back to what is fetched."""

import pytest
from tests.core.rented import JOB, JOBS, book

from setpoint.core.domain import Assessment, Hold, Phase, Recommendation
from setpoint.core.enrolment import Enrolment, FetchedCluster, enrolment, fetched
from setpoint.core.pricebook import Missing
from setpoint.core.wishes import Wishes
from setpoint.ledger.memory import MemoryLedger
from setpoint.loop import Loop
from setpoint.testing.pushed_plant import PushedPlant, RentedPhysics

PROJECT = "nightly"
PHYSICS = RentedPhysics(cpu_seconds=30_000.0, waiting_seconds=2_000.0, tasks=200, noise=0.01)


def controlled(wishes: Wishes, asked: dict[str, object] = JOB) -> tuple[PushedPlant, Loop]:
    plant = PushedPlant(PROJECT, asked, "aws-databricks", book(), PHYSICS)
    plant.run()
    found = enrolment(plant.report(0), "aws-databricks", book(), wishes)
    assert isinstance(found, Enrolment)
    loop = Loop(plant.platform, MemoryLedger(), book(), plant.clock)
    loop.register(PROJECT, "pushed", found.baseline, found.space)
    loop.set_goal(PROJECT, found.goal, space=found.space)
    return plant, loop


def fetch(plant: PushedPlant, loop: Loop) -> tuple[Hold | Recommendation, FetchedCluster]:
    decision = loop.tick(PROJECT)
    assert isinstance(decision, Hold | Recommendation)
    report = plant.report(-1)
    found = fetched(decision, report, "aws-databricks", book(), {"sync:project-id": PROJECT})
    assert found is not None
    return decision, found


def test_what_is_fetched_says_what_it_takes() -> None:
    plant, loop = controlled(Wishes(fix_worker_family=True))
    for _ in range(3):
        _, found = fetch(plant, loop)
        assert found.least_dollars <= found.dollars <= found.most_dollars
        assert found.configuration["custom_tags"] == {"sync:project-id": PROJECT}
        plant.run()
        run = loop.state(PROJECT)
        loop.tick(PROJECT)
        run = loop.state(PROJECT)
        assert found.minutes * 60 == pytest.approx(run.history.runs[-1].seconds - 240.0, rel=0.25)
        assert found.dollars == pytest.approx(run.history.runs[-1].cost.dollars, rel=0.25)


def test_spot_is_left_where_on_demand_is_forced() -> None:
    plant, loop = controlled(Wishes(force_ondemand_workers=True, fix_worker_family=True, sla_minutes=60.0))
    decision, found = fetch(plant, loop)
    assert isinstance(decision, Recommendation)
    assert found.configuration["aws_attributes"]["availability"] == "ON_DEMAND"  # type: ignore[index]


def test_only_counts_vary_where_sizes_are_fixed() -> None:
    plant, loop = controlled(Wishes(optimize_instance_size=False, sla_minutes=60.0))
    for _ in range(3):
        _, found = fetch(plant, loop)
        assert found.configuration["node_type_id"] == JOB["node_type_id"]
        plant.run()
    assert loop.state(PROJECT).history.spec != loop.state(PROJECT).history.registered.baseline


def test_before_anything_can_be_predicted_there_is_nothing_to_fetch() -> None:
    plant, _ = controlled(Wishes())
    hold = Hold("nothing yet", Assessment(Phase.LEARNING))
    assert fetched(hold, plant.report(0), "aws-databricks", book()) is None


def test_machines_nobody_knows_are_missing() -> None:
    code, cloud, region, asked = JOBS["azure"]
    plant = PushedPlant(PROJECT, asked, code, book(cloud, region), PHYSICS)
    plant.run()
    report = dict(plant.report(0))
    report["cluster"] = {**report["cluster"], "node_type_id": "Standard_X9"}  # type: ignore[dict-item]
    assert isinstance(enrolment(report, code, book(cloud, region)), Missing)
