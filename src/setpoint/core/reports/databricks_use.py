"""What one life of a Databricks cluster used: machines from its instances where known, else from its events."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from setpoint.core.pricebook import Market
from setpoint.core.reports.databricks_spec import AskedFor
from setpoint.core.reports.lifetime import Event, Life, Span, layers
from setpoint.core.reports.machines import Machine
from setpoint.core.reports.windows import end_of, fits, places_beside, window_of
from setpoint.core.usage import Disk, MachineUse, UnitUse
from setpoint.errors import InputError

__all__ = ["use_of_life"]


@dataclass(frozen=True, slots=True)
class _Crew:
    """The instances of a life, told apart."""

    driver: Machine | None
    workers: tuple[Machine, ...]


def use_of_life(
    life: Life, spec: AskedFor, machines: Sequence[Machine], events: Sequence[Event], notes: list[str]
) -> tuple[list[MachineUse], list[UnitUse]]:
    """Machines and Databricks units of a life."""
    ended = life.began if life.ended is None else life.ended
    here = [it for it in machines if _is_of(it, life.began, ended)]
    wanted = layers(life.target, life.began, ended)
    crew = _crew(here, spec, len(wanted))
    if not life.target and not crew.workers:
        raise InputError(
            "The cluster report is not usable: cluster.num_workers is missing, and so are autoscale, events and "
            "instances that would tell how many workers there were."
        )
    lost = {event.instance_id: event.at for event in events if event.type == "NODES_LOST" and event.instance_id}
    driver = _driver(crew.driver, life, ended, spec, lost, notes)
    workers = list(_workers(crew.workers, wanted, life, ended, spec, lost, notes))
    if any(use.disks == spec.disks for use in (driver, *workers)):
        notes.append(spec.disk_note)
    if crew.driver is None or len(crew.workers) < len(wanted):
        notes += _market_notes(spec, crew, [driver, *workers])
    return _together([driver, *workers]), list(_units(life, ended, driver, workers, spec))


def _market_notes(spec: AskedFor, crew: _Crew, uses: Sequence[MachineUse]) -> list[str]:
    """What is assumed of the market, as far as it holds for a machine that is counted."""
    is_of_use = spec.on_demand_nodes is None or any(use.market == "spot" for use in uses)
    said = (spec.market_note if is_of_use else "", spec.driver_note if crew.driver is None else "")
    return [note for note in said if note]


def _is_of(machine: Machine, began: float, ended: float) -> bool:
    """Whether an instance was of the cluster in that life; one launched before any life is reused in it."""
    if machine.seen is not None:
        return machine.seen[0] <= ended and machine.seen[1] >= began
    if machine.stopped is not None and machine.stopped < began:
        return False
    return machine.launched is None or machine.launched <= ended


def _crew(here: Sequence[Machine], spec: AskedFor, most_workers: int) -> _Crew:
    named = [it for it in here if it.is_driver]
    of_type = [it for it in here if it.type == spec.driver_type and it.is_driver is None]
    if spec.on_demand_nodes:
        # Where a part is on-demand, the driver is.
        of_type.sort(key=lambda it: it.market != "on_demand")
    stand_in = [it for it in here if it.is_driver is None] if len(here) > most_workers else []
    driver = next(iter([*named, *of_type, *stand_in]), None)
    return _Crew(driver, tuple(it for it in here if it is not driver))


def _driver(
    machine: Machine | None, life: Life, ended: float, spec: AskedFor, lost: dict[str, float], notes: list[str]
) -> MachineUse:
    if machine is None:
        return MachineUse(spec.driver_type, spec.market(0), life.began, ended, 1, spec.disks, is_driver=True)
    began, until = window_of(machine, life, ended, lost, notes)
    return MachineUse(machine.type, machine.market, began, until, 1, _disks(machine, spec), is_driver=True)


def _disks(machine: Machine, spec: AskedFor) -> tuple[Disk, ...]:
    return spec.disks if machine.disks is None else machine.disks


def _workers(
    machines: tuple[Machine, ...],
    wanted: list[list[Span]],
    life: Life,
    ended: float,
    spec: AskedFor,
    lost: dict[str, float],
    notes: list[str],
) -> Iterator[MachineUse]:
    ends = [end_of(it, life.began, lost) for it in machines]
    windows = [window_of(it, life, ended, lost, notes) for it in machines]
    lived = [(began, math.inf if end is None else end) for (began, _), end in zip(windows, ends, strict=True)]
    tells_all = None not in ends or not life.target or fits(life.target, lived)
    for it, (began, until), end in zip(machines, windows, ends, strict=True):
        if tells_all or end is not None:
            yield MachineUse(it.type, it.market, began, until, 1, _disks(it, spec))
    missing = max(0, len(wanted) - len(machines)) if machines else len(wanted)
    if tells_all:
        unnamed = wanted[len(machines) :]
    else:
        known = [window for window, end in zip(windows, ends, strict=True) if end is not None]
        open_ended = [it for it, end in zip(machines, ends, strict=True) if end is None]
        places = layers(places_beside(life.target, known, ended), life.began, ended)
        _tell_of_places(len(open_ended), len(places), notes)
        for it, spans in zip(open_ended, places, strict=False):
            for began, until, count in spans:
                yield MachineUse(it.type, it.market, began, until, count, _disks(it, spec))
        unnamed = places[len(open_ended) :][:missing]
    if machines and missing:
        notes.append(f"{missing} of {len(wanted)} workers are not among the instances: they are taken from the events.")
    for number, spans in enumerate(unnamed, len(machines) + 1):
        for began, until, count in spans:
            yield MachineUse(spec.worker_type, spec.market(number), began, until, count, spec.disks)


def _tell_of_places(machines: int, places: int, notes: list[str]) -> None:
    notes.append("The report does not say when each instance ended: the workers of the events are taken.")
    if machines > places:
        notes.append(f"{machines - places} instances are more than the events have workers for: they are not counted.")


def _units(
    life: Life, ended: float, driver: MachineUse, workers: Sequence[MachineUse], spec: AskedFor
) -> Iterator[UnitUse]:
    if life.counted is None:
        return
    yield UnitUse(driver.instance_type, life.counted, ended)
    if not life.current:
        for use in workers:
            began = max(use.began, life.counted)
            yield UnitUse(use.instance_type, began, max(began, use.ended), use.count)
        return
    spans = Counter((began, until) for layer in layers(life.current, life.counted, ended) for began, until, _ in layer)
    shares = _shares(workers) or [(spec.worker_type, 1.0)]
    for (began, until), count in sorted(spans.items()):
        for instance_type, share in shares:
            yield UnitUse(instance_type, began, until, count * share)


def _shares(workers: Sequence[MachineUse]) -> list[tuple[str, float]]:
    """By types, the part of the workers' time: where types were mixed, the events do not say which were counted."""
    seconds: dict[str, float] = {}
    for use in workers:
        seconds[use.instance_type] = seconds.get(use.instance_type, 0.0) + use.count * (use.ended - use.began)
    total = math.fsum(seconds.values())
    return [(name, part / total) for name, part in sorted(seconds.items()) if total]


def _together(uses: Sequence[MachineUse]) -> list[MachineUse]:
    """Alike machines of the same time as one use with a count, in an order of their own."""
    counts: dict[tuple[bool, str, Market, float, float, tuple[Disk, ...]], float] = {}
    for use in uses:
        key = (not use.is_driver, use.instance_type, use.market, use.began, use.ended, use.disks)
        counts[key] = counts.get(key, 0.0) + use.count
    found = [
        MachineUse(name, market, began, until, count, disks, is_driver=not is_worker)
        for (is_worker, name, market, began, until, disks), count in counts.items()
    ]
    return sorted(found, key=lambda it: (not it.is_driver, it.instance_type, it.market, it.began, it.ended, repr(it)))
