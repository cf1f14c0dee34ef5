"""`setpoint keys`: who may sign in to the service of this installation."""

from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.console import err, out
from setpoint.cli.options import JsonOption
from setpoint.errors import InputError, NotFound

if TYPE_CHECKING:
    from setpoint.service.access import Role
    from setpoint.service.starting import Installation

__all__ = ["add_to", "installation"]

Name = Annotated[str, typer.Argument(help="Whose key it is: a person or a pipeline.")]
RoleOption = Annotated[str, typer.Option(help="viewer reads, operator also writes, admin also makes keys.")]
Account = Annotated[
    str | None, typer.Option(metavar="NAME", help="Account that it belongs to; the first one without it.")
]
KeyId = Annotated[str, typer.Argument(help="Id of the key.")]

keys = typer.Typer(help="Who may sign in to the service of this installation.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(keys, name="keys")


@keys.command("create")
def create(name: Name, role: RoleOption = "operator", account: Account = None, json: JsonOption = False) -> None:
    """Make a key. Its secret is shown this once, and kept nowhere."""
    chosen, here = _role(role), installation()
    key_id, secret = here.new_key(here.account_named(account), name, chosen)
    if json:
        from setpoint.cli.logs import print_json

        print_json({"api_key_id": key_id, "api_key_secret": secret, "role": role})
        return
    out().print(f"SYNC_API_KEY_ID={key_id}\nSYNC_API_KEY_SECRET={secret}", highlight=False, markup=False)
    err().print("The secret is not shown again.", highlight=False)


@keys.command("list")
def list_keys(account: Account = None, json: JsonOption = False) -> None:
    """List the keys of an account, those that were revoked included."""
    here = installation()
    rows = here.keys(here.account_named(account))
    if json:
        from setpoint.cli.logs import print_json

        shown = ("id", "name", "role", "created_at", "revoked_at")
        print_json({"keys": [{name: getattr(row, name) for name in shown} for row in rows]})
        return
    for row in rows:
        state = "revoked" if row.revoked_at is not None else row.role
        out().print(f"{row.id}  {state:<8}  {row.created_at:%Y-%m-%d}  {row.name}", highlight=False, markup=False)


@keys.command("revoke")
def revoke(key_id: KeyId) -> None:
    """Revoke a key: its tokens and sessions end with it."""
    if not installation().revoke_key(key_id):
        raise NotFound(f"There is no key {key_id}; list them: setpoint keys list")
    out().print(f"Key {key_id} was revoked.", highlight=False, markup=False)


@keys.command("link")
def link(
    key_id: KeyId,
    url: Annotated[str, typer.Option(help="Address of the service.")] = "http://127.0.0.1:8765",
) -> None:
    """Print an address that signs this key in in a browser: once, within the next minutes."""
    address = installation().link(key_id, url)
    if address is None:
        raise NotFound(f"There is no key {key_id} that counts; list them: setpoint keys list")
    out().print(address, highlight=False, markup=False, soft_wrap=True)


def _role(text: str) -> "Role":
    from setpoint.service.access import ROLES

    found = next((role for role in ROLES if role == text), None)
    if found is None:
        raise InputError(f"--role {text}: it is one of {', '.join(ROLES)}.")
    return found


def installation() -> "Installation":
    """The service as it is set up here."""
    from setpoint.service.starting import install
    from setpoint.settings import load_settings

    return install(load_settings())
