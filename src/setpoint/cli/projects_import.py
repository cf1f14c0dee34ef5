"""`setpoint projects import`: jobs of a connection become projects of the local ledger."""

from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.connect import DaysOption, LogsOption, candidates_of
from setpoint.cli.console import out, say
from setpoint.cli.options import GoalOption, JsonOption
from setpoint.core.history import Mode
from setpoint.errors import InputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from setpoint.onboarding.importing import Imported, Wanted
    from setpoint.onboarding.opening import Opened
    from setpoint.settings import Settings

__all__ = ["import_"]

ConnectionArgument = Annotated[
    str | None, typer.Argument(metavar="[CONNECTION]", help="As `setpoint connect` kept it; none where there is one.")
]
JobsOption = Annotated[
    list[str] | None,
    typer.Option("--job", metavar="ID", help="Id, name, or pattern of names such as 'sales-*'. Repeatable."),
]
TopOption = Annotated[
    int, typer.Option("--top", min=0, max=10_000, help="So many that are worth most and are no projects yet.")
]
TagsOption = Annotated[
    list[str] | None, typer.Option("--tag", metavar="KEY=VALUE", help="Those with all of these tags. Repeatable.")
]
AllOption = Annotated[bool, typer.Option("--all", help="Every job that can be taken.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be made, and make nothing.")]
ImportModeOption = Annotated[
    Mode, typer.Option("--mode", help="What may be done to the new projects without asking; see `setpoint mode`.")
]


def import_(
    connection: ConnectionArgument = None,
    *,
    jobs: JobsOption = None,
    top: TopOption = 0,
    tags: TagsOption = None,
    every: AllOption = False,
    dry_run: DryOption = False,
    mode: ImportModeOption = "propose",
    goal: GoalOption = None,
    days: DaysOption = 7.0,
    logs: LogsOption = 5,
    json: JsonOption = False,
) -> None:
    """Make projects of jobs: of those that are named, tagged, worth most, or of all.

    May be repeated: what is a project already stays as it is.
    """
    from setpoint.cli.logs import print_json
    from setpoint.cli.onboarding_words import imported_data, imported_line
    from setpoint.core.goals import parse_goal
    from setpoint.onboarding.importing import Wanted
    from setpoint.settings import load_settings

    wanted = Wanted(jobs=tuple(jobs or ()), top=top, tags=_tags(tags or []), every=every)
    if wanted == Wanted():
        raise InputError("Say which jobs: --job ID, --top N, --tag KEY=VALUE, or --all; --dry-run shows what they are.")
    settings, done = load_settings(), list["Imported"]()
    of_all = parse_goal(goal).text if goal else ""
    name, opened = _opened(settings, connection)
    for each in _imported(settings, opened, wanted, (of_all, mode, days, logs), is_dry=dry_run):
        done.append(each)
        if not json:
            out().print(imported_line(each), highlight=False, markup=False)
    if json:
        print_json({"connection": name, "is_dry_run": dry_run, "jobs": [imported_data(each) for each in done]})
    else:
        _say_what_next(done, dry_run=dry_run)
    if done and all(each.outcome == "refused" for each in done):
        raise InputError("None of these jobs can be a project; the reasons stand above.")


def _imported(
    settings: "Settings", opened: "Opened", wanted: "Wanted", how: tuple[str, Mode, float, int], *, is_dry: bool
) -> "Iterator[Imported]":
    from setpoint.onboarding.importing import Importing, chosen
    from setpoint.wiring import build_loop

    goal, mode, days, logs = how
    # Logs only make the order, which is of account for the first ones alone.
    found = candidates_of(opened, days, logs if wanted.top else 0)
    importing = Importing(
        build_loop(settings), opened.recurrences, opened.keeper, opened.book, opened.connection.platform, goal, mode
    )
    return importing.run(chosen(found, wanted, opened.keeper.known()), is_dry=is_dry)


def _opened(settings: "Settings", name: str | None) -> "tuple[str, Opened]":
    from setpoint.onboarding.opening import open_connection

    known = settings.connections
    if not known:
        raise SettingsError("There is no connection yet: make one with `setpoint connect databricks` or `… emr`.")
    chosen = name or (next(iter(known)) if len(known) == 1 else "")
    if chosen not in known:
        there = ", ".join(sorted(known))
        raise InputError(f"There is no connection “{chosen}”; there are {there}." if name else f"Say which: {there}.")
    return chosen, open_connection(settings, known[chosen])


def _say_what_next(done: "list[Imported]", *, dry_run: bool) -> None:
    new = sum(1 for each in done if each.outcome == "new")
    if not done:
        say("No job is meant by that.")
    elif dry_run:
        say("Nothing was made; leave --dry-run out to make them.")
    elif new:
        say(f"{new} new; nothing was changed on the platform.")


def _tags(texts: list[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise InputError(f"--tag {text!r}: write for example --tag team=sales.")
        found[name] = value
    return found
