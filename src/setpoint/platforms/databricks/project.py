"""What a project is on Databricks, and the folder in which each is kept.

databricks/<project>/project.json   which job it is
databricks/<project>/lock           held while its job is compared and changed
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from setpoint.errors import InputError, UnknownProject
from setpoint.files import write_whole
from setpoint.platforms.databricks.platform import JobOf
from setpoint.platforms.folders import check_name, lock_held, make_folder, read_as

__all__ = ["DatabricksProject", "Product", "Store"]

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
            return read_as(self._folder(name) / "project.json", DatabricksProject)
        except FileNotFoundError:
            raise UnknownProject(f"There is no project {name!r} on Databricks in {self._projects}.") from None

    def register(self, name: str, project: DatabricksProject) -> None:
        """Keep which job it is."""
        make_folder(self._folder(name))
        write_whole(self._folder(name) / "project.json", msgspec.json.encode(project))

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Nobody else of this home changes the project's job meanwhile: Databricks itself compares nothing."""
        with lock_held(self._folder(name) / "lock"):
            yield

    def _folder(self, name: str) -> Path:
        return self._projects / check_name(name)
