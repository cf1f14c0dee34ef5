"""`setpoint accounts`: who shares the service of this installation without seeing one another."""

from typing import Annotated

import typer

from setpoint.cli.console import out
from setpoint.cli.keys import installation
from setpoint.cli.options import JsonOption

__all__ = ["add_to"]

Name = Annotated[str, typer.Argument(help="Name of the account: a company, a department.")]

accounts = typer.Typer(help="Who shares the service, each without seeing the others.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(accounts, name="accounts")


@accounts.command("create")
def create(name: Name, json: JsonOption = False) -> None:
    """Make an account. Its keys are made with `setpoint keys create --account NAME`."""
    row = installation().new_account(name)
    if json:
        from setpoint.cli.logs import print_json

        print_json({"id": row.id, "name": row.name})
        return
    out().print(f"{row.id}  {row.name}", highlight=False, markup=False)


@accounts.command("list")
def list_accounts(json: JsonOption = False) -> None:
    """List the accounts; projects that are brought under control at this machine are the first one's."""
    rows = installation().accounts()
    if json:
        from setpoint.cli.logs import print_json

        print_json({"accounts": [{"id": row.id, "name": row.name, "created_at": row.created_at} for row in rows]})
        return
    for row in rows:
        out().print(f"{row.id}  {row.created_at:%Y-%m-%d}  {row.name}", highlight=False, markup=False)
