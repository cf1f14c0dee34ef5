"""`setpoint policies plan|apply|show`: goals, modes and restrictions of many projects, as files in Git."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.console import out, say
from setpoint.cli.options import JsonOption
from setpoint.errors import Conflict, InputError

if TYPE_CHECKING:
    from setpoint.core.policies.plan import PolicyPlan
    from setpoint.governance import Governance
    from setpoint.loop import Loop

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE…",
        help="Policy files (YAML), or folders of them. Together they are all policies there are: one that is left out "
        "goes, and its projects return to what their owners set.",
        show_default=False,
    ),
]
QuickOption = Annotated[
    bool, typer.Option("--quick", help="Estimate from the last decision of each project; no new predictions.")
]
AllOption = Annotated[bool, typer.Option("--all", help="List every project, not only the first ones.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
PlanOption = Annotated[
    str | None,
    typer.Option("--plan", metavar="DIGEST", help="Apply only if this is still the plan: what `plan` printed."),
]
Project = Annotated[str | None, typer.Argument(help="Name of a project; without it, all policies in force.")]

_ENDINGS = (".yml", ".yaml")
_MOST_FILES = 1_000
_TOLD_EVERY = 10

policies = typer.Typer(
    help="Goals, modes and restrictions of many projects at once, as files in Git.", no_args_is_help=True
)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(policies, name="policies")


@policies.command("plan")
def plan(files: Files, json: JsonOption = False, quick: QuickOption = False, every: AllOption = False) -> None:
    """Dry-run policies over the fleet: what would change, what it would save, which projects cannot keep their goal."""
    found = _governance().plan(_read(files), is_quick=quick)
    _show(found, json=json, every=every)


@policies.command("apply")
def apply(
    files: Files,
    json: JsonOption = False,
    yes: YesOption = False,
    digest: PlanOption = None,
    quick: QuickOption = False,
    every: AllOption = False,
) -> None:
    """Put policies in force: shows the plan and asks. Once more with the same files changes nothing."""
    governance = _governance()
    found = governance.plan(_read(files), is_quick=quick)
    if digest is not None and digest != found.digest:
        raise Conflict(
            f"The plan is not {digest} any more but {found.digest}: the ledger or the files moved. Plan again."
        )
    if not json:
        _show(found, json=False, every=every)
    if found.changing and not yes:
        _ask(found)
    changed = governance.apply(found)
    if json:
        from setpoint.cli.logs import print_json
        from setpoint.cli.policy_words import plan_as_data

        print_json({**plan_as_data(found), "changed": changed})
    else:
        from setpoint.core.words import counted

        _print(f"Applied: {counted(changed, 'project')} changed." if changed else "Nothing to change; it is in force.")


@policies.command("show")
def show(project: Project = None, json: JsonOption = False) -> None:
    """Say which policies are in force; of a project, who decides what in it."""
    from setpoint.cli.logs import print_json
    from setpoint.cli.policy_words import force_as_data, force_lines, ruling_lines, rulings_as_data

    governance = _governance()
    if project is None:
        last, known, selected = governance.in_force(), governance.policies(), governance.selected()
        if json:
            print_json(force_as_data(last, known, selected))
            return
        lines = force_lines(last, known, selected)
    else:
        ruled, standing = governance.rulings(project)
        if json:
            print_json(rulings_as_data(project, ruled, standing))
            return
        lines = ruling_lines(project, ruled, standing)
    for line in lines:
        _print(line)


def _governance() -> "Governance":
    from setpoint.settings import load_settings
    from setpoint.wiring import build_loop

    return governance_of(build_loop(load_settings()))


def governance_of(loop: "Loop") -> "Governance":
    """The policies of the ledger of this loop."""
    from setpoint.governance import Governance

    return Governance(loop.ledger, loop.prices, loop.clock, loop.lessons_for, _tell)


def _tell(done: int, projects: int) -> None:
    """A fleet takes a while: a tenth of a second for each project."""
    if sys.stderr.isatty() and done % _TOLD_EVERY == 0:
        sys.stderr.write(f"\r{done:,} of {projects:,} projects looked at\x1b[K\r")
        sys.stderr.flush()


def _read(paths: list[Path]) -> list[tuple[str, bytes]]:
    """Files by the name they were given by; of folders those with an ending of YAML."""
    from setpoint.core.policies.document import MOST_BYTES

    files: dict[Path, str] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(it for it in path.rglob("*") if it.suffix in _ENDINGS and it.is_file())
            files.update({it.resolve(): str(it) for it in inside})
        elif path.exists():
            files.setdefault(path.resolve(), str(path))
        else:
            raise InputError(f"{path}: there is no such file or folder.")
    if len(files) > _MOST_FILES:
        raise InputError(f"There are {len(files):,} policy files; at most {_MOST_FILES:,} are read.")
    found = []
    for path, name in files.items():
        with path.open("rb") as stream:
            found.append((name, stream.read(MOST_BYTES + 1)))
    return found


def _ask(found: "PolicyPlan") -> None:
    from setpoint.core.words import counted

    if not sys.stdin.isatty():
        raise InputError(f"{counted(len(found.changing), 'project')} would change: look at the plan and give --yes.")
    if not typer.confirm(f"Change {counted(len(found.changing), 'project')}?", err=True):
        say("nothing was changed.")
        raise typer.Exit(1)


def _show(found: "PolicyPlan", *, json: bool, every: bool) -> None:
    from setpoint.cli.policy_words import plan_as_data, plan_lines

    if json:
        from setpoint.cli.logs import print_json

        print_json(plan_as_data(found))
        return
    for line in plan_lines(found, every=every):
        _print(line)


def _print(line: str) -> None:
    out().print(line, highlight=False, markup=False)
