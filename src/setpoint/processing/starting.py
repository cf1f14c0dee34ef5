"""A worker of an installation: Settings → Worker."""

from dataclasses import dataclass
from functools import partial
from threading import Thread

from setpoint.artefacts import Artefacts
from setpoint.identity import Identity
from setpoint.intake import Allowed, Fetching, FetchLimits, fetch
from setpoint.ledger import open_ledger
from setpoint.processing.applying import Applying
from setpoint.processing.control import APPLYING, Control
from setpoint.processing.polling import POLLING, Polling, watch_all
from setpoint.processing.polling.bringing import BRINGING, Bringing
from setpoint.processing.polling.reaching import Reaching
from setpoint.processing.predictions import Predicting
from setpoint.processing.recommendations import Recommending
from setpoint.processing.retention import TIDYING, Tidying, tidy_daily
from setpoint.processing.submissions import Submitting
from setpoint.processing.sweeping import SWEEPING, Sweeping, sweep_hourly
from setpoint.processing.worker import Handler, Worker
from setpoint.settings import Settings, master_key_given
from setpoint.store import Store, open_store
from setpoint.wiring import PRIOR_FOLDER, reported_book

__all__ = ["Staff", "build_worker", "fetching_of", "reaching_of"]

LOOKOUTS = 2
"""Of each process: so many places are looked at, or logs brought, at once."""
_LOOKOUT_IDLE_SECONDS, _STOP_SECONDS = 1.0, 30.0


@dataclass(frozen=True, slots=True)
class Staff:
    """Who works in one process: one on what takes computing, and some who mostly wait for others to answer."""

    worker: Worker
    lookouts: tuple[Worker, ...]

    def stop(self) -> None:
        """End after the work at hand."""
        for each in (self.worker, *self.lookouts):
            each.stop()

    def run(self) -> None:
        """Work until stopped."""
        threads = [
            Thread(target=each.run, name=f"setpoint-lookout-{number}", daemon=True)
            for number, each in enumerate(self.lookouts, 1)
        ]
        for thread in threads:
            thread.start()
        self.worker.run()
        for thread in threads:
            thread.join(_STOP_SECONDS)


def build_worker(settings: Settings) -> Staff:
    """Those who do every kind of work that clients ask for, and look for what nobody brings."""
    # The ledger first: it makes its tables only in a database that is empty or a ledger's.
    ledger = open_ledger(settings.service_url)
    store, artefacts = open_store(settings.service_url), Artefacts(settings.artefacts_url)
    book_of, fetching = partial(reported_book, settings), fetching_of(settings)
    reaching = reaching_of(settings, store)
    control = Control(store, artefacts, ledger, book_of, settings.home / PRIOR_FOLDER, actuator_of=reaching.actuator)
    handlers: dict[str, Handler] = {
        APPLYING: Applying(control),
        "prediction": Predicting(store, artefacts, book_of, fetching),
        "submission": Submitting(store, artefacts, control, fetching),
        "recommendation": Recommending(store, control),
        SWEEPING: Sweeping(store),
        TIDYING: Tidying(store, artefacts, settings.keep_artefacts_days),
    }

    def now_and_then() -> None:
        tidy_daily(store)
        sweep_hourly(store)
        watch_all(store)

    looking: dict[str, Handler] = {
        POLLING: Polling(store, reaching.place, settings.poll_seconds),
        BRINGING: Bringing(store, artefacts, reaching.place),
    }
    lookouts = tuple(Worker(store.tasks, looking, idle_seconds=_LOOKOUT_IDLE_SECONDS) for _ in range(LOOKOUTS))
    return Staff(Worker(store.tasks, handlers, now_and_then=now_and_then), lookouts)


def reaching_of(settings: Settings, store: Store) -> Reaching:
    """How the places of accounts are reached."""
    accounts = store.accounts.list()
    return Reaching(
        store,
        Identity.of(settings.home, master_key_given()).vault,
        Allowed.read(settings.fetch_allowed),
        partial(reported_book, settings),
        settings.largest_upload_bytes,
        own_account=accounts[0].id if accounts else "",
    )


def fetching_of(settings: Settings) -> Fetching:
    """How event logs are fetched from addresses. Raises SettingsError where what is allowed cannot be read."""
    limits = FetchLimits(settings.largest_upload_bytes, settings.fetch_seconds, Allowed.read(settings.fetch_allowed))
    return lambda url, into: fetch(url, into, limits)
