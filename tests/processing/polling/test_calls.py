"""Few calls, however many jobs there are; and the same through the vendor's own client."""

from pathlib import Path
from random import Random

import pytest
from tests.processing.polling.world import PHYSICS, Site, Space
from tests.service.world import result

from setpoint.core.history import RunRecorded
from setpoint.intake import Allowed
from setpoint.platforms.databricks import workspace
from setpoint.processing.polling.looking import POLLING
from setpoint.processing.worker import Worker
from setpoint.testing.databricks import DatabricksEmulator, SimulatedRunner, Workspace
from setpoint.testing.pushed_plant import RentedPhysics

JOBS, MINUTES = 500, 120
SMALL = RentedPhysics(cpu_seconds=2_000.0, waiting_seconds=200.0, tasks=8, noise=0.3)


def test_five_hundred_jobs_take_two_calls_for_each_run_and_a_few_for_each_look(tmp_path: Path) -> None:
    site = Site(tmp_path, Space(DatabricksEmulator(Workspace(SimulatedRunner(SMALL)))))
    chance, store = Random(7), site.world.store
    jobs = [site.create(f"job {number}", cluster_log_conf={}) for number in range(JOBS)]
    for job in jobs:
        store.projects.add("ours", name=str(job), settings={"job_id": str(job), "workspace_id": site.place_id})
    starts = sorted((chance.randrange(MINUTES - 45), job) for job in jobs)
    task, looks = site.watched(), 0
    site.space.emulator.calls.clear()
    for minute in range(MINUTES):
        site.space.emulator.advance(60)
        while starts and starts[0][0] <= minute:
            site.space.run(starts.pop(0)[1])
        site.polling._looked(
            store.tasks.get("ours", task.id) or task,
            store.workspaces.list("ours")[0],
            store.projects.of_workspace("ours", site.place_id),
        )
        looks += 1
    bringing = Worker(store.tasks, {kind: done for kind, done in site.worker._handlers.items() if kind == "bringing"})
    site.space.emulator.advance(2000)
    while bringing.once():
        pass
    assert len(site.tasks("submission")) == JOBS
    calls = site.space.jobs_calls - site.space.emulator.calls["POST", "jobs/run-now"]
    lists = site.space.emulator.calls["GET", "jobs/runs/list"]
    assert calls - lists <= 2 * JOBS
    # What is at work is a page for each 25, and there are a hundred at the most; another page is what began and ended.
    assert lists <= 6 * looks
    counted = store.tasks.remembered(POLLING)[0]
    assert counted["polls"] == looks
    assert counted["calls"] == calls


def test_the_vendor_s_own_client_in_between_changes_nothing(tmp_path: Path) -> None:
    pytest.importorskip("databricks.sdk", reason="the extra databricks is not installed")
    space = Space(DatabricksEmulator(Workspace(SimulatedRunner(PHYSICS), now=Space().emulator.workspace.now)))
    with space.emulator as emulator:
        host, token = emulator.start()
        site = Site(tmp_path, space)
        said = {"databricks_host": host, "databricks_token": token}
        result(site.client.put(f"/v1/databricks/workspaces/{site.place_id}", json=said))
        site.space.opens = workspace  # type: ignore[method-assign]
        site.allowed = Allowed.read(["127.0.0.1"])
        site.staff()
        project = site.project(job := site.create())
        site.ran(job)
        assert len(site.entries(project, RunRecorded)) == 1
