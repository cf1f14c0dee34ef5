"""Many projects in one account: what is asked of AWS grows with the runs that ended, and with nothing else."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.platforms.emr.world import BOOK, World, needs_applications

from setpoint.core.domain import SearchSpace
from setpoint.ledger.memory import MemoryLedger
from setpoint.loop import Loop
from setpoint.platforms.emr import on_ec2, on_serverless
from setpoint.platforms.emr.project import EmrProject
from setpoint.testing.platform_contract import PROJECT

PROJECTS = 12
FEW_KEPT = 4
"""Reports, so that there are more projects than reports are kept of."""
PER_CLUSTER = {
    "emr:DescribeCluster": 1,
    "emr:ListInstanceGroups": 1,
    "emr:ListInstances": 1,
    "emr:ListSteps": 1,
    "emr:ListBootstrapActions": 1,
    "emr:GetManagedScalingPolicy": 1,
    "s3:GET?list": 1,
    "s3:GET": 1,
}
JOB_RUN = "emr-serverless:GET/applications/*/jobruns/*"
PER_JOB_RUN = {
    JOB_RUN: 1,
    "s3:GET?list": 1,
    "s3:GET": 1,
}


class Account:
    """Many projects, each with its own name, and a launcher that starts all of them each night."""

    def __init__(self, world: World, named: Callable[[str], EmrProject], count: int = PROJECTS) -> None:
        self.world = world
        self.loop = Loop(world.platform, MemoryLedger(), BOOK, world.cloud.clock)
        self.names = [f"team-{number}" for number in range(count)]
        for name in self.names:
            world.platform.register(name, named(name))

    def night(self) -> None:
        for name in self.names:
            self.world.launch(self._named(name))
        self.world.cloud.clock.move(86_400)

    def _named(self, name: str) -> dict[str, object]:
        if self.world.project.is_serverless:
            return {"name": name, "tags": {"setpoint:project": name}}
        return {"Name": name, "Tags": [{"Key": "setpoint:project", "Value": name}]}

    def observe(self) -> Counter[str]:
        """One round over all projects; the calls it took."""
        before = len(self.world.cloud.faults.calls)
        for name in self.names:
            if name not in self.loop.ledger.projects():
                self.loop.register(name, "emr", self.world.platform.current_spec(name), SearchSpace())
            self.loop.observe(name)
        return Counter(self.world.cloud.faults.calls[before:])

    @property
    def runs(self) -> int:
        return sum(len(self.loop.state(name).history.runs) for name in self.names)


@pytest.fixture
def account(make: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Account]:
    for module in (on_ec2, on_serverless):
        monkeypatch.setattr(module, "MOST_KEPT", FEW_KEPT)

    def made(kind: str, *, by_tag: bool) -> Account:
        world = make(kind, template=None)
        world.fetches = False

        def named(name: str) -> EmrProject:
            return replace(world.project, tag=name, name=None) if by_tag else replace(world.project, name=name)

        found = Account(world, named)
        found.night()
        found.observe()
        return found

    return made


@pytest.mark.parametrize("by_tag", [False, True], ids=["by name", "by tag"])
def test_a_finished_cluster_is_read_once(account: Callable[..., Account], *, by_tag: bool) -> None:
    ours = account("groups", by_tag=by_tag)
    ours.night()
    calls = ours.observe()
    assert ours.runs == 2 * PROJECTS
    assert calls.pop("emr:ListClusters") <= 1 + PROJECTS // 50
    told = {"emr:DescribeCluster": PER_CLUSTER["emr:DescribeCluster"] + by_tag}
    assert calls == {key: PROJECTS * count for key, count in (PER_CLUSTER | told).items()}


@pytest.mark.parametrize("by_tag", [False, True], ids=["by name", "by tag"])
def test_a_finished_job_run_is_read_once(account: Callable[..., Account], *, by_tag: bool) -> None:
    ours = account("serverless", by_tag=by_tag)
    ours.night()
    calls = ours.observe()
    assert ours.runs == 2 * PROJECTS
    assert calls.pop("emr-serverless:GET/applications/*/jobruns") <= 1 + PROJECTS // 50
    assert calls.pop("emr-serverless:GET/applications/*") == 1
    tags = {JOB_RUN: PER_JOB_RUN[JOB_RUN] + by_tag}
    assert all(calls[key] <= PROJECTS * count for key, count in (PER_JOB_RUN | tags).items())
    assert calls.keys() == PER_JOB_RUN.keys()


@pytest.mark.parametrize("kind", ["groups", "serverless"])
def test_where_nothing_ran_nothing_but_the_list_is_asked_for(account: Callable[..., Account], kind: str) -> None:
    ours = account(kind, by_tag=True)
    for _ in range(3):
        ours.world.cloud.clock.move(60)
        assert ours.observe().total() == 1


@needs_applications
def test_a_folder_that_all_share_is_never_listed_whole(account: Callable[..., Account]) -> None:
    ours = account("groups", by_tag=False)
    at = ours.world.cloud.clock()
    for number in range(1_200):
        ours.world.cloud.put(f"s3://logs/events/application_1700000000000_{number:04d}", b"{}", at)
    ours.night()
    assert ours.observe()["s3:GET?list"] == PROJECTS


def test_a_hundred_projects_ask_once_for_the_clusters_of_a_region(make: Callable[..., World]) -> None:
    world = make("groups")
    run = world.run()
    world.platform.finished_runs(PROJECT)
    before = len(world.cloud.faults.calls)
    for number in range(100):
        world.platform.register(f"other-{number}", world.project)
        assert world.platform.finished_runs(f"other-{number}") == (run,)
    assert len(world.cloud.faults.calls) == before
    world.cloud.clock.move(timedelta(minutes=5).total_seconds())
    world.platform.finished_runs(PROJECT)
    assert world.cloud.faults.calls[before:] == ["emr:ListClusters"]
