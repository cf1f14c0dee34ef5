"""Databricks: cluster, events, instances and tasks as clients collect them, or the bare answer of `clusters/get`."""

import re
from collections.abc import Iterator, Sequence

from setpoint.core.reports.databricks_spec import AskedFor, asked_for
from setpoint.core.reports.databricks_use import use_of_life
from setpoint.core.reports.field import Field
from setpoint.core.reports.lifetime import Event, Life, lives_of, read_events
from setpoint.core.reports.machines import Machine, machines_of
from setpoint.core.reports.project import job_of_tags, project_of_name, project_of_tags
from setpoint.core.reports.reported import ReportedRun, ReportedTask, Terms
from setpoint.core.usage import MachineUse, UnitUse, Usage

__all__ = ["is_one", "read"]

_JOB_CLUSTER = re.compile(r"job-\d+-run-(\d+)")


def is_one(root: Field) -> bool:
    """Whether it is a report with a cluster, or a cluster itself."""
    return root["cluster"].is_object or _is_cluster(root)


def _is_cluster(root: Field) -> bool:
    return root.has("cluster_id") and any(
        root.has(key) for key in ("spark_version", "node_type_id", "instance_pool_id")
    )


def read(root: Field, terms: Terms) -> ReportedRun:
    """The run it tells of."""
    is_bare = not root["cluster"].is_object
    cluster = root if is_bare else root["cluster"]
    spec = asked_for(root, cluster, terms)
    notes = list(spec.assumptions)
    tasks = tuple(_tasks(root["tasks"]))
    machines = machines_of(root, cluster)
    events = read_events(root["cluster_events"])
    lives = _lives(cluster, events, tasks, machines, spec, notes)
    machine_uses: list[MachineUse] = []
    unit_uses: list[UnitUse] = []
    for life in lives:
        used, counted = use_of_life(life, spec, machines, events, notes)
        machine_uses += used
        unit_uses += counted
    usage = Usage(
        cloud=spec.cloud,
        region=terms.region or _region_of(machines) or spec.region,
        machines=tuple(machine_uses),
        units=tuple(unit_uses),
        plan=spec.plan,
        compute=spec.compute,
        photon=spec.photon,
        assumptions=tuple(dict.fromkeys(notes)),
    )
    began = min((it.began for it in tasks if it.began is not None), default=lives[0].began)
    ended = max((it.ended for it in tasks if it.ended is not None), default=lives[-1].ended or began)
    kind = f"Databricks on {spec.cloud.upper() if spec.cloud != 'azure' else 'Azure'}"
    name = cluster["cluster_name"].text()
    cluster_id = cluster["cluster_id"].text()
    ids = _run_ids(name, tasks)
    if is_bare:
        kind += ", the cluster only"
    project = _project(cluster, name)
    resources = _resources(root, machines)
    return ReportedRun(usage, kind, cluster_id, name, began, max(began, ended), tasks, ids, project, resources)


def _resources(root: Field, machines: Sequence[Machine]) -> tuple[str, ...]:
    disks = {each["VolumeId"].text() for each in root["volumes"].items()}
    return tuple(sorted(({machine.id for machine in machines} | disks) - {""}))


def _project(cluster: Field, name: str) -> str:
    tags = cluster["default_tags"]
    run_name = tags["RunName"].text() if tags.is_object else ""
    return project_of_tags(cluster["custom_tags"]) or job_of_tags(tags) or project_of_name(run_name or name)


def _tasks(tasks: Field) -> Iterator[ReportedTask]:
    for each in tasks.items():
        began = each["start_time"].moment()
        ended = each["end_time"].after(began, "its start_time")
        setup = each["setup_duration"].number(0.0) / 1000
        yield ReportedTask(each["task_key"].text(), each["run_id"].text(), began, ended, setup)


def _run_ids(name: str, tasks: Sequence[ReportedTask]) -> tuple[str, ...]:
    found = _JOB_CLUSTER.match(name)
    of_name = [found[1]] if found else []
    return tuple(dict.fromkeys([*of_name, *(task.run_id for task in tasks if task.run_id)]))


def _region_of(machines: Sequence[Machine]) -> str:
    return next((machine.region for machine in machines if machine.region), "")


def _lives(
    cluster: Field,
    events: Sequence[Event],
    tasks: Sequence[ReportedTask],
    machines: Sequence[Machine],
    spec: AskedFor,
    notes: list[str],
) -> list[Life]:
    started = cluster["start_time"].moment()
    lives = lives_of(events, started, spec.workers, notes)
    if not lives:
        lives = [_life_without_events(started, tasks, machines, spec, notes, cluster)]
    if len(lives) > 1:
        notes.append(f"The cluster started {len(lives)} times within the report; all of it is counted.")
    tells_counts = any(event.current >= 0 or event.target >= 0 for event in events)
    if cluster["autoscale"].is_object and not tells_counts:
        notes.append("The cluster scales by itself, and nothing tells how: its least number of workers is taken.")
    _end(lives[-1], cluster, events, tasks, machines, notes)
    for life in lives:
        if life.counted is None:
            _count(life, cluster, tasks, notes, has_events=bool(events))
    return lives


def _life_without_events(
    started: float | None,
    tasks: Sequence[ReportedTask],
    machines: Sequence[Machine],
    spec: AskedFor,
    notes: list[str],
    cluster: Field,
) -> Life:
    known = [task.began for task in tasks if task.began is not None]
    known += [machine.seen[0] for machine in machines if machine.seen]
    began = started if started is not None else min(known, default=None)
    if began is None:
        cluster["start_time"].refuse("a time (the report has no events either)")
    notes.append("The report has no cluster events: the number of workers is taken as constant.")
    life = Life(began)
    if spec.workers is not None:
        life.target, life.current = [(began, spec.workers)], [(began, spec.workers)]
    return life


def _end(
    life: Life,
    cluster: Field,
    events: Sequence[Event],
    tasks: Sequence[ReportedTask],
    machines: Sequence[Machine],
    notes: list[str],
) -> None:
    if life.ended is not None:
        return
    terminated = cluster["terminated_time"].after(cluster["start_time"].moment(), "cluster.start_time")
    if terminated is not None and terminated >= life.began:
        life.ended = terminated
        return
    known = [event.at for event in events] + [task.ended for task in tasks if task.ended is not None]
    known += [machine.seen[1] for machine in machines if machine.seen]
    life.ended = max([life.began, *known])
    notes.append("The cluster had not ended: what it used until the last time in the report is counted.")


def _count(life: Life, cluster: Field, tasks: Sequence[ReportedTask], notes: list[str], *, has_events: bool) -> None:
    """Since when Databricks counts, where no event says it."""
    ended = life.ended if life.ended is not None else life.began
    restarted = cluster["last_restarted_time"].moment()
    if restarted is not None and life.began < restarted <= ended:
        life.counted = restarted
        return
    ready = [task.began + task.setup_seconds for task in tasks if task.began is not None]
    within = [max(at, life.began) for at in ready if at <= ended]
    if within:
        life.counted = min(within)
        notes.append("When the cluster was ready is not in the report: the start of its first task is taken.")
    elif not has_events:
        life.counted = life.began
        notes.append("When the cluster was ready is not in the report: Databricks units are counted from its start.")
