"""Whose job it is, and what its owner gets instead of a write."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from setpoint.errors import PlatformError
from setpoint.platforms.databricks.jobs import Place
from setpoint.platforms.databricks.ownership import Owner, committed, owner_of, patch_for, written

PLACE = Place("job_clusters", "main")
BLOCK = {"num_workers": 2, "spark_version": "14.3"}


@pytest.mark.parametrize(
    ("job", "kind"),
    [
        ({"settings": {"deployment": {"kind": "BUNDLE", "metadata_file_path": "/m"}}}, "bundle"),
        ({"settings": {"edit_mode": "UI_LOCKED"}}, "bundle"),
        ({"settings": {"deployment": {"kind": "SYSTEM_MANAGED"}}}, "system"),
        ({"settings": {"tags": {"managed_by": "Terraform"}}}, "terraform"),
        ({"run_type": "SUBMIT_RUN", "run_name": "Airflow: dag__task"}, "airflow"),
        ({"settings": {"name": "nightly", "edit_mode": "EDITABLE"}}, None),
    ],
)
def test_fact_22_23_24_owners_are_recognised(job: dict[str, object], kind: str | None) -> None:
    found = owner_of(job)
    assert (found.kind if found else None) == kind


def test_a_bundle_gets_an_override_with_its_types_kept() -> None:
    patch = patch_for(Owner("bundle", ""), "nightly", PLACE, BLOCK)
    job = yaml.safe_load(patch.text)["resources"]["jobs"]["nightly"]
    assert job == {"job_clusters": [{"job_cluster_key": "main", "new_cluster": BLOCK}]}
    loop = patch_for(Owner("bundle", ""), "nightly", Place("tasks", "each", is_looped=True), BLOCK)
    assert json.loads(loop.text)["resources"]["jobs"]["nightly"]["tasks"][0]["for_each_task"]["task"]


def test_terraform_gets_a_variable_and_airflow_the_cluster(tmp_path: Path) -> None:
    variable = patch_for(Owner("terraform", ""), "night ly", PLACE, BLOCK)
    assert variable.name.endswith(".auto.tfvars.json")
    assert json.loads(variable.text) == {"night_ly_cluster": BLOCK}
    cluster = written(patch_for(Owner("airflow", ""), "../up", PLACE, BLOCK), tmp_path / "patches")
    assert cluster.parent == tmp_path / "patches"
    assert json.loads(cluster.read_text(encoding="utf-8")) == {"new_cluster": BLOCK}
    with pytest.raises(PlatformError):
        patch_for(Owner("system", ""), "x", PLACE, BLOCK)


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_patch_is_a_commit_on_a_branch_and_the_checkout_stays_as_it_was(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "config", "user.email", "a@b.c")
    git(tmp_path, "config", "user.name", "A")
    (tmp_path / "databricks.yml").write_text("bundle: {name: x}\n", encoding="utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "begin")
    (tmp_path / "dirty.txt").write_text("not yet", encoding="utf-8")
    patch = patch_for(Owner("bundle", ""), "nightly", PLACE, BLOCK)
    first = committed(patch, tmp_path, "setpoint/nightly", "Use 2 workers")
    assert committed(patch, tmp_path, "setpoint/nightly", "Use 2 workers") == first
    assert git(tmp_path, "show", f"setpoint/nightly:{patch.name}") == patch.text.strip()
    assert git(tmp_path, "show", "setpoint/nightly:databricks.yml") == "bundle: {name: x}"
    assert git(tmp_path, "status", "--porcelain") == "?? dirty.txt"
    assert git(tmp_path, "rev-list", "--count", "setpoint/nightly") == "2"
    with pytest.raises(PlatformError, match="checked out"):
        committed(patch, tmp_path, "main", "no")
