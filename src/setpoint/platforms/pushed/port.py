"""What the platform of pushed runs needs of whoever stores them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from setpoint.core.domain import ClusterSpec

__all__ = ["PushedRun", "Pushes", "Recommended"]


@dataclass(frozen=True, slots=True)
class PushedRun:
    """One submission that can be read."""

    id: str
    """Of the run: a run that is submitted twice has it twice, and counts once."""
    product_code: str
    """aws-databricks, azure-databricks, gcp-databricks or aws-emr."""
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class Recommended:
    """A spec that was left to be fetched."""

    spec: ClusterSpec
    at: datetime


class Pushes(Protocol):
    """The submissions of projects. A project is the name of its ledger stream."""

    def runs(self, project: str) -> Sequence[PushedRun]:
        """Runs whose log and report can be read, the one that began first first. Raises UnknownProject."""
        ...

    def report(self, project: str, run_id: str) -> Mapping[str, object]:
        """The cluster report of a run as it was submitted. Raises PlatformError where there is none."""
        ...

    def event_log(self, project: str, run_id: str) -> Iterable[Iterable[bytes]]:
        """Parts of the log of a submission. Raises EventLogError where there is none."""
        ...

    def recommended(self, project: str) -> Recommended | None:
        """The spec that was left last, and when; None where none was yet."""
        ...

    def recommend(self, project: str, spec: ClusterSpec, *, replaces: Recommended | None) -> bool:
        """Leave a spec to be fetched; False, and nothing changes, where the last one is not `replaces` any more."""
        ...
