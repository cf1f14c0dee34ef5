"""The folder in which the platform keeps each project's specs and runs. Every file is written whole or not at all.

    projects/<project>/spec.json         the spec in place, and the one its owner's command asks for
    projects/<project>/known-good.json   the spec to fall back to; a file of its own: one damage leaves the other
    projects/<project>/lock              held while a spec is compared and set
    projects/<project>/runs/<run id>/    started.json finished.json alive stderr.tail eventlog/

`alive` is locked (flock) by the submitting process and the spark-submit it started for as long as either lives. The
kernel lets go of the lock whatever ends them, so that a lost run is known without trusting process numbers, which
are given out again.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from setpoint.core.domain import ClusterSpec
from setpoint.errors import PlatformError, UnknownProject
from setpoint.files import write_whole
from setpoint.platforms.folders import check_name, lock_held, make_folder, read_as

_RUN_ID = re.compile(r"[0-9]{8}T[0-9]{6}\.[0-9]{6}Z-[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Standing:
    """What the next run would get."""

    baseline: ClusterSpec
    """What the owner's command asks for."""
    current: ClusterSpec
    set_at: datetime


@dataclass(frozen=True, slots=True)
class Started:
    """What is known of a run when it is launched."""

    spec: ClusterSpec
    started_at: datetime
    host_cores: int | None
    log_directory: str
    """Where Spark was told to write the event log: a path or a URI."""
    retry: bool
    process_id: int
    """For people only; whether it lives is told by the lock."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What is known of a run when its process has ended."""

    finished_at: datetime
    exit_code: int
    stopped: bool
    error: str | None

    @property
    def failed(self) -> bool:
        """Whether it failed by itself."""
        return self.exit_code != 0 and not self.stopped


class Store:
    """Files of one home."""

    def __init__(self, home: Path) -> None:
        self._projects = home.absolute() / "projects"

    def standing(self, project: str) -> Standing:
        """The project's specs. Raises UnknownProject, or PlatformError where the file is damaged."""
        path = self._folder(project) / "spec.json"
        try:
            return read_as(path, Standing)
        except FileNotFoundError:
            raise UnknownProject(
                f"There is no project {project!r} in {self._projects}: run it with `setpoint submit {project} -- …`."
            ) from None

    def known_good(self, project: str) -> ClusterSpec | None:
        """The spec to fall back to, None where none was remembered."""
        try:
            return read_as(self._folder(project) / "known-good.json", ClusterSpec)
        except FileNotFoundError:
            return None

    def set_standing(self, project: str, standing: Standing) -> None:
        """Replace the project's specs."""
        write_whole(self._folder(project) / "spec.json", msgspec.json.encode(standing))

    def set_known_good(self, project: str, spec: ClusterSpec) -> None:
        """Replace the spec to fall back to."""
        write_whole(self._folder(project) / "known-good.json", msgspec.json.encode(spec))

    @contextmanager
    def locked(self, project: str) -> Iterator[None]:
        """Nobody else compares and sets specs of this project meanwhile."""
        folder = self._folder(project)
        make_folder(folder)
        with lock_held(folder / "lock"):
            yield

    def create_run(self, project: str, now: datetime, suffix: str) -> "RunFolder":
        """A new run, alive as long as the folder's lock is held. The suffix makes ids of one microsecond differ."""
        run_id = f"{now.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-{suffix}"
        path = self._folder(project) / "runs" / run_id
        make_folder(path.parent)
        path.mkdir(mode=0o700)
        (path / "eventlog").mkdir()
        return RunFolder(path)

    def run(self, project: str, run_id: str) -> "RunFolder":
        """A run that was started before. Raises PlatformError where there is none."""
        path = self._folder(project) / "runs" / run_id
        if not _RUN_ID.fullmatch(run_id) or not (path / "started.json").exists():
            raise PlatformError(f"Project {project!r} has no run {run_id!r} in {self._projects}.")
        return RunFolder(path)

    def runs(self, project: str) -> tuple["RunFolder", ...]:
        """The runs that were started, oldest first."""
        started = sorted((self._folder(project) / "runs").glob("*/started.json"))
        return tuple(RunFolder(file.parent) for file in started if _RUN_ID.fullmatch(file.parent.name))

    def _folder(self, project: str) -> Path:
        return self._projects / check_name(project)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The files of one run."""

    path: Path

    @property
    def id(self) -> str:
        """The run's id."""
        return self.path.name

    @property
    def event_logs(self) -> Path:
        """Where Spark writes the event log unless the owner has a place of his own."""
        return self.path / "eventlog"

    def started(self) -> Started:
        """What was known when it was launched."""
        return read_as(self.path / "started.json", Started)

    def finished(self) -> Finished | None:
        """What was known when it ended; None where it runs on, or was lost."""
        try:
            return read_as(self.path / "finished.json", Finished)
        except FileNotFoundError:
            return None

    def has_finished(self) -> bool:
        """Whether somebody saw it end."""
        return (self.path / "finished.json").exists()

    def start(self, started: Started) -> None:
        """Make the run known; the caller holds `alive`."""
        write_whole(self.path / "started.json", msgspec.json.encode(started))

    def finish(self, finished: Finished, stderr_tail: bytes) -> None:
        """Make the end of the run known."""
        # Only finished.json makes the run finished, hence last.
        (self.path / "stderr.tail").write_bytes(stderr_tail)
        write_whole(self.path / "finished.json", msgspec.json.encode(finished))

    @contextmanager
    def alive(self) -> Iterator[int]:
        """Hold the run's lock; the descriptor is for the process that the run starts."""
        descriptor = os.open(self.path / "alive", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            # Whoever inherited the descriptor and lives on shares this lock; the run is over all the same.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def is_alive(self) -> bool:
        """Whether the submitting process or its spark-submit lives."""
        try:
            with (self.path / "alive").open("rb") as lock:
                # Shared, so that two who look at once do not take each other for the run.
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False
