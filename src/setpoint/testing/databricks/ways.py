"""The calls of a workspace: each a function of the workspace and what was asked, found by method and path."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from types import MappingProxyType

from setpoint.testing.databricks.answers import Json, invalid
from setpoint.testing.databricks.jobs import check_destinations, filled_in, page_of, updated
from setpoint.testing.databricks.lives import ms
from setpoint.testing.databricks.machines import offered
from setpoint.testing.databricks.workspace import ME, Job, Workspace

__all__ = ["WAYS"]

Way = Callable[[Workspace, Json], Json]
MOST_RUNS = 25
MOST_EVENTS = 500


def _create(space: Workspace, asked: Json) -> Json:
    check_destinations(asked)
    return {"job_id": space.add(asked).id}


def _told(job: Job) -> Json:
    names = {"creator_user_name": ME, "run_as_user_name": ME}
    return {"job_id": job.id, "settings": job.settings, "created_time": ms(job.created)} | names


def _get(space: Workspace, asked: Json) -> Json:
    job = space.job(asked.get("job_id"))
    settings, after = page_of(job.settings, int(asked.get("page_token") or 0))
    found = _told(job) | {"settings": settings}
    return found if after is None else found | {"next_page_token": str(after)}


def _list(space: Workspace, asked: Json) -> Json:
    wanted = [job for job in space.jobs.values() if asked.get("name") in {None, job.settings["name"]}]
    found = [_told(job) for job in wanted]
    if not _true(asked.get("expand_tasks")):
        hidden = {"tasks", "job_clusters"}
        for job in found:
            job["settings"] = {key: value for key, value in job["settings"].items() if key not in hidden}
    for job in found:
        job["settings"], after = page_of(job["settings"], 0)
        if after is not None:
            job["has_more"] = True
    return _page("jobs", found, asked, 20, 100)


def _update(space: Workspace, asked: Json) -> Json:
    job = space.job(asked.get("job_id"))
    removed = list(asked.get("fields_to_remove", []))
    check_destinations(asked.get("new_settings", {}))
    job.settings = filled_in(updated(job.settings, asked.get("new_settings", {}), removed))
    return {}


def _reset(space: Workspace, asked: Json) -> Json:
    space.job(asked.get("job_id")).settings = filled_in(asked["new_settings"])
    return {}


def _delete(space: Workspace, asked: Json) -> Json:
    del space.jobs[space.job(asked.get("job_id")).id]
    return {}


def _run_now(space: Workspace, asked: Json) -> Json:
    job = space.job(asked.get("job_id"))
    run = space.start(_with_parameters(job.settings, asked), job.id, asked.get("idempotency_token"))
    return {"run_id": run.id, "number_in_job": run.id}


def _with_parameters(settings: Json, asked: Json) -> Json:
    """Settings with the parameters of one run: `python_params` take the place of those of Python files."""
    if "python_params" not in asked:
        return settings
    found = deepcopy(settings)
    for task in found["tasks"]:
        if "spark_python_task" in task:
            task["spark_python_task"]["parameters"] = list(asked["python_params"])
    return found


def _submit(space: Workspace, asked: Json) -> Json:
    return {"run_id": space.start(filled_in(asked), 0, asked.get("idempotency_token")).id}


def _run(space: Workspace, asked: Json) -> Json:
    return space.run(asked.get("run_id")).told(space.now, with_tasks=True)


def _runs(space: Workspace, asked: Json) -> Json:
    runs = sorted(space.runs.values(), key=lambda run: (run.began, run.id), reverse=True)
    if asked.get("job_id"):
        runs = [run for run in runs if run.job_id == int(asked["job_id"])]
    if _true(asked.get("active_only")):
        runs = [run for run in runs if run.ended > space.now]
    if _true(asked.get("completed_only")):
        runs = [run for run in runs if run.ended <= space.now]
    since, until = int(asked.get("start_time_from", 0)), int(asked.get("start_time_to", 1 << 62))
    expanded = _true(asked.get("expand_tasks"))
    found = [run.told(space.now, with_tasks=expanded) for run in runs if since <= ms(run.began) <= until]
    return _page("runs", found, asked, 20, MOST_RUNS)


def _cancel(space: Workspace, asked: Json) -> Json:
    space.cancel(space.run(asked.get("run_id")))
    return {}


def _repair(space: Workspace, asked: Json) -> Json:
    run = space.run(asked.get("run_id"))
    return {"repair_id": space.repair(run, list(asked.get("rerun_tasks", [])) or None)}


def _create_cluster(space: Workspace, asked: Json) -> Json:
    return {"cluster_id": space.keep_cluster(asked).id}


def _cluster(space: Workspace, asked: Json) -> Json:
    return space.cluster(asked.get("cluster_id")).told(space.now)


def _events(space: Workspace, asked: Json) -> Json:
    events = space.cluster(asked.get("cluster_id")).events(space.now)
    since, until = int(asked.get("start_time", 0)), int(asked.get("end_time", 1 << 62))
    kinds = asked.get("event_types") or {event["type"] for event in events}
    events = [event for event in events if since <= event["timestamp"] <= until and event["type"] in kinds]
    if asked.get("order", "DESC") == "DESC":
        events.reverse()
    first, limit = int(asked.get("offset", 0)), int(asked.get("limit", 50))
    if limit > MOST_EVENTS:
        raise invalid(f"The limit must be at most {MOST_EVENTS}.")
    found: Json = {"events": events[first : first + limit], "total_count": len(events)}
    if first + limit < len(events):
        found["next_page"] = asked | {"offset": first + limit, "limit": limit}
    return found


def _clusters(space: Workspace, asked: Json) -> Json:
    return _page("clusters", [life.told(space.now) for life in space.clusters.values()], asked, 20, 100)


def _machines(space: Workspace, _asked: Json) -> Json:
    return {"node_types": offered(space.book)}


def _page(member: str, found: list[Json], asked: Json, usual: int, most: int) -> Json:
    limit, first = int(asked.get("limit", usual)), int(asked.get("page_token") or asked.get("offset", 0))
    if not 1 <= limit <= most:
        raise invalid(f"The limit must be from 1 to {most}.")
    page: Json = {member: found[first : first + limit], "has_more": first + limit < len(found)}
    if page["has_more"]:
        page["next_page_token"] = str(first + limit)
    return page


def _true(value: object) -> bool:
    return str(value).lower() == "true"


WAYS: Mapping[tuple[str, str], Way] = MappingProxyType(
    {
        ("POST", "jobs/create"): _create,
        ("GET", "jobs/get"): _get,
        ("GET", "jobs/list"): _list,
        ("POST", "jobs/update"): _update,
        ("POST", "jobs/reset"): _reset,
        ("POST", "jobs/delete"): _delete,
        ("POST", "jobs/run-now"): _run_now,
        ("POST", "jobs/runs/submit"): _submit,
        ("GET", "jobs/runs/get"): _run,
        ("GET", "jobs/runs/list"): _runs,
        ("POST", "jobs/runs/cancel"): _cancel,
        ("POST", "jobs/runs/repair"): _repair,
        ("POST", "clusters/create"): _create_cluster,
        ("GET", "clusters/get"): _cluster,
        ("GET", "clusters/list"): _clusters,
        ("POST", "clusters/events"): _events,
        ("GET", "clusters/list-node-types"): _machines,
        ("GET", "dbfs/get-status"): lambda space, asked: space.files.status(asked, space.now),
        ("GET", "dbfs/list"): lambda space, asked: space.files.list(asked, space.now),
        ("GET", "dbfs/read"): lambda space, asked: space.files.read(asked, space.now),
        ("POST", "dbfs/put"): lambda space, asked: space.files.put(asked, space.now),
        ("POST", "dbfs/create"): lambda space, asked: space.files.create(asked, space.now),
        ("POST", "dbfs/add-block"): lambda space, asked: space.files.add_block(asked, space.now),
        ("POST", "dbfs/close"): lambda space, asked: space.files.close(asked, space.now),
    }
)
"""By method and the path behind `/api/2.x/`."""
