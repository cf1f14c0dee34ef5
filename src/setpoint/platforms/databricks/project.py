"""What a project is on Databricks, and the folder in which each is kept.

databricks/<project>/project.json   which job it is
databricks/<project>/left.json      what was handed to the owner of its job last
databricks/<project>/lock           held while its job is compared and changed
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from setpoint.core.domain import ClusterSpec
from setpoint.errors import InputError, UnknownProject
from setpoint.files import write_whole
from setpoint.platforms.databricks.platform import JobOf
from setpoint.platforms.folders import check_name, lock_held, make_folder, read_as

__all__ = ["DatabricksProject", "HandedOver", "Product", "Store"]

Product = Literal["aws-databricks", "azure-databricks", "gcp-databricks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabricksProject:
    """A job of a workspace, and which of its clusters."""

    host: str
    """Of the workspace, with https://."""
    job_id: str
    cluster_path: str = ""
    """`job_clusters/<key>` or `tasks/<key>`; empty: the one with the project's tag, or the only one."""
    profile: str = ""
    """Of `~/.databrickscfg`; empty: credentials are found as is usual on the machine. No secret is kept."""
    product: Product = "aws-databricks"
    region: str = ""
    """In which its clusters are."""
    checkout: str = ""
    """A checkout of what deploys the job, where others own it: what is decided is committed there, on `branch`. Empty:
    it is left as a file in the project's folder."""
    branch: str = ""
    """Empty: `setpoint/<project>`."""
    key: str = ""
    """What the job is called in the bundle, or the variable in Terraform; empty: by its name."""

    def __post_init__(self) -> None:
        """Raises InputError where no job of a workspace is named."""
        if not self.host:
            raise InputError("A project on Databricks needs the host of its workspace.")
        if not self.job_id.isdecimal():
            raise InputError(f"{self.job_id!r:.40} is no id of a Databricks job; it is a number.")

    @property
    def job(self) -> JobOf:
        """What the platform needs of it."""
        return JobOf(self.job_id, self.cluster_path)


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What the owner of a job was given."""

    spec: ClusterSpec
    place: str
    """Where it lies, in words."""


class Store:
    """Files of one home."""

    def __init__(self, home: Path) -> None:
        self._projects = home.absolute() / "databricks"

    def projects(self) -> tuple[str, ...]:
        """Names of the projects, in order."""
        return tuple(sorted(file.parent.name for file in self._projects.glob("*/project.json")))

    def project(self, name: str) -> DatabricksProject:
        """Which job it is. Raises UnknownProject, or PlatformError where the file is damaged."""
        try:
            return read_as(self.folder(name) / "project.json", DatabricksProject)
        except FileNotFoundError:
            raise UnknownProject(f"There is no project {name!r} on Databricks in {self._projects}.") from None

    def register(self, name: str, project: DatabricksProject) -> None:
        """Keep which job it is."""
        make_folder(self.folder(name))
        write_whole(self.folder(name) / "project.json", msgspec.json.encode(project))

    def hand_over(self, name: str, left: HandedOver) -> None:
        """Keep what the owner of the job was given."""
        write_whole(self.folder(name) / "left.json", msgspec.json.encode(left))

    def handed_over(self, name: str) -> HandedOver | None:
        """What the owner of the job was given last."""
        try:
            return read_as(self.folder(name) / "left.json", HandedOver)
        except FileNotFoundError:
            return None

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Nobody else of this home changes the project's job meanwhile: Databricks itself compares nothing."""
        with lock_held(self.folder(name) / "lock"):
            yield

    def folder(self, name: str) -> Path:
        """In which all of a project is kept."""
        return self._projects / check_name(name)
