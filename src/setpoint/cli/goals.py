"""`setpoint goals` and `setpoint projects`: what is under control, and what its owners want."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.console import err, out
from setpoint.cli.options import MemoryOption, ModeOption, PartitionsOption, SlotsOption, search_space
from setpoint.errors import InputError, PlatformError, UnknownProject

if TYPE_CHECKING:
    from setpoint.core.history import History

Project = Annotated[str, typer.Argument(help="Name of the project.")]
GoalText = Annotated[
    str | None, typer.Argument(help="The goal, e.g. 'minimise cost; runtime p95 <= 1h; cost <= 30$'. Without it: show.")
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("goals")(goals)


def goals(
    project: Project,
    goal: GoalText = None,
    mode: ModeOption = None,
    slots: SlotsOption = None,
    memory: MemoryOption = None,
    partitions: PartitionsOption = None,
) -> None:
    """Show or set the goal of a project, what Setpoint may do about it, and which specs it may choose."""
    from setpoint.settings import load_settings
    from setpoint.wiring import build_loop

    loop = build_loop(load_settings())
    history = loop.state(project).history
    if (goal, mode, slots, memory, partitions) == (None,) * 5:
        _show(project, history)
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
    _say(f"{project}: {text}   (mode {allowed})")


def _show(project: str, history: "History") -> None:
    goal, space = history.goal, history.space
    if goal is None:
        _say(f"{project} has no goal; set one: setpoint goals {project} 'minimise cost; runtime <= 1h'")
    else:
        _say(f"{goal.goal}   (mode {goal.mode})")
    _say(f"slots: {_listed(map(str, space.slots))}")
    _say(f"memory: {_listed(f'{mib / 1024:g} GiB' for mib in space.task_memory_mib)}")
    if space.shuffle_partitions:
        _say(f"partitions: {_listed(map(str, space.shuffle_partitions))}")


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
