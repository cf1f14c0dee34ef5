"""The folder in which the platform keeps each project on EMR. Every file is written whole or not at all.

emr/<project>/project.json     how its runs are known, and what launches them
emr/<project>/left.json        the spec that was left for the next run, with its arguments
emr/<project>/arguments.json   the same arguments, for people and launchers to read
emr/<project>/cluster.patch    the change of the launcher's file, where it has one
emr/<project>/handed.json      the spec that the owner of the launcher's file was given on a branch, and where
emr/<project>/lock             held while a spec is compared and left
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from setpoint.core.domain import ClusterSpec
from setpoint.errors import UnknownProject
from setpoint.files import write_whole
from setpoint.platforms.emr.project import EmrProject
from setpoint.platforms.folders import check_name, lock_held, make_folder, read_as

__all__ = ["MOST_REMEMBERED", "Handed", "Left", "Store"]

MOST_REMEMBERED = 16
"""Specs that were left before, so that a run that has one is known to."""


@dataclass(frozen=True, slots=True)
class Left:
    """A spec that was left for the next run."""

    spec: ClusterSpec
    at: datetime
    arguments: dict[str, Any]
    """Complete, for `run_job_flow` or `start_job_run`."""
    template_hash: str = ""
    """Of the launcher's file as it was then; empty where it has none."""
    before: tuple[ClusterSpec, ...] = ()
    """Specs that were left earlier, newest first."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A spec that the owner of a launcher's file is to take."""

    spec: ClusterSpec
    place: str
    """Where it lies, in words."""


class Store:
    """Files of one home."""

    def __init__(self, home: Path) -> None:
        self._projects = home.absolute() / "emr"

    def projects(self) -> tuple[str, ...]:
        """Names of the projects, in order."""
        return tuple(sorted(file.parent.name for file in self._projects.glob("*/project.json")))

    def project(self, name: str) -> EmrProject:
        """How a project's runs are known. Raises UnknownProject, or PlatformError where the file is damaged."""
        try:
            return read_as(self.folder(name) / "project.json", EmrProject)
        except FileNotFoundError:
            raise UnknownProject(f"There is no project {name!r} on EMR in {self._projects}.") from None

    def register(self, name: str, project: EmrProject) -> None:
        """Keep how a project's runs are known."""
        make_folder(self.folder(name))
        write_whole(self.folder(name) / "project.json", msgspec.json.encode(project))

    def left(self, name: str) -> Left | None:
        """What was left for the next run."""
        try:
            return read_as(self.folder(name) / "left.json", Left)
        except FileNotFoundError:
            return None

    def leave(self, name: str, left: Left) -> None:
        """Leave a spec for the next run; from then on it is what a launcher fetches."""
        write_whole(self.folder(name) / "left.json", msgspec.json.encode(left))

    def hand_over(self, name: str, handed: Handed) -> None:
        """Keep what the owner of the launcher's file was given."""
        write_whole(self.folder(name) / "handed.json", msgspec.json.encode(handed))

    def handed(self, name: str) -> Handed | None:
        """What the owner of the launcher's file was given last."""
        try:
            return read_as(self.folder(name) / "handed.json", Handed)
        except FileNotFoundError:
            return None

    def show(self, name: str, left: Left) -> Path:
        """Write the arguments of what was left where people look; the file."""
        path = self.folder(name) / "arguments.json"
        write_whole(path, msgspec.json.format(msgspec.json.encode(left.arguments), indent=2) + b"\n")
        return path

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Nobody else compares and leaves specs of this project meanwhile."""
        with lock_held(self.folder(name) / "lock"):
            yield

    def folder(self, name: str) -> Path:
        """Of a project."""
        return self._projects / check_name(name)
