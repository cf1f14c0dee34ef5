"""Our own report: a usage as plain JSON, for platforms and clusters that nobody else reports on."""

from collections.abc import Iterator
from dataclasses import asdict

import msgspec

from setpoint.core.reports.field import Field
from setpoint.core.reports.names import CLOUDS, COMPUTES, MARKETS, PLANS
from setpoint.core.reports.project import project_of_name
from setpoint.core.reports.reported import ReportedRun, Terms
from setpoint.core.usage import Disk, MachineUse, ServerlessUse, UnitUse, Usage

__all__ = ["is_one", "read", "write_report"]

_MARK = "setpoint_usage"
_VERSION = 1


def is_one(root: Field) -> bool:
    """Whether it says so."""
    return root.has(_MARK)


def write_report(run: ReportedRun) -> bytes:
    """A run in our own format: what `read` takes back."""
    usage = {name: value for name, value in asdict(run.usage).items() if value not in (None, (), False)}
    head = {_MARK: _VERSION, "cluster_id": run.cluster_id, "name": run.name, "began": run.began, "ended": run.ended}
    return msgspec.json.encode({**head, "project": run.project, "run_ids": run.run_ids, **usage})


def read(root: Field, terms: Terms) -> ReportedRun:
    """The run it tells of."""
    if root[_MARK].count() != _VERSION:
        root[_MARK].refuse(f"the version {_VERSION}")
    machines = tuple(_machines(root["machines"]))
    units = tuple(_units(root["units"]))
    plan, compute = terms.plan or root["plan"].one_of(PLANS), terms.compute or root["compute"].one_of(COMPUTES)
    usage = Usage(
        cloud=root["cloud"].needed(CLOUDS),
        region=terms.region or root["region"].text(),
        machines=machines,
        units=units,
        plan=plan if units else None,
        compute=compute if units else None,
        photon=root["photon"].flag(),
        has_emr_fee=root["has_emr_fee"].flag(),
        serverless=_serverless(root["serverless"]),
        assumptions=tuple(each.text() for each in root["assumptions"].items()),
    )
    if not (machines or units or usage.serverless):
        root["machines"].refuse("a list of machines (or units, or serverless)")
    times = [(use.began, use.ended) for use in machines] + [(use.began, use.ended) for use in units]
    began = root["began"].moment() or min((began for began, _ in times), default=0.0)
    ended = root["ended"].after(began, "began") or max((ended for _, ended in times), default=began)
    ids = tuple(each.text() for each in root["run_ids"].items())
    name, cluster_id = root["name"].text(), root["cluster_id"].text()
    project = root["project"].text() if root.has("project") else project_of_name(name)
    return ReportedRun(usage, "Setpoint usage", cluster_id, name, began, ended, (), ids, project)


def _machines(uses: Field) -> Iterator[MachineUse]:
    for use in uses.items():
        began, ended = _interval(use)
        disks = tuple(_disk(each) for each in use["disks"].items())
        market = use["market"].needed(MARKETS)
        is_driver = use["is_driver"].flag()
        yield MachineUse(_type(use), market, began, ended, use["count"].number(1.0), disks, is_driver=is_driver)


def _units(uses: Field) -> Iterator[UnitUse]:
    for use in uses.items():
        yield UnitUse(_type(use), *_interval(use), use["count"].number(1.0))


def _type(use: Field) -> str:
    return use["instance_type"].text() or use["instance_type"].refuse("an instance type")


def _interval(use: Field) -> tuple[float, float]:
    # 0 is a time here: only differences count, and a clock may start with the run.
    began = use["began"].moment() or 0.0
    ended = use["ended"].moment() or 0.0
    if ended < began:
        use["ended"].refuse("a time that is not before began")
    return began, ended


def _disk(disk: Field) -> Disk:
    kind = disk["kind"].text() or disk["kind"].refuse("a kind of disk")
    return Disk(kind, disk["gib"].number(), disk["iops"].count(), disk["mb_per_second"].count())


def _serverless(use: Field) -> ServerlessUse | None:
    if use.is_missing:
        return None
    return ServerlessUse(use["vcpu_hours"].number(), use["gib_hours"].number(), use["storage_gib_hours"].number(0.0))
