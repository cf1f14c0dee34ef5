"""Which cluster is ours, and that an update says all of it and nothing else."""

import pytest
from tests.core.rented import JOB

from setpoint.errors import PlatformError
from setpoint.platforms.databricks.jobs import Place, block_hash, cluster_of, update_of

TAGGED = {**JOB, "custom_tags": {"sync:project-id": "p"}}


def shared(**blocks: object) -> dict[str, object]:
    return {"name": "n", "job_clusters": [{"job_cluster_key": k, "new_cluster": b} for k, b in blocks.items()]}


def test_defect_4_04_of_several_clusters_the_tag_goes_before_the_path_and_the_path_before_the_only_one() -> None:
    both = shared(a=JOB, b=TAGGED)
    assert cluster_of(both, "p", "job_clusters/a").place == Place("job_clusters", "b")
    assert cluster_of(both, "q", "job_clusters/a").place == Place("job_clusters", "a")
    assert cluster_of(shared(a=JOB), "q").place == Place("job_clusters", "a")


@pytest.mark.parametrize(
    ("settings", "path", "words"),
    [
        (shared(a=JOB, b=JOB), "", "several clusters"),
        (shared(a=TAGGED, b=TAGGED), "", "Several clusters"),
        (shared(a=JOB), "tasks/x", "no cluster 'tasks/x'"),
        ({"tasks": [{"task_key": "t", "existing_cluster_id": "0101"}]}, "", "all-purpose cluster 0101"),
        ({"tasks": [{"task_key": "t", "environment_key": "e"}]}, "", "serverless"),
        (shared(a=JOB, b=TAGGED), "job_clusters/b", "belongs to project"),
    ],
)
def test_what_is_not_ours_is_refused_with_a_sentence(settings: dict[str, object], path: str, words: str) -> None:
    project = "p" if "Several" in words else "other"
    with pytest.raises(PlatformError, match=words):
        cluster_of(settings, project, path)


def test_fact_01_an_update_sends_the_whole_entry_and_no_other() -> None:
    task = {"task_key": "t", "new_cluster": JOB, "timeout_seconds": 9, "depends_on": [{"task_key": "s"}]}
    settings = {"tasks": [task, {"task_key": "s", "new_cluster": JOB}]}
    found = update_of(settings, Place("tasks", "t"), {"num_workers": 1})
    assert found == {"tasks": [{**task, "new_cluster": {"num_workers": 1}}]}


def test_fact_07_clusters_of_jobs_tasks_and_loops_are_found() -> None:
    loop = {"task_key": "each", "for_each_task": {"inputs": "[1]", "task": {"task_key": "in", "new_cluster": JOB}}}
    ours = cluster_of({"tasks": [loop]}, "p")
    assert (ours.place, ours.tasks) == (Place("tasks", "each", is_looped=True), ("each",))
    changed = update_of({"tasks": [loop]}, ours.place, {"num_workers": 3})["tasks"][0]["for_each_task"]
    assert changed == {"inputs": "[1]", "task": {"task_key": "in", "new_cluster": {"num_workers": 3}}}
    users = [{"task_key": key, "job_cluster_key": "a"} for key in "xy"]
    assert cluster_of({**shared(a=JOB), "tasks": users}, "p").tasks == ("x", "y")


def test_a_hash_sees_any_change_and_no_order() -> None:
    assert block_hash(JOB) == block_hash(dict(reversed(JOB.items())))
    assert block_hash(JOB) != block_hash({**JOB, "init_scripts": []})
