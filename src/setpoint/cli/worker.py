"""`setpoint worker`: does the work that clients of the service asked for."""

import typer

from setpoint.cli.console import err

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("worker")(worker)


def worker() -> None:
    """Work on what clients of the service asked for, until Ctrl-C or SIGTERM. Start as many as you like."""
    import signal
    from functools import partial

    from setpoint.artefacts import Artefacts
    from setpoint.processing.predictions import Predicting
    from setpoint.processing.worker import Worker
    from setpoint.settings import load_settings
    from setpoint.store import open_store
    from setpoint.wiring import reported_book

    settings = load_settings()
    store = open_store(settings.service_url)
    predicting = Predicting(store, Artefacts(settings.artefacts_url), partial(reported_book, settings))
    working = Worker(store.tasks, {"prediction": predicting})
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: working.stop())
    err().print("Working — Ctrl-C stops after the work at hand.", highlight=False)
    working.run()
