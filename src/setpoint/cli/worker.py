"""`setpoint worker`: does the work that clients of the service asked for."""

from typing import Annotated

import typer

from setpoint.cli.console import err

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("worker")(worker)


BesideServer = Annotated[bool, typer.Option("--beside-server", hidden=True, help="Stop when standard input ends.")]


LogJson = Annotated[bool, typer.Option("--log/--no-log", help="Log every piece of work as a line of JSON on stderr.")]


def worker(beside_server: BesideServer = False, log: LogJson = False) -> None:
    """Work on what clients of the service asked for, until Ctrl-C or SIGTERM. Start as many as you like.

    `setpoint serve` has one of its own; more of them, on any machine that reaches the database and the artefacts, share
    the work.
    """
    import os
    import signal
    from threading import Thread

    from setpoint.settings import load_settings, one_thread_each, tracing_is_wanted

    one_thread_each()

    from setpoint.logbook import log_as_json
    from setpoint.processing.logs import sweep_scratch
    from setpoint.processing.starting import build_worker
    from setpoint.tracing import start_tracing

    if log:
        log_as_json()
    start_tracing(is_wanted=tracing_is_wanted())
    sweep_scratch()
    working = build_worker(load_settings())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: working.stop())
    if beside_server:

        def wait_for_end() -> None:
            # Not through sys.stdin, whose lock this thread would still hold when the program ends.
            while os.read(0, 1):
                pass
            working.stop()

        Thread(target=wait_for_end, daemon=True).start()
    else:
        err().print("Working — Ctrl-C stops after the work at hand.", highlight=False)
    working.run()
