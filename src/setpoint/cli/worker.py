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

    from setpoint.processing.starting import build_worker
    from setpoint.settings import load_settings

    working = build_worker(load_settings())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: working.stop())
    err().print("Working — Ctrl-C stops after the work at hand.", highlight=False)
    working.run()
