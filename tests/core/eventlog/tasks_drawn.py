"""Tasks as the fold packs them, drawn at random, ordinary ones and odd ones."""

from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from setpoint.core.eventlog import rows

BEGIN_MS = 1_700_000_000_000
_ODD = (0, 0, 1, 77, -5, 10**4, 2**31, 2**49 - 1, 2**60)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One successful task: all columns but the last two."""

    columns: tuple[int, ...]

    @property
    def packed(self) -> bytes:
        return rows.PACK_ROW(*self.columns)


def task(random: Random, stages: int) -> Drawn:
    measures = [random.choice((random.choice(_ODD), random.randrange(10**6))) for _ in range(19)]
    launched = random.choice((0, -1, BEGIN_MS, 5 * 10**12, *[BEGIN_MS + random.randrange(10**5)] * 6))
    finished = launched + random.choice((-7, 0, *[random.randrange(10**5)] * 5))
    records = random.randrange(stages), random.randrange(3), random.randrange(9), random.randrange(2)
    return Drawn((*measures, launched, finished, *records, random.randrange(6)))


def tasks(stages: int, most: int = 300) -> st.SearchStrategy[list[Drawn]]:
    """So many tasks that each way of working through them is taken."""
    return st.builds(
        lambda seed, count: [task(Random(f"{seed} {place}"), stages) for place in range(count)],
        st.integers(0, 10**6),
        st.integers(1, most),
    )


def packed(drawn: list[Drawn]) -> bytearray:
    return bytearray(b"".join(each.packed for each in drawn))
