"""A worker of an installation: Settings → Worker."""

from functools import partial

from setpoint.artefacts import Artefacts
from setpoint.ledger import open_ledger
from setpoint.processing.control import Control
from setpoint.processing.predictions import Predicting
from setpoint.processing.recommendations import Recommending
from setpoint.processing.submissions import Submitting
from setpoint.processing.worker import Handler, Worker
from setpoint.settings import Settings
from setpoint.store import open_store
from setpoint.wiring import PRIOR_FOLDER, reported_book

__all__ = ["build_worker"]


def build_worker(settings: Settings) -> Worker:
    """One that does every kind of work that clients ask for."""
    # The ledger first: it makes its tables only in a database that is empty or a ledger's.
    ledger = open_ledger(settings.service_url)
    store, artefacts = open_store(settings.service_url), Artefacts(settings.artefacts_url)
    book_of = partial(reported_book, settings)
    control = Control(store, artefacts, ledger, book_of, settings.home / PRIOR_FOLDER)
    handlers: dict[str, Handler] = {
        "prediction": Predicting(store, artefacts, book_of),
        "submission": Submitting(store, artefacts, control),
        "recommendation": Recommending(store, control),
    }
    return Worker(store.tasks, handlers)
