"""An account in memory, with recurring jobs of which some cannot be taken and some cannot be read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.core.rented import book

from setpoint.core.cloud import CloudSpec
from setpoint.core.cloudspec import rented
from setpoint.core.domain import ClusterSpec
from setpoint.core.pricebook import Missing
from setpoint.core.starting_order import RunSeen
from setpoint.errors import EventLogError, PlatformError
from setpoint.platforms.recurring import CloserLook, Listing, Recurring, Taking, distinct, project_name

BOOK = book("aws", "us-east-1")


def spec(workers: int = 4) -> ClusterSpec:
    """Of rented machines."""
    found = rented(CloudSpec(cloud="aws", region="us-east-1", node_type="m5.xlarge", workers=workers), BOOK)
    assert not isinstance(found, Missing)
    return found


def job(number: int, name: str = "", dollars: float | None = 5.0, **more: object) -> Recurring:
    """One that ran each night of a week."""
    called = name or f"job {number}"
    runs = tuple(RunSeen(86_400.0 * night, 1800.0, dollars) for night in range(7))
    given: dict[str, object] = {"key": f"{number} main", "job_id": str(number), "name": called, "place": "main"}
    return Recurring(**(given | {"project": project_name(called), "runs": runs} | more))  # type: ignore[arg-type]


@dataclass
class Account:
    """Recurrences and Keeper at once."""

    jobs: tuple[Recurring, ...]
    looks: Mapping[str, CloserLook | Exception] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    """Project by key."""
    looked: list[str] = field(default_factory=list)
    fails_at: str = ""
    """Project at which keeping fails."""

    def listed(self, days: float, told: Callable[[str, int], None]) -> Listing:
        """All of them."""
        told("jobs", len(self.jobs))
        return Listing(distinct(self.jobs), days)

    def looked_at(self, job: Recurring) -> CloserLook:
        """What was said of it, else that its slots idle half of the time."""
        self.looked.append(job.key)
        found = self.looks.get(job.key, CloserLook(0.5, 5.0, 1800.0))
        if isinstance(found, Exception):
            raise found
        return found

    def taking(self, job: Recurring) -> Taking:
        """Four workers."""
        if job.refusal:
            raise PlatformError(job.refusal)
        return Taking(spec(), 1800.0)

    def known(self) -> Mapping[str, str]:
        """See Keeper."""
        return dict(self.kept)

    def keep(self, project: str, job: Recurring) -> None:
        """See Keeper."""
        if project == self.fails_at:
            raise PlatformError("The disk is full.")
        self.kept[job.key] = project


NO_LOG = EventLogError("There is no event log.")
