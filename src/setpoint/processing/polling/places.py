"""What polling asks of a place in which runs happen: a workspace of Databricks, a region of EMR."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Protocol

from setpoint.store.rows import ProjectRow

__all__ = ["Brought", "Found", "Place", "TooEarly"]

Json = Mapping[str, Any]


class TooEarly(Exception):  # noqa: N818 - reads as a statement
    """Not all of a run is there yet."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not before {seconds:.0f} s have passed")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Found:
    """A run of a project that has ended."""

    project: ProjectRow
    run_id: str
    """Names it within the place, also where it was repaired since."""
    told: Json
    """What is kept of it until its log is there; no secret is in it."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A run, ready to be submitted."""

    report: Json
    product_code: str
    file_name: str
    """Of the log; empty where there is none."""
    without_log: str = ""
    """Why there is none."""


class Place(Protocol):
    """One place, reached with the credentials of its account. What is asked raises PlatformError."""

    @property
    def calls(self) -> int:
        """How many were made so far."""
        ...

    def look(self, mark: Json, projects: Sequence[ProjectRow]) -> tuple[Sequence[Found], Json]:
        """Runs of these projects that have ended since the mark, and the next mark; the empty mark is the first."""
        ...

    def bring(self, project: ProjectRow, told: Json, into: IO[bytes]) -> Brought:
        """The report of a run, its log written into a file. Raises TooEarly while it is still being delivered."""
        ...
