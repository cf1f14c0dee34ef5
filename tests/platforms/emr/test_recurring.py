"""What recurs in an emulated account as its lists show it, through the unmodified boto3."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.platforms.emr.world import BOOK, GROUPS, World, world_of

from setpoint.errors import PlatformError
from setpoint.platforms.emr.recurring import JobsOfAccount, project_of
from setpoint.platforms.recurring import Listing, Recurring
from setpoint.testing.emr import Ordered
from setpoint.testing.platform_contract import PROJECT


def opened(world: World) -> JobsOfAccount:
    return JobsOfAccount(world.platform, "us-east-1", BOOK)


def listed(found: JobsOfAccount, days: float = 30.0) -> Listing:
    return found.listed(days, lambda *_: None)


def only(listing: Listing, name: str) -> Recurring:
    (found,) = (each for each in listing.jobs if each.name == name)
    return found


def test_clusters_of_one_name_are_one_job_with_its_cost_and_its_log(make: Callable[..., World]) -> None:
    world = make("groups")
    for night in range(3):
        world.run(changes={"Name": f"{PROJECT}-2026-01-0{night + 1}"})
    found = opened(world)
    it = only(listed(found), PROJECT)
    assert (len(it.runs), it.refusal, it.project) == (3, "", PROJECT)
    assert all(run.dollars is not None and run.succeeded for run in it.runs)
    look = found.looked_at(it)
    assert look.dollars is not None
    # Whole hours of normalised machines are a rough measure, and no other than that.
    assert 0.2 < (it.runs[0].dollars or 0.0) / look.dollars < 20
    assert look.headroom is not None
    assert 0 < look.headroom < 1
    taking = found.taking(it)
    assert taking.baseline == world.spec
    assert taking.seconds == it.runs[0].seconds
    assert project_of(it, "us-east-1").name == PROJECT


def test_hundreds_of_jobs_are_listed_with_a_call_for_each_page(make: Callable[..., World]) -> None:
    world = make("groups")
    for number in range(130):
        world.runner.orders.append(Ordered(with_log=False))
        world.cloud.client("emr").run_job_flow(**GROUPS | {"Name": f"job {number}"})
    world.cloud.clock.move(86_400)
    before = world.platform.calls.count
    told: list[tuple[str, int]] = []
    listing = opened(world).listed(30.0, lambda what, count: told.append((what, count)))
    assert len(listing.jobs) == 130
    # 50 clusters a page, and one of applications of EMR Serverless.
    assert world.platform.calls.count - before == 3 + 1
    assert ("clusters", 100) in told


def test_job_runs_of_serverless_are_priced_by_what_was_billed(make: Callable[..., World]) -> None:
    world = make("serverless")
    world.run()
    world.run(exit_code=1)
    found = opened(world)
    it = only(listed(found), PROJECT)
    assert it.place == world.project.application
    assert [(run.dollars, run.succeeded) for run in it.runs] == [(None, False), (None, True)]
    look = found.looked_at(it)
    assert look.dollars is not None
    assert look.dollars > 0
    assert look.headroom is not None
    assert found.taking(it).baseline == world.spec
    assert project_of(it, "us-east-1").is_serverless


def test_a_cluster_that_does_not_end_is_refused_with_the_reason(make: Callable[..., World]) -> None:
    world = make("groups")
    kept = GROUPS | {"Name": "shared", "Instances": GROUPS["Instances"] | {"KeepJobFlowAliveWhenNoSteps": True}}
    world.cloud.client("emr").run_job_flow(**kept)
    world.cloud.clock.move(3 * 86_400)
    found = opened(world)
    it = only(listed(found), "shared")
    assert "kept alive since" in it.refusal
    assert "no run" in found.looked_at(it).note
    with pytest.raises(PlatformError, match="kept alive"):
        found.taking(it)


def test_a_run_without_a_log_is_looked_at_all_the_same(make: Callable[..., World], tmp_path: Path) -> None:
    world = make("groups")
    world.run(with_log=False)
    found = opened(world)
    look = found.looked_at(only(listed(found), PROJECT))
    assert look.headroom is None
    assert look.dollars is not None
    assert look.note
    world_of("fleets", world.cloud, tmp_path / "fleets").run(exit_code=1, changes={"Name": "failing"})
    listing = listed(found)
    with pytest.raises(PlatformError, match="ended well"):
        found.taking(only(listing, "failing"))


def test_only_the_days_that_are_asked_for_are_listed(make: Callable[..., World]) -> None:
    world = make("groups")
    for _ in range(4):
        world.run()
    assert len(only(listed(opened(world), days=2.5), PROJECT).runs) == 2
