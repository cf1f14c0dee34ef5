"""Lists that come page by page, and questions that are asked until the answer is final."""

from collections.abc import Iterator, Sequence

from setpoint.client.records import Document, documents
from setpoint.client.steps import Ask, Operation

__all__ = ["every", "patience"]

PER_PAGE = 500
"""What every list of the service gives at once."""
FIRST_SECONDS, LONGEST_SECONDS = 1.0, 10.0


def every(path: str, query: Sequence[tuple[str, str]] = (), key: str = "result") -> "Operation[Sequence[Document]]":
    """All entries of a list. A service that knows no pages gives all of them each time, and is asked twice at most."""
    found: list[Document] = []
    page = 0
    while True:
        paged = [*query, ("page", str(page)), ("per_page", str(PER_PAGE))]
        part = documents((yield Ask("GET", path, query=paged)), key)
        if found and part and part[0] == found[0]:
            return tuple(found)
        found += part
        if len(part) < PER_PAGE:
            return tuple(found)
        page += 1


def patience(every_seconds: float | None) -> Iterator[float]:
    """Seconds to wait between questions: as told, else growing from one to ten.

    >>> from itertools import islice
    >>> list(islice(patience(None), 6))
    [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    """
    seconds = FIRST_SECONDS if every_seconds is None else every_seconds
    while True:
        yield seconds
        seconds = min(2 * seconds, LONGEST_SECONDS) if every_seconds is None else every_seconds
