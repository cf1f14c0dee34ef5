"""`setpoint mode`: what may be done to a project without asking, and for which kinds of change something else."""

from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.console import out
from setpoint.cli.options import JsonOption
from setpoint.errors import InputError

if TYPE_CHECKING:
    from setpoint.core.autonomy.ladder import ChangeKind
    from setpoint.core.history import Mode

ModeArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[MODE]",
        help="observe: measure. shadow: decide, be graded, change nothing. propose: say it. approve: wait for a "
        "person. auto: do it. Without it: show.",
    ),
]
ForOption = Annotated[
    list[str] | None,
    typer.Option(
        "--for",
        metavar="KIND=MODE",
        help="Another mode for one kind of change: scale up, scale down, memory, partitions, rescue. Repeatable.",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("mode")(mode)


def mode(
    project: Annotated[str, typer.Argument(help="Name of the project.")],
    mode: ModeArgument = None,
    kinds: ForOption = None,
    json: JsonOption = False,
) -> None:
    """Show or set what may be done without asking: observe, shadow, propose, approve or auto."""
    from setpoint.cli.autonomy_words import standing_lines
    from setpoint.cli.logs import print_json
    from setpoint.cli.policies import governance_of
    from setpoint.core.position import standing_as_data
    from setpoint.settings import load_settings
    from setpoint.wiring import build_loop

    loop = build_loop(load_settings())
    governance = governance_of(loop)
    if mode is not None or kinds:
        governance.set_mode(project, None if mode is None else _mode(mode), _kinds(kinds or []))
    ruled, _ = governance.rulings(project)
    entries, waits = loop.ledger.read(project), loop.waits(project)
    if json:
        print_json(standing_as_data(project, entries, waits, ruled.rulings))
        return
    for line in standing_lines(project, entries, waits, ruled.rulings):
        out().print(line, highlight=False, markup=False)


def _mode(text: str) -> "Mode":
    from setpoint.core.autonomy.ladder import MODES

    found = next((known for known in MODES if known == text.strip().lower()), None)
    if found is None:
        raise InputError(f"“{text}” is no mode; from the lowest to the highest they are {', '.join(MODES)}.")
    return found


def _kinds(texts: list[str]) -> "dict[ChangeKind, Mode]":
    from setpoint.core.autonomy.ladder import modes_said

    found: dict[ChangeKind, Mode] = {}
    for text in texts:
        kind, _, named = text.partition("=")
        try:
            found.update(modes_said([f"{' '.join(kind.replace('-', ' ').split())} {named.strip()}"]))
        except ValueError:
            from setpoint.core.autonomy.ladder import KINDS, MODES

            raise InputError(
                f"--for {text!r}: write for example --for rescue=auto; kinds of change are {', '.join(KINDS)}, "
                f"modes {', '.join(MODES)}."
            ) from None
    return found
