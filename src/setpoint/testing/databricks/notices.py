"""Webhooks of jobs: destinations that an admin made, and calls to them when a run has begun or ended.

Source: Databricks, "Add notifications on a job": of jobs only, at most three destinations for an event; a success with
failures is a success, and no delivery is promised.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from setpoint.testing.databricks.answers import Json, invalid, missing
from setpoint.testing.databricks.workspace import Run, Workspace

__all__ = ["NOTICE_WAYS", "due"]


def due(space: Workspace, since: datetime, now: datetime) -> list[tuple[Json, Json]]:
    """Calls that fall into the time from `since` to `now`: the destination, and what it is told."""
    found = []
    for run in list(space.runs.values()):
        asked = run.settings.get("webhook_notifications") or {}
        for kind in _happened(run, since, now):
            for each in asked.get(kind) or ():
                destination = space.destinations.get(str(each["id"]))
                if destination is not None:
                    found.append((destination, _told(run, kind, now)))
    return found


def _happened(run: Run, since: datetime, now: datetime) -> list[str]:
    began = ["on_start"] if since <= run.began < now else []
    if not since < run.ended <= now or run.cancelled is not None:
        return began
    return [*began, "on_failure" if any(task.failure for task in run.last.values()) else "on_success"]


def _told(run: Run, kind: str, now: datetime) -> Json:
    told: Json = {"event_type": f"jobs.{kind}", "workspace_id": "1", "run": {"run_id": run.id}}
    told["job"] = {"job_id": run.job_id, "name": run.name}
    return told | {"emitted_at": now.isoformat()}


def _create(space: Workspace, asked: Json) -> Json:
    config: Mapping[str, Any] = (asked.get("config") or {}).get("generic_webhook") or {}
    if not config.get("url"):
        raise invalid("A generic webhook needs a url.")
    name = f"destination-{space.next_id()}"
    space.destinations[name] = {"display_name": asked.get("display_name", ""), **config}
    return _shown(space, name)


def _list(space: Workspace, _asked: Json) -> Json:
    return {"results": [_shown(space, name) for name in space.destinations]}


def _shown(space: Workspace, name: str) -> Json:
    """Without the password, which never comes out again."""
    kept = space.destinations.get(name)
    if kept is None:
        raise missing(f"Notification destination {name} does not exist.")
    webhook = {"url": kept["url"], "url_set": True, "password_set": bool(kept.get("password"))}
    return {
        "id": name,
        "display_name": kept["display_name"],
        "destination_type": "WEBHOOK",
        "config": {"generic_webhook": webhook},
    }


NOTICE_WAYS: Mapping[tuple[str, str], Callable[[Workspace, Json], Json]] = MappingProxyType(
    {("POST", "notification-destinations"): _create, ("GET", "notification-destinations"): _list}
)
"""By method and the path behind `/api/2.x/`."""
