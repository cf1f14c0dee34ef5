"""A cluster as a report shows it, and the port of what writes clusters down."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from setpoint.core.cloud import CloudSpec
from setpoint.core.cloudspec import Executors
from setpoint.core.domain import ClusterSpec
from setpoint.core.pricebook import Cloud, PriceBook
from setpoint.core.reports import ReportedRun, Terms
from setpoint.core.reports.field import Field

__all__ = ["Asked", "PlatformProduct", "Reported"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report says was asked for."""

    cluster: CloudSpec
    executors: Executors | None = None
    """Of each machine where the report says so; None: as we would size them."""
    workers: int | None = None
    """Executors in all, where the report says so."""
    shuffle_partitions: int | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """A run as its report tells, with its spec."""

    run: ReportedRun
    spec: ClusterSpec
    startup_seconds: float
    """From the first machine until Spark could start."""
    failure: str | None
    """Why it failed, in the platform's words; None where it did its work."""
    was_stopped: bool = False
    """Whether somebody stopped it, which says nothing about the spec."""


class PlatformProduct(Protocol):
    """How one platform writes clusters down. What is read raises InputError where the report does not say it."""

    @property
    def cloud(self) -> Cloud:
        """Where it runs."""
        ...

    def is_one(self, root: Field) -> bool:
        """Whether a document is a report of it."""
        ...

    def asked(self, root: Field, run: ReportedRun, book: PriceBook, terms: Terms) -> Asked:
        """What was asked for."""
        ...

    def startup_seconds(self, root: Field, run: ReportedRun) -> float:
        """From the first machine until Spark could start."""
        ...

    def failure(self, root: Field) -> str | None:
        """Why the run failed; None where it did not."""
        ...

    def was_stopped(self, root: Field) -> bool:
        """Whether somebody stopped the run."""
        ...

    def basis(self, root: Field, spec: ClusterSpec) -> dict[str, object]:
        """The cluster that ran, as it would be asked for again."""
        ...

    def configuration(self, root: Field, spec: ClusterSpec, tags: Mapping[str, str]) -> dict[str, object]:
        """Another cluster for the same job."""
        ...
