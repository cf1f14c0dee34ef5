"""`setpoint goals` and `setpoint projects`: what is under control, and what its owners want."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.console import err, out
from setpoint.cli.goal_words import goal_as_data, list_metrics, untold_lines
from setpoint.cli.logs import print_json
from setpoint.cli.options import JsonOption, MemoryOption, ModeOption, PartitionsOption, SlotsOption, search_space
from setpoint.errors import InputError, PlatformError, UnknownProject

if TYPE_CHECKING:
    from setpoint.core.history import History
    from setpoint.core.pricebook import PriceBook

Project = Annotated[str | None, typer.Argument(help="Name of the project.")]
FileOption = Annotated[Path | None, typer.Option("--file", help="Read the goal from a YAML file (docs/goals.md).")]
ListOption = Annotated[bool, typer.Option("--list", help="List the metrics that a goal may name, and leave.")]
GoalText = Annotated[
    str | None, typer.Argument(help="The goal, e.g. 'minimise cost; runtime p95 <= 1h; cost <= 30$'. Without it: show.")
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("goals")(goals)


def goals(
    project: Project = None,
    goal: GoalText = None,
    *,
    file: FileOption = None,
    mode: ModeOption = None,
    slots: SlotsOption = None,
    memory: MemoryOption = None,
    partitions: PartitionsOption = None,
    every: ListOption = False,
    json: JsonOption = False,
) -> None:
    """Show or set the goal of a project, what Setpoint may do about it, and which specs it may choose."""
    if every:
        list_metrics(json=json)
        return
    if project is None:
        raise InputError(
            "Name a project; `setpoint projects` lists them, `setpoint goals --list` what a goal may name."
        )
    from setpoint.settings import load_settings
    from setpoint.wiring import build_loop

    goal = _written(goal, file)
    loop = build_loop(load_settings())
    history = loop.state(project).history
    if (goal, mode, slots, memory, partitions) == (None,) * 5:
        _show(project, history, loop.prices, json=json)
        return
    text = goal if goal is not None else (history.goal.goal if history.goal else None)
    if text is None:
        raise InputError(f"{project} has no goal yet: give one, e.g. 'minimise cost; runtime <= 1h'.")
    allowed = mode or (history.goal.mode if history.goal else "auto")
    loop.set_goal(project, text, allowed, search_space(history.space, slots, memory, partitions))
    try:
        loop.tick(project)
    except (PlatformError, UnknownProject) as error:
        err().print(
            f"The goal is set, and will be decided upon at the next run. {error}", highlight=False, markup=False
        )
    history = loop.state(project).history
    if json:
        print_json(goal_as_data(project, history, loop.prices))
        return
    _say(f"{project}: {text}   (mode {allowed})")
    for line in untold_lines(history, loop.prices):
        _say(line)


def _written(goal: str | None, file: Path | None) -> str | None:
    """The goal as text, from wherever it is written."""
    if file is None:
        return goal
    if goal is not None:
        raise InputError("Give the goal as text or with --file, not both.")
    from setpoint.core.goal_file import read_goal_file
    from setpoint.core.policies.document import MOST_BYTES

    try:
        with file.open("rb") as opened:
            return read_goal_file(str(file), opened.read(MOST_BYTES + 1))
    except OSError as error:
        raise InputError(f"The file {file} cannot be read ({error.strerror}).") from error


def _show(project: str, history: "History", prices: "PriceBook", *, json: bool) -> None:
    if json:
        print_json(goal_as_data(project, history, prices))
        return
    goal, space = history.goal, history.space
    if goal is None:
        _say(f"{project} has no goal; set one: setpoint goals {project} 'minimise cost; runtime <= 1h'")
    else:
        _say(f"{goal.goal}   (mode {goal.mode})")
    _say(f"slots: {_listed(map(str, space.slots))}")
    _say(f"memory: {_listed(f'{mib / 1024:g} GiB' for mib in space.task_memory_mib)}")
    if space.shuffle_partitions:
        _say(f"partitions: {_listed(map(str, space.shuffle_partitions))}")
    for line in untold_lines(history, prices):
        _say(line)


def _listed(values: Iterable[str]) -> str:
    return ", ".join(values) or "left as they are"


def _say(text: str) -> None:
    # What users wrote may hold brackets, which are no markup.
    out().print(text, highlight=False, markup=False)


def projects() -> None:
    """List the projects of the ledger."""
    from rich.markup import escape
    from rich.table import Table

    from setpoint.settings import load_settings
    from setpoint.wiring import build_loop

    loop = build_loop(load_settings())
    table = Table("project", "runs", "spec", "goal", "mode")
    for name in loop.ledger.projects():
        history = loop.state(name).history
        goal = history.goal
        table.add_row(
            escape(name),
            str(len(history.runs)),
            str(history.spec),
            escape(goal.goal) if goal else "–",
            goal.mode if goal else "–",
        )
    out().print(table if table.rows else "No projects yet. Bring one under control: setpoint submit PROJECT -- app.py")
