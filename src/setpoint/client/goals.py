"""Operations on what is wanted of a project, and on what may be done about it."""

from collections.abc import Mapping, Sequence

from setpoint.client.projects import path_of
from setpoint.client.records import Document, document, documents
from setpoint.client.steps import Ask, Operation
from setpoint.client.told import Goal, Metric, Standing, texts

__all__ = ["describe", "freeze", "get", "metrics", "mode", "restrict", "set_goal", "set_mode"]


def metrics() -> "Operation[Sequence[Metric]]":
    """What a goal may name."""
    found = document((yield Ask("GET", "/v1/goals")))
    return tuple(Metric.read(each) for each in documents(found, "metrics"))


def get(project_id: str) -> "Operation[Goal]":
    """What is wanted of a project."""
    return Goal.read(document((yield Ask("GET", f"{path_of(project_id)}/goal"))))


def set_goal(project_id: str, goal: str, mode: str | None = None) -> "Operation[Goal]":
    """Say what is wanted: `minimise cost; runtime <= 1h`."""
    body = {"goal": goal} | ({} if mode is None else {"mode": mode})
    return Goal.read(document((yield Ask("PUT", f"{path_of(project_id)}/goal", body))))


def mode(project_id: str) -> "Operation[Standing]":
    """What may be done without asking, what waits and why."""
    return Standing.read(document((yield Ask("GET", f"{path_of(project_id)}/mode"))))


def set_mode(project_id: str, mode: str | None = None, kinds: Mapping[str, str] | None = None) -> "Operation[Standing]":
    """Set it: observe, shadow, propose, approve or auto; `kinds` for single kinds of change: `{"rescue": "auto"}`."""
    body = ({} if mode is None else {"mode": mode}) | {"modes": dict(kinds or {})}
    return Standing.read(document((yield Ask("PUT", f"{path_of(project_id)}/mode", body))))


def freeze(project_id: str, freezes: Sequence[str]) -> "Operation[Sequence[str]]":
    """Set when nothing may be changed; none lifts what was set by hand. Gives all that are in force."""
    answer = document((yield Ask("PUT", f"{path_of(project_id)}/freeze", {"freezes": list(freezes)})))
    return texts(answer, "in_force")


def restrict(project_id: str, **restrictions: object) -> "Operation[Document]":
    """Set what may not be chosen, tried and changed (docs/service.md); None lifts a restriction."""
    return document((yield Ask("PUT", f"{path_of(project_id)}/restrictions", restrictions)))


def describe(
    project_id: str,
    owner: str | None = None,
    tags: Mapping[str, str] | None = None,
    *,
    is_idempotent: bool | None = None,
) -> "Operation[Document]":
    """Say whose a project is, its tags, and whether running it twice does no harm."""
    said = {"owner": owner, "tags": None if tags is None else dict(tags), "is_idempotent": is_idempotent}
    body = {name: value for name, value in said.items() if value is not None}
    return document((yield Ask("PUT", f"{path_of(project_id)}/description", body)))
