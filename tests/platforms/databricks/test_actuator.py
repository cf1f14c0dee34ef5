"""Compare and set: nobody's edit is overwritten, nothing is done twice, whatever calls fail."""

from random import Random

import pytest
from tests.core.rented import JOB
from tests.platforms.databricks.workspace import Workspace, job_of

from setpoint.errors import Conflict, PlatformError
from setpoint.platforms.databricks.actuator import put_block
from setpoint.platforms.databricks.jobs import block_hash, cluster_of

SEEN = {**JOB, "enable_elastic_disk": False}
WANTED = {**SEEN, "num_workers": 5}


def put(at: Workspace, **block: object) -> None:
    put_block(at, "7", lambda s: cluster_of(s, "p"), {**WANTED, **block}, expect=block_hash(SEEN))


def block_in(at: Workspace) -> dict[str, object]:
    found = at.job["settings"]["job_clusters"][0]["new_cluster"]
    assert isinstance(found, dict)
    return found


def test_defect_4_03_it_changes_the_cluster_it_saw_and_nothing_else() -> None:
    at = Workspace(job_of(JOB, schedule={"a": 1}))
    put(at)
    assert at.job == job_of(WANTED, schedule={"a": 1})
    put(at)
    assert len(at.updates) == 1


def test_fact_04_an_edit_by_a_person_is_never_overwritten() -> None:
    """A thousand people, each editing another member before the last read or after the write, in any order."""
    for seed in range(1000):
        chance = Random(seed)
        when = chance.choice((1, 3, 4))
        name = chance.choice(("num_workers", "node_type_id", "policy_id", "spark_conf", "init_scripts"))
        value = {"num_workers": chance.randint(9, 99)}.get(name, f"by hand {seed}")
        at = Workspace(job_of(JOB))

        def edit(number: int, at: Workspace = at, when: int = when, name: str = name, value: object = value) -> None:
            if number == when:
                block_in(at)[name] = value

        at.before = edit
        if when == 4:
            put(at)
            edit(4)
        else:
            with pytest.raises(Conflict):
                put(at)
        assert block_in(at)[name] == value
        assert len(at.updates) == (0 if when == 1 else 1)


@pytest.mark.parametrize("fault", ["refused", "lost"])
def test_a_write_without_an_answer_is_looked_at_before_it_is_repeated(fault: str) -> None:
    at = Workspace(job_of(JOB), faults={2: fault})
    put(at)
    assert block_in(at) == WANTED
    assert len(at.updates) == 1


def test_a_person_who_edits_after_a_refused_write_is_left_alone() -> None:
    at = Workspace(job_of(JOB), faults={2: "refused"})
    at.before = lambda number: block_in(at).update(num_workers=70) if number == 3 else None
    with pytest.raises(Conflict):
        put(at)
    assert block_in(at)["num_workers"] == 70


def test_a_workspace_that_never_takes_it_is_given_up() -> None:
    at = Workspace(job_of(JOB), faults=dict.fromkeys(range(99), "refused"))
    with pytest.raises(PlatformError, match="4 tries"):
        put(at)
    assert block_in(at) == JOB


def test_defect_4_02_a_key_that_is_to_go_goes() -> None:
    at = Workspace(job_of(JOB))
    put(at, spark_conf={})
    assert block_in(at)["spark_conf"] == {}


def test_fact_22_what_a_bundle_owns_is_not_written() -> None:
    at = Workspace(job_of(JOB, deployment={"kind": "BUNDLE", "metadata_file_path": "/m.json"}))
    with pytest.raises(PlatformError, match="Bundle"):
        put(at)
    assert at.updates == []


def test_an_edit_during_the_write_itself_cannot_be_seen() -> None:
    """The one gap that remains without a version on Databricks' side; docs/platforms/databricks.md says so."""
    at = Workspace(job_of(JOB))
    at.before = lambda number: block_in(at).update(num_workers=70) if number == 2 else None
    put(at)
    assert block_in(at)["num_workers"] == 5


@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize("fault", ["refused", "lost"])
def test_whichever_calls_fail_the_block_is_whole_and_is_put_once(number: int, fault: str) -> None:
    for more in range(1, 7):
        at = Workspace(job_of(JOB), faults={number: fault, more: "lost"})
        put(at)
        put(at)
        assert block_in(at) == WANTED
        assert len(at.updates) == 1
