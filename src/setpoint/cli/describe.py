"""`setpoint describe`: whose a project is, its tags, and whether it may be run twice; policies select by these."""

import re
from typing import Annotated

import typer

from setpoint.cli.console import out
from setpoint.cli.options import JsonOption
from setpoint.errors import InputError

_TAG = re.compile(r"[A-Za-z0-9_.-]{1,100}=[^\r\n=]{0,200}")
_LONGEST = 200


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
    from setpoint.cli.logs import print_json
    from setpoint.core.history import Described
    from setpoint.settings import load_settings
    from setpoint.wiring import build_loop

    loop = build_loop(load_settings())
    now = loop.state(project).history.described or Described("", (), loop.clock())
    said = Described(
        now.owner if owner is None else " ".join(owner.split())[:_LONGEST],
        _tags(now.tags, tags or []),
        loop.clock(),
        now.is_idempotent if idempotent is None else idempotent,
    )
    if (said.owner, said.tags, said.is_idempotent) != (now.owner, now.tags, now.is_idempotent):
        loop.ledger.append(project, said)
    if json:
        print_json({"project": project, "owner": said.owner, "tags": said.tags, "is_idempotent": said.is_idempotent})
        return
    tagged = ", ".join(f"{name}={value}" for name, value in said.tags) or "none"
    twice = {True: "does no harm", False: "does harm", None: "is not known to be harmless"}[said.is_idempotent]
    line = f"{project}: owner {said.owner or 'not known'}; tags: {tagged}; running it twice {twice}"
    out().print(line, highlight=False, markup=False)


def _tags(now: tuple[tuple[str, str], ...], texts: list[str]) -> tuple[tuple[str, str], ...]:
    tags = dict(now)
    for text in texts:
        if not _TAG.fullmatch(text):
            raise InputError(f"--tag {text!r}: write for example --tag team=sales.")
        name, _, value = text.partition("=")
        tags[name] = value
    return tuple((name, value) for name, value in tags.items() if value)
