"""`setpoint serve`: the dashboard."""

from typing import Annotated

import typer

from setpoint.cli.console import err

Host = Annotated[str | None, typer.Option(help="Address to listen on; loopback only until there is authentication.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 takes any free one.", min=0, max=65535)]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("serve")(serve)


def serve(host: Host = None, port: Port = None) -> None:
    """Show the projects in the browser, until Ctrl-C."""
    from setpoint.service.server import serve as serve_pages
    from setpoint.settings import load_settings
    from setpoint.wiring import build_ledger

    settings = load_settings()
    ledger = build_ledger(settings)
    chosen_host = settings.host if host is None else host
    chosen_port = settings.port if port is None else port
    serve_pages(ledger, chosen_host, chosen_port, lambda address: err().print(f"Serving {address} — Ctrl-C stops."))
