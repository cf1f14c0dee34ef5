"""Which clusters are runs of a project, and which are not ours to change, by what EMR says of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from setpoint.core.reports.project import project_of_name
from setpoint.platforms.emr.project import PROJECT_TAGS, EmrProject

__all__ = ["LIVING", "OVER", "Seen", "belongs", "fits_name", "seen", "tags_of", "why_kept"]

Json = Mapping[str, Any]
OVER = ("TERMINATED", "TERMINATED_WITH_ERRORS")
LIVING = ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING")
_LONG_LIVED = timedelta(hours=24)
"""A cluster that is kept alive by its launcher for one run, as Airflow and Step Functions do, does not live so long."""


@dataclass(frozen=True, slots=True, order=True)
class Seen:
    """A cluster or job run of a list; in order of their beginning."""

    created: datetime
    id: str
    name: str
    state: str
    ended: datetime | None = field(default=None, compare=False)

    @property
    def is_over(self) -> bool:
        """Whether the cluster has ended."""
        return self.state in OVER


def seen(summary: Json) -> Seen:
    """A cluster as ListClusters has it."""
    status = summary["Status"]
    times = status["Timeline"]
    name = summary.get("Name", "")
    return Seen(times["CreationDateTime"], summary["Id"], name, status["State"], times.get("EndDateTime"))


def tags_of(tags: Sequence[Json] | Json | None) -> dict[str, str]:
    """Tags as EMR has them (a list) or EMR Serverless (an object)."""
    if isinstance(tags, Mapping):
        return {str(key): str(value) for key, value in tags.items()}
    return {str(each.get("Key", "")): str(each.get("Value", "")) for each in tags or ()}


def fits_name(project: EmrProject, name: str) -> bool:
    """Whether a name may be of a run of the project."""
    if project.name is None:
        return True
    return project.name in (name, project_of_name(name))


def belongs(project: EmrProject, name: str, tags: Mapping[str, str]) -> bool:
    """Whether a cluster or job run is a run of the project: its name and its tag fit, as far as they are asked for."""
    has_tag = project.tag is None or any(tags.get(key) == project.tag for key in PROJECT_TAGS)
    return has_tag and fits_name(project, name)


def why_kept(cluster: Json, steps: Sequence[Json], now: datetime) -> str | None:
    """Why a cluster that lives is not of one run; None where it is, or may be.

    Launchers that end the cluster themselves also have it kept alive; only age and repeated steps tell them apart.
    """
    if cluster.get("AutoTerminate", True) or cluster["Status"]["State"] in OVER:
        return None
    ended = Counter(step["Name"] for step in steps if step["Status"]["State"] in ("COMPLETED", "FAILED"))
    name, repeats = next(iter(ended.most_common(1)), ("", 0))
    is_old = now - cluster["Status"]["Timeline"]["CreationDateTime"] > _LONG_LIVED
    if repeats <= 1 and not is_old:
        return None
    reason = f"its step {name!r} ran {repeats} times" if repeats > 1 else "it has lived for more than a day"
    return (
        f"The cluster {cluster['Id']} is kept alive and shared by runs ({reason}): its machines are not of one run, so "
        "they are left alone. Start a cluster for each run, or allow it to be resized (resize = true)."
    )
