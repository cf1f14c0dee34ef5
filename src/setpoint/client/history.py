"""Operations on what happened to a project: runs, decisions and why, savings."""

from collections.abc import Sequence

from setpoint.client.paging import every
from setpoint.client.projects import path_of
from setpoint.client.records import Document, document
from setpoint.client.steps import Ask, Operation
from setpoint.client.told import Decision, Run, Saved

__all__ = ["calibration", "decisions", "explain", "forecast", "runs", "savings", "savings_of_all", "verify"]


def runs(project_id: str) -> "Operation[Sequence[Run]]":
    """All runs of a project, newest first."""
    found = yield from every(f"{path_of(project_id)}/runs", key="items")
    return tuple(Run.read(each) for each in found)


def decisions(project_id: str) -> "Operation[Sequence[Decision]]":
    """All decisions of a project, newest first."""
    found = yield from every(f"{path_of(project_id)}/decisions", key="items")
    return tuple(Decision.read(each) for each in found)


def explain(project_id: str, number: int | None = None) -> "Operation[Decision]":
    """Why a decision was taken; the newest without its number."""
    query = [] if number is None else [("number", str(number))]
    return Decision.read(document((yield Ask("GET", f"{path_of(project_id)}/explain", query=query))))


def verify(project_id: str, newest: int = 1) -> "Operation[Document]":
    """The newest decisions taken again from the evidence of their day."""
    query = [("newest", str(newest))]
    return document((yield Ask("GET", f"{path_of(project_id)}/verification", query=query)))


def savings(project_id: str) -> "Operation[Saved]":
    """What was saved in a project."""
    return Saved.read(document((yield Ask("GET", f"{path_of(project_id)}/savings"))))


def savings_of_all(by: str = "project") -> "Operation[Document]":
    """What was saved over all projects, summed by project, month, group, owner or `tag:NAME`."""
    return document((yield Ask("GET", "/v1/savings", query=[("by", by)])))


def forecast(project_id: str) -> "Operation[Document]":
    """When growth breaks the goal. Raises NotFound where nothing can be told yet."""
    return document((yield Ask("GET", f"{path_of(project_id)}/forecast")))


def calibration(project_id: str) -> "Operation[Document]":
    """How true predictions were."""
    return document((yield Ask("GET", f"{path_of(project_id)}/calibration")))
