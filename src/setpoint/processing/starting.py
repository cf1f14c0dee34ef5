"""A worker of an installation: Settings → Worker."""

from functools import partial

from setpoint.artefacts import Artefacts
from setpoint.intake import Allowed, Fetching, FetchLimits, fetch
from setpoint.ledger import open_ledger
from setpoint.processing.control import Control
from setpoint.processing.predictions import Predicting
from setpoint.processing.recommendations import Recommending
from setpoint.processing.retention import TIDYING, Tidying, tidy_daily
from setpoint.processing.submissions import Submitting
from setpoint.processing.sweeping import SWEEPING, Sweeping, sweep_hourly
from setpoint.processing.worker import Handler, Worker
from setpoint.settings import Settings
from setpoint.store import open_store
from setpoint.wiring import PRIOR_FOLDER, reported_book

__all__ = ["build_worker", "fetching_of"]


def build_worker(settings: Settings) -> Worker:
    """One that does every kind of work that clients ask for."""
    # The ledger first: it makes its tables only in a database that is empty or a ledger's.
    ledger = open_ledger(settings.service_url)
    store, artefacts = open_store(settings.service_url), Artefacts(settings.artefacts_url)
    book_of, fetching = partial(reported_book, settings), fetching_of(settings)
    control = Control(store, artefacts, ledger, book_of, settings.home / PRIOR_FOLDER)
    handlers: dict[str, Handler] = {
        "prediction": Predicting(store, artefacts, book_of, fetching),
        "submission": Submitting(store, artefacts, control, fetching),
        "recommendation": Recommending(store, control),
        SWEEPING: Sweeping(store),
        TIDYING: Tidying(store, artefacts, settings.keep_artefacts_days),
    }

    def now_and_then() -> None:
        tidy_daily(store)
        sweep_hourly(store)

    return Worker(store.tasks, handlers, now_and_then=now_and_then)


def fetching_of(settings: Settings) -> Fetching:
    """How event logs are fetched from addresses. Raises SettingsError where what is allowed cannot be read."""
    limits = FetchLimits(settings.largest_upload_bytes, settings.fetch_seconds, Allowed.read(settings.fetch_allowed))
    return lambda url, into: fetch(url, into, limits)
