"""`configure`, `token`, `products`: which service and key, and what the service can do."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.sync.answers import tell, tell_json
from setpoint.cli.sync.asking import hidden
from setpoint.cli.sync.options import JsonOption, Preference

if TYPE_CHECKING:
    from setpoint.client import Configuration, DatabricksAccess

__all__ = ["add_to"]

NONE = "none"
"""What an empty answer to a question about Databricks is shown as, and read as."""

IdOption = Annotated[str | None, typer.Option("--api-key-id", help="Default: asked for.")]
SecretOption = Annotated[str | None, typer.Option("--api-key-secret", help="Default: asked for, and not shown.")]
UrlOption = Annotated[str | None, typer.Option("--api-url", help="Address of the service; default: SYNC_API_URL.")]
PreferenceOption = Annotated[Preference | None, typer.Option("--prediction-preference", help="Default: asked for.")]
HostOption = Annotated[str | None, typer.Option("--databricks-host", help="Address of a Databricks workspace.")]
TokenOption = Annotated[str | None, typer.Option("--databricks-token", help="Token for it.")]
RegionOption = Annotated[str | None, typer.Option("--databricks-region", help="AWS region of it.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("configure")(configure)
    app.command("token")(token)
    app.command("products")(products)


def configure(
    *,
    api_key_id: IdOption = None,
    api_key_secret: SecretOption = None,
    prediction_preference: PreferenceOption = None,
    databricks_host: HostOption = None,
    databricks_token: TokenOption = None,
    databricks_region: RegionOption = None,
    api_url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Store the API key and the address of the service in ~/.sync, readable by you only."""
    from setpoint.cli.sync.session import configuration
    from setpoint.client import Key, save_configuration
    from setpoint.client.http import checked_url
    from setpoint.settings import environment

    now = configuration()
    known = now.key
    found = api_key_id or typer.prompt("Sync API key ID", default=known.id if known else None)
    secret = api_key_secret or hidden("Sync API key secret", known.secret if known else None)
    wanted = prediction_preference or _asked_preference(now.preference)
    databricks = _databricks(now, databricks_host, databricks_token, databricks_region)
    url = checked_url(api_url or now.url)
    folder = save_configuration(environment(), Key(found, secret), url, wanted, databricks)
    if json:
        tell_json({"folder": str(folder), "api_url": url, "databricks": databricks is not None})


def _asked_preference(now: str) -> Preference:
    def read(text: str) -> Preference:
        try:
            return Preference(text.strip().lower())
        except ValueError:
            raise typer.BadParameter(f"{text!r} is not one of {', '.join(Preference)}.") from None

    question = f"Default prediction preference ({', '.join(Preference)})"
    try:
        chosen: Preference = typer.prompt(question, default=now, value_proc=read)
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        return Preference(now)  # newer versions do not ask, so their scripts do not answer
    return chosen


def _databricks(
    now: "Configuration", host: str | None, token: str | None, region: str | None
) -> "DatabricksAccess | None":
    from setpoint.client import DatabricksAccess
    from setpoint.client.configuration import normal_host

    if not (host and token and region) and _wants_databricks():
        known = now.databricks
        host = typer.prompt("Databricks host (prefix with https://)", default=known.host if known else NONE)
        token = hidden("Databricks token", known.token if known else NONE)
        region = typer.prompt("Databricks AWS region name", default=(known.aws_region if known else None) or NONE)
    if not host or not token or not region or NONE in {host, token, region}:
        return None
    return DatabricksAccess(normal_host(host), token, region)


def _wants_databricks() -> bool:
    try:
        return typer.confirm("Would you like to configure a Databricks workspace?")
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        return False  # a script that says no more has nothing to say about Databricks


def token(json: JsonOption = False) -> None:
    """Print an access token of the service."""
    from setpoint.cli.sync.session import service

    with service() as client:
        found = client.token()
    if json:
        tell_json({"access_token": found.text, "expires_at_utc": found.expires})
    else:
        tell(found.text)


def products(json: JsonOption = False) -> None:
    """List the products that the service supports."""
    from setpoint.cli.sync.session import service
    from setpoint.client import account

    with service() as client:
        found = client.call(account.products())
    if json:
        tell_json(found)
    else:
        tell(", ".join(found))
