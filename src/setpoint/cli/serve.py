"""`setpoint serve`: the service, with its pages and its API."""

from pathlib import Path
from typing import Annotated

import typer

from setpoint.cli.console import err

Host = Annotated[str | None, typer.Option(help="Address to listen on; 0.0.0.0 for all of this machine.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 takes any free one.", min=0, max=65535)]
PublicUrl = Annotated[
    str | None, typer.Option(metavar="URL", help="Address that clients reach it by, where a proxy hides it.")
]
TlsCertificate = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Certificate chain; without one a proxy in front speaks TLS.")
]
TlsKey = Annotated[Path | None, typer.Option(metavar="FILE", help="Private key of the certificate.")]
Workers = Annotated[
    int | None,
    typer.Option(help="Workers beside it; 0 where `setpoint worker` runs elsewhere.", min=0, max=64),
]
LogJson = Annotated[
    bool,
    typer.Option("--log/--no-log", help="Log every request, and every piece of work, as a line of JSON on stderr."),
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("serve")(serve)


def serve(
    host: Host = None,
    port: Port = None,
    public_url: PublicUrl = None,
    tls_certificate: TlsCertificate = None,
    tls_key: TlsKey = None,
    workers: Workers = None,
    log: LogJson = False,
) -> None:
    """Serve the pages and the API, until Ctrl-C. Everybody signs in with a key: see `setpoint keys`."""
    from msgspec.structs import replace

    from setpoint.settings import load_settings, one_thread_each, tracing_is_wanted

    one_thread_each()

    from setpoint.logbook import log_as_json
    from setpoint.processing.crew import COMMAND, Crew
    from setpoint.service.loopback import is_loopback
    from setpoint.service.server import serve_app
    from setpoint.service.starting import certificate_of, install
    from setpoint.tracing import start_tracing

    settings = load_settings()
    said = {
        "host": host,
        "port": port,
        "public_url": public_url,
        "tls_certificate": tls_certificate,
        "tls_key": tls_key,
        "workers": workers,
    }
    settings = replace(settings, **{name: value for name, value in said.items() if value is not None})
    certificate = certificate_of(settings)
    installed = install(settings)
    if log:
        log_as_json()
    start_tracing(is_wanted=tracing_is_wanted())

    def ready(address: str) -> None:
        err().print(f"Serving {address} — Ctrl-C stops.", highlight=False)
        if certificate is None and not is_loopback(settings.host):
            err().print(
                "Keys and tokens travel in plain text: put a proxy with TLS in front, or give --tls-certificate.",
                highlight=False,
            )
        if not installed.has_keys():
            err().print(
                "Nobody can sign in yet. Make a key: setpoint keys create NAME --role admin\n"
                f"Then sign in with it, or have a link printed that does: setpoint keys link ID --url {address}",
                highlight=False,
                soft_wrap=True,
            )

        crew.start()

    crew = Crew(settings.workers, (*COMMAND, "--log") if log else COMMAND)
    try:
        serve_app(installed.app, settings.host, settings.port, ready, certificate)
    finally:
        crew.stop()
