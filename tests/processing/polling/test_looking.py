"""The poller: runs that nobody submits are found, brought once, measured, decided upon, and the job is changed."""

from pathlib import Path

from tests.processing.polling.world import Site

from setpoint.core.history import Applied, Decided, RunRecorded

SAME_MACHINES = {"optimize_instance_size": False}
"""The emulated workspace offers few types."""


def test_a_run_that_nobody_submitted_is_measured_and_decided_upon(tmp_path: Path) -> None:
    site = Site(tmp_path)
    job = site.create()
    project = site.project(job)
    run = site.ran(job)
    (recorded,) = site.entries(project, RunRecorded)
    assert recorded.run.profile is not None
    assert recorded.run.cost.dollars > 0
    assert site.entries(project, Decided)
    assert [each["run"] for each in site.audited("run brought")] == [str(run)]
    site.poll()
    assert len(site.entries(project, RunRecorded)) == 1


def test_where_it_is_wanted_the_next_run_has_another_cluster(tmp_path: Path) -> None:
    site = Site(tmp_path)
    job = site.create()
    project = site.project(job, auto_apply_recs=True, **SAME_MACHINES)
    before = dict(site.space.block(job))
    for _ in range(4):
        site.ran(job)
    assert site.space.block(job) != before
    runs = [entry.run for entry in site.entries(project, RunRecorded)]
    assert len(runs) == 4
    assert site.entries(project, Applied)
    assert runs[-1].cost.dollars < runs[0].cost.dollars
