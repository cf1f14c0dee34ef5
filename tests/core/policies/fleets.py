"""Small fleets in a ledger that lasts as long as the test."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from tests.core.made import PRICES, START, WIDE, recorded, registered, run, waiting_profile

from setpoint.core.domain import ClusterSpec, Run
from setpoint.core.history import Described, GoalSet
from setpoint.core.prediction import NOTHING_KNOWN
from setpoint.governance import Governance
from setpoint.ledger import Ledger, open_ledger

OWN_GOAL = "minimise cost; runtime <= 25s"


def clock() -> Callable[[], datetime]:
    """One that moves on by a minute with each look."""
    now = [START + timedelta(days=30)]

    def tell() -> datetime:
        now[0] += timedelta(minutes=1)
        return now[0]

    return tell


def fleet(ledger: Ledger | None = None, projects: int = 3) -> Governance:
    """`nightly-0`, `nightly-1` …, heavier and heavier, and `idle`, which has not run. Odd ones have a goal."""
    ledger = ledger or open_ledger("memory:")
    for number in range(projects):
        name = f"nightly-{number}"
        runs = [_run(each, 1 + 0.3 * number) for each in range(4)]
        goal = [GoalSet(OWN_GOAL, "auto", START)] if number % 2 else []
        described = Described("data" if number else "ops", (("tier", f"t{number}"),), START)
        assert ledger.append(name, registered(), *goal, described, *recorded(*runs))
    assert ledger.append("idle", registered())
    return Governance(ledger, PRICES, clock(), lambda *_: NOTHING_KNOWN)


def _run(number: int, factor: float) -> Run:
    spec = WIDE if number % 2 else ClusterSpec.local(16, 8192)
    return run(number, spec, made=waiting_profile(min(16, spec.slots), factor=factor))


def files(*texts: str) -> Sequence[tuple[str, bytes]]:
    return [(f"{number}.yml", text.encode()) for number, text in enumerate(texts)]
