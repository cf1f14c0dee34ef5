"""`setpoint describe`: whose a project is, its tags, and whether it may be run twice; policies select by these."""

from dataclasses import replace
from typing import Annotated

import typer

from setpoint.cli.console import out
from setpoint.cli.options import JsonOption
from setpoint.errors import InputError


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("describe")(describe)


def describe(
    project: Annotated[str, typer.Argument(help="Name of the project.")],
    owner: Annotated[str | None, typer.Option("--owner", help="Whose it is.")] = None,
    tags: Annotated[
        list[str] | None, typer.Option("--tag", metavar="NAME=VALUE", help="An empty value takes the tag away.")
    ] = None,
    idempotent: Annotated[
        bool | None,
        typer.Option(
            "--idempotent/--not-idempotent", help="Whether running it twice does no harm; where not, nothing is tried."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show or say whose a project is, its tags, and whether running it twice does no harm."""
    from setpoint.by_hand import described
    from setpoint.cli.logs import print_json
    from setpoint.settings import load_settings
    from setpoint.wiring import build_loop

    loop = build_loop(load_settings())
    now = loop.state(project).history.described
    said = described(now, owner, _tags(tags or []), loop.clock(), is_idempotent=idempotent)
    if now is None or said != replace(now, at=said.at):
        loop.ledger.append(project, said)
    if json:
        print_json({"project": project, "owner": said.owner, "tags": said.tags, "is_idempotent": said.is_idempotent})
        return
    tagged = ", ".join(f"{name}={value}" for name, value in said.tags) or "none"
    twice = {True: "does no harm", False: "does harm", None: "is not known to be harmless"}[said.is_idempotent]
    line = f"{project}: owner {said.owner or 'not known'}; tags: {tagged}; running it twice {twice}"
    out().print(line, highlight=False, markup=False)


def _tags(texts: list[str]) -> dict[str, str]:
    tags = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or "=" in value:
            raise InputError(f"--tag {text!r}: write for example --tag team=sales.")
        tags[name] = value
    return tags
