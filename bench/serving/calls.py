"""Lean clients in one process: kept connections over raw sockets, so that little of the machine goes into asking."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "


@dataclass(frozen=True, slots=True)
class Call:
    """One request; `route` is what its time is counted under."""

    route: str
    path: str


@dataclass(slots=True)
class Taken:
    """How long calls took, in seconds by route, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: int = 0
    bytes: int = 0
    wall_seconds: float = 0.0

    def row(self) -> dict[str, object]:
        """Rate and quantiles over all, and by route."""
        every = [each for found in self.seconds.values() for each in found]
        return {
            "reads": len(every),
            "errors": self.errors,
            "reads_per_second": round(len(every) / self.wall_seconds, 1),
            "kb_per_read": round(self.bytes / max(1, len(every)) / 1000, 1),
            **milliseconds(every),
            "routes": {route: milliseconds(found) for route, found in self.seconds.items()},
        }


def milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 95 % and 99 % quantile, and the longest."""
    cuts = np.quantile(seconds, [0.5, 0.95, 0.99, 1.0]) * 1000
    return {name: round(float(cut), 1) for name, cut in zip(("p50", "p95", "p99", "longest"), cuts, strict=True)}


class Client:
    """One connection that is kept; the next request goes out when the answer to the last one is in."""

    def __init__(self, host: str, port: int, headers: str) -> None:
        self._place = (host, port)
        self._headers = f"Host: {host}:{port}\r\n{headers}\r\n"

    async def open(self) -> None:
        self._read, self._write = await asyncio.open_connection(*self._place, limit=1 << 20)

    async def get(self, path: str) -> tuple[int, bytes]:
        self._write.write(f"GET {path} HTTP/1.1\r\n{self._headers}\r\n".encode())
        head = await self._read.readuntil(HEAD_END)
        lowered = head.lower()
        begins = lowered.index(LENGTH) + len(LENGTH)
        body = await self._read.readexactly(int(lowered[begins : lowered.index(b"\r", begins)]))
        return int(head[9:12]), body


async def ask(
    place: tuple[str, int], headers: str, visits: Iterable[Sequence[Call]], clients: int, rate: float | None = None
) -> Taken:
    """Make all visits, each by one of the clients, one call after the other.

    With a rate a visit is due when its turn at so many calls a second has come, and its first call is timed from then:
    what waits because the service is behind counts. Else everybody asks as fast as answers come.
    """
    taken, due = Taken(), _turns(visits, rate)
    begun = time.perf_counter()

    async def one() -> None:
        client = Client(*place, headers)
        await client.open()
        for after, visit in due:
            asked = time.perf_counter()
            if rate is not None:
                await asyncio.sleep(max(0.0, begun + after - asked))
                asked = begun + after
            for call in visit:
                status, body = await client.get(call.path)
                now = time.perf_counter()
                taken.seconds[call.route].append(now - asked)
                taken.errors += status != 200
                taken.bytes += len(body)
                asked = now

    await asyncio.gather(*(one() for _ in range(clients)))
    taken.wall_seconds = time.perf_counter() - begun
    return taken


def _turns(visits: Iterable[Sequence[Call]], rate: float | None) -> Iterator[tuple[float, Sequence[Call]]]:
    calls = 0
    for visit in visits:
        yield (0.0 if rate is None else calls / rate), visit
        calls += len(visit)
