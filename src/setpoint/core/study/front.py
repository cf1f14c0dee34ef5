"""What nobody beats in both: the Pareto front of time and dollars, and its knee."""

from collections.abc import Sequence

__all__ = ["knee", "pareto_front"]

_LEAST_FOR_A_KNEE = 3


def pareto_front(points: Sequence[tuple[float, float]]) -> tuple[int, ...]:
    """Positions of the points that no other is as good as in both and better than in one; ascending in the first.

    >>> pareto_front([(1, 9), (2, 4), (3, 4), (4, 1), (2, 4)])
    (0, 1, 4, 3)
    """
    order = sorted(range(len(points)), key=lambda position: (*points[position], position))
    found: list[int] = []
    for position in order:
        # In this order only a point before can dominate, and the last of the front is the lowest so far.
        if not found or points[position][1] < points[found[-1]][1] or points[position] == points[found[-1]]:
            found.append(position)
    return tuple(found)


def knee(front: Sequence[tuple[float, float]]) -> int | None:
    """Position of the point farthest below the line from one end of a front to the other; None where none bends.

    Both axes are stretched to the front's own length first (Satopää et al., Finding a "Kneedle" in a Haystack, 2011).

    >>> knee([(1, 9), (2, 4), (4, 1)]), knee([(1, 2), (2, 1)])
    (1, None)
    """
    distinct = sorted(set(front))
    if len(distinct) < _LEAST_FOR_A_KNEE:
        return None
    (left, top), (right, bottom) = distinct[0], distinct[-1]
    depths = [1 - (x - left) / (right - left) - (y - bottom) / (top - bottom) for x, y in front]
    deepest = max(range(len(front)), key=lambda position: (depths[position], -position))
    return deepest if depths[deepest] > 0 else None
