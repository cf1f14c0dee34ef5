"""When a Databricks cluster lived, when Databricks counted, and how many workers there were: from its events.

Events come in any order, newest first as a rule, on several pages, some of them twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from setpoint.core.reports.field import Field
from setpoint.errors import InputError

__all__ = ["Event", "Life", "Span", "layers", "lives_of", "read_events"]

_BEGINS = ("CREATING", "STARTING", "RESTARTING")
_COUNTS_FROM = ("INIT_SCRIPTS_STARTED", "DRIVER_HEALTHY", "RUNNING", "RESIZING", "UPSIZE_COMPLETED")
"""Databricks units count from init scripts on, which run on machines that have started."""
_ORDER = {"TERMINATING": 0, "CREATING": 1, "STARTING": 1, "RESTARTING": 1, "INIT_SCRIPTS_STARTED": 2, "RUNNING": 3}
_COMES_UP = ("CREATING", "STARTING", "RESTARTING", "INIT_SCRIPTS_STARTED", "DRIVER_HEALTHY", "RUNNING")
"""What these want, the cluster has wanted since it began."""
_LIVING = ("RUNNING", "DRIVER_HEALTHY", "RESIZING", "UPSIZE_COMPLETED")

_MOST_SPANS = 1_000_000

Span = tuple[float, float, int]
"""From, to, and how many were there all the time."""


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """One cluster event, as far as it matters here."""

    at: float
    order: int
    type: str
    current: int = -1
    """Workers there are; -1: it does not say."""
    target: int = -1
    """Workers there should be."""
    instance_id: str = ""


@dataclass(slots=True)
class Life:
    """One start of the cluster until its end, while it is being put together."""

    began: float
    counted: float | None = None
    """From when on Databricks units count."""
    ended: float | None = None
    current: list[tuple[float, int]] = field(default_factory=list)
    target: list[tuple[float, int]] = field(default_factory=list)
    first_current: Event | None = None
    """The first event that says how many there were."""
    first_target: Event | None = None
    """The first event that says how many there should be."""
    current_before: int | None = None
    """How many there were as that event came; None: nothing said it before."""


def read_events(events: Field) -> list[Event]:
    """The events in their order, each once; a list of pages (`events` in each) is taken too."""
    found = set[Event]()
    for each in _listed(events):
        found.update(map(_event, each["events"].items()) if each.has("events") else [_event(each)])
    return sorted(found, key=attrgetter("at", "order", "type", "current", "target", "instance_id"))


def _listed(events: Field) -> Iterator[Field]:
    return events["events"].items() if events.is_object else events.items()


def _event(each: Field) -> Event:
    details, kind = each["details"], each["type"].text()
    current, target = details["current_num_workers"].count(), details["target_num_workers"].count()
    size = details["cluster_size"]
    if target is None and kind in _BEGINS and not size.is_missing:
        target = size["num_workers"].count()
        if target is None:
            target = size["autoscale"]["min_workers"].count()
    return Event(
        each["timestamp"].needed_moment(),
        _ORDER.get(kind, 4),
        kind,
        -1 if current is None else current,
        -1 if target is None else target,
        details["instance_id"].text(),
    )


def lives_of(events: Sequence[Event], started: float | None, workers: int | None, notes: list[str]) -> list[Life]:
    """The lives that events tell of; `started` is when the cluster says it began, `workers` how many it should have."""
    lives: list[Life] = []
    for event in events:
        life = lives[-1] if lives and lives[-1].ended is None else None
        if event.type == "TERMINATING":
            if life is None and not lives and started is not None and started < event.at:
                notes.append("The events do not show how the cluster started: its start time is taken.")
                lives.append(life := Life(started))
            if life is not None:
                life.ended = event.at
        elif event.type in _BEGINS:
            _begin(lives, life, event, notes)
        elif life is None and event.type in _LIVING:
            began = started if started is not None and not lives and started <= event.at else event.at
            if not lives or (event.type == "RUNNING" and event.at > (lives[-1].ended or 0.0)):
                notes.append("The events do not show how the cluster started: the first that shows it alive is taken.")
                lives.append(Life(began))
        if lives and lives[-1].ended is None:
            _follow(lives[-1], event)
    for life in lives:
        _fill(life, workers, notes)
    return lives


def _begin(lives: list[Life], life: Life | None, event: Event, notes: list[str]) -> None:
    if life is not None and life.counted is None:
        return
    if life is not None:
        life.ended = event.at
        if event.type != "RESTARTING":
            notes.append("A start of the cluster follows another without an end between: it is taken as the end.")
    lives.append(Life(event.at))


def _follow(life: Life, event: Event) -> None:
    if life.counted is None and event.type in _COUNTS_FROM:
        life.counted = event.at
    if event.target >= 0:
        if life.first_target is None:
            life.first_target = event
            life.current_before = life.current[-1][1] if life.current else None
        life.target.append((event.at, event.target))
    current = event.current
    if current < 0 and event.type == "UPSIZE_COMPLETED":
        current = event.target if event.target >= 0 else (life.target[-1][1] if life.target else -1)
    if current >= 0:
        life.first_current = life.first_current or event
        life.current.append((event.at, current))


def _fill(life: Life, workers: int | None, notes: list[str]) -> None:
    """Complete what was there before the first event that tells."""
    if life.current and life.target and life.current[-1][1] > life.target[-1][1]:
        notes.append(
            "No event says when the workers of the last scale-down were gone: "
            "Databricks units count as many as there were before it."
        )
    if not life.target:
        life.first_target = life.first_current
        life.target = list(life.current) or ([] if workers is None else [(life.began, workers)])
    if not life.target:
        return
    if life.first_target is not None and life.target[0][0] > life.began:
        _fill_target(life, life.first_target, workers, notes)
    if life.first_current is None:
        life.current = list(life.target)
    since = life.began if life.counted is None else life.counted
    if life.first_current is not None and life.current[0][0] > since:
        life.current.insert(0, (since, _current_before(life, life.first_current, workers)))


def _fill_target(life: Life, told: Event, workers: int | None, notes: list[str]) -> None:
    """How many were wanted before the first event that tells, `told`."""
    first = life.target[0][1]
    if told.type in _COMES_UP and not life.current_before:
        life.target[0] = (life.began, first)
        return
    if told.type == "RESIZING" and told.current >= 0:
        wanted = told.current
    elif life.current_before is not None:
        wanted = life.current_before
    elif told.type == "NODES_LOST":
        wanted = _before_loss(told, workers)
    else:
        wanted = first if workers is None else workers
    life.target.insert(0, (life.began, wanted))
    notes.append(f"No event says how many workers the cluster began with: {wanted} are taken until one does.")


def _before_loss(told: Event, workers: int | None) -> int:
    return told.target if told.target >= 0 else max(told.current, workers or 0)


def _current_before(life: Life, told: Event, workers: int | None) -> int:
    """How many there were before the first event that tells: one of a change tells what was there after it."""
    if told.type == "NODES_LOST":
        return _before_loss(told, workers)
    return life.target[0][1] if told.type == "UPSIZE_COMPLETED" else life.current[0][1]


def layers(steps: Iterable[tuple[float, int]], began: float, ended: float) -> list[list[Span]]:
    """For each worker, the first to come first, when it was there, as spans of one.

    A machine is billed for a minute at least, so a count that changes is laid out as machines that come and go.

    >>> layers([(0.0, 2), (10.0, 1), (20.0, 2)], 0.0, 30.0)
    [[(0.0, 30.0, 1)], [(0.0, 10.0, 1), (20.0, 30.0, 1)]]
    """
    found: list[list[Span]] = []
    since: list[float] = []
    opened = 0
    for at, count in [*steps, (ended, 0)]:
        now = min(max(at, began), ended)
        while len(since) > count:
            start = since.pop()
            if now > start:
                found[len(since)].append((start, now, 1))
        opened += max(0, count - len(since))
        if opened > _MOST_SPANS:
            raise InputError(f"The cluster events add more than {_MOST_SPANS} workers in all, which no cluster does.")
        while len(since) < count:
            if len(found) == len(since):
                found.append([])
            since.append(now)
    return found
