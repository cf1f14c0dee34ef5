"""What bills say is written to the ledger: an entry for each run of which a bill says something new."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from setpoint.core.billing import Reading, attribute, news
from setpoint.core.history import History, fold
from setpoint.ledger import Ledger

__all__ = ["Booked", "book"]


@dataclass(frozen=True, slots=True)
class Booked:
    """What came of one reading."""

    source: str
    lines: int
    """On the bill."""
    first: int
    """Runs that are on it for the first time."""
    corrected: int
    """Runs of which it says something else than before."""
    same: int
    """Runs of which it says what it said."""
    waiting: int
    """Runs too young for the bill to have all of them, or older than what was read."""
    absent: int
    """Runs of which it has nothing, though it has their time."""
    unpriced: tuple[str, ...]
    """SKUs without a price; runs that used them are left as they were."""
    other_lines: int
    """Lines that are of none of the runs: idle time of shared clusters, and whatever else there is on the bill."""
    other_dollars: float


def book(ledger: Ledger, projects: Sequence[str], reading: Reading, at: datetime) -> Booked:
    """Write what a reading says of these projects' runs. Reading the same again writes nothing.

    Lines are shared out among all projects of the ledger, so that naming some of them changes no run's cost.
    """
    histories: dict[str, History] = {}
    for name in ledger.projects():
        history = fold(ledger.read(name))
        if history is not None:
            histories[name] = history
    told = attribute(((name, run) for name, history in histories.items() for run in history.runs), reading)
    wanted = [name for name in histories if name in set(projects)]
    first = corrected = 0
    for name in wanted:
        for entry in news(name, histories[name], told, reading.source, at):
            ledger.append(name, entry)
            if reading.source in histories[name].bills.get(entry.run_id, {}):
                corrected += 1
            else:
                first += 1
    keys = {(name, run.id) for name in wanted for run in histories[name].runs}
    here = {key for key in keys & told.covered if key not in told.unpriced}
    on_it = here & told.costs.keys()
    gone = {key for key in here - on_it if reading.source in histories[key[0]].bills.get(key[1], {})}
    return Booked(
        source=reading.source,
        lines=len(reading.lines),
        first=first,
        corrected=corrected,
        same=len(on_it | gone) - first - corrected,
        waiting=len(keys - told.covered),
        absent=len(here - on_it - gone),
        unpriced=tuple(sorted({sku for key, skus in told.unpriced.items() if key in keys for sku in skus})),
        other_lines=told.other_lines,
        other_dollars=told.other_dollars,
    )
