"""List scheduling of a section of a run: which slots are busy for how long, with its tasks on so many slots.

A section is a graph of steps: a step is ready its lag after the last of those it waits for, its tasks take free slots
first come, first served, and it has ended with its last task. The answer is not the end alone but how long 1, 2, 3 …
slots were busy, so that slower tasks in company can be reckoned afterwards without scheduling again.
"""

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Levels", "Step", "schedule"]

Levels = list[tuple[float, float]]
"""(busy slots, seconds), in no order that matters; the seconds add up to the length of the section."""
LEAST_DISCRETE = 256
"""Of the tasks of a step on its own, so many at least (and four for each slot) are scheduled one by one; those before
them keep every slot busy, so that their order does not matter."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that takes time: a stage, or the driver at work before, between and after stages."""

    waits_for: tuple[int, ...]
    """Earlier steps of the section, by position; none: the section's beginning."""
    lag: float
    """Seconds from the last of those until it is ready."""
    stage: int | None = None
    """Position of its stage in the run; None where it is only time that passes."""


def schedule(
    steps: Sequence[Step], tasks: Sequence[Sequence[float]], slots: int, capacity: Sequence[tuple[float, int]] = ()
) -> Levels:
    """How long how many slots are busy; `tasks` are seconds, by position of the stage.

    Where executors come and go, `capacity` has by how much the number of slots changes, and when.

    >>> schedule([Step((), 1.0, 0), Step((0,), 0.5)], [[2.0, 2.0, 1.0]], 2)
    [(0.0, 1.0), (2, 2.0), (1, 1.0), (0.0, 0.5)]
    """
    if not capacity and all(later.waits_for == (i,) for i, later in enumerate(steps[1:])):
        levels: Levels = []
        for step in steps:
            levels.append((0.0, step.lag))
            if step.stage is not None:
                levels += _alone(tasks[step.stage], slots)
        return levels
    return _Side(steps, tasks, slots, capacity).run()


def _alone(tasks: Sequence[float], slots: int) -> Levels:
    """A step that has all slots for itself."""
    discrete = max(LEAST_DISCRETE, 4 * slots)
    bulk = len(tasks) - discrete
    levels: Levels = []
    if bulk > 0:
        levels.append((slots, sum(tasks[:bulk]) / slots))
        tasks = tasks[bulk:]
    ends = sorted(tasks[:slots])
    for seconds in tasks[slots:]:
        heapq.heapreplace(ends, ends[0] + seconds)
    ends.sort()
    busy = len(ends)
    before = 0.0
    for end in ends:
        if end > before:
            levels.append((busy, end - before))
            before = end
        busy -= 1
    return levels


class _Side:
    """Steps side by side, or slots that change: a discrete-event simulation. Not reusable."""

    def __init__(
        self,
        steps: Sequence[Step],
        tasks: Sequence[Sequence[float]],
        slots: int,
        capacity: Sequence[tuple[float, int]],
    ) -> None:
        self._steps, self._tasks = steps, tasks
        self._free, self._busy = slots, 0
        self._last_change = capacity[-1][0] if capacity else 0.0
        self._later: list[list[int]] = [[] for _ in steps]
        self._open = [len(step.waits_for) for step in steps]
        self._left = [0] * len(steps)
        self._queue: deque[tuple[int, Sequence[float]]] = deque()
        self._position = 0
        self._unfinished = len(steps)
        # (seconds, kind, number): a change of capacity, a step that is ready, the end of a task.
        self._events: list[tuple[float, int, int]] = [(when, 0, change) for when, change in capacity]
        for number, step in enumerate(steps):
            for earlier in step.waits_for:
                self._later[earlier].append(number)
            if not step.waits_for:
                self._events.append((step.lag, 1, number))
        heapq.heapify(self._events)

    def run(self) -> Levels:
        seconds: dict[float, float] = {}
        before = 0.0
        while self._events and self._unfinished:
            now, kind, number = heapq.heappop(self._events)
            if now > before:
                seconds[self._busy] = seconds.get(self._busy, 0.0) + now - before
                before = now
            if kind == 2:  # noqa: PLR2004 - see _events
                self._busy -= 1
                self._free += 1
                self._left[number] -= 1
                if not self._left[number]:
                    self._end(number, now)
            elif kind == 1:
                self._ready(number, now)
            else:
                self._free += number
            if self._queue:
                self._launch(now)
        return sorted(seconds.items())

    def _ready(self, number: int, now: float) -> None:
        stage = self._steps[number].stage
        tasks = self._tasks[stage] if stage is not None else ()
        if not tasks:
            self._end(number, now)
            return
        self._left[number] = len(tasks)
        self._queue.append((number, tasks))

    def _launch(self, now: float) -> None:
        if self._free <= 0 and self._busy == 0 and now >= self._last_change:
            self._free = 1  # nobody will come any more: whoever ran them is not in the log
        while self._free > 0 and self._queue:
            number, tasks = self._queue[0]
            seconds = tasks[self._position]
            heapq.heappush(self._events, (now + seconds, 2, number))
            self._free -= 1
            self._busy += 1
            self._position += 1
            if self._position == len(tasks):
                self._queue.popleft()
                self._position = 0

    def _end(self, number: int, now: float) -> None:
        self._unfinished -= 1
        for later in self._later[number]:
            self._open[later] -= 1
            if not self._open[later]:
                heapq.heappush(self._events, (now + self._steps[later].lag, 1, later))
