"""When a request is sent again, and how long to wait before it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Retries"]

MAY_PASS = frozenset({408, 425, 429, 500, 502, 503, 504})
NOT_TAKEN_IN = frozenset({425, 429, 503})
"""With these the service says that it has done nothing yet: even what must not be done twice may be sent again."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how patiently. Waits double, and are drawn at random so that many clients do not return at once."""

    tries: int = 5
    first_seconds: float = 0.5
    longest_seconds: float = 10.0

    def waits(self, chance: random.Random) -> Iterator[float]:
        """Seconds to wait before each further try ("full jitter", with a floor of a quarter).

        >>> [round(wait, 2) for wait in Retries(tries=3).waits(random.Random(7))]
        [0.25, 0.36]
        """
        for number in range(self.tries - 1):
            most = min(self.first_seconds * 2**number, self.longest_seconds)
            yield most * chance.uniform(0.25, 1.0)

    @staticmethod
    def may_pass(status: int, *, is_repeatable: bool) -> bool:
        """Whether sending the request again may help and cannot do harm.

        >>> Retries.may_pass(500, is_repeatable=True), Retries.may_pass(500, is_repeatable=False)
        (True, False)
        """
        return status in (MAY_PASS if is_repeatable else NOT_TAKEN_IN)
