"""The loop over runs that were pushed: several submissions, and the recommendation follows them."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.core.rented import EMR_FLEETS, JOB, book

from setpoint.core.cloud_space import cloud_space
from setpoint.core.domain import Hold, Recommendation
from setpoint.core.history import Applied
from setpoint.core.wishes import Wishes, goal_text
from setpoint.ledger import open_ledger
from setpoint.loop import Loop
from setpoint.testing.pushed_plant import PushedPlant, RentedPhysics

PROJECT = "6f1b0c1e-0000-4000-8000-000000000001"
PHYSICS = RentedPhysics(cpu_seconds=30_000.0, waiting_seconds=2_000.0, tasks=200, noise=0.02)
FEW = Wishes(fix_worker_family=True)
ASKED = {"aws-databricks": JOB, "aws-emr": EMR_FLEETS}


def world(
    product: str, tmp_path: Path, goal: str, *, fetches: bool = True, wishes: Wishes = FEW
) -> tuple[PushedPlant, Loop]:
    plant = PushedPlant(PROJECT, ASKED[product], product, book(), PHYSICS, fetches=fetches)
    loop = Loop(plant.platform, open_ledger(f"sqlite:///{tmp_path}/ledger.db"), book(), plant.clock)
    plant.run()
    spec = plant.platform.current_spec(PROJECT)
    loop.register(PROJECT, "pushed", spec, cloud_space(spec, book(), wishes))
    loop.set_goal(PROJECT, goal)
    return plant, loop


@pytest.mark.parametrize("product", sorted(ASKED))
def test_submissions_make_it_cheaper_within_the_deadline(product: str, tmp_path: Path) -> None:
    plant, loop = world(product, tmp_path, "minimise cost; runtime <= 25m", wishes=Wishes())
    decisions = [loop.tick(PROJECT)]
    for _ in range(3):
        plant.run()
        decisions.append(loop.tick(PROJECT))
    history = loop.state(PROJECT).history
    assert len(history.runs) == 4
    assert all(run.cost.dollars > 0 for run in history.runs)
    recommended = [each.spec for each in decisions if isinstance(each, Recommendation)]
    assert recommended
    assert any(isinstance(entry, Applied) for entry in loop.ledger.read(PROJECT))
    first, last = history.runs[0], history.runs[-1]
    assert last.cost.dollars < 0.9 * first.cost.dollars
    assert last.seconds <= 25 * 60 * 1.1


def test_nobody_who_fetches_nothing_is_left_alone_for_ever(tmp_path: Path) -> None:
    """Their spec stands; what would be better is said again."""
    plant, loop = world("aws-databricks", tmp_path, "minimise cost; runtime <= 25m", fetches=False)
    decisions = [loop.tick(PROJECT)]
    for _ in range(3):
        plant.run()
        decisions.append(loop.tick(PROJECT))
    assert sum(isinstance(each, Recommendation) for each in decisions) >= 2
    assert {run.spec for run in loop.state(PROJECT).history.runs} == {plant.spec}


def test_a_lack_of_memory_is_met_before_anything_ran_well(tmp_path: Path) -> None:
    """On machines with more memory for each slot."""
    plant = PushedPlant(PROJECT, JOB, "aws-databricks", book(), PHYSICS)
    loop = Loop(plant.platform, open_ledger(f"sqlite:///{tmp_path}/ledger.db"), book(), plant.clock)
    plant.run(failure="java.lang.OutOfMemoryError: Java heap space")
    spec = plant.platform.current_spec(PROJECT)
    loop.register(PROJECT, "pushed", spec, cloud_space(spec, book(), Wishes()))
    loop.set_goal(PROJECT, goal_text(Wishes(sla_minutes=60.0), 900.0))
    decision = loop.tick(PROJECT)
    assert isinstance(decision, Recommendation)
    assert decision.spec.task_memory_mib > spec.task_memory_mib
    alike = replace(loop.state(PROJECT).history.space, node_types=())
    loop.set_goal(PROJECT, "minimise cost; runtime <= 30m", space=alike)
    assert isinstance(loop.tick(PROJECT), Hold)


def test_a_tick_may_be_repeated(tmp_path: Path) -> None:
    plant, loop = world("aws-databricks", tmp_path, "minimise cost; runtime <= 25m")
    for _ in range(2):
        loop.tick(PROJECT)
        plant.run()
    before = loop.tick(PROJECT)
    written = loop.ledger.read(PROJECT)
    assert loop.tick(PROJECT) == before
    assert loop.ledger.read(PROJECT) == written
    assert isinstance(before, Hold | Recommendation)
