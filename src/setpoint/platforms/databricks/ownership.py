"""Who owns a job's settings: a bundle, Terraform or Airflow would write over what we write, so they get a patch.

A patch is data; `committed` puts it on a branch of the user's own checkout, and never pushes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from setpoint.errors import LeftToOwner, PlatformError
from setpoint.platforms.checkouts import commit_file
from setpoint.platforms.databricks.jobs import Place

__all__ = ["LeftToOwner", "OwnedByOthers", "Owner", "Patch", "committed", "owner_of", "patch_for", "written"]

Json = Mapping[str, Any]
_MARKS = ("managed_by", "managed-by", "managedby", "setpoint:owner")
"""Tags by which people say who owns a job: Terraform leaves no trace of its own in one."""


class OwnedByOthers(PlatformError):  # noqa: N818 - reads as a statement
    """Somebody else writes the settings of the job, and would write over ours."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who writes the settings of a job."""

    kind: Literal["bundle", "terraform", "airflow", "system"]
    reason: str
    """A sentence for people."""
    path: str = ""
    """Of the bundle's metadata file, where it says so."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A file that gives the next run another cluster once its owner takes it."""

    name: str
    text: str


def owner_of(job: Json) -> Owner | None:
    """Whoever else writes the settings of a job (`jobs/get`) or of a run (`runs/get`); None: people and we."""
    settings = job.get("settings") or job
    deployment = settings.get("deployment") or {}
    kind = str(deployment.get("kind") or "")
    if kind == "SYSTEM_MANAGED":
        return Owner("system", "Databricks manages it itself.")
    if kind:
        path = str(deployment.get("metadata_file_path") or "")
        return Owner("bundle", "an Asset Bundle deploys it and would undo the change; apply the patch instead.", path)
    if settings.get("edit_mode") == "UI_LOCKED":
        return Owner("bundle", "its settings are locked for whatever deploys it; apply the patch there instead.")
    return _marked(job, settings)


def _marked(job: Json, settings: Json) -> Owner | None:
    """The owner by tags, or by how the run came to be."""
    tags = {str(key).lower(): str(value).lower() for key, value in (settings.get("tags") or {}).items()}
    marked = next((tags[mark] for mark in _MARKS if mark in tags), "")
    if "terraform" in marked:
        return Owner("terraform", "Terraform applies it and would undo the change; apply the patch instead.")
    if "airflow" in marked or (job.get("run_type") == "SUBMIT_RUN" and "airflow" in str(job.get("run_name")).lower()):
        return Owner("airflow", "Airflow submits it with its own cluster; give the DAG the patch instead.")
    if job.get("run_type") == "SUBMIT_RUN":
        return Owner("airflow", "it was submitted without a job, so there is nothing to change; use the patch there.")
    return None


def patch_for(owner: Owner, job_key: str, place: Place, block: Json) -> Patch:
    """The change in the owner's own language. `job_key`: the job's name in the bundle, or the variable's."""
    if owner.kind == "system":
        raise PlatformError("A job that Databricks manages itself cannot be changed, by a patch neither.")
    if owner.kind == "bundle":
        # JSON is YAML; every value stays what it is, whatever it looks like.
        entry: dict[str, Any] = {("job_cluster_key" if place.kind == "job_clusters" else "task_key"): place.key}
        cluster = {"new_cluster": dict(block)}
        entry |= {"for_each_task": {"task": cluster}} if place.is_looped else cluster
        return Patch(f"setpoint.{_safe(job_key)}.yml", _json({"resources": {"jobs": {job_key: {place.kind: [entry]}}}}))
    if owner.kind == "terraform":
        return Patch(f"setpoint.{_safe(job_key)}.auto.tfvars.json", _json({f"{_safe(job_key)}_cluster": dict(block)}))
    return Patch(f"setpoint.{_safe(job_key)}.cluster.json", _json({"new_cluster": dict(block)}))


def written(patch: Patch, folder: Path) -> Path:
    """The patch as a file in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / patch.name
    path.write_text(patch.text, encoding="utf-8")
    return path


def committed(patch: Patch, checkout: Path, branch: str, message: str) -> str:
    """Commit a patch on a branch of a checkout, and give the id of the commit; see `commit_file`."""
    return commit_file(checkout, branch, PurePosixPath(patch.name), patch.text, message)


def _safe(key: str) -> str:
    return "".join(sign if sign.isalnum() and sign.isascii() else "_" for sign in key) or "job"


def _json(document: object) -> str:
    return json.dumps(document, indent=2, sort_keys=True) + "\n"
